"""Tables of a version -> the row hashes that their values give.

Values come out of Arrow level by level and not as dicts: tuples in the order of
their fields, labels by name, without what does not enter a hash. The table must
have the Arrow types of its columns; a null list, record or unknown label code,
which no table of ours holds, comes out as something that no row was hashed with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from annotate.dataset.arrow.arrays import string_borders
from annotate.dataset.arrow.hashing import NOT_HASHED, hash_tokens, row_hasher
from annotate.schemes.columns import (
    FLOAT32,
    FLOAT64,
    Column,
    ColumnType,
    Labels,
    ListOf,
    StructOf,
)

_OUTSIDE = 0
"""The code of a token in no span."""


def rehash(columns: Sequence[Column], rows: pa.RecordBatch) -> list[str | None]:
    """The hash of each row; None for one that cannot have any."""
    types = {column.name: column.type for column in columns}
    if "tokens" in types:
        return list(_hash_token_rows(types["ner_tags"], rows))
    hashed = _hashed(columns)
    hash_row = row_hasher(hashed)
    values = (_values(column.type, rows.column(column.name)) for column in hashed)
    return [hash_row(row) for row in zip(*values, strict=True)]


def cut(values: Sequence[Any], lengths: Sequence[int | None]) -> list[Any]:
    """`values` in pieces of these lengths; None for a length of None."""
    borders = pairwise(accumulate((count or 0 for count in lengths), initial=0))
    return [
        None if count is None else values[start:end]
        for count, (start, end) in zip(lengths, borders, strict=True)
    ]


def _hashed(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns and fields that enter a hash."""
    return tuple(Column(c.name, _hashed_type(c.type)) for c in columns if c.name not in NOT_HASHED)


def _hashed_type(type_: ColumnType) -> ColumnType:
    if isinstance(type_, ListOf):
        return ListOf(_hashed_type(type_.item))
    if isinstance(type_, StructOf):
        return StructOf(_hashed(type_.fields))
    return FLOAT64 if type_ == FLOAT32 else type_  # what comes out of Arrow is exact already


def _values(type_: ColumnType, array: Any) -> list[Any]:
    if isinstance(type_, ListOf):
        return cut(_values(type_.item, array.flatten()), array.value_lengths().to_pylist())
    found: list[Any] = []
    if isinstance(type_, StructOf):
        inner = dict(zip((field.name for field in array.type), array.flatten(), strict=True))
        found = list(zip(*(_values(f.type, inner[f.name]) for f in type_.fields), strict=True))
        if array.null_count:
            is_there = array.is_valid().to_pylist()
            found = [value if there else None for value, there in zip(found, is_there, strict=True)]
        return found
    found = array.to_pylist()
    if isinstance(type_, Labels):
        names: dict[Any, Any] = dict(enumerate(type_.names)) | {None: None}
        return [names.get(code, code) for code in found]
    return found


def _hash_token_rows(tags: Any, rows: pa.RecordBatch) -> Iterator[str | None]:
    """The hashes of rows of tokens, whose texts stand one after the other in Arrow's bytes."""
    named = dict(enumerate(tags.item.names))
    tokens, codes = rows.column("tokens"), rows.column("ner_tags")
    counts, tag_counts = (column.value_lengths().to_pylist() for column in (tokens, codes))
    flat, flat_codes = tokens.flatten(), codes.flatten().to_numpy(zero_copy_only=False)
    borders, text = string_borders(flat)
    lengths = pc.utf8_length(flat).to_pylist()
    tagged = np.flatnonzero(flat_codes != _OUTSIDE)
    start = tag_start = 0
    for name, count, tag_count in zip(
        rows.column("id").to_pylist(), counts, tag_counts, strict=True
    ):
        end, tag_end = start + (count or 0), tag_start + (tag_count or 0)
        own = tagged[slice(*np.searchsorted(tagged, (tag_start, tag_end)))].tolist()
        spans = [(n - tag_start, named.get(flat_codes[n], "")) for n in own]
        joined = bytes(text[borders[start] : borders[end]]).decode("utf-8")
        is_whole = count is not None and count == tag_count
        yield hash_tokens(name, joined, lengths[start:end], spans) if is_whole else None
        start, tag_start = end, tag_end
