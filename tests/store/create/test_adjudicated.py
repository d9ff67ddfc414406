"""A version of what was adjudicated: decisions are gold, and no part of the agreement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from annotate.report.page import version_page
from annotate.store.care.verify import verify
from annotate.store.folder import DatasetFolder
from annotate.store.versions import open_version
from tests.store.made import KEY, Spans, create, task

_TEXT = "Anna Novak spoke in Tesk on day {}."
_ANNA, _TESK = (0, 10, "PER"), (20, 24, "GPE")


def _tasks(number: int, *, decided: Spans | None) -> list[dict[str, Any]]:
    text = _TEXT.format(number)
    second: Spans = [_ANNA, _TESK] if number % 2 else [_ANNA]
    made = [task(text, {1: [_ANNA, _TESK], 2: second})]
    if decided is not None:
        made.append(task(text, {3: decided}, adjudicates="1 2"))
    return made


def test_decisions_are_gold_and_no_judgement(tmp_path: Path) -> None:
    plain = [t for n in range(6) for t in _tasks(n, decided=None)]
    alone = _TEXT.format("one")
    plain.append(task(alone, {1: [_ANNA]}))
    judged = create(tmp_path / "plain", plain).manifest.numbers
    tasks = [t for n in range(6) for t in _tasks(n, decided=None if n % 2 else [_TESK])]
    tasks += [task(alone, {1: [_ANNA]}), task(alone, {3: [_ANNA]}, adjudicates="1")]
    create(tmp_path / "decided", tasks, policy="adjudicated")
    folder = DatasetFolder(tmp_path / "decided", "ents")
    version = open_version(folder)
    numbers, decider = version.manifest.numbers, KEY.pseudonym("3")
    assert numbers.agreement == judged.agreement
    assert numbers.agreement.compared == 6
    assert numbers.annotators[decider] == 4
    rows = version.gold_rows(limit=9)
    assert {len(row["entities"]) for row in rows} == {1, 2}
    asked = {name for row in rows for name in row["annotators"]}
    assert asked == {KEY.pseudonym("1"), KEY.pseudonym("2")}
    assert verify(folder, deep=True) == []
    assert f"{decider} and" not in version_page(version)
