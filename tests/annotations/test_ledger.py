"""The reference of codes, and an account that must close."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from annotate.annotations.ledger import (
    FLAGS,
    REASONS,
    REPAIRS,
    Ledger,
    Place,
    SetAside,
    Superseded,
)
from annotate.annotations.ledger_file import save_ledger
from annotate.errors import StateError
from annotate.schemes.base import Reject
from tests.annotations.exports import annotation, gather_tasks, region, task

_DOCS = Path(__file__).resolve().parents[2] / "docs" / "ledger.md"


def test_entries_are_put_in_the_order_of_their_tasks() -> None:
    ledger = Ledger()
    for unit in ("a", "b", "", "b"):  # what is about no task comes first
        ledger.flag("nobody", unit, "annotation 1")
        ledger.repair("line_ends", unit, "put back")
        ledger.superseded.append(Superseded(unit, "p", "f.json", "1", "1"))
        ledger.add(Place("f.json", "1", "1", unit), [Reject("nul", "annotation", "", "")])
    ledger.sort_by_task(["b", "a"])
    for entries in (ledger.flags, ledger.repairs, ledger.superseded, ledger.set_aside):
        assert [entry.unit_key for entry in entries] == ["", "b", "b", "a"]


def test_every_code_is_in_the_reference() -> None:
    codes, flags, repairs = (
        re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)
        for part in _DOCS.read_text(encoding="utf-8").split("## ")[1:4]
    )
    assert sorted(codes) == sorted(REASONS)
    assert sorted(flags) == sorted(FLAGS)
    assert sorted(repairs) == sorted(REPAIRS)


def test_what_to_do_is_in_the_reference() -> None:
    section = _DOCS.read_text(encoding="utf-8").split("## ")[1]
    told = dict(re.findall(r"^\| `(\w+)` \|.*\| (.+) \|$", section, re.MULTILINE))
    assert {code: reason.remedy for code, reason in REASONS.items()} == {
        code: remedy.replace("`", "") for code, remedy in told.items()
    }


def test_every_count_is_in_the_reference() -> None:
    section = _DOCS.read_text(encoding="utf-8").split("## Counts\n")[1].split("\n## ")[0]
    said = [name for row in re.findall(r"^\| (`.+?`) \|", section, re.M) for name in _names(row)]
    gathering = gather_tasks("entities", task(annotation(region("a", 5, 99, "PER"))))
    report = gathering.ledger.report()
    assert said == [name for name, value in report.items() if isinstance(value, int)]
    lists = {name for name, value in report.items() if not isinstance(value, int)}
    assert lists <= set(_names(section.split("|")[0]))


def _names(text: str) -> list[str]:
    return re.findall(r"`(\w+)`", text)


def test_an_open_ledger_fails() -> None:
    gathering = gather_tasks("entities", task(annotation(region("a", 5, 11, "PER"))))
    gathering.ledger.counts["regions_read"] += 1
    with pytest.raises(StateError, match="2 regions read, 1 kept, 0 set aside"):
        gathering.ledger.close(max_rejects=0)


def test_a_task_without_a_number_is_named_by_its_key() -> None:
    broken = annotation(region("a", 5, 99, "PER"), number=2)
    nameless = {name: value for name, value in task(broken).items() if name != "id"}
    (entry,) = gather_tasks("entities", nameless).ledger.set_aside
    assert f": unit_key {entry.unit_key}, annotation 2, region a: out_of_bounds: " in entry.line()
    assert "None" not in str(entry)
    (entry,) = gather_tasks("entities", task(broken)).ledger.set_aside
    assert ": task 7, annotation 2, region a: out_of_bounds: " in entry.line()
    del broken["id"]
    (entry,) = gather_tasks("entities", nameless).ledger.set_aside
    assert f": unit_key {entry.unit_key}, annotation, region a: " in entry.line()


def test_a_task_that_is_set_aside_whole_is_named_by_its_key_too() -> None:
    entry = SetAside("retracted", "k", "task", "", "said so", True, "in.json", "7", "")
    assert entry.line() == "in.json: task 7, unit_key k: retracted: said so"


def test_a_line_for_a_person_is_no_article() -> None:
    text = "Ada met Bob. " * 1_000
    whole = region("a", 0, len(text), "PER", text=f"x{text}")
    gathering = gather_tasks("entities", task(annotation(whole), text=text))
    (aside,) = gathering.ledger.set_aside
    assert text in aside.detail
    assert len(aside.line()) < 500
    assert "Ada met Bob" in aside.line()
    assert "see `annotate check --json`" in aside.line()


def test_the_table(tmp_path: Path) -> None:
    old = annotation(number=1)
    broken = annotation(region("a", 5, 99, "PER"), region("b", 37, 41, "GPE"), number=2)
    gathering = gather_tasks("entities", task(old, broken))
    assert save_ledger(gathering.ledger, tmp_path / "ledger.parquet") == 2
    aside, older = pq.read_table(tmp_path / "ledger.parquet").to_pylist()
    assert (aside["entry"], aside["code"], aside["root"]) == ("set_aside", "out_of_bounds", True)
    assert (aside["task"], aside["annotation"], aside["part"]) == ("7", "2", "a")
    assert (older["entry"], older["annotation"]) == ("superseded", "1")
    assert older["annotator"].startswith("p-")
