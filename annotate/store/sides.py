"""Versions and rows about to become one -> what a diff compares.

A side is made of parts: a file of a version, or the rows of one split. Only the
columns by which rows are told apart are read; full rows when they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from annotate.dataset.arrow import label_lists, make_table, take_rows
from annotate.dataset.manifest import DataFile
from annotate.dataset.rows import Row, Rows
from annotate.schemes.columns import Column
from annotate.store.versions import Version
from annotate.text import text_sha256

Places = npt.NDArray[np.int64]
"""Row numbers in a part, ascending."""
Wanted = Callable[[str], bool]
"""Which leaf columns to read, by path; a part that is no file may give more."""
KEYS = {"gold": ["row_hash"], "annotations": ["row_hash", "annotator"]}
"""Columns by which the rows of a config are told apart; a row's hash holds its id."""


class Part(NamedTuple):
    """Rows of one config and split that lie together."""

    split: str
    sha256: str | None
    """Of the file; equal files need no look inside. None where there is no file yet."""
    rows: int
    keys: Callable[[], pa.Table]
    """The columns of KEYS of all rows."""
    take: Callable[[Places, Wanted], pa.Table]
    """The rows at these places."""


class Side(NamedTuple):
    """One version as a diff sees it."""

    parts: Mapping[str, list[Part]]
    """Those of `gold` and of `annotations`."""
    labels: Mapping[str, list[str]]
    """Label names of each label column, by dotted path."""
    identity: tuple[Any, ...]
    """Config digest and what else makes a PATCH when it alone differs."""


def side_of_version(version: Version) -> Side:
    """A version as a diff sees it."""
    manifest = version.manifest
    parts = {
        config: [_part_of_file(version, config, file) for file in manifest.configs[config].files]
        for config in KEYS
    }
    return Side(parts, manifest.labels, (manifest.config_digest, manifest.owner_words))


def side_of_rows(rows: Rows, identity: tuple[str, ...]) -> Side:
    """Rows that are about to become a version."""
    parts = {
        config: [
            _part_of_rows(rows.schemas[config], config, split, found)
            for split, found in rows.rows[config].items()
        ]
        for config in KEYS
    }
    return Side(parts, label_names_of(rows), identity)


def identity_of(config_digest: str, words: str) -> tuple[str, ...]:
    """What makes a PATCH when it alone differs."""
    return config_digest, text_sha256(words)


def label_names_of(rows: Rows) -> dict[str, list[str]]:
    """Label names of each label column, by dotted path."""
    return {path: list(names) for path, names in label_lists(rows.schemas["gold"]).items()}


def _part_of_file(version: Version, config: str, file: DataFile) -> Part:
    path = version.path(file.path)

    def take(places: Places, is_wanted: Wanted) -> pa.Table:
        return take_rows(path, places, is_wanted)

    def keys() -> pa.Table:
        with pq.ParquetFile(path) as found:
            return found.read(columns=KEYS[config], use_threads=False)

    return Part(file.split, file.sha256, file.rows, keys, take)


def _part_of_rows(columns: tuple[Column, ...], config: str, split: str, rows: list[Row]) -> Part:
    places = {column.name: place for place, column in enumerate(columns)}

    def keys() -> pa.Table:
        return pa.table({key: [row[places[key]] for row in rows] for key in KEYS[config]})

    def take(wanted: Places, is_wanted: Wanted) -> pa.Table:
        return make_table(columns, [rows[place] for place in wanted.tolist()])

    return Part(split, None, len(rows), keys, take)
