"""Rows in memory as a side of a diff, for the tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

import pyarrow as pa

from annotate.dataset.arrow import label_lists, make_table
from annotate.dataset.hashing import row_hasher
from annotate.dataset.rows import Row, Schemas, named_row
from annotate.schemes.columns import Column
from annotate.store.sides import KEYS, Part, Places, Side, Wanted

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


def side_of_rows(made: Made, identity: tuple[Any, ...]) -> Side:
    """A side as the files of these rows would be."""
    rows = {"gold": made.gold, "annotations": made.annotations}
    parts = {
        config: [
            _part(made.schemas[config], config, split, own)
            for split, own in _by_split(found).items()
        ]
        for config, found in rows.items()
    }
    labels = {path: list(names) for path, names in label_lists(made.schemas["gold"]).items()}
    return Side(parts, labels, identity)


def _by_split(rows: Iterable[Placed]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for split, row in rows:
        found[split].append(row)
    return found


def _part(columns: tuple[Column, ...], config: str, split: str, rows: list[Row]) -> Part:
    def keys() -> pa.Table:
        return make_table(columns, rows).select(KEYS[config])

    def take(places: Places, is_wanted: Wanted) -> pa.Table:
        return make_table(columns, [rows[place] for place in places.tolist()])

    return Part(split, None, len(rows), keys, take)
