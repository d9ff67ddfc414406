"""Older versions -> tasks whose rows stand in a new version as they are.

Rows come back from Parquet with labels by name, so that a grown label list
does not shift them. A task that the new inputs hold too is taken from there,
where an annotation of theirs counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from annotate.dataset.arrow import label_lists, read_rows, schema_columns
from annotate.dataset.rows import Row, Schemas, TaskRows, row_values
from annotate.dataset.shard import CarriedRows
from annotate.errors import VersionError
from annotate.schemes.columns import Column
from annotate.store.versions import Version


class CarriedTask(NamedTuple):
    """A task of an older version."""

    article_id: str
    group: str
    unit_start: int
    date: str | None
    url: str | None
    rows: CarriedRows


def read_carried(versions: Sequence[Version], schemas: Schemas) -> dict[str, CarriedTask]:
    """The tasks of `versions` by unit key; the last of two equal ones counts.

    Raises VersionError for a version with other columns, or with labels that
    the new one lacks.
    """
    found: dict[str, CarriedTask] = {}
    for version in versions:
        _check_columns(version, schemas)
        found.update(_read_tasks(version, schemas))
    return found


def _read_tasks(version: Version, schemas: Schemas) -> Iterator[tuple[str, CarriedTask]]:
    annotations: dict[str, list[Row]] = defaultdict(list)
    for paths in version.config_paths("annotations").values():
        for row in read_rows(paths):
            annotations[row["id"]].append(row_values(schemas["annotations"][:-1], row))
    for paths in version.config_paths("gold").values():
        for row in read_rows(paths):
            values = row_values(schemas["gold"][:-1], row)
            yield (
                row["id"],
                CarriedTask(
                    row["article_id"],
                    row["group"],
                    row["unit_start"],
                    row["date"],
                    row["url"],
                    CarriedRows(version.name, TaskRows(values, annotations[row["id"]])),
                ),
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
