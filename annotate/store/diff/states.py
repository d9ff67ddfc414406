"""Rows that differ -> both states of each.

Of twins only the columns that differ are read, and those that labels are counted
by; the other rows are read whole and paired by their ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from annotate.dataset.arrow.arrays import integer_array
from annotate.dataset.arrow.rowgroups import RowGroup, same_leaves
from annotate.dataset.arrow.tables import named_rows
from annotate.dataset.rows import TASK_COLUMNS
from annotate.store.diff.differing import Differing, DifferingRows, Twins

_CHUNK = 1000
"""Pairs of rows that are objects at a time."""
_OF_TASK = frozenset(column.name for column in TASK_COLUMNS)

Row = dict[str, Any]
"""A row with labels as names."""


class RowStates(NamedTuple):
    """Two states of one row; None where it is not there."""

    before: Row | None
    after: Row | None
    old_split: str | None
    new_split: str | None


class RowChange(NamedTuple):
    """One gold row that differs in content, votes or split."""

    id: str
    before: Row | None
    after: Row | None
    old_split: str | None
    new_split: str | None


class RowChanges:
    """Every row that differs, by id; rows are read when they are iterated over."""

    def __init__(self, rows: DifferingRows, leave_out: frozenset[str] = frozenset()) -> None:
        """`leave_out` names columns, and fields at any depth, that need not be read."""
        self._sides, self._leave_out = rows.sides(), leave_out

    def __iter__(self) -> Iterator[RowChange]:
        old, new = (_Taken(found, self._leave_out) for found in self._sides)
        names = sorted(old.places.keys() | new.places.keys())
        for start in range(0, len(names), _CHUNK):
            some = names[start : start + _CHUNK]
            before, after = old.rows(some), new.rows(some)
            for name in some:
                (old_split, one), (new_split, other) = before.get(name, _NO), after.get(name, _NO)
                yield RowChange(name, one, other, old_split, new_split)


_NO: tuple[str | None, Row | None] = (None, None)


class _Taken:
    """The differing rows of one side, read."""

    def __init__(self, found: Sequence[Differing], leave_out: frozenset[str]) -> None:
        tables = [item.read(_wanted(item.group.leaves, leave_out)) for item in found]
        self.splits = [item.split for item in found for _ in range(len(item.places))]
        self.table = pa.concat_tables(tables) if tables else None
        ids = self.table.column("id").to_pylist() if self.table else []
        self.places = {name: place for place, name in enumerate(ids)}

    def rows(self, names: Iterable[str]) -> dict[str, tuple[str | None, Row | None]]:
        """Id -> (split, row) of those that are here."""
        places = [self.places[name] for name in names if name in self.places]
        if self.table is None or not places:
            return {}
        found = zip(
            places, named_rows(self.table.take(integer_array(np.array(places)))), strict=True
        )
        return {row["id"]: (self.splits[place], row) for place, row in found}


def read_states(rows: DifferingRows, leave_out: frozenset[str]) -> Iterator[RowStates]:
    """Both states of every row that differs in more than `leave_out`.

    They hold each value in which they differ and all that `Scheme.labelled` asks for;
    what is equal in both may be missing.
    """
    for twins in rows.twins:
        yield from _states_of_twins(twins, leave_out)
    for change in RowChanges(rows._replace(twins=[]), leave_out):
        yield RowStates(*change[1:])


def _states_of_twins(twins: Twins, leave_out: frozenset[str]) -> Iterator[RowStates]:
    leaves = _telling(twins.old.group, twins.new.group, leave_out)
    if not leaves:
        return
    old, new = (item.read(leaves) for item in twins)
    for start in range(0, len(old), _CHUNK):
        some = (named_rows(table[start : start + _CHUNK]) for table in (old, new))
        for before, after in zip(*some, strict=True):
            yield RowStates(before, after, twins.old.split, twins.new.split)


def _telling(old: RowGroup, new: RowGroup, leave_out: frozenset[str]) -> list[str]:
    """The leaf columns that tell what differs between two states; none where nothing does."""
    wanted = _wanted({**old.leaves, **new.leaves}, leave_out)
    same = same_leaves(old, new, wanted)
    if len(same) == len(wanted):
        return []
    return [leaf for leaf in wanted if leaf not in same or _is_counted(leaf)]


def _is_counted(leaf: str) -> bool:
    """Whether labels may be counted by a leaf column: one of the scheme's that is no id."""
    fields = leaf.split(".")
    return fields[0] not in _OF_TASK and fields[-1] != "id"


def _wanted(leaves: Iterable[str], leave_out: frozenset[str]) -> list[str]:
    return [leaf for leaf in leaves if leave_out.isdisjoint(leaf.split("."))]
