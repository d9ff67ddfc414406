"""Rows of a version -> the numbers that its card states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from annotate.dataset.agreement import choose_compared, deciding_units, measure_agreement
from annotate.dataset.arrow import read_columns, read_rows, read_rows_of, schema_columns
from annotate.dataset.manifest import Numbers
from annotate.schemes.base import Scheme
from annotate.store.rowfiles import RowFiles, paths_by_split

_WHO = ["id", "annotator"]
_LONG = frozenset({"text", "text_sha256", "row_hash", "title", "url"})


def count_numbers(files: RowFiles, scheme: Scheme[Any]) -> Numbers:
    """The numbers of a version, from its files."""
    gold, annotations = (paths_by_split(files, config) for config in ("gold", "annotations"))
    labels: dict[str, Counter[str]] = {}
    licences: dict[str, str | None] = {}
    terms: dict[str | None, str | None] = {}
    groups = set()
    judges: dict[str, tuple[str, ...]] = {}
    for split, row in _rows(gold):
        # equal strings are held once: there may be a million articles
        article, group, licence = row["article_id"], row["group"], row["licence"]
        licences[article] = terms.setdefault(licence, licence)
        groups.add(article if group == article else group)
        if row["policy"] == "adjudicated":
            judges[row["id"]] = tuple(row["annotators"])
        for item in scheme.labelled(row):
            labels.setdefault(item.label, Counter())[split] += 1
    every = [path for paths in annotations.values() for path in paths]
    asked = Counter(unit for unit, _ in _said(every))
    who = Counter(annotator for _, annotator in _said(every))
    decided = Counter(deciding_units(_said(every), judges))
    compared, several = choose_compared(asked - decided if decided else asked)
    by_count = Counter(asked.values())
    return Numbers(
        articles=len(licences),
        stories=len(groups),
        labels={label: dict(sorted(labels[label].items())) for label in sorted(labels)},
        licences=dict(sorted(Counter(licence or "" for licence in licences.values()).items())),
        annotators=dict(sorted(who.items())),
        tasks_by_annotations={str(n): by_count[n] for n in sorted(by_count)},
        agreement=measure_agreement(
            read_rows_of((path for paths in gold.values() for path in paths), compared),
            read_rows_of(every, compared),
            scheme,
            of=several,
        ),
    )


def _said(paths: list[Path]) -> Iterator[tuple[str, str]]:
    """(task, annotator) of every annotation."""
    for path in paths:
        yield from zip(*read_columns(path, _WHO), strict=True)


def _rows(paths: Mapping[str, list[Path]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(split, row) of every row, without what is long and not counted."""
    for split, found in paths.items():
        names = [c.name for c in schema_columns(found[0]) if c.name not in _LONG]
        yield from ((split, row) for row in read_rows(found, names))
