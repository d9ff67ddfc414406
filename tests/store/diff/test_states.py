"""What is read of rows that differ: the columns in which they do, and those of labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from annotate.dataset.arrow.tables import make_table
from annotate.dataset.rows import make_schemas
from annotate.schemes import load_scheme
from annotate.schemes.label_config import parse_label_config
from annotate.store.diff.differing import DifferingRows, differing_rows
from annotate.store.diff.sides import NAMES
from annotate.store.diff.states import RowStates, read_states
from tests.store.diff.sides import hash_rows, write_part
from tests.store.made import config_xml

_TEXT = "Anna Novak spoke in Tesk."
_LEAVE_OUT = frozenset({"text", "votes", "voters", "annotators", "row_hash"})
_SCHEMAS = make_schemas(
    load_scheme("entities"), parse_label_config(config_xml(), where="the test"), {}
)


def _row(
    unit: str, *, title: str = "One", label: str = "PER", votes: int = 2, name: str = "n"
) -> Any:
    spans = [(name, 0, 10, _TEXT[:10], label, "NAM", votes, ["p", "q"])]
    head = (unit, unit, unit, "article", 0, title, None, None, None, _TEXT, "sha", "majority")
    return "train", (*head, ["p", "q"], spans), []


def _differing(folder: Path, old: list[Any], new: list[Any], rows: int = 2) -> DifferingRows:
    parts = []
    for name, side in (("old", old), ("new", new)):
        made = [row for _, row in hash_rows(_SCHEMAS, side).gold]
        table = make_table(_SCHEMAS["gold"], made)
        parts.append(write_part(folder / name, "train", table, rows))
    return differing_rows(parts[:1], parts[1:], NAMES["gold"])


def _entities(label: str, **more: Any) -> dict[str, Any]:
    return {"entities": [{**more, "start": 0, "end": 10, "label": label, "mention": "NAM"}]}


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        ({"label": "ORG"}, _entities("PER"), _entities("ORG")),
        (
            {"title": "Two"},
            {"title": "One"} | _entities("PER"),
            {"title": "Two"} | _entities("PER"),
        ),
        ({"name": "m"}, _entities("PER", id="n"), _entities("PER", id="m")),
    ],
    ids=["label", "title", "id"],
)
def test_twins_are_read_in_what_differs_and_what_labels_are_counted_by(
    tmp_path: Path, change: dict[str, Any], before: Any, after: Any
) -> None:
    old, new = [_row("u"), _row("v")], [_row("u"), _row("v", **change)]
    found = _differing(tmp_path, old, new)
    assert list(read_states(found, _LEAVE_OUT)) == [RowStates(before, after, "train", "train")]


def test_twins_that_differ_in_votes_alone_are_not_read(tmp_path: Path) -> None:
    found = _differing(tmp_path, [_row("u")], [_row("u", votes=1)])
    assert found.twins and not list(read_states(found, _LEAVE_OUT))


def test_rows_without_a_twin_are_read_whole(tmp_path: Path) -> None:
    found = _differing(tmp_path, [_row("u")], [_row("t"), _row("u", label="ORG")])
    added, changed = read_states(found, _LEAVE_OUT)
    assert (added.before, added.old_split, added.new_split) == (None, None, "train")
    assert added.after is not None and (added.after["id"], added.after["title"]) == ("t", "One")
    assert changed.before is not None and changed.before["entities"][0]["label"] == "PER"
    assert changed.after is not None and changed.after["entities"][0]["label"] == "ORG"
    assert "text" not in changed.after


def test_many_twins_are_read_in_pieces(tmp_path: Path) -> None:
    units = [f"{number:04}" for number in range(2300)]
    old = [_row(unit) for unit in units]
    new = [_row(unit, label="GPE" if int(unit) % 2 else "ORG") for unit in units]
    states = list(read_states(_differing(tmp_path, old, new, rows=2300), _LEAVE_OUT))
    assert [state.after for state in states] == [
        _entities("GPE" if int(unit) % 2 else "ORG") for unit in units
    ]
    assert all(state.before == _entities("PER") for state in states)
