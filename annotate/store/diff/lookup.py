"""The rows of some tasks in one config, a few tasks at a time, in the order of the tasks.

The ids of the config are read once. A row group is held until another one is needed, so
that each is read once where the tasks stand in the order of the files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from annotate.dataset.arrow.arrays import integer_array, integer_values, string_array
from annotate.dataset.arrow.tables import named_rows
from annotate.store.diff.sides import Part


class Lookup:
    """Where the rows of `tasks` stand in the files of one config."""

    def __init__(self, parts: Sequence[Part], tasks: Sequence[str]) -> None:
        self._groups = [(part.split, group) for part in parts for group in part.groups()]
        sizes = [group.rows for _, group in self._groups]
        self._starts = np.cumsum([0, *sizes])
        ids = [chunk for _, group in self._groups for chunk in group.read(("id",))["id"].chunks]
        found = pc.index_in(pa.chunked_array(ids, pa.string()), value_set=string_array(tasks))
        rows = np.flatnonzero(integer_values(found.is_valid().cast(pa.uint8()).combine_chunks()))
        numbers = integer_values(found.drop_null().combine_chunks())
        order = np.argsort(numbers, kind="stable")
        self._numbers, self._rows = numbers[order], rows[order]
        self._held: tuple[int, pa.Table] | None = None

    def rows(self, start: int, end: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """(split, row) of the tasks from number `start` to `end`, with labels as names."""
        first, last = np.searchsorted(self._numbers, (start, end))
        rows = np.sort(self._rows[first:last])
        borders = np.searchsorted(rows, self._starts)
        for number in np.flatnonzero(np.diff(borders)):
            places = rows[borders[number] : borders[number + 1]] - self._starts[number]
            split = self._groups[number][0]
            for row in named_rows(self._table(int(number)).take(integer_array(places))):
                yield split, row

    def _table(self, number: int) -> pa.Table:
        if self._held is None or self._held[0] != number:
            self._held = None  # two are never held
            group = self._groups[number][1]
            self._held = number, group.read(group.leaves)
        return self._held[1]
