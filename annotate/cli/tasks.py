"""`annotate tasks`: articles to Label Studio tasks."""

from __future__ import annotations

import sys
from typing import Any

import click

from annotate.cli.options import config_option, map_option
from annotate.cli.output import out_path, say
from annotate.cli.source_options import refuse_source, say_ledger, task_options, task_options_of
from annotate.pipeline import find_config
from annotate.schemes import load_scheme
from annotate.tasks.prepare import prepare_tasks
from annotate.tasks.write import save_tasks, stream_tasks


@click.command("tasks")
@click.argument("scheme")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("-o", "--output", metavar="FILE", help="Where to write; else stdout.")
@config_option
@map_option
@task_options
def command(
    scheme: str,
    sources: tuple[str, ...],
    output: str | None,
    config: str | None,
    names: dict[str, str],
    **values: Any,
) -> None:
    """Write the tasks of articles as JSON that Label Studio imports.

    Example: annotate tasks claims seeds/articles --suggest rules -o tasks.json
    """
    path = out_path(output)
    refuse_source(path, sources, config, values["targets"])
    options, columns = task_options_of(values)
    with prepare_tasks(
        sources,
        load_scheme(scheme),
        find_config(scheme, config, names),
        columns=columns,
        options=options,
        on_ledger=say_ledger,
        say=say,
    ) as tasks:
        count = save_tasks(tasks, path) if path else stream_tasks(tasks, sys.stdout.buffer)
    say(f"{count} tasks" + (f" in {path}" if path else ""))
