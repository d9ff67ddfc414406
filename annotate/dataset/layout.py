"""Rows in their final order -> one Parquet file, laid out for readers and for the Hub.

Each row comes with its batch, the version in which it first stood. Where a row
group ends follows from the rows and their batches alone, not from how a caller
slices them, so that the bytes are the same however they are written. A row
group ends where enough rows stand in it and the next one's id hashes to a
border, so that a row more or less moves one border and not all that follow; and
where a new batch begins, so that an append leaves what was there as it is.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

LEAST_BYTES = 12 << 20
"""A row group is not ended inside a batch before its rows, as Arrow holds them, have so many."""
MOST_BYTES = 24 << 20
"""It ends here at the latest, but for a single row that has more."""
SMALL_BYTES = 1 << 20
"""A group with less goes on into the next batch, so that many small batches do not make many."""
_ONE_IN = 256
"""So many ids are one border."""
_DISTINCT = frozenset({"id", "text", "text_sha256", "row_hash", "lead_time"})
"""Columns whose values hardly repeat: a dictionary of them is one page, new with each change."""


class DataFileWriter:
    """Writes one Parquet file; holds the rows of one row group.

    The first column of `schema` is the row's id. The bytes are the same for one
    pyarrow release.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.batches: list[tuple[str | None, int]] = []
        """(batch, number of rows), in file order."""
        self._waiting: list[pa.Table] = []
        self._bytes = 0
        self._writer = pq.ParquetWriter(
            path,
            schema,
            compression="zstd",
            use_content_defined_chunking=True,
            use_dictionary=_repeating(schema),
            write_page_index=True,
            write_page_checksum=True,
        )

    def __enter__(self) -> DataFileWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def write(self, table: pa.Table, batch: str | None = None) -> None:
        """Add rows of one batch; they may be any part of it, in order."""
        if not table.num_rows:
            return
        self._count(table.num_rows, batch)
        starts = np.concatenate([[0], np.cumsum(row_bytes(table))])
        begin = 0
        while (end := self._border(table, starts, begin)) < table.num_rows:
            self._waiting.append(table[begin:end])
            self._end_group()
            begin = end
        self._waiting.append(table[begin:])
        self._bytes += int(starts[-1] - starts[begin])

    def close(self) -> None:
        """Write the rows that wait, and the footer."""
        self._end_group()
        self._writer.close()

    def _count(self, rows: int, batch: str | None) -> None:
        """Note the batch of the next rows; one that is new begins a group."""
        if self.batches and self.batches[-1][0] == batch:
            self.batches[-1] = (batch, self.batches[-1][1] + rows)
            return
        self.batches.append((batch, rows))
        if self._bytes >= SMALL_BYTES:
            self._end_group()

    def _border(self, table: pa.Table, starts: npt.NDArray[np.int64], begin: int) -> int:
        """The row of `table` from `begin` on that begins the next group; its length if none."""
        waiting = starts[begin:-1] - starts[begin] + self._bytes
        least = int(np.searchsorted(waiting, LEAST_BYTES))
        most = int(np.searchsorted(waiting, MOST_BYTES))
        ids = table.column(0)[begin + least : begin + most].to_pylist()
        found = (n for n, name in enumerate(ids) if zlib.crc32(str(name).encode()) % _ONE_IN == 0)
        return begin + least + next(found, len(ids))

    def _end_group(self) -> None:
        if self._waiting:
            rows = pa.concat_tables(self._waiting)
            self._writer.write_table(rows, row_group_size=rows.num_rows)
        self._waiting, self._bytes = [], 0


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write one Parquet file of rows that are one batch."""
    with DataFileWriter(path, table.schema) as writer:
        writer.write(table)


def row_bytes(table: pa.Table) -> npt.NDArray[np.int64]:
    """The bytes of each row: of its strings four and their length, of its lists four and theirs."""
    total = np.zeros(table.num_rows, np.int64)
    for column in table.columns:
        total += np.concatenate([_sizes(chunk) for chunk in column.chunks])
    return total


def _sizes(array: Any) -> npt.NDArray[np.int64]:
    if pa.types.is_string(array.type):
        return _lengths(array) + 4
    if pa.types.is_struct(array.type):
        return np.sum([_sizes(field) for field in array.flatten()], axis=0, dtype=np.int64)
    if pa.types.is_list(array.type):
        ends = np.cumsum(_lengths(array))
        until = np.concatenate([[0], np.cumsum(_sizes(array.flatten()))])
        return np.diff(until[np.concatenate([[0], ends])]) + 4
    return np.full(len(array), max(1, array.type.bit_width // 8), np.int64)


def _lengths(array: Any) -> npt.NDArray[np.int64]:
    """The lengths of strings or lists, from their borders."""
    borders = np.frombuffer(array.buffers()[1], np.int32)
    return np.diff(borders[array.offset : array.offset + len(array) + 1]).astype(np.int64)


def _repeating(schema: pa.Schema) -> list[str]:
    """The leaf columns that are worth a dictionary, by path in the file."""
    return [
        path
        for field in schema
        for path in _leaves(field)
        if path.rpartition(".")[2] not in _DISTINCT
    ]


def _leaves(field: pa.Field, prefix: str = "") -> list[str]:
    path = f"{prefix}{field.name}"
    if pa.types.is_list(field.type):
        return _leaves(field.type.value_field.with_name("element"), f"{path}.list.")
    if pa.types.is_struct(field.type):
        return [leaf for inner in field.type for leaf in _leaves(inner, f"{path}.")]
    return [path]
