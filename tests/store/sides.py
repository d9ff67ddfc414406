"""Rows in memory as a side of a diff, for the tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from annotate.dataset.arrow import label_lists, make_table
from annotate.dataset.rows import Row, Schemas
from annotate.schemes.columns import Column
from annotate.store.sides import KEYS, Part, Places, Side, Wanted

Placed = tuple[str, Row]
"""(split, row with its hash)."""


def side_of_rows(
    schemas: Schemas,
    gold: Iterable[Placed],
    annotations: Iterable[Placed],
    identity: tuple[Any, ...],
) -> Side:
    """A side as the files of these rows would be."""
    rows = {"gold": gold, "annotations": annotations}
    parts = {
        config: [_part(schemas[config], config, *split) for split in _by_split(found).items()]
        for config, found in rows.items()
    }
    labels = {path: list(names) for path, names in label_lists(schemas["gold"]).items()}
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
