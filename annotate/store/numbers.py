"""Rows of a version -> the numbers that its card states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from annotate.dataset.agreement import choose_compared, judged_units, measure_agreement
from annotate.dataset.arrow import read_columns, read_rows, read_rows_of
from annotate.dataset.manifest import Numbers
from annotate.dataset.rows import Rows, named_row
from annotate.schemes import load_scheme
from annotate.schemes.base import Scheme
from annotate.store.versions import Version

_Row = Mapping[str, Any]


class _Content(NamedTuple):
    """The rows of a version, wherever they are."""

    gold: Iterable[tuple[str, _Row]]
    """(split, row)."""
    annotations: list[tuple[str, str]]
    """(task, annotator) of each annotation."""
    read: Callable[[str, Collection[str]], Iterable[_Row]]
    """Config and row ids -> the full rows."""


def count_numbers(version: Version) -> Numbers:
    """The numbers of a version that stands in the store, from its files."""
    paths = {
        config: [path for found in version.config_paths(config).values() for path in found]
        for config in ("gold", "annotations")
    }
    gold = (
        (split, row)
        for split, found in version.config_paths("gold").items()
        for row in read_rows(found)
    )
    said = [
        pair
        for path in paths["annotations"]
        for pair in zip(*read_columns(path, ["id", "annotator"]), strict=True)
    ]
    content = _Content(gold, said, lambda config, ids: read_rows_of(paths[config], ids))
    return _count(content, load_scheme(version.manifest.scheme))


def count_numbers_of(rows: Rows, scheme: Scheme[Any]) -> Numbers:
    """The numbers of rows that are about to become a version."""

    def read(config: str, wanted: Collection[str]) -> Iterable[_Row]:
        columns = rows.schemas[config]
        found = (row for own in rows.rows[config].values() for row in own)
        return (named_row(columns, row) for row in found if row[0] in wanted)

    gold = (
        (split, named_row(rows.schemas["gold"], row))
        for split, found in rows.rows["gold"].items()
        for row in found
    )
    said = [(row[0], row[1]) for found in rows.rows["annotations"].values() for row in found]
    return _count(_Content(gold, said, read), scheme)


def _count(content: _Content, scheme: Scheme[Any]) -> Numbers:
    labels: dict[str, Counter[str]] = {}
    licences: dict[str, str | None] = {}
    groups = set()
    judges: dict[str, list[str]] = {}
    for split, row in content.gold:
        licences[row["article_id"]] = row["licence"]
        groups.add(row["group"])
        judges[row["id"]] = row["annotators"]
        for item in scheme.labelled(row):
            labels.setdefault(item.label, Counter())[split] += 1
    compared, several = choose_compared(judged_units(content.annotations, judges))
    asked = Counter(Counter(unit for unit, _ in content.annotations).values())
    return Numbers(
        articles=len(licences),
        stories=len(groups),
        labels={label: dict(sorted(labels[label].items())) for label in sorted(labels)},
        licences=dict(sorted(Counter(licence or "" for licence in licences.values()).items())),
        annotators=dict(sorted(Counter(who for _, who in content.annotations).items())),
        tasks_by_annotations={str(n): asked[n] for n in sorted(asked)},
        agreement=measure_agreement(
            content.read("gold", compared),
            content.read("annotations", compared),
            scheme,
            of=several,
        ),
    )
