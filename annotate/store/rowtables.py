"""Some columns of the Parquet files of a version -> what is asked of all its rows."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from annotate.dataset.hashing import Place
from annotate.store.rowfiles import RowFiles, paths_by_split


def hash_tables(files: RowFiles) -> dict[Place, pa.Table]:
    """The ids and row hashes of all rows, by config and split, for the logical hash."""
    return {
        (config, split): read_table(paths, ["id", "row_hash"])
        for config in files.configs
        for split, paths in paths_by_split(files, config).items()
    }


def stories_in_two_splits(files: RowFiles) -> dict[str, dict[str, str]]:
    """Group -> split -> one task of it there, for each group that stands in two splits."""
    tables = {
        split: read_table(paths, ["group", "id"])
        for split, paths in paths_by_split(files, "gold").items()
    }
    seen = pa.concat_arrays([pc.unique(t["group"]) for t in tables.values()])
    counts = pc.value_counts(seen).to_pylist()
    found: dict[str, dict[str, str]] = {c["values"]: {} for c in counts if c["counts"] > 1}
    for split, table in tables.items() if found else ():
        for group, unit in zip(*(column.to_pylist() for column in table.columns), strict=True):
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
