"""Versions, and files about to become one -> what a diff compares.

A side is made of parts, one a file, which is looked into when its row groups
are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from annotate.dataset.arrow.rowgroups import RowGroup, row_groups
from annotate.store.rowfiles import RowFiles
from annotate.store.versions import Version
from annotate.text import text_sha256

NAMES = {"gold": ("id",), "annotations": ("id", "annotator")}
"""The configs whose rows are compared, and the columns that name their rows."""


class Part(NamedTuple):
    """Rows of one config and split that lie together."""

    split: str
    sha256: str
    """Of the file; equal files need no look inside."""
    groups: Callable[[], list[RowGroup]]
    """Its row groups."""


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
        config: [
            Part(file.split, file.sha256, partial(_row_groups, files, file.path))
            for file in files.configs[config].files
        ]
        for config in NAMES
    }
    return Side(parts, labels, identity)


def _row_groups(files: RowFiles, path: str) -> list[RowGroup]:
    """The row groups of one of `files`, which is looked for, and checked, only now."""
    return row_groups(files.path(path))


def identity_of(config_digest: str, words: str) -> tuple[str, ...]:
    """What makes a PATCH when it alone differs."""
    return config_digest, text_sha256(words)
