"""Versions, and files about to become one -> what a diff compares.

A side is made of parts, one a file. Only the
columns by which rows are told apart are read; full rows when they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from annotate.dataset.arrow import take_rows
from annotate.dataset.manifest import DataFile
from annotate.store.rowfiles import RowFiles
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
    """Of the file; equal files need no look inside. None where it is not known."""
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
    return side_of_files(version, manifest.labels, (manifest.config_digest, manifest.owner_words))


def side_of_files(
    files: RowFiles, labels: Mapping[str, list[str]], identity: tuple[str, ...]
) -> Side:
    """Files with their label names and identity as a diff sees them."""
    parts = {
        config: [_part(files.path(file.path), config, file) for file in files.configs[config].files]
        for config in KEYS
    }
    return Side(parts, labels, identity)


def identity_of(config_digest: str, words: str) -> tuple[str, ...]:
    """What makes a PATCH when it alone differs."""
    return config_digest, text_sha256(words)


def _part(path: Path, config: str, file: DataFile) -> Part:
    def take(places: Places, is_wanted: Wanted) -> pa.Table:
        return take_rows(path, places, is_wanted)

    def keys() -> pa.Table:
        with pq.ParquetFile(path) as found:
            return found.read(columns=KEYS[config], use_threads=False)

    return Part(file.split, file.sha256, file.rows, keys, take)
