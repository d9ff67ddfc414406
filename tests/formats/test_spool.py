"""Rows that wait in a file."""

from __future__ import annotations

import gc

from annotate.formats.spool import RowSpool


def test_rows_come_by_key_and_those_of_one_key_as_they_came() -> None:
    rows = RowSpool()
    for key, value in (("b", 1), ("a", 2), ("b", 3), ("a", 4)):
        rows.add((key,), (key, value))
    for _ in range(2):
        assert [value for _, value in rows] == [2, 4, 1, 3]
    rows.add(("a",), ("a", 5))
    assert [value for _, value in rows] == [2, 4, 5, 1, 3]
    assert len(rows) == 5


def test_a_part_outlives_the_whole() -> None:
    whole = RowSpool()
    for number in range(4):
        whole.add((-number,), ("even" if number % 2 == 0 else "odd", number))
    parts = whole.by_value(0)
    del whole
    gc.collect()
    assert {name: [n for _, n in rows] for name, rows in parts.items()} == {
        "even": [2, 0],
        "odd": [3, 1],
    }
