"""Rows that wait in files -> the Parquet files of one config and split.

A piece of work of its own, on whatever runs it. A process that does nothing else
loads this module, so it imports neither the manifest nor what follows from it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
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
_OPEN = 16
"""Files that are mapped at a time."""


@dataclass(slots=True)
class Part:
    """Rows that wait in a file, one after the other."""

    batch: str
    """The version in which they first stood."""
    path: Path
    first: int
    rows: int


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
    tables = _tokens(job, lost) if job.config == "bio" else _tables(job.parts)
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
    tables = chain.from_iterable(_tables(own) for of, own in parts.items() if of[0] == config)
    for _, table in tables:
        ids = table.column("id").to_pylist()
        places = np.array([n for n, name in enumerate(ids) if name in wanted], np.int64)
        found.append(table.select(names).take(integer_array(places)))
    return named_rows(pa.concat_tables(found))


def _tables(parts: Iterable[Part]) -> Iterator[tuple[str, pa.Table]]:
    unpack = lru_cache(_OPEN)(unpack_table)
    for part in parts:
        rows = unpack(part.path)[part.first : part.first + part.rows]
        for begin in range(0, part.rows, _AT_ONCE):
            yield part.batch, rows[begin : begin + _AT_ONCE]


def _tokens(job: SplitJob, lost: Counter[str]) -> Iterator[tuple[str, pa.Table]]:
    for batch, gold in _tables(job.parts):
        made = token_rows(gold, job.tag_column or "", job.schemas)
        lost.update(dropped=made.dropped, moved=made.moved)
        yield batch, made.table
