"""Rows with their texts <-> rows of offsets and digests alone, and the columns of both.

Withheld are the text and the title of a row and the text of every span. What
stays (offsets, length, SHA-256 and row hash) is enough to cut the texts out of
the articles again and to prove that they are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from annotate.dataset.rows import Row, row_values
from annotate.schemes.columns import INT32, Column, ColumnType, ListOf, StructOf

WITHHELD = TITLE, TEXT = ("title", "text")
"""Columns of a row that are left out."""
LENGTH = Column("text_length", INT32)
"""Code points of a withheld text, so that it can be cut out of its article."""
_SPAN = {"start", "end", TEXT}
_NamedRow = Mapping[str, Any]


def bare_columns(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns that are left of `columns`; the length stands where the text stood."""
    kept = [LENGTH if column.name == TEXT else column for column in columns]
    return tuple(Column(c.name, _without_texts(c.type)) for c in kept if c.name != TITLE)


def bare_row(columns: Sequence[Column], row: _NamedRow) -> Row:
    """The values of `columns` (as from `bare_columns`) of a row with its texts."""
    length = {LENGTH.name: len(row[TEXT])} if TEXT in row else {}
    return row_values(columns, {**row, **length})


def whole_row(
    columns: Sequence[Column], row: _NamedRow, text: str, withheld: _NamedRow | None = None
) -> Row:
    """The values of `columns` of a row without texts, with spans cut out of `text`.

    `withheld` are the values of columns that were left out or emptied.
    """
    filled = {name: _with_texts(value, text) for name, value in row.items()}
    return row_values(columns, {**filled, **(withheld or {})})


def _without_texts(type_: ColumnType) -> ColumnType:
    if isinstance(type_, ListOf):
        return ListOf(_without_texts(type_.item))
    if not isinstance(type_, StructOf):
        return type_
    is_span = {field.name for field in type_.fields} >= _SPAN
    kept = [f for f in type_.fields if not (is_span and f.name == TEXT)]
    return StructOf(tuple(Column(f.name, _without_texts(f.type)) for f in kept))


def _with_texts(value: Any, text: str) -> Any:
    if isinstance(value, list):
        return [_with_texts(item, text) for item in value]
    if not isinstance(value, Mapping):
        return value
    inner = {name: _with_texts(item, text) for name, item in value.items()}
    if {"start", "end"} <= inner.keys():
        inner[TEXT] = text[inner["start"] : inner["end"]]
    return inner
