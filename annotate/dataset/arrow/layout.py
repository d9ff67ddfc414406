"""Rows in their final order -> Parquet files, laid out for readers and for the Hub.

Each row comes with its batch, the version in which it first stood. Where a row
group and where a file ends follows from the rows and their batches alone, not
from how a caller slices them, so that the bytes are the same however they are
written. Inside a batch a row group ends where enough rows stand in it and the
next one's id hashes to a border, so that a row more or less moves one border
and not all that follow. A new batch begins a group and, where the file has
enough, a file, so that an append leaves what was there as it is.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from annotate.dataset.arrow.hashing import RowHashes

LEAST_BYTES = 16 << 20
"""A row group ends inside a batch, and a file at a new one, from so many bytes on (`row_bytes`)."""
MOST_BYTES = 32 << 20
"""A row group ends here at the latest, but for a single row that has more."""
SMALL_BYTES = 1 << 20
"""A row group with less goes on into the next batch: many small batches do not make many."""
FILE_BYTES = 512 << 20
"""A file ends with the row group that brings it here."""
_BORDER = 256
"""One id in so many is a border."""
_PIECE = 4096
"""Rows that are measured together."""
_ROW_HASH, _TOKENS = "row_hash", "tokens"
_DISTINCT = frozenset({"id", "text", "text_sha256", _ROW_HASH, "lead_time"})
"""Columns whose values hardly repeat; a dictionary of them is one page, new with each change."""


class WrittenFile(NamedTuple):
    """One Parquet file of a split."""

    path: Path
    rows: int
    batches: list[tuple[str, int]]
    """(batch, number of rows), in file order."""
    row_hashes: str
    """The digest of the column `row_hash`, of nothing where there is none; see `RowHashes`."""


class SplitWriter:
    """Writes the rows of one config and split, in order, to `PREFIX-00000.parquet` and on.

    Holds the rows of one row group, at most MOST_BYTES. The first column of
    `schema` is the row's id. Files come to be as rows come; without rows none does.
    """

    def __init__(self, folder: Path, prefix: str, schema: pa.Schema) -> None:
        self.files: list[WrittenFile] = []
        """The files that are complete."""
        self._folder, self._prefix, self._schema = folder, prefix, schema
        self._file: _File | None = None
        self._batches: list[tuple[str, int]] = []

    def __enter__(self) -> SplitWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        elif self._file is not None:
            self._file.abandon()

    def write(self, table: pa.Table, batch: str) -> None:
        """Add rows of one batch; they may be any part of it, in order."""
        for piece in _pieces(table):
            self._begin(batch)
            while piece.num_rows:
                taken = self._open().write(piece)
                self._count(batch, taken)
                piece = piece[taken:]
                if piece.num_rows and self._open().bytes >= FILE_BYTES:
                    self.close()

    def close(self) -> None:
        """Complete the open file; rows that follow begin another."""
        if self._file is None:
            return
        self._file.close()
        rows = sum(count for _, count in self._batches)
        found = WrittenFile(self._file.path, rows, self._batches, self._file.row_hashes.hexdigest())
        self.files.append(found)
        self._file, self._batches = None, []

    def _begin(self, batch: str) -> None:
        """Begin a group or a file where `batch` is another than that of the rows before."""
        if self._file is None or self._batches[-1][0] == batch:
            return
        if self._file.bytes >= LEAST_BYTES:
            self.close()
        elif self._file.waiting_bytes >= SMALL_BYTES:
            self._file.end_group()

    def _open(self) -> _File:
        if self._file is None:
            name = f"{self._prefix}-{len(self.files):05d}.parquet"
            self._file = _File(self._folder / name, self._schema)
        return self._file

    def _count(self, batch: str, rows: int) -> None:
        before = self._batches.pop()[1] if self._last() == batch else 0
        self._batches.append((batch, before + rows))

    def _last(self) -> str | None:
        return self._batches[-1][0] if self._batches else None


class _File:
    """One Parquet file and the rows that wait for their row group to end."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path, self._schema = path, schema
        self.bytes = 0
        """Of all its rows."""
        self.waiting_bytes = 0
        """Of the row group that has not ended."""
        self.row_hashes = RowHashes()
        self._waiting: list[pa.Table] = []
        self._writer = pq.ParquetWriter(
            path.absolute(),  # of a relative one `a:b` is an address to pyarrow, and `~` a home
            schema,
            compression="zstd",
            # a row that leaves gives tokens other numbers in their dictionary, wherever pages end
            use_content_defined_chunking=_TOKENS not in schema.names,
            use_dictionary=_repeating(schema),
            write_statistics=_sought(schema),
            write_page_index=True,
            write_page_checksum=True,
        )

    def write(self, rows: pa.Table) -> int:
        """Add rows until a group ends; returns how many."""
        starts = np.concatenate([[0], np.cumsum(row_bytes(rows))])
        end = self._border(rows, self.waiting_bytes + starts[:-1])
        if end:
            self._waiting.append(rows[:end])
            self.waiting_bytes += int(starts[end])
            self.bytes += int(starts[end])
        if end < rows.num_rows:
            self.end_group()
        return end

    def end_group(self) -> None:
        """Write the rows that wait as one row group."""
        if self._waiting:
            rows = self._joined()
            if _ROW_HASH in rows.column_names:
                self.row_hashes.add(rows.column(_ROW_HASH))
            self._writer.write_table(rows, row_group_size=rows.num_rows)
        self.waiting_bytes = 0

    def _joined(self) -> pa.Table:
        """The rows that wait in one piece, since pages end where pieces do; none wait then."""
        columns = deque(zip(*(table.columns for table in self._waiting), strict=True))
        self._waiting, joined = [], []
        while columns:  # what a column was joined of is let go before the next
            pieces = columns.popleft()
            chunks = [chunk for piece in pieces for chunk in piece.chunks]
            joined.append(pa.concat_arrays(chunks))
            del pieces, chunks
        return pa.Table.from_arrays(joined, schema=self._schema)

    def close(self) -> None:
        """Write the rows that wait, and the footer."""
        self.end_group()
        self._writer.close()

    def abandon(self) -> None:
        """Let go of the file without what waits; it is not whole."""
        with suppress(OSError):
            self._writer.close()

    def _border(self, rows: pa.Table, before: npt.NDArray[np.int64]) -> int:
        """The first row that begins another group, else their number.

        `before` holds the bytes that wait before each row.
        """
        least = int(np.searchsorted(before, LEAST_BYTES))
        most = int(np.searchsorted(before, MOST_BYTES))
        ids = rows.column(0)[least:most].to_pylist()
        borders = (n for n, name in enumerate(ids) if zlib.crc32(str(name).encode()) % _BORDER == 0)
        return least + next(borders, len(ids))


def write_parquet(tables: Iterable[pa.Table], schema: pa.Schema, path: Path) -> None:
    """Write one Parquet file of one batch, whose rows may come in any pieces.

    The bytes are the same for one pyarrow release.
    """
    file = _File(path, schema)
    for piece in chain.from_iterable(map(_pieces, tables)):
        while piece.num_rows:
            piece = piece[file.write(piece) :]
    file.close()


def row_bytes(table: pa.Table) -> npt.NDArray[np.int64]:
    """The bytes of each row: its values as Arrow holds them, four for each string and list."""
    total = np.zeros(table.num_rows, np.int64)
    for column in table.columns:
        until = [_bytes_until(chunk, np.arange(len(chunk) + 1)) for chunk in column.chunks]
        total += np.concatenate([np.diff(each) for each in until])
    return total


def _pieces(table: pa.Table) -> Iterator[pa.Table]:
    for start in range(0, table.num_rows, _PIECE):
        yield table[start : start + _PIECE]


def _bytes_until(array: Any, places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The bytes of all values before each of `places`, from the same begin on.

    Taken from the borders of strings and lists, so that what is inside a list need not be added.
    """
    if not len(array):
        return np.zeros_like(places)
    if pa.types.is_string(array.type):
        return _borders(array, places) + 4 * places
    if pa.types.is_struct(array.type):
        return sum((_bytes_until(field, places) for field in array.flatten()), 0 * places)
    if pa.types.is_list(array.type):
        return _bytes_until(array.values, _borders(array, places)) + 4 * places
    return places * max(1, int(array.type.bit_width) // 8)


def _borders(array: Any, places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Where the strings or lists at `places` begin; nothing has no length."""
    borders = np.frombuffer(array.buffers()[1], np.int32)
    found: npt.NDArray[np.int64] = borders[array.offset + places].astype(np.int64)
    return found


def _repeating(schema: pa.Schema) -> list[str]:
    """The leaf columns that are worth a dictionary, by path in the file."""
    leaves = [path for field in schema for path in _leaves(field)]
    return [path for path in leaves if path.rpartition(".")[2] not in _DISTINCT]


def _sought(schema: pa.Schema) -> list[str]:
    """The columns that a reader looks for rows by, whose least and most values are noted.

    Those of what stands in lists tell nothing; for tokens to find them is an eighth of the work.
    """
    return [field.name for field in schema if not pa.types.is_nested(field.type)]


def _leaves(field: pa.Field, prefix: str = "") -> list[str]:
    path = f"{prefix}{field.name}"
    if pa.types.is_list(field.type):
        return _leaves(field.type.value_field.with_name("element"), f"{path}.list.")
    if pa.types.is_struct(field.type):
        return [leaf for inner in field.type for leaf in _leaves(inner, f"{path}.")]
    return [path]
