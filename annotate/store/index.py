"""A version -> what a later one needs of it: ids, splits, groups, hashes, batches.

Only the narrow columns are read; texts and labels stay on the disk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any, NamedTuple

from annotate.dataset.arrow import read_columns
from annotate.store.folder import DatasetFolder
from annotate.store.log import Log
from annotate.store.rowfiles import RowFiles
from annotate.store.versions import Version, read_manifest


class VersionIndex(NamedTuple):
    """The rows of a version by their hashes."""

    rows: dict[str, tuple[str, str]]
    """Row id -> (split, row hash)."""
    groups: dict[str, str]
    """Row id -> group."""
    articles: dict[str, str]
    """Row id -> article id."""
    first: dict[str, str]
    """Row id -> the version in which it first stood."""
    annotations: Counter[tuple[str, str, str]]
    """(row id, annotator, row hash) of the annotations config."""


def read_index(files: RowFiles) -> VersionIndex:
    """Read the index of a version, or of what is to become one."""
    index = VersionIndex({}, {}, {}, {}, Counter())
    for file in files.configs["gold"].files:
        columns = _columns(files, file.path, "id", "group", "article_id", "row_hash")
        ids, groups, articles, hashes = columns
        index.rows.update(zip(ids, ((file.split, h) for h in hashes), strict=True))
        index.groups.update(zip(ids, groups, strict=True))
        index.articles.update(zip(ids, articles, strict=True))
        firsts = (first for first, count in file.batches for _ in range(count))
        index.first.update(zip(ids, firsts, strict=True))
    for file in files.configs["annotations"].files:
        ids, annotators, hashes = _columns(files, file.path, "id", "annotator", "row_hash")
        index.annotations.update(zip(ids, annotators, hashes, strict=True))
    return index


def holders(folder: DatasetFolder, log: Log, articles: Collection[str]) -> list[str]:
    """The versions that are kept and hold one of `articles`, oldest first."""
    if not articles:
        return []
    found = []
    for entry in log.kept:
        version = Version(folder, entry, read_manifest(folder, entry))
        paths = (p for paths in version.config_paths("gold").values() for p in paths)
        if any(not set(articles).isdisjoint(read_columns(p, ["article_id"])[0]) for p in paths):
            found.append(entry.version)
    return found


def _columns(files: RowFiles, file: str, *names: str) -> list[list[Any]]:
    return read_columns(files.path(file), list(names))
