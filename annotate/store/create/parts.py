"""Rows that wait in files -> the Parquet files of one config and split.

A piece of work of its own, on whatever runs it. A process that does nothing else
loads this module, so it imports neither the manifest nor what follows from it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from annotate.dataset.arrow.arrays import integer_array
from annotate.dataset.arrow.tables import named_rows, unpack_table
from annotate.dataset.rows import Schemas
from annotate.dataset.tokens.bio import token_rows
from annotate.store.datafiles import NamedFile, write_named

_AT_ONCE = 500
Batch = tuple[str, int]
"""(version in which rows first stood, number of rows)."""


class Part(NamedTuple):
    """Rows of one shard, waiting in a file."""

    path: Path
    batches: list[Batch]


class SplitJob(NamedTuple):
    """The files of one config and split to write."""

    config: str
    split: str
    folder: Path
    schemas: Schemas
    tag_column: str | None
    parts: list[Part]

    def __str__(self) -> str:
        return f"the files of {self.config}, {self.split}"


class WrittenSplit(NamedTuple):
    """The files of one config and split, and the spans that tokens could not hold."""

    files: list[NamedFile]
    dropped: int
    moved: int


def write_job(job: SplitJob) -> WrittenSplit:
    """Write the files of a split from the parts of its config, or of the one it is made of."""
    lost: Counter[str] = Counter()
    tables = _tokens(job, lost) if job.config == "bio" else _tables(job)
    folder, columns = job.folder / "data", job.schemas[job.config]
    files = write_named(folder, job.config, job.split, columns, tables)
    # else a process keeps it while the others, and the one that counts, take theirs
    pa.default_memory_pool().release_unused()
    return WrittenSplit(files, lost["dropped"], lost["moved"])


def rows_of(
    parts: Mapping[tuple[str, str], Sequence[Part]],
    config: str,
    wanted: Collection[str],
    columns: Iterable[str],
) -> list[dict[str, Any]]:
    """The rows of a config whose id is `wanted`, labels by name, with all that `columns` are in."""
    names = list(dict.fromkeys(path.partition(".")[0] for path in columns))
    found = []
    for part in chain.from_iterable(several for of, several in parts.items() if of[0] == config):
        table = unpack_table(part.path)
        ids = table.column("id").to_pylist()
        places = np.array([n for n, name in enumerate(ids) if name in wanted], np.int64)
        found.append(table.select(names).take(integer_array(places)))
    return named_rows(pa.concat_tables(found))


def _tables(job: SplitJob) -> Iterator[tuple[str, pa.Table]]:
    for part in job.parts:
        table, start = unpack_table(part.path), 0
        for batch, count in part.batches:
            for begin in range(start, start + count, _AT_ONCE):
                yield batch, table[begin : min(begin + _AT_ONCE, start + count)]
            start += count


def _tokens(job: SplitJob, lost: Counter[str]) -> Iterator[tuple[str, pa.Table]]:
    for batch, gold in _tables(job):
        made = token_rows(gold, job.tag_column or "", job.schemas)
        lost.update(dropped=made.dropped, moved=made.moved)
        yield batch, made.table
