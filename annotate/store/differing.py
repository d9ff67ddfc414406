"""Parts of two versions -> the rows that are not in both, pair by pair.

Files with equal hashes are passed over. In what is left, rows that stand at the
same place on both sides with equal keys are the same; the others are looked up
in the other side's keys. So what did not change costs a comparison of columns.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from annotate.dataset.arrow import as_indices, named_rows
from annotate.store.sides import Part, Places, Wanted

_CHUNK = 1000
"""Pairs of rows that are objects at a time."""
_Mask = npt.NDArray[np.bool_]

Row = dict[str, Any]
"""A row with labels as names."""


class RowChange(NamedTuple):
    """One gold row that differs in content, votes or split."""

    id: str
    before: Row | None
    after: Row | None
    old_split: str | None
    new_split: str | None


class Differing(NamedTuple):
    """Rows of a part that the other side lacks."""

    part: Part
    places: Places


class DifferingRows(NamedTuple):
    """What each side has that the other lacks."""

    old: list[Differing]
    new: list[Differing]


class Changes:
    """Every row that differs, by id; rows are read when they are iterated over."""

    def __init__(self, rows: DifferingRows, leave_out: frozenset[str] = frozenset()) -> None:
        """`leave_out` names columns, and fields at any depth, that need not be read."""
        self._rows, self._leave_out = rows, leave_out

    def __iter__(self) -> Iterator[RowChange]:
        old, new = (_Taken(found, self._is_wanted) for found in self._rows)
        names = sorted(old.places.keys() | new.places.keys())
        for start in range(0, len(names), _CHUNK):
            some = names[start : start + _CHUNK]
            before, after = old.rows(some), new.rows(some)
            for name in some:
                (old_split, one), (new_split, other) = before.get(name, _NO), after.get(name, _NO)
                yield RowChange(name, one, other, old_split, new_split)

    def _is_wanted(self, leaf: str) -> bool:
        return self._leave_out.isdisjoint(leaf.split("."))


_NO: tuple[str | None, Row | None] = (None, None)


class _Taken:
    """The differing rows of one side, read."""

    def __init__(self, found: Sequence[Differing], is_wanted: Wanted) -> None:
        tables = [item.part.take(item.places, is_wanted) for item in found]
        self.splits = [item.part.split for item in found for _ in range(len(item.places))]
        self.table = pa.concat_tables(tables) if tables else None
        ids = self.table.column("id").to_pylist() if self.table else []
        self.places = {name: place for place, name in enumerate(ids)}

    def rows(self, names: Iterable[str]) -> dict[str, tuple[str | None, Row | None]]:
        """Id -> (split, row) of those that are here."""
        places = [self.places[name] for name in names if name in self.places]
        if self.table is None or not places:
            return {}
        found = zip(places, named_rows(self.table.take(as_indices(np.array(places)))), strict=True)
        return {row["id"]: (self.splits[place], row) for place, row in found}


def differing_rows(old: Sequence[Part], new: Sequence[Part]) -> DifferingRows:
    """The rows of each side that the other does not have in the same split."""
    made = DifferingRows([], [])
    for before, after in _by_split(old, new):
        same = {part.sha256 for part in before} & {part.sha256 for part in after} - {None}
        left = [[p for p in parts if p.sha256 not in same] for parts in (before, after)]
        masks = _differing(*(_keys(parts) for parts in left))
        for parts, mask, found in zip(left, masks, made, strict=True):
            found += _cut(parts, mask)
    return made


def _by_split(old: Sequence[Part], new: Sequence[Part]) -> Iterator[tuple[list[Part], list[Part]]]:
    found: dict[str, tuple[list[Part], list[Part]]] = defaultdict(lambda: ([], []))
    for side, parts in enumerate((old, new)):
        for part in parts:
            found[part.split][side].append(part)
    yield from found.values()


def _keys(parts: Sequence[Part]) -> list[Any]:
    """The key columns of all rows of some parts; none where there is no part."""
    tables = [part.keys() for part in parts if part.rows]
    return list(pa.concat_tables(tables).columns) if tables else []


def _differing(old: list[Any], new: list[Any]) -> tuple[_Mask, _Mask]:
    """Which rows of either side are not in the other; keys are unique on a side."""
    masks = [np.ones(len(keys[0]) if keys else 0, np.bool_) for keys in (old, new)]
    count = min(map(len, masks))
    if count:
        same = np.ones(count, np.bool_)
        for one, other in zip(old, new, strict=True):
            same &= _mask(pc.equal(one[:count], other[:count]).combine_chunks())
        for mask in masks:
            mask[:count] = ~same
    left = [_joined(keys, mask) for keys, mask in zip((old, new), masks, strict=True)]
    for mask, own, other in ((masks[0], *left), (masks[1], *left[::-1])):
        if mask.any():
            mask[mask] = ~_mask(pc.is_in(own, value_set=other))
    return masks[0], masks[1]


def _mask(array: pa.BooleanArray) -> _Mask:
    """An array without nulls as numpy's; its own way of doing so imports pandas."""
    bytes_ = array.cast(pa.uint8())
    found: _Mask = np.frombuffer(bytes_.buffers()[1], np.bool_, len(bytes_), bytes_.offset)
    return found


def _joined(keys: list[Any], mask: _Mask) -> Any:
    """The keys of the rows that `mask` names, as one string each."""
    if not keys:
        return pa.nulls(0, pa.string())
    left = as_indices(np.flatnonzero(mask))
    first, *others = (key.take(left).combine_chunks() for key in keys)
    for other in others:
        # hash, other, other: a hash has 32 digits, so that no two rows give one string; a
        # separator that is no column would be a scalar, and making one imports pandas
        first = pc.binary_join_element_wise(first, other, other)
    return first


def _cut(parts: Sequence[Part], mask: _Mask) -> Iterator[Differing]:
    start = 0
    for part in parts:
        places = np.flatnonzero(mask[start : start + part.rows])
        start += part.rows
        if len(places):
            yield Differing(part, places)
