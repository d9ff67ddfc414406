"""Column types -> Arrow schemas with Hugging Face features, and flat arrays.

Values are flattened level by level, never through lists of dicts. The features
stand in the schema's `huggingface` metadata in column order (sorting that JSON
would reorder fields and lose labels), so that files written by plain pyarrow
load with their label names.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from annotate.schemes.columns import Column, ColumnType, Labels, ListOf, Scalar, StructOf

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
    arrays = [_array(c.type, list(v)) for c, v in zip(columns, values, strict=True)]
    return pa.Table.from_arrays(arrays, schema=arrow_schema(columns))


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write one Parquet file; the bytes are the same for one pyarrow release."""
    pq.write_table(
        table,
        path,
        compression="zstd",
        row_group_size=1000,
        use_content_defined_chunking=True,
        write_page_index=True,
        write_page_checksum=True,
    )


def read_rows(paths: Iterable[Path], columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """Yield the rows of Parquet files as dicts, with labels as names."""
    for path in paths:
        with pq.ParquetFile(path) as file:
            features = features_of(file.schema_arrow)
            for batch in file.iter_batches(columns=columns, batch_size=1000):
                for row in batch.to_pylist():
                    yield {name: _named(value, features[name]) for name, value in row.items()}


def read_rows_of(paths: Iterable[Path], wanted: Collection[str]) -> Iterator[dict[str, Any]]:
    """As `read_rows`, only the rows whose id is `wanted`; other row groups stay unread."""
    for path in paths:
        with pq.ParquetFile(path) as file:
            features = features_of(file.schema_arrow)
            for number in range(file.num_row_groups):
                ids = file.read_row_group(number, columns=["id"]).column("id").to_pylist()
                places = [place for place, name in enumerate(ids) if name in wanted]
                if places:
                    for row in file.read_row_group(number).take(places).to_pylist():
                        yield {name: _named(value, features[name]) for name, value in row.items()}


def schema_columns(path: Path) -> tuple[Column, ...]:
    """The columns of a Parquet file of ours; the inverse of `arrow_schema`."""
    return columns_of(features_of(pq.read_schema(path)))


def columns_of(features: Mapping[str, Any]) -> tuple[Column, ...]:
    """The columns that Hugging Face features of ours describe."""
    return tuple(Column(name, _column_type(feature)) for name, feature in features.items())


def read_columns(path: Path, names: Sequence[str]) -> list[list[Any]]:
    """Whole columns of one Parquet file, in the order of `names`; labels stay codes."""
    with pq.ParquetFile(path) as file:
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


def _array(type_: ColumnType, values: list[Any]) -> pa.Array:
    if isinstance(type_, Scalar):
        return pa.array(values, type=_ARROW[type_.dtype])
    if isinstance(type_, Labels):
        codes: dict[str | None, int | None] = {None: None}
        codes.update((name, code) for code, name in enumerate(type_.names))
        return pa.array([codes[value] for value in values], type=pa.int64())
    if isinstance(type_, ListOf):
        offsets = pa.array([0, *accumulate(map(len, values))], type=pa.int32())
        item = _array(type_.item, list(chain.from_iterable(values)))
        return pa.ListArray.from_arrays(offsets, item)
    fields = list(zip(*values, strict=True)) or [()] * len(type_.fields)
    arrays = [_array(f.type, list(v)) for f, v in zip(type_.fields, fields, strict=True)]
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


def _named(value: Any, feature: Any) -> Any:
    """`value` with label codes replaced by names."""
    kind = feature.get("_type")
    if value is None or kind == "Value":
        return value
    if kind == "ClassLabel":
        return feature["names"][value]
    if kind == "List":
        return [_named(item, feature["feature"]) for item in value]
    return {name: _named(item, feature[name]) for name, item in value.items()}
