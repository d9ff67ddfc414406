"""Older versions -> the tasks whose rows stand in a new one, by unit key.

Labels that a migration renamed get their present names; two that became one are
refused, since rows cannot be voted on again. A task that the new inputs hold too
is taken from there, where an annotation of theirs counts, and of several versions
from the last; annotators are not lost by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from annotate.annotations.migrate import compose, renamed_words
from annotate.annotations.migration import Migration
from annotate.dataset.arrow.tables import label_lists, schema_columns
from annotate.dataset.rows import Schemas
from annotate.errors import VersionError
from annotate.schemes.base import Scheme
from annotate.schemes.columns import Column
from annotate.schemes.label_config import LabelConfig
from annotate.store.create.carried import CarriedTask, CarriedVersion
from annotate.store.versions import Version


class Renamer:
    """Brings rows of older versions to the present names of their labels."""

    def __init__(
        self, scheme: Scheme[Any], config: LabelConfig, migrations: Sequence[Migration]
    ) -> None:
        self.scheme, self.config = scheme, config
        self.renames = compose(config, migrations)

    def words(self, version: Version) -> dict[str, dict[str, str]]:
        """Control -> label of `version` -> label now; VersionError where two became one."""
        before = version.manifest.parse_config()
        words = renamed_words(before, self.config, self.renames)
        for control, names in words.items():
            after = [names.get(label, label) for label in before.values(control)]
            one = [
                o for o, n in zip(before.values(control), after, strict=True) if after.count(n) > 1
            ]
            if one:
                raise VersionError(
                    f"{version.name} has {', '.join(one)}, of which the migration makes one, "
                    "and votes cannot be counted again from its rows",
                    do="make the version from the exports",
                )
        return words

    def label_lists(self, version: Version, columns: Sequence[Column]) -> dict[str, list[str]]:
        """The label lists of columns of `version`, in the present names."""
        before, words = version.manifest.parse_config(), self.words(version)
        controls = {
            name: control._replace(
                values=tuple(
                    words.get(control.name, {}).get(label, label) for label in control.values
                )
            )
            for name, control in before.controls.items()
        }
        old, new = (
            label_lists(self.scheme.columns(config, gold=True))
            for config in (before, before._replace(controls=controls))
        )
        return {
            path: list(new[path] if new.get(path) != old.get(path) else names)
            for path, names in label_lists(columns).items()
        }


def read_carried(
    versions: Sequence[Version], schemas: Schemas, renamer: Renamer
) -> dict[str, CarriedTask]:
    """The tasks of `versions` by unit key; the last of two equal ones counts.

    Raises VersionError for a version with other columns, with labels that the
    new one lacks or that a migration makes one of.
    """
    found: dict[str, CarriedTask] = {}
    for version in versions:
        _check_columns(version, schemas, renamer)
        carried = CarriedVersion(version, schemas, renamer.scheme, renamer.words(version))
        for unit, task in carried.tasks():
            before = found.get(unit)
            found[unit] = task._replace(earlier=before.annotators) if before else task
    return found


def _check_columns(version: Version, schemas: Schemas, renamer: Renamer) -> None:
    for config in ("gold", "annotations"):
        path = version.paths(config)[0]
        old, new = schema_columns(path), schemas[config]
        if _names(old) != _names(new):
            raise VersionError(
                f"{version.name} has other columns than a version made now",
                do="make the version from the exports",
            )
        known = label_lists(new)
        for column, names in renamer.label_lists(version, old).items():
            lost = [name for name in names if name not in known[column]]
            if lost:
                raise VersionError(
                    f"{version.name} has the labels {', '.join(lost)} in {column},"
                    " which the label config lacks",
                    do="name the config that has them with --config,"
                    " or say with --migration what became of them",
                )


def _names(columns: Sequence[Column]) -> list[str]:
    return [column.name for column in columns]
