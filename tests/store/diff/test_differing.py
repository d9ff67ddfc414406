"""Rows that differ, found by columns: against plain sets, and on files of a store."""

from __future__ import annotations

import hashlib
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.dataset.arrow.rowgroups import RowGroup, row_groups
from annotate.dataset.arrow.tables import make_table
from annotate.pipeline import diff_versions
from annotate.schemes.columns import STRING, Column
from annotate.store.diff.differing import Differing, DifferingRows, differing_rows
from annotate.store.diff.sides import NAMES, Part
from tests.store.diff.sides import write_part
from tests.store.made import articles, create

_COLUMNS = tuple(Column(name, STRING) for name in ("id", "annotator", "row_hash"))
Named = tuple[str, ...]
"""What names a row: its id, and its annotator where it has one."""
Rows = list[tuple[Named, str]]
"""(name, content), in file order."""


def _row(name: Named, content: str) -> tuple[str, ...]:
    """A row of `_COLUMNS`; its hash tells task and content, as real ones do."""
    digits = hashlib.sha256(f"{name[0]} {content}".encode()).hexdigest()[:32]
    return (*name, *("-" for _ in range(2 - len(name))), digits)


def _table(rows: Rows) -> pa.Table:
    return make_table(_COLUMNS, [_row(*row) for row in rows])


def _sides(names: list[Named]) -> Any:
    """Name -> (split, content) for some of the names, and where files end."""
    places = st.tuples(st.sampled_from(["train", "test"]), st.sampled_from("xy"))
    cuts = st.lists(st.integers(0, len(names)), max_size=2)
    return st.tuples(st.dictionaries(st.sampled_from(names), places), cuts)


_IDS: list[Named] = [(name,) for name in "abcdefgh"]
_PAIRS: list[Named] = [(name, who) for name in "abcd" for who in "vw"]


def _parts(folder: Path, side: dict[Named, tuple[str, str]], cuts: list[int]) -> list[Part]:
    folder.mkdir()
    parts: list[Part] = []
    for split in ("train", "test"):
        rows = [(name, content) for name, (own, content) in sorted(side.items()) if own == split]
        for start, end in pairwise([0, *sorted(cuts), len(rows)]):
            path = folder / f"{split}-{len(parts)}"
            parts.append(write_part(path, split, _table(rows[start:end])))
    return parts


def _found(side: list[Differing]) -> list[tuple[str, ...]]:
    """Split and values of rows, sorted; one that is listed twice is there twice."""
    names = [column.name for column in _COLUMNS]
    return sorted(
        (item.split, *row.values()) for item in side for row in item.read(names).to_pylist()
    )


def _lacking(one: Any, other: Any) -> list[tuple[str, ...]]:
    """The rows of one side that the other does not have."""
    sets = [
        {(split, *_row(name, content)) for name, (split, content) in side[0].items()}
        for side in (one, other)
    ]
    return sorted(sets[0] - sets[1])


@settings(max_examples=150, deadline=None)
@pytest.mark.parametrize(("config", "names"), [("gold", _IDS), ("annotations", _PAIRS)])
@given(data=st.data())
def test_what_differs_is_the_difference_of_sets(
    data: st.DataObject, config: str, names: list[Named]
) -> None:
    old, new = data.draw(_sides(names)), data.draw(_sides(names))
    with TemporaryDirectory() as folder:
        before, after = (
            _parts(Path(folder, name), *side) for name, side in (("old", old), ("new", new))
        )
        found = differing_rows(before, after, NAMES[config])
        assert [_found(side) for side in found.sides()] == [_lacking(old, new), _lacking(new, old)]
        for twins in found.twins:
            states = [item.read(NAMES[config]).to_pylist() for item in twins]
            assert states[0] == states[1]


def _grouped(path: Path, groups: list[Rows]) -> list[Part]:
    """A file with these row groups."""
    tables = [_table(rows) for rows in groups]
    with pq.ParquetWriter(path, tables[0].schema) as writer:
        for table in tables:
            writer.write_table(table)
    return [Part("train", path.name, partial(row_groups, path))]


def _gold(text: str) -> Rows:
    """`ab*` names rows a and b, the second with other content."""
    rows: Rows = []
    for sign in text:
        rows = [*rows[:-1], (rows[-1][0], "other")] if sign == "*" else [*rows, ((sign,), "")]
    return rows


def _summary(found: DifferingRows) -> dict[str, list[str]]:
    def ids(item: Differing) -> str:
        return "".join(item.read(["id"]).column(0).to_pylist())

    twins = [ids(twins.old) for twins in found.twins]
    return {"twins": twins, "old": [*map(ids, found.old)], "new": [*map(ids, found.new)]}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (["ab", "cd"], ["ab", "cd*"], (["d"], [], [])),
        (["abc", "d", "ef"], ["abc", "xyz", "d*", "e*f"], (["d", "e"], [], ["xyz"])),
        (["ab", "cd", "ef"], ["ef*", "a*b", "cd"], (["f", "a"], [], [])),
        (["ab", "cd", "ef*"], ["acd", "ef"], (["f"], ["b"], [])),
        (["ab", "cd"], ["abcd*"], ([], ["d"], ["d"])),
        (["abcd"], ["axbcd"], ([], [], ["x"])),
        (["ab", "cd"], ["ab", "cd"], ([], [], [])),
    ],
    ids=["place", "inserted", "order", "removed", "joined", "shifted", "equal"],
)
def test_row_groups_of_the_same_rows_are_twins(
    tmp_path: Path, old: list[str], new: list[str], expected: tuple[list[str], ...]
) -> None:
    before, after = (
        _grouped(tmp_path / name, [_gold(group) for group in groups])
        for name, groups in (("old", old), ("new", new))
    )
    found = differing_rows(before, after, NAMES["gold"])
    assert _summary(found) == dict(zip(("twins", "old", "new"), expected, strict=True))


def test_an_annotation_by_someone_else_has_no_twin(tmp_path: Path) -> None:
    old: Rows = [(("a", "v"), ""), (("b", "v"), "")]
    new: Rows = [(("a", "v"), ""), (("b", "w"), "")]
    before, after = (
        _grouped(tmp_path / name, [rows]) for name, rows in (("old", old), ("new", new))
    )
    found = differing_rows(before, after, NAMES["annotations"])
    assert _summary(found) == {"twins": [], "old": ["b"], "new": ["b"]}


def test_equal_files_are_not_looked_into(tmp_path: Path) -> None:
    def never() -> list[RowGroup]:
        raise AssertionError("opened")

    shut = Part("train", "1" * 64, never)
    more = write_part(tmp_path / "more", "train", _table(_gold("b")))
    found = differing_rows([shut], [shut, more], NAMES["gold"])
    assert _summary(found) == {"twins": [], "old": [], "new": ["b"]}


def test_the_changes_of_two_versions_in_a_store(tmp_path: Path) -> None:
    first = articles(6)
    create(tmp_path / "store", first)
    relabelled = articles(1, label="ORG")
    create(tmp_path / "store", [*relabelled, *first[1:5], *articles(2, start=10)])
    stored = []
    for version in ("v1.0.0", "v2.0.0"):
        paths = sorted((tmp_path / "store/ents" / version / "data").glob("*-gold-*"))
        rows = [
            (path.name.split("-")[0], row)
            for path in paths
            for row in pq.read_table(path).to_pylist()
        ]
        stored.append({row["id"]: (split, row["row_hash"], row["text"]) for split, row in rows})
    old, new = stored
    expected = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    assert len(expected) == 4
    diff = diff_versions("ents", "v1.0.0", "v2.0.0", store=tmp_path / "store")
    found = list(diff.changes)
    assert [change.id for change in found] == sorted(expected)
    for change in found:
        for row, split, side in (
            (change.before, change.old_split, old),
            (change.after, change.new_split, new),
        ):
            seen = None if row is None else (split, row["row_hash"], row["text"])
            assert seen == side.get(change.id)
    assert diff.report()["labels"] == {
        "ORG": {"added": 0, "removed": 0, "relabelled": 1},
        "PER": {"added": 2, "removed": 1, "relabelled": 0},
    }
