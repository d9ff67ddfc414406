"""Parts of two versions -> the rows that are not in both.

Files with equal hashes are passed over. Row groups that name the same rows in the
same order are twins, which are compared place by place; in what is left, rows are
looked up in the other side's. So what did not change costs a comparison of columns.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from annotate.dataset.arrow.arrays import integer_array
from annotate.dataset.arrow.rowgroups import RowGroup, RowNumbers, same_leaves
from annotate.store.diff.sides import Part

_HASH = "row_hash"
_Mask = npt.NDArray[np.bool_]


class Differing(NamedTuple):
    """Rows of one row group that the other side lacks."""

    split: str
    group: RowGroup
    places: RowNumbers

    def read(self, leaves: Collection[str]) -> pa.Table:
        """Some leaf columns of these rows."""
        return self.group.read(leaves, self.places)


class Twins(NamedTuple):
    """Two states of the same rows, which stand at the same places of two row groups."""

    old: Differing
    new: Differing


class DifferingRows(NamedTuple):
    """What each side has that the other lacks, in the same split."""

    twins: list[Twins]
    old: list[Differing]
    """Rows whose other state, if there is one, stands elsewhere."""
    new: list[Differing]

    def sides(self) -> tuple[list[Differing], list[Differing]]:
        """The rows of the older and of the newer side, twins too."""
        old, new = ([twins[side] for twins in self.twins] for side in (0, 1))
        return [*old, *self.old], [*new, *self.new]


def differing_rows(old: Sequence[Part], new: Sequence[Part], names: Sequence[str]) -> DifferingRows:
    """The rows of each side that the other does not have in the same split.

    `names` are the columns that name a row, once on a side; the first of them is the
    task's id, which the row's hash holds.
    """
    made = DifferingRows([], [], [])
    for split, before, after in _by_split(old, new):
        same = {part.sha256 for part in before} & {part.sha256 for part in after}
        left_old, left_new = (
            [group for part in parts if part.sha256 not in same for group in part.groups()]
            for parts in (before, after)
        )
        pairs, *lone = _paired(left_old, left_new, names)
        made.twins.extend(twins for pair in pairs if (twins := _compare(split, *pair)))
        masks = _differing(*(_keys(groups, (_HASH, *names[1:])) for groups in lone))
        for groups, mask, found in zip(lone, masks, (made.old, made.new), strict=True):
            found += _cut(split, groups, mask)
    return made


def _by_split(
    old: Sequence[Part], new: Sequence[Part]
) -> Iterator[tuple[str, list[Part], list[Part]]]:
    found: dict[str, tuple[list[Part], list[Part]]] = defaultdict(lambda: ([], []))
    for side, parts in enumerate((old, new)):
        for part in parts:
            found[part.split][side].append(part)
    for split, (before, after) in found.items():
        yield split, before, after


def _paired(
    old: Sequence[RowGroup], new: Sequence[RowGroup], names: Sequence[str]
) -> tuple[list[tuple[RowGroup, RowGroup]], list[RowGroup], list[RowGroup]]:
    """The row groups that name the same rows in the same order, and the others of each side."""
    waiting: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for place, group in enumerate(old):
        waiting[_size(group, names)].append(place)
    pairs, lone = [], []
    for group in new:
        alike = waiting[_size(group, names)]
        found = (
            place for place in alike if len(same_leaves(old[place], group, names)) == len(names)
        )
        twin = next(found, None)
        if twin is None:
            lone.append(group)
        else:
            alike.remove(twin)
            pairs.append((old[twin], group))
    return pairs, [old[place] for place in sorted(chain(*waiting.values()))], lone


def _size(group: RowGroup, names: Sequence[str]) -> tuple[int, ...]:
    """What is told without reading, and is equal for twins."""
    return group.rows, *(group.stored_size(leaf) for leaf in names)


def _compare(split: str, old: RowGroup, new: RowGroup) -> Twins | None:
    """What differs in two row groups of the same rows; None where nothing does."""
    if same_leaves(old, new, (_HASH,)):
        return None
    one, other = (group.read((_HASH,)).column(0) for group in (old, new))
    places = np.flatnonzero(~_mask(pc.equal(one, other).combine_chunks()))
    if not len(places):
        return None
    return Twins(Differing(split, old, places), Differing(split, new, places))


def _keys(groups: Sequence[RowGroup], names: Sequence[str]) -> list[Any]:
    """Columns of all rows of some row groups; none where there is no row group."""
    tables = [group.read(names) for group in groups]
    return [pa.concat_tables(tables).column(name) for name in names] if tables else []


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
    left = integer_array(np.flatnonzero(mask))
    first, *others = (key.take(left).combine_chunks() for key in keys)
    for other in others:
        # hash, other, other: a hash has 32 digits, so that no two rows give one string; a
        # separator that is no column would be a scalar, and making one imports pandas
        first = pc.binary_join_element_wise(first, other, other)
    return first


def _cut(split: str, groups: Sequence[RowGroup], mask: _Mask) -> Iterator[Differing]:
    start = 0
    for group in groups:
        places = np.flatnonzero(mask[start : start + group.rows])
        start += group.rows
        if len(places):
            yield Differing(split, group, places)
