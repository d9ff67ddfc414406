"""Column types -> Arrow schemas with Hugging Face features, and flat arrays.

Values are flattened level by level, never through lists of dicts. The features
stand in the schema's `huggingface` metadata in column order (sorting that JSON
would reorder fields and lose labels), so that files written by plain pyarrow
load with their label names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from annotate.dataset.arrow.arrays import integer_array, list_array, plain_array, string_array
from annotate.schemes.columns import STRING, Column, ColumnType, Labels, ListOf, Scalar, StructOf

_ARROW = {
    "string": pa.string(),
    "bool": pa.bool_(),
    "int32": pa.int32(),
    "float32": pa.float32(),
    "float64": pa.float64(),
}


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """The Arrow schema of `columns`, with their features as metadata."""
    features = {column.name: _feature(column.type) for column in columns}
    metadata = {"huggingface": json.dumps({"info": {"features": features}}, ensure_ascii=False)}
    return pa.schema([pa.field(c.name, _arrow(c.type)) for c in columns], metadata=metadata)


def make_table(columns: Sequence[Column], rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    """A table of `rows`, whose values stand in the order of `columns`; labels are names."""
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = [_array(c.type, v) for c, v in zip(columns, values, strict=True)]
    return pa.Table.from_arrays(arrays, schema=arrow_schema(columns))


def pack_table(table: pa.Table) -> pa.Buffer:
    """A table as an Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def unpack_table(path: Path) -> pa.Table:
    """The table of a file that holds what `pack_table` made; its bytes stay in the file."""
    with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as reader:
        return reader.read_all()


def read_rows(paths: Iterable[Path], columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """Yield the rows of Parquet files as dicts, with labels as names."""
    for path in paths:
        with _open(path) as file:
            for batch in file.iter_batches(columns=columns, batch_size=1000):
                yield from named_rows(batch)


def read_rows_of(
    paths: Iterable[Path], wanted: Collection[str], columns: list[str] | None = None
) -> Iterator[dict[str, Any]]:
    """As `read_rows`, only the rows whose id is `wanted`; other row groups stay unread."""
    for path in paths:
        with _open(path) as file:
            for number in range(file.num_row_groups):
                ids = file.read_row_group(number, columns=["id"], use_threads=False)[
                    "id"
                ].to_pylist()
                places = np.array([n for n, name in enumerate(ids) if name in wanted], np.int64)
                if not len(places):
                    continue
                start = 0
                for batch in file.iter_batches(1000, [number], columns, use_threads=False):
                    end = start + len(batch)
                    here = places[np.searchsorted(places, start) : np.searchsorted(places, end)]
                    yield from named_rows(batch.take(integer_array(here - start)))
                    start = end


def named_rows(table: pa.Table | pa.RecordBatch) -> list[dict[str, Any]]:
    """The rows of a table of ours as dicts, with labels as names; fields may have been left out."""
    features = features_of(table.schema)
    namers = {name: _namer(features[name]) for name in table.column_names}
    named = [(name, namer) for name, namer in namers.items() if namer]
    rows: list[dict[str, Any]] = table.to_pylist()
    for row in rows:
        for name, namer in named:
            row[name] = namer(row[name])
    return rows


def schema_columns(path: Path) -> tuple[Column, ...]:
    """The columns of a Parquet file of ours; the inverse of `arrow_schema`."""
    return columns_of(features_of(pq.read_schema(path.absolute())))


def other_column(schema: pa.Schema, columns: Sequence[Column]) -> str | None:
    """What the first column of a file is that is not as `columns` have it; None where all are."""
    for found, own in zip_longest(schema, arrow_schema(columns)):
        if found is None:
            return f"lacks the column {own.name}"
        if own is None:
            return f"has a column {found.name}, which is not one of a version"
        if found.name != own.name:
            return f"has the column {found.name} where {own.name} belongs"
        if found.type != own.type:
            return f"has the column {own.name} as {found.type} and not {own.type}"
    if b"huggingface" not in (schema.metadata or {}):
        return "lacks the features of its columns, with the names of the labels"
    for column, wanted in zip_longest(columns_of(features_of(schema)), columns):
        if column != wanted:
            return f"has other features or labels of the column {(wanted or column).name}"
    return None


def columns_of(features: Mapping[str, Any]) -> tuple[Column, ...]:
    """The columns that Hugging Face features of ours describe."""
    return tuple(Column(name, _column_type(feature)) for name, feature in features.items())


def read_columns(path: Path, names: Sequence[str]) -> list[list[Any]]:
    """Whole columns of one Parquet file, in the order of `names`; labels stay codes."""
    with _open(path) as file:
        table = file.read(columns=list(names))
    return [table.column(name).to_pylist() for name in names]


def features_of(schema: pa.Schema) -> dict[str, Any]:
    """The Hugging Face features that stand in a schema's metadata."""
    document = json.loads(schema.metadata[b"huggingface"])
    features: dict[str, Any] = document["info"]["features"]
    return features


def label_lists(columns: Iterable[Column], prefix: str = "") -> dict[str, tuple[str, ...]]:
    """The label names of every label column, by dotted path (`entities.label`)."""
    found: dict[str, tuple[str, ...]] = {}
    for column in columns:
        path, inner = f"{prefix}{column.name}", column.type
        while isinstance(inner, ListOf):
            inner = inner.item
        if isinstance(inner, Labels):
            found[path] = inner.names
        elif isinstance(inner, StructOf):
            found.update(label_lists(inner.fields, f"{path}."))
    return found


def with_labels(
    columns: Sequence[Column], lists: Mapping[str, Sequence[str]], prefix: str = ""
) -> tuple[Column, ...]:
    """`columns` with the label names of `lists` (as from `label_lists`) in place of their own."""
    return tuple(Column(c.name, _relabelled(c.type, lists, f"{prefix}{c.name}")) for c in columns)


def _open(path: Path) -> pq.ParquetFile:
    # absolute, since pyarrow takes `~` at the beginning of a relative path for a home
    return pq.ParquetFile(path.absolute(), memory_map=True, pre_buffer=False)


def _relabelled(type_: ColumnType, lists: Mapping[str, Sequence[str]], path: str) -> ColumnType:
    if isinstance(type_, ListOf):
        return ListOf(_relabelled(type_.item, lists, path))
    if isinstance(type_, StructOf):
        return StructOf(with_labels(type_.fields, lists, f"{path}."))
    if isinstance(type_, Labels):
        return Labels(tuple(lists.get(path, type_.names)))
    return type_


def _arrow(type_: ColumnType) -> pa.DataType:
    if isinstance(type_, Scalar):
        return _ARROW[type_.dtype]
    if isinstance(type_, Labels):
        return pa.int64()
    if isinstance(type_, ListOf):
        return pa.list_(_arrow(type_.item))
    return pa.struct([pa.field(field.name, _arrow(field.type)) for field in type_.fields])


def _feature(type_: ColumnType) -> dict[str, Any]:
    if isinstance(type_, Scalar):
        return {"dtype": type_.dtype, "_type": "Value"}
    if isinstance(type_, Labels):
        return {"names": list(type_.names), "_type": "ClassLabel"}
    if isinstance(type_, ListOf):
        return {"feature": _feature(type_.item), "_type": "List"}
    return {field.name: _feature(field.type) for field in type_.fields}


def _array(type_: ColumnType, values: Sequence[Any]) -> pa.Array:
    if isinstance(type_, Labels):
        codes: dict[str | None, int | None] = {None: None}
        codes.update((name, code) for code, name in enumerate(type_.names))
        return plain_array(pa.int64(), [codes[value] for value in values])
    if isinstance(type_, Scalar):
        return string_array(values) if type_ == STRING else plain_array(_arrow(type_), values)
    if isinstance(type_, ListOf):
        item = _array(type_.item, list(chain.from_iterable(values)))
        return list_array(list(map(len, values)), item)
    fields = list(zip(*values, strict=True)) or [()] * len(type_.fields)
    arrays = [_array(f.type, v) for f, v in zip(type_.fields, fields, strict=True)]
    return pa.StructArray.from_arrays(arrays, fields=list(_arrow(type_)))


def _column_type(feature: dict[str, Any]) -> ColumnType:
    kind = feature.get("_type")
    if kind == "Value":
        return Scalar(feature["dtype"])
    if kind == "ClassLabel":
        return Labels(tuple(feature["names"]))
    if kind == "List":
        return ListOf(_column_type(feature["feature"]))
    return StructOf(tuple(Column(name, _column_type(f)) for name, f in feature.items()))


def _namer(feature: Any) -> Callable[[Any], Any] | None:
    """How the label codes in a value become names; None where it holds none."""
    kind = feature.get("_type")
    if kind == "Value":
        return None
    if kind == "ClassLabel":
        names = dict(enumerate(feature["names"])) | {None: None}
        return names.__getitem__
    if kind == "List":
        inner = _namer(feature["feature"])
        return None if inner is None else lambda items: items and [inner(item) for item in items]
    fields = [(name, namer) for name, f in feature.items() if (namer := _namer(f))]
    return _struct_namer(fields) if fields else None


def _struct_namer(fields: Sequence[tuple[str, Callable[[Any], Any]]]) -> Callable[[Any], Any]:
    def name_fields(record: dict[str, Any] | None) -> dict[str, Any] | None:
        if record is not None:
            for name, namer in fields:
                if name in record:
                    record[name] = namer(record[name])
        return record

    return name_fields
