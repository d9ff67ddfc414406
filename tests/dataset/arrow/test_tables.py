"""Rows to Parquet and back, with columns of any type."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Features
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.dataset.arrow.arrays import integer_values, list_array
from annotate.dataset.arrow.layout import write_parquet
from annotate.dataset.arrow.tables import (
    arrow_schema,
    make_table,
    read_rows,
    read_rows_of,
    schema_columns,
)
from annotate.dataset.rows import named_row, row_values
from annotate.errors import InputError
from annotate.schemes.columns import (
    BOOL,
    FLOAT32,
    FLOAT64,
    INT32,
    STRING,
    Column,
    ColumnType,
    Labels,
    ListOf,
    StructOf,
)

_words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
_names = st.from_regex(r"[a-z]{1,6}", fullmatch=True)
_scalars = st.sampled_from([STRING, BOOL, INT32, FLOAT32, FLOAT64])
_labels = st.lists(_words.filter(bool), min_size=1, max_size=4, unique=True).map(
    lambda names: Labels(tuple(names))
)


def _structs(inner: st.SearchStrategy[ColumnType]) -> st.SearchStrategy[ColumnType]:
    fields = st.lists(
        st.builds(Column, _names, inner), min_size=1, max_size=3, unique_by=lambda c: c.name
    )
    return fields.map(lambda found: StructOf(tuple(found)))


_types = st.recursive(
    st.one_of(_scalars, _labels),
    lambda inner: st.one_of(inner.map(ListOf), _structs(inner)),
    max_leaves=6,
)
_VALUES: dict[Any, st.SearchStrategy[Any]] = {
    STRING: st.none() | _words,
    BOOL: st.none() | st.booleans(),
    INT32: st.none() | st.integers(-(2**31), 2**31 - 1),
    FLOAT32: st.none() | st.floats(width=32, allow_nan=False),
    FLOAT64: st.none() | st.floats(allow_nan=False),
}


def _values(type_: ColumnType) -> st.SearchStrategy[Any]:
    if isinstance(type_, Labels):
        return st.none() | st.sampled_from(type_.names)
    if isinstance(type_, ListOf):
        return st.lists(_values(type_.item), max_size=3)
    if isinstance(type_, StructOf):
        return st.tuples(*(_values(field.type) for field in type_.fields))
    return _VALUES[type_]


@st.composite
def _tables(draw: st.DrawFn) -> tuple[tuple[Column, ...], list[tuple[Any, ...]]]:
    types = draw(st.lists(st.tuples(_names, _types), max_size=3, unique_by=lambda pair: pair[0]))
    columns = (
        Column("id", STRING),
        *(Column(name, t) for name, t in types if name != "id"),
    )
    count = draw(st.integers(0, 4))
    rows = [
        (f"row{n}", *(draw(_values(column.type)) for column in columns[1:])) for n in range(count)
    ]
    return columns, rows


@settings(max_examples=150, deadline=None)
@given(_tables())
def test_rows_come_back_as_they_went(
    table: tuple[tuple[Column, ...], list[tuple[Any, ...]]],
) -> None:
    columns, rows = table
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.parquet"
        write_parquet([made := make_table(columns, rows)], made.schema, path)
        assert [row_values(columns, row) for row in read_rows([path])] == rows
        assert list(read_rows([path])) == [named_row(columns, row) for row in rows]
        assert schema_columns(path) == columns
        wanted = {"row1", "row3"}
        assert list(read_rows_of([path], wanted)) == [
            named_row(columns, row) for row in rows if row[0] in wanted
        ]


@settings(max_examples=50, deadline=None)
@given(_tables())
def test_datasets_reads_our_features(
    table: tuple[tuple[Column, ...], list[tuple[Any, ...]]],
) -> None:
    columns, _ = table
    schema = arrow_schema(columns)
    assert Features.from_arrow_schema(schema).arrow_schema.equals(schema.remove_metadata())


def test_one_pyarrow_writes_the_same_bytes_with_checks_and_page_index() -> None:
    columns = (Column("id", STRING), Column("text", STRING))
    rows = [(f"{n}", "some words " * n) for n in range(50)]
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("a", "b")]
        for file in files:
            write_parquet([made := make_table(columns, rows)], made.schema, file)
        assert files[0].read_bytes() == files[1].read_bytes()
        metadata = pq.ParquetFile(io.BytesIO(files[0].read_bytes())).metadata
    column = metadata.row_group(0).column(1)
    assert column.compression == "ZSTD"
    assert column.has_column_index
    assert column.has_offset_index


def test_integers_of_a_part_of_an_array() -> None:
    values = integer_values(pa.array([7, -1, 2, 9], pa.int32())[1:3])
    assert values.dtype == "int64"
    assert values.tolist() == [-1, 2]


def test_more_than_its_borders_can_count_is_refused() -> None:
    nothing = pa.array([], pa.int64())
    with pytest.raises(InputError, match="a column of one table would hold 2 GiB"):
        list_array(np.array([2**31 - 1, 1]), nothing)
