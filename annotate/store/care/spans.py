"""A column of rows -> spans that do not cut out their text, ids that repeat, odd claims, nulls.

Columns are walked level by level, so that a million spans take a second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, repeat
from typing import Any

import pyarrow.compute as pc

from annotate.dataset.arrow.rehash import cut
from annotate.schemes.columns import Column, ColumnType, Labels, ListOf, Scalar, StructOf

Found = tuple[int, str]
"""(place of the row, what is wrong with it)."""
_SPAN = frozenset({"start", "end", "text"})
_NEVER_NULL = frozenset({"id", "label", "part", "role"})


def check_spans(column: Column, array: Any, texts: Sequence[str | None]) -> Iterator[Found]:
    """What is wrong in one column of rows; `texts` are those of the rows, None is not checked."""
    return _check(column.type, array, range(len(texts)), texts)


def _check(
    type_: ColumnType, array: Any, rows: Sequence[int], texts: Sequence[str | None]
) -> Iterator[Found]:
    """`rows` says for each value of `array` in which row it stands."""
    if isinstance(type_, Labels):
        for code in set(pc.unique(array).to_pylist()) - {None, *range(len(type_.names))}:
            yield rows[array.to_pylist().index(code)], f"no label has the code {code}"
    elif not isinstance(type_, Scalar) and array.null_count:
        yield rows[_first_null(array)], "a list or a record is null"
    if isinstance(type_, ListOf):
        counts = [count or 0 for count in array.value_lengths().to_pylist()]
        inner = array.flatten()
        if isinstance(type_.item, StructOf) and "id" in _fields(inner):
            yield from _repeated(_fields(inner)["id"].to_pylist(), counts, rows)
        below = list(chain.from_iterable(map(repeat, rows, counts)))
        yield from _check(type_.item, inner, below, texts)
    elif isinstance(type_, StructOf):
        fields = _fields(array)
        if fields.keys() >= _SPAN:
            yield from _misplaced(fields, rows, texts)
            for name in _NEVER_NULL & fields.keys():
                if fields[name].null_count:
                    yield rows[_first_null(fields[name])], f"a span has no {name}"
        if "source_kind" in fields:
            yield from _odd_claims(fields, rows)
        for field in type_.fields:
            yield from _check(field.type, fields[field.name], rows, texts)


def _first_null(array: Any) -> int:
    place: int = array.is_valid().to_pylist().index(False)
    return place


def _fields(array: Any) -> dict[str, Any]:
    return dict(zip((field.name for field in array.type), array.flatten(), strict=True))


def _misplaced(
    fields: Mapping[str, Any], rows: Sequence[int], texts: Sequence[str | None]
) -> Iterator[Found]:
    values = (fields[name].to_pylist() for name in ("start", "end", "text"))
    for row, start, end, shown in zip(rows, *values, strict=True):
        text = texts[row]
        if text is None:
            continue
        is_inside = None not in (start, end) and 0 <= start < end <= len(text)
        if not is_inside or text[start:end] != shown:
            yield row, f"the span {start}-{end} is not {shown!r}"


def _repeated(ids: list[Any], counts: Sequence[int], rows: Sequence[int]) -> Iterator[Found]:
    for row, own in zip(rows, cut(ids, counts), strict=True):
        if len(set(own)) < len(own):
            for name, n in Counter(own).items():
                if n > 1:
                    yield row, f"the id {name} stands {n} times"


def _odd_claims(fields: Mapping[str, Any], rows: Sequence[int]) -> Iterator[Found]:
    sources = fields["source"]
    places = _fields(sources.flatten())["part"].to_pylist()
    parts = cut(places, sources.value_lengths().to_pylist())
    kinds, contents = (
        fields[name].value_lengths().to_pylist() for name in ("source_kind", "content")
    )
    names = fields["id"].to_pylist()
    for row, name, part, kind, content in zip(rows, names, parts, kinds, contents, strict=True):
        if (n := len(set(part or ()))) != (kind or 0):
            yield row, f"claim {name} has {n} sources and another number of kinds"
        if not content:
            yield row, f"claim {name} has no content"
