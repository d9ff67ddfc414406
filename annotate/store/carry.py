"""Older versions -> tasks whose rows stand in a new version as they are.

Rows come back from Parquet with labels by name, so that a grown label list
does not shift them. A task that the new inputs hold too is taken from there;
that is refused where an annotator would be lost by it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from annotate.annotations.gather import GatheredTask
from annotate.dataset.arrow import label_lists, read_rows, schema_columns
from annotate.dataset.rows import Row, Schemas, row_values
from annotate.dataset.splits import Origin
from annotate.errors import StateError, VersionError
from annotate.schemes.columns import Column
from annotate.store.versions import Version


class CarriedTask(NamedTuple):
    """A task of an older version."""

    unit: str
    group: str
    article: str
    gold: Row
    annotations: list[Row]
    """Both without their hashes."""
    origin: Origin


def read_carried(
    versions: Sequence[Version], schemas: Schemas, gathered: Mapping[str, GatheredTask]
) -> list[CarriedTask]:
    """The tasks of `versions` that are not in `gathered`; the last of two equal ones counts.

    Raises VersionError for a version with other columns or with labels that
    the new one lacks, StateError where the new inputs hold a task without one
    of the annotators that the version has for it.
    """
    found: dict[str, CarriedTask] = {}
    for version in versions:
        _check_columns(version, schemas)
        for task in _read_tasks(version, schemas):
            if task.unit not in gathered:
                found[task.unit] = task
                continue
            _check_annotators(version, task, gathered[task.unit])
    return list(found.values())


def _read_tasks(version: Version, schemas: Schemas) -> Iterator[CarriedTask]:
    annotations: dict[str, list[Row]] = defaultdict(list)
    for paths in version.config_paths("annotations").values():
        for row in read_rows(paths):
            annotations[row["id"]].append(row_values(schemas["annotations"][:-1], row))
    for paths in version.config_paths("gold").values():
        for row in read_rows(paths):
            values = row_values(schemas["gold"][:-1], row)
            unit = row["id"]
            origin = Origin(row["group"], row["date"], row["url"])
            yield CarriedTask(
                unit, row["group"], row["article_id"], values, annotations[unit], origin
            )


def _check_columns(version: Version, schemas: Schemas) -> None:
    for config in ("gold", "annotations"):
        path = next(iter(version.config_paths(config).values()))[0]
        old, new = schema_columns(path), schemas[config]
        if _names(old) != _names(new):
            raise VersionError(
                f"{version.name} has other columns than a version made now",
                do="make the version from the exports",
            )
        known = label_lists(new)
        for column, names in label_lists(old).items():
            lost = [name for name in names if name not in known[column]]
            if lost:
                raise VersionError(
                    f"{version.name} has the labels {', '.join(lost)} in {column},"
                    " which the label config lacks",
                    do="name the config that has them with --config",
                )


def _names(columns: Sequence[Column]) -> list[str]:
    return [column.name for column in columns]


def _check_annotators(version: Version, task: CarriedTask, gathered: GatheredTask) -> None:
    here = {annotation.annotator for annotation in gathered.annotations}
    lost = {row[1] for row in task.annotations} - here
    if lost:
        raise StateError(
            f"{version.name} has annotations by {', '.join(sorted(lost))} that the inputs lack",
            where=f"task {task.unit}",
            do="give the export that holds them too",
        )
