"""Options of the commands that read annotations from Label Studio JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from annotate.cli.options import (
    config_option,
    map_option,
    max_rejects_option,
    migration_option,
    option_group,
    repair_option,
)

if TYPE_CHECKING:
    from annotate.annotations.gather import TaskStream
    from annotate.annotations.migration_file import MigrationFile
    from annotate.annotations.source import Source
    from annotate.schemes.label_config import LabelConfig

input_options = option_group(
    click.argument("inputs", nargs=-1, metavar="INPUT..."),
    click.option("--project", "projects", multiple=True, metavar="TITLE", help="A live project."),
)
_OPTIONS = option_group(
    config_option, map_option, migration_option, max_rejects_option, repair_option
)


class Reading(NamedTuple):
    """The values of the options, by the names of the keywords of `create_version`."""

    config: str | None
    names: dict[str, str]
    migrations: tuple[str, ...]
    max_rejects: int
    repair: bool

    @property
    def files(self) -> tuple[str | None, ...]:
        """What is read beside the inputs."""
        return self.config, *self.migrations

    def stream(
        self,
        scheme: str,
        sources: Sequence[Source],
        *,
        label_config: LabelConfig | None = None,
        migrations: Sequence[MigrationFile] | None = None,
        keep_results: bool = False,
    ) -> TaskStream:
        """The annotations task by task; then their ledger is to be closed with `max_rejects`.

        `label_config` and `migrations` are those of the options where they were read already,
        which a pipe is once.
        """
        from annotate.pipeline import stream_annotations

        return stream_annotations(
            scheme,
            sources,
            config=label_config or self.config,
            names=self.names,
            repair=self.repair,
            migrations=self.migrations if migrations is None else migrations,
            keep_results=keep_results,
        )


def reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options, which the command gets as one argument, `reading`."""

    @_OPTIONS
    @wraps(command)
    def with_reading(**values: Any) -> None:
        reading = Reading(**{name: values.pop(name) for name in Reading._fields})
        command(reading=reading, **values)

    return with_reading
