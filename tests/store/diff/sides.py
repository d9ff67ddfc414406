"""Rows as a side of a diff, for the tests: real files with small row groups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from annotate.dataset.arrow.hashing import row_hasher
from annotate.dataset.arrow.rowgroups import row_groups
from annotate.dataset.arrow.tables import label_lists, make_table
from annotate.dataset.rows import Row, Schemas, named_row
from annotate.schemes.base import Scheme
from annotate.store.diff.sides import Part, Side
from annotate.store.diff.states import RowChange
from annotate.store.diff.versions import VersionDiff, compare
from annotate.store.local import file_sha256

Placed = tuple[str, Row]
"""(split, row with its hash)."""


class Made(NamedTuple):
    """The rows of a version, with their hashes."""

    schemas: Schemas
    gold: list[Placed]
    annotations: list[Placed]


def hash_rows(schemas: Schemas, tasks: Iterable[tuple[str, Row, list[Row]]]) -> Made:
    """The rows of tasks, given as split, gold row and annotations without their hashes."""
    made = Made(schemas, [], [])
    hash_gold, hash_annotation = (row_hasher(schemas[c]) for c in ("gold", "annotations"))
    for split, gold, said in tasks:
        made.gold.append((split, (*gold, hash_gold(gold))))
        made.annotations.extend((split, (*row, hash_annotation(row))) for row in said)
    return made


def full_rows(made: Made) -> dict[str, tuple[str, dict[str, Any]]]:
    """Row id -> (split, gold row with labels as names)."""
    columns = made.schemas["gold"]
    return {row[0]: (split, named_row(columns, row)) for split, row in made.gold}


def compare_rows(
    old: Made, new: Made, identities: tuple[tuple[Any, ...], tuple[Any, ...]], scheme: Scheme[Any]
) -> VersionDiff:
    """The diff of two versions with these rows; its changes are read."""
    with TemporaryDirectory() as folder:
        before, after = (
            _side(Path(folder, name), made, identity)
            for name, made, identity in zip(("old", "new"), (old, new), identities, strict=True)
        )
        diff = compare(before, after, scheme)
        return diff._replace(changes=list(diff.changes))


def apply_changes(
    changes: Iterable[RowChange], rows: Mapping[str, tuple[str, dict[str, Any]]]
) -> dict[str, tuple[str, dict[str, Any]]]:
    """Row id -> (split, row) of the newer version, from those of the older one."""
    made = dict(rows)
    for change in changes:
        if change.after is None or change.new_split is None:
            del made[change.id]
        else:
            made[change.id] = (change.new_split, change.after)
    return made


def _side(folder: Path, made: Made, identity: tuple[Any, ...]) -> Side:
    folder.mkdir()
    rows = {"gold": made.gold, "annotations": made.annotations}
    parts = {
        config: [
            write_part(folder / f"{config}-{split}", split, make_table(made.schemas[config], own))
            for split, own in _by_split(found).items()
        ]
        for config, found in rows.items()
    }
    labels = {path: list(names) for path, names in label_lists(made.schemas["gold"]).items()}
    return Side(parts, labels, identity)


def write_part(path: Path, split: str, table: pa.Table, rows: int = 2) -> Part:
    """A file with row groups of so many rows."""
    pq.write_table(table, path, row_group_size=rows)
    return Part(split, file_sha256(path), partial(row_groups, path))


def _by_split(rows: Iterable[Placed]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for split, row in rows:
        found[split].append(row)
    return found
