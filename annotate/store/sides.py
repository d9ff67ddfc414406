"""Versions and rows about to become one -> what a diff compares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

from annotate.dataset.arrow import label_lists, read_rows_of
from annotate.dataset.rows import Rows, named_row
from annotate.store.diff import Side
from annotate.store.index import VersionIndex
from annotate.store.versions import Version
from annotate.text import text_sha256


def side_of_version(version: Version, index: VersionIndex) -> Side:
    """A version as a diff sees it; full rows are read when they are asked for."""

    def read(config: str, wanted: Collection[str]) -> list[dict[str, Any]]:
        paths = (p for found in version.config_paths(config).values() for p in found)
        return list(read_rows_of(paths, wanted))

    manifest = version.manifest
    identity = (manifest.config_digest, manifest.owner_words)
    return Side(index.rows, read, index.annotations, manifest.labels, identity)


def side_of_rows(rows: Rows, identity: tuple[str, ...]) -> Side:
    """Rows that are about to become a version."""

    def read(config: str, wanted: Collection[str]) -> list[dict[str, Any]]:
        columns, ids = rows.schemas[config], set(wanted)
        found = (row for by_split in rows.rows[config].values() for row in by_split)
        return [named_row(columns, row) for row in found if row[0] in ids]

    index = {row.id: (row.split, row.row_hash) for row in rows.hashed if row.config == "gold"}
    annotations = Counter(
        (row[0], row[1], row[-1]) for found in rows.rows["annotations"].values() for row in found
    )
    return Side(index, read, annotations, label_names_of(rows), identity)


def identity_of(config_digest: str, words: str) -> tuple[str, ...]:
    """What makes a PATCH when it alone differs."""
    return config_digest, text_sha256(words)


def label_names_of(rows: Rows) -> dict[str, list[str]]:
    """Label names of each label column, by dotted path."""
    return {path: list(names) for path, names in label_lists(rows.schemas["gold"]).items()}
