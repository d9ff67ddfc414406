"""Rows of a version -> how often each label stands in them, for the card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from annotate.dataset.arrow import read_rows
from annotate.dataset.rows import Rows, named_row
from annotate.schemes import load_scheme
from annotate.schemes.base import Scheme
from annotate.store.versions import Version


def count_labels(version: Version) -> dict[str, Counter[str]]:
    """The label counts of a version that stands in the store."""
    paths = [path for found in version.config_paths("gold").values() for path in found]
    return _count(load_scheme(version.manifest.scheme), read_rows(paths))


def count_labels_of(rows: Rows, scheme: Scheme[Any]) -> dict[str, Counter[str]]:
    """The label counts of rows that are about to become a version."""
    columns = rows.schemas["gold"]
    found = (named_row(columns, row) for s in rows.rows["gold"].values() for row in s)
    return _count(scheme, found)


def _count(scheme: Scheme[Any], rows: Iterable[Mapping[str, Any]]) -> dict[str, Counter[str]]:
    counts = Counter(item.label for row in rows for item in scheme.labelled(row))
    return {"label": Counter(dict(sorted(counts.items())))}
