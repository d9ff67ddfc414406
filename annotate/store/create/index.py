"""A version -> what a later one needs of it: ids, splits, groups, hashes, batches.

Only the narrow columns are read; texts and labels stay on the disk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from annotate.dataset.arrow.tables import read_columns
from annotate.store.versions import Version


class VersionIndex(NamedTuple):
    """Where the rows of a version stand."""

    splits: dict[str, str]
    """Row id -> split."""
    groups: dict[str, str]
    """Row id -> group."""
    articles: dict[str, str]
    """Row id -> article id."""
    first: dict[str, str]
    """Row id -> the version in which it first stood."""


def read_index(version: Version) -> VersionIndex:
    """Read the index of a version."""
    index = VersionIndex({}, {}, {}, {})
    for file in version.configs["gold"].files:
        path = version.path(file.path)
        ids, groups, articles = read_columns(path, ["id", "group", "article_id"])
        index.splits.update(dict.fromkeys(ids, file.split))
        index.groups.update(zip(ids, groups, strict=True))
        index.articles.update(zip(ids, articles, strict=True))
        firsts = (first for first, count in file.batches for _ in range(count))
        index.first.update(zip(ids, firsts, strict=True))
    return index


def names_of(versions: Sequence[Version], article: str) -> list[str]:
    """Every article_id under which the rows of an article stand, its own first.

    A task made elsewhere is known by its text, and its article by the address, which may
    be another in another version.
    """
    names, units, before = {article}, set[str](), 0
    while len(names) + len(units) > before:
        before = len(names) + len(units)
        for version in versions:
            articles = read_index(version).articles
            units |= {unit for unit, name in articles.items() if name in names}
            names |= {articles[unit] for unit in units & articles.keys()}
    return [article, *sorted(names - {article})]


def holders(versions: Iterable[Version], articles: Collection[str]) -> list[str]:
    """Those of `versions` that hold one of the articles, in their order."""
    return [version.entry.version for version in versions if _holds(version, set(articles))]


def _holds(version: Version, articles: set[str]) -> bool:
    paths = version.paths("gold")
    return any(not articles.isdisjoint(read_columns(path, ["article_id"])[0]) for path in paths)
