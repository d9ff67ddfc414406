"""Rows of one config and split, in their order -> its Parquet files, named by their content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from annotate.dataset.arrow import arrow_schema, make_table
from annotate.dataset.layout import SplitWriter, WrittenFile
from annotate.dataset.manifest import DataFile
from annotate.dataset.rows import Row
from annotate.schemes.columns import Column
from annotate.store.local import file_sha256

T = TypeVar("T")
_AT_ONCE = 1000


def write_split(
    folder: Path,
    config: str,
    split: str,
    columns: Sequence[Column],
    tables: Iterable[tuple[str, pa.Table]],
) -> list[DataFile]:
    """Write tables, each with the version in which its rows first stood, to files in `folder`."""
    with SplitWriter(folder, f"{split}-{config}", arrow_schema(columns)) as writer:
        for batch, table in tables:
            writer.write(table, batch)
    return [_name_file(written, split) for written in writer.files]


def make_tables(
    columns: Sequence[Column], rows: Iterable[tuple[str, Row]]
) -> Iterator[tuple[str, pa.Table]]:
    """Rows with the version in which each first stood, as tables."""
    for batch, found in groupby(rows, key=lambda row: row[0]):
        while some := [row for _, row in islice(found, _AT_ONCE)]:
            yield batch, make_table(columns, some)


def with_batches(file: DataFile, rows: Iterable[T]) -> Iterator[tuple[str, T]]:
    """The rows of a file, each with the version in which it first stood."""
    batches = (batch for batch, count in file.batches for _ in range(count))
    return zip(batches, rows, strict=True)


def _name_file(written: WrittenFile, split: str) -> DataFile:
    """Put the hash of its bytes into a file's name."""
    sha = file_sha256(written.path)
    named = written.path.with_stem(f"{written.path.stem}-{sha[:12]}")
    written.path.rename(named)
    return DataFile(
        path=f"data/{named.name}",
        split=split,
        rows=written.rows,
        bytes=named.stat().st_size,
        sha256=sha,
        batches=written.batches,
        row_hashes=written.row_hashes,
    )
