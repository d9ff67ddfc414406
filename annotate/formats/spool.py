"""Rows -> a temporary file of them that can be gone through again and again, in their order.

An export goes over its rows more than once, and a project may have more of them than
memory holds. In memory stay the key of each row and its place in the file.
"""

from __future__ import annotations

import os
import tempfile
import weakref
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from copy import copy
from operator import itemgetter
from typing import IO, Any

import msgspec

from annotate.dataset.rows import Row

_BUFFER = 1 << 18
_DECODER = msgspec.msgpack.Decoder(tuple[Any, ...])
_KEY = itemgetter(0)


class RowSpool:
    """Rows by ascending key; those of one key in the order in which they came."""

    def __init__(self) -> None:
        file = tempfile.TemporaryFile(prefix="annotate-", buffering=_BUFFER)  # noqa: SIM115 -- closed with this object
        self._file, self._end, self._is_sorted = file, 0, True
        self._places: list[tuple[tuple[Any, ...], int, int]] = []
        self._whole: RowSpool | None = None
        weakref.finalize(self, _close, file)

    def add(self, key: tuple[Any, ...], row: Row) -> None:
        """Add a row, whose lists and records come out as lists."""
        data = msgspec.msgpack.encode(row)
        self._file.write(data)
        self._places.append((key, self._end, len(data)))
        self._end += len(data)
        self._is_sorted = False

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Row]:
        if not self._is_sorted:
            self._file.flush()
            self._places.sort(key=_KEY)
            self._is_sorted = True
        for _, start, size in self._places:
            yield _DECODER.decode(os.pread(self._file.fileno(), size, start))

    def by_value(self, column: int) -> dict[str, RowSpool]:
        """The rows of each value of a column, by value."""
        places = defaultdict(list)
        for number, row in enumerate(self):
            places[row[column]].append(self._places[number])
        return {value: self._only(found) for value, found in sorted(places.items())}

    def _only(self, places: list[tuple[tuple[Any, ...], int, int]]) -> RowSpool:
        part = copy(self)
        part._whole = self  # with which the file is closed
        part._places = places
        return part


def _close(file: IO[bytes]) -> None:
    """Close a file that nobody reads again: what did not fit on the disk was said before."""
    with suppress(OSError):
        file.close()
