"""Rows of one config and split, in their order -> its Parquet files, named by their content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import pyarrow as pa

from annotate.dataset.arrow.layout import SplitWriter, WrittenFile
from annotate.dataset.arrow.tables import arrow_schema, make_table
from annotate.dataset.rows import Row
from annotate.schemes.columns import Column
from annotate.store.local import file_sha256

if TYPE_CHECKING:
    from annotate.dataset.manifest import DataFile

T = TypeVar("T")
_AT_ONCE = 1000


class NamedFile(NamedTuple):
    """One Parquet file with the hash of its bytes in its name; fields as in `DataFile`."""

    path: str
    split: str
    rows: int
    bytes: int
    sha256: str
    batches: list[tuple[str, int]]
    row_hashes: str


def write_split(
    folder: Path,
    config: str,
    split: str,
    columns: Sequence[Column],
    tables: Iterable[tuple[str, pa.Table]],
) -> list[DataFile]:
    """As `write_named`; the files as they stand in a manifest."""
    return data_files(write_named(folder, config, split, columns, tables))


def data_files(files: Iterable[NamedFile]) -> list[DataFile]:
    """The files as they stand in a manifest."""
    from annotate.dataset.manifest import DataFile  # pydantic; a process that only writes has none

    return [DataFile(**file._asdict()) for file in files]


def write_named(
    folder: Path,
    config: str,
    split: str,
    columns: Sequence[Column],
    tables: Iterable[tuple[str, pa.Table]],
) -> list[NamedFile]:
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


def _name_file(written: WrittenFile, split: str) -> NamedFile:
    """Put the hash of its bytes into a file's name."""
    sha = file_sha256(written.path)
    named = written.path.with_stem(f"{written.path.stem}-{sha[:12]}")
    written.path.rename(named)
    return NamedFile(
        path=f"data/{named.name}",
        split=split,
        rows=written.rows,
        bytes=named.stat().st_size,
        sha256=sha,
        batches=written.batches,
        row_hashes=written.row_hashes,
    )
