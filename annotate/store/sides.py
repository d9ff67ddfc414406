"""Versions, and files about to become one -> what a diff compares."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from annotate.dataset.arrow import read_rows_of
from annotate.store.diff import Side
from annotate.store.index import VersionIndex
from annotate.store.rowfiles import RowFiles, paths_by_split
from annotate.store.versions import Version
from annotate.text import text_sha256


def side_of_version(version: Version, index: VersionIndex) -> Side:
    """A version as a diff sees it; full rows are read when they are asked for."""
    manifest = version.manifest
    return side_of_files(
        version, index, manifest.labels, (manifest.config_digest, manifest.owner_words)
    )


def side_of_files(
    files: RowFiles,
    index: VersionIndex,
    labels: Mapping[str, list[str]],
    identity: tuple[str, ...],
) -> Side:
    """Files with their index, label names and identity as a diff sees them."""

    def read(config: str, wanted: Collection[str]) -> list[dict[str, Any]]:
        paths = (p for found in paths_by_split(files, config).values() for p in found)
        return list(read_rows_of(paths, wanted))

    return Side(index.rows, read, index.annotations, labels, identity)


def identity_of(config_digest: str, words: str) -> tuple[str, ...]:
    """What makes a PATCH when it alone differs."""
    return config_digest, text_sha256(words)
