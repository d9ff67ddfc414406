"""Some columns of the Parquet files of a version -> what is asked of all its rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from annotate.dataset.arrow.arrays import integer_array, integer_values
from annotate.dataset.arrow.hashing import ConfigSplit
from annotate.store.rowfiles import RowFiles, paths_by_split


def hash_tables(files: RowFiles) -> Iterator[tuple[ConfigSplit, pa.Table]]:
    """The ids and row hashes of all rows for the logical hash, by config and split in order."""
    for config in sorted(files.configs):
        for split, paths in sorted(paths_by_split(files, config).items()):
            yield (config, split), read_table(paths, ["id", "row_hash"])


def stories_in_two_splits(files: RowFiles) -> dict[str, dict[str, str]]:
    """Group -> split -> one task of it there, for each group that stands in two splits."""
    by_split = paths_by_split(files, "gold")
    groups = [pc.unique(read_table(paths, ["group"])["group"]) for paths in by_split.values()]
    values, counts = pc.value_counts(pa.concat_arrays(groups)).flatten()
    several = values.take(integer_array(np.flatnonzero(integer_values(counts) > 1)))
    found: dict[str, dict[str, str]] = {group: {} for group in several.to_pylist()}
    for split, paths in by_split.items() if found else ():
        columns = read_table(paths, ["group", "id"]).columns
        for group, unit in zip(*(column.to_pylist() for column in columns), strict=True):
            if group in found:
                found[group].setdefault(split, unit)
    return found


def read_table(paths: list[Path], columns: list[str]) -> pa.Table:
    """Some columns of files of one config, in file order, without their features."""
    tables = []
    for path in paths:
        # not `read_table`, which imports pandas
        with pq.ParquetFile(path, memory_map=True) as file:
            tables.append(
                file.read(columns=columns, use_threads=False).replace_schema_metadata(None)
            )
    return pa.concat_tables(tables)
