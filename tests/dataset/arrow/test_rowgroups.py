"""Row groups of real files: what is read of them, and which columns hold the same."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.dataset.arrow.layout import SplitWriter
from annotate.dataset.arrow.rowgroups import RowGroup, row_groups, same_leaves
from annotate.dataset.arrow.tables import make_table, named_rows
from annotate.schemes.columns import INT32, STRING, Column, Labels, ListOf, StructOf

_LABELS = ("PER", "ORG")
Row = tuple[Any, ...]


def _columns(labels: tuple[str, ...] = _LABELS) -> tuple[Column, ...]:
    span = StructOf((Column("start", INT32), Column("label", Labels(labels))))
    return (
        *(Column("id", STRING), Column("title", STRING)),
        *(Column("spans", ListOf(span)), Column("votes", INT32)),
    )


_LEAVES = ("id", "title", "spans.list.element.start", "spans.list.element.label", "votes")


def _group(path: Path, rows: list[Row], labels: tuple[str, ...] = _LABELS) -> RowGroup:
    pq.write_table(make_table(_columns(labels), rows), path)
    (group,) = row_groups(path)
    return group


def test_rows_are_read_from_several_row_groups_without_what_is_not_wanted(tmp_path: Path) -> None:
    rows = [(f"{n}", "a" * 9000, [(n, _LABELS[n % 2])], n) for n in range(4500)]
    table = make_table(_columns(), rows)
    with SplitWriter(tmp_path, "x", table.schema) as writer:
        writer.write(table, "v1.0.0")
    first, *others = row_groups(writer.files[0].path)
    assert others and first.rows + sum(group.rows for group in others) == 4500
    wanted = ["id", "spans.list.element.label"]
    assert named_rows(first.read(wanted, np.array([0, 1, 1000]))) == [
        {"id": "0", "spans": [{"label": "PER"}]},
        {"id": "1", "spans": [{"label": "ORG"}]},
        {"id": "1000", "spans": [{"label": "PER"}]},
    ]
    assert named_rows(others[-1].read(wanted, np.array([others[-1].rows - 1]))) == [
        {"id": "4499", "spans": [{"label": "ORG"}]}
    ]
    assert first.read(wanted, np.array([], np.int64)).num_rows == 0
    assert [row["id"] for row in named_rows(others[0].read(["id"]))] == [
        str(n) for n in range(first.rows, first.rows + others[0].rows)
    ]


def test_a_leaf_that_a_file_lacks_is_passed_over(tmp_path: Path) -> None:
    group = _group(tmp_path / "x", [("a", "One", [], 1)])
    assert group.read(["votes", "licence"]).column_names == ["votes"]
    assert same_leaves(group, group, ["votes", "licence"]) == {"votes"}


_ROW = ("a", "One", [(1, "PER"), (5, "ORG")], 2)


@pytest.mark.parametrize(
    ("changed", "other"),
    [
        ({"title"}, ("a", "Two", [(1, "PER"), (5, "ORG")], 2)),
        ({"title"}, ("a", None, [(1, "PER"), (5, "ORG")], 2)),
        ({"spans.list.element.start"}, ("a", "One", [(1, "PER"), (6, "ORG")], 2)),
        ({"spans.list.element.label"}, ("a", "One", [(1, "PER"), (5, None)], 2)),
        ({"votes", "id"}, ("b", "One", [(1, "PER"), (5, "ORG")], None)),
    ],
)
def test_a_value_makes_its_leaf_another(tmp_path: Path, changed: set[str], other: Row) -> None:
    filler: list[Row] = [("z", "", [], 0)] * 3
    one, two = (
        _group(tmp_path / name, [*filler, row, *filler])
        for name, row in (("one", _ROW), ("two", other))
    )
    assert same_leaves(one, two, _LEAVES) == set(_LEAVES) - changed


def test_the_same_values_in_other_lists_are_not_the_same(tmp_path: Path) -> None:
    spans = [(1, "PER"), (5, "ORG")]
    one = _group(tmp_path / "one", [("a", "", spans, 0), ("b", "", [], 0)])
    two = _group(tmp_path / "two", [("a", "", spans[:1], 0), ("b", "", spans[1:], 0)])
    assert same_leaves(one, two, _LEAVES) == {"id", "title", "votes"}


def test_labels_of_other_names_are_not_the_same(tmp_path: Path) -> None:
    one = _group(tmp_path / "one", [_ROW])
    two = _group(tmp_path / "two", [("a", "One", [(1, "GPE"), (5, "LOC")], 2)], ("GPE", "LOC"))
    codes = [group.read(["spans.list.element.label"]).to_pylist() for group in (one, two)]
    assert codes[0] == codes[1]
    assert same_leaves(one, two, _LEAVES) == set(_LEAVES) - {"spans.list.element.label"}


_span = st.tuples(st.integers(0, 3) | st.none(), st.sampled_from([*_LABELS, None]))
_text = st.sampled_from(["", "a", "b", None])
_rows = st.lists(
    st.tuples(_text, _text, st.lists(_span, max_size=3), st.integers(0, 2)), min_size=2, max_size=3
)


@settings(max_examples=150, deadline=None)
@given(_rows, _rows)
def test_leaves_are_the_same_where_values_are(one: list[Row], other: list[Row]) -> None:
    """As far as one writer made both; what stands in lists is compared with its list."""

    def values(rows: list[Row]) -> list[Any]:
        spans = [row[2] for row in rows]
        inner = ([[span[n] for span in own] for own in spans] for n in (0, 1))
        return [[row[0] for row in rows], [row[1] for row in rows], *inner, [r[3] for r in rows]]

    equal = (x == y for x, y in zip(values(one), values(other), strict=True))
    with TemporaryDirectory() as folder:
        first, second = (
            _group(Path(folder, name), rows) for name, rows in (("1", one), ("2", other))
        )
        expected = {leaf for leaf, is_equal in zip(_LEAVES, equal, strict=True) if is_equal}
        assert same_leaves(first, second, _LEAVES) == expected
