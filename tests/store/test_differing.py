"""Rows that differ, found by columns: against plain sets, and on files of a store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.dataset.arrow import make_table, named_rows, take_rows
from annotate.dataset.layout import SplitWriter
from annotate.pipeline import diff_versions
from annotate.schemes.columns import INT32, STRING, Column, Labels, ListOf, StructOf
from annotate.store.differing import DifferingRows, differing_rows
from annotate.store.sides import Part, Places, Wanted
from tests.store.made import articles, create

_keys = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(["x", "y"])), max_size=8, unique=True
)
_split = st.lists(_keys, max_size=3).filter(
    lambda parts: len({key for part in parts for key in part}) == sum(map(len, parts))
)
_side = st.fixed_dictionaries({"train": _split, "test": _split})


def _parts(side: dict[str, list[list[tuple[str, str]]]], width: int) -> list[Part]:
    return [_part(split, keys, width) for split, parts in side.items() for keys in parts]


def _part(split: str, keys: list[tuple[str, str]], width: int) -> Part:
    columns = [pa.array([key[n] * 4 for key in keys], pa.string()) for n in range(width)]

    def read() -> pa.Table:
        return pa.table(columns, names=["row_hash", "annotator"][:width])

    def take(places: Places, is_wanted: Wanted) -> pa.Table:
        return read().take(places)

    return Part(split, None, len(keys), read, take)


def _found(found: DifferingRows, width: int) -> list[set[tuple[str, ...]]]:
    return [
        {
            (item.part.split, *(value[0] for value in row.values()))
            for item in side
            for row in item.part.take(item.places, lambda _: True).to_pylist()
        }
        for side in found
    ]


@settings(max_examples=300, deadline=None)
@given(_side, _side)
def test_what_differs_is_the_difference_of_sets(old: Any, new: Any) -> None:
    sets = [
        {(split, *key) for split, parts in side.items() for keys in parts for key in keys}
        for side in (old, new)
    ]
    found = _found(differing_rows(_parts(old, 2), _parts(new, 2)), 2)
    assert found == [sets[0] - sets[1], sets[1] - sets[0]]


def test_equal_files_are_not_looked_into() -> None:
    def never() -> pa.Table:
        raise AssertionError("read")

    shut = _part("train", [("a", "x")], 1)._replace(sha256="1" * 64, keys=never)
    more = _part("train", [("b", "x")], 1)._replace(sha256="2" * 64)
    assert _found(differing_rows([shut], [shut, more]), 1) == [set(), {("train", "b")}]


def test_rows_are_taken_from_several_row_groups_without_what_is_not_wanted(tmp_path: Path) -> None:
    span = StructOf((Column("start", INT32), Column("label", Labels(("PER", "ORG")))))
    columns = (Column("id", STRING), Column("text", STRING), Column("spans", ListOf(span)))
    rows = [(f"{n}", "a" * 9000, [(n, "ORG" if n % 2 else "PER")]) for n in range(4500)]
    table = make_table(columns, rows)
    with SplitWriter(tmp_path, "x", table.schema) as writer:
        writer.write(table, "v1.0.0")
    (file,) = writer.files
    assert pq.read_metadata(file.path).num_row_groups > 1
    places = np.array([0, 1, 2999, 4499])
    wanted = {"id", "spans.list.element.label"}
    assert named_rows(take_rows(file.path, places, wanted.__contains__)) == [
        {"id": "0", "spans": [{"label": "PER"}]},
        {"id": "1", "spans": [{"label": "ORG"}]},
        {"id": "2999", "spans": [{"label": "ORG"}]},
        {"id": "4499", "spans": [{"label": "ORG"}]},
    ]
    assert take_rows(file.path, np.array([], np.int64), wanted.__contains__).num_rows == 0


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
