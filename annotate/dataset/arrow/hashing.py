"""Rows -> row hashes -> the logical hash of a version.

A row's hash is the first 32 hexadecimal digits of SHA-256 over the JSON array
of its values in column order: UTF-8, no spaces, records as arrays in field
order, labels by name, 32-bit floats as their exact value. Who voted and when
(`annotator`, `annotators`, `voters`, `lead_time`, `created_at`) does not enter,
so that the hash depends neither on the pseudonym key nor on the Parquet writer.
A row of tokens enters as its id, the tokens as one string, their lengths in code
points, and [place, tag] of those inside a span: the same content, ten times faster.
The logical hash does not depend on the order of rows, so it takes sorting them; the
digest of the row hashes of one file, in its order, takes one read of one column.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import msgspec
import pyarrow as pa

from annotate.dataset.arrow.arrays import string_borders
from annotate.schemes.columns import FLOAT32, Column, ColumnType, Labels, ListOf, Scalar, StructOf

NOT_HASHED = frozenset({"annotator", "annotators", "voters", "lead_time", "created_at", "row_hash"})

ConfigSplit = tuple[str, str]
"""Config and split."""
_LINES = 10_000
"""Rows that are encoded at a time."""
_Keep = Callable[[Any], Any]


def row_hasher(columns: Sequence[Column]) -> Callable[[tuple[Any, ...]], str]:
    """A function from the values of a row to its hash."""
    keep = [(place, _keeper(c.type)) for place, c in enumerate(columns) if c.name not in NOT_HASHED]

    def hash_row(row: tuple[Any, ...]) -> str:
        kept = [keeper(row[place]) if keeper else row[place] for place, keeper in keep]
        return hashlib.sha256(msgspec.json.encode(kept)).hexdigest()[:32]

    return hash_row


def hash_tokens(
    name: str, joined: str, lengths: Sequence[int] | msgspec.Raw, tagged: Sequence[tuple[int, str]]
) -> str:
    """The hash of a row of tokens; `lengths` may be written as JSON already."""
    entered = msgspec.json.encode((name, joined, lengths, tagged))
    return hashlib.sha256(entered).hexdigest()[:32]


def logical_hash(
    tables: Iterable[tuple[ConfigSplit, pa.Table]],
    schemas: Mapping[str, Sequence[Column]],
    config_digest: str,
) -> str:
    """SHA-256 over the schemas, the label config and all rows sorted by config, split and id.

    `tables` come in the order of config and split; they have the columns `id` and `row_hash`,
    their rows in any order.
    """
    described = {
        name: [_describe(column) for column in columns] for name, columns in schemas.items()
    }
    total = hashlib.sha256(
        msgspec.json.encode({"config": config_digest, "schema": described}, order="sorted")
    )
    encoder = msgspec.json.Encoder()
    for (config, split), table in tables:
        rows = table.select(["id", "row_hash"])
        rows = rows.sort_by([("id", "ascending"), ("row_hash", "ascending")])
        for batch in rows.to_batches(max_chunksize=_LINES):
            pairs = zip(*(column.to_pylist() for column in batch.columns), strict=True)
            lines = encoder.encode_lines([(config, split, *pair) for pair in pairs])
            total.update(lines.replace(b"\n", b""))  # JSON has none inside a string
    return total.hexdigest()


class RowHashes:
    """The digest of the row hashes of one file: SHA-256 over their 32 digits, in file order.

    Each enters as the 32 ASCII bytes that it is, without anything between.
    """

    def __init__(self) -> None:
        self._total = hashlib.sha256()

    def add(self, column: pa.ChunkedArray) -> None:
        """Take the next row hashes, from Arrow's own bytes."""
        for chunk in column.chunks:
            borders, digits = string_borders(chunk)
            self._total.update(digits[borders[0] : borders[-1]])

    def hexdigest(self) -> str:
        """The digest, as 64 hexadecimal digits."""
        return self._total.hexdigest()


def _keeper(type_: ColumnType) -> _Keep | None:
    """How a value is brought to what enters the hash; None where it enters as it is."""
    if type_ == FLOAT32:
        return _exact_float32
    if isinstance(type_, ListOf):
        inner = _keeper(type_.item)
        return None if inner is None else lambda values: list(map(inner, values))
    if not isinstance(type_, StructOf):
        return None
    keep = [(n, _keeper(f.type)) for n, f in enumerate(type_.fields) if f.name not in NOT_HASHED]
    if len(keep) > 1 and not any(keeper for _, keeper in keep):
        return None if len(keep) == len(type_.fields) else itemgetter(*(n for n, _ in keep))
    return lambda value: [keeper(value[n]) if keeper else value[n] for n, keeper in keep]


def _exact_float32(value: float | None) -> float | None:
    if value is None:
        return None
    exact: float = struct.unpack("f", struct.pack("f", value))[0]
    return exact


def _describe(column: Column) -> list[Any]:
    return [column.name, _describe_type(column.type)]


def _describe_type(type_: ColumnType) -> Any:
    if isinstance(type_, Scalar):
        return type_.dtype
    if isinstance(type_, Labels):
        return {"labels": type_.names}
    if isinstance(type_, ListOf):
        return {"list": _describe_type(type_.item)}
    return {"struct": [_describe(field) for field in type_.fields]}
