"""`annotate push`: tasks into a Label Studio project."""

from __future__ import annotations

from typing import Any

import click

from annotate.cli.options import config_option, map_option, names_of, project_option, say
from annotate.cli.source_options import say_ledger, task_options, task_options_of
from annotate.pipeline import find_config
from annotate.schemes import load_scheme
from annotate.studio import find_server, push_tasks
from annotate.tasks.prepare import prepare_tasks


@click.command("push")
@click.argument("scheme")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@project_option
@config_option
@map_option
@task_options
def command(
    scheme: str,
    sources: tuple[str, ...],
    project: str,
    config: str | None,
    names: str | None,
    **values: Any,
) -> None:
    """Put articles into a project, each task once however often it is pushed.

    Example: annotate push claims seeds/articles/*.txt --project "Claims, May"
    """
    options, columns = task_options_of(values)
    label_config = find_config(scheme, config, names_of(names))
    with prepare_tasks(
        sources,
        load_scheme(scheme),
        label_config,
        columns=columns,
        options=options,
        on_ledger=say_ledger,
        say=say,
    ) as tasks:
        pushed = push_tasks(
            find_server(),
            list(tasks),
            project=project,
            label_config=label_config.xml,
            on_progress=say,
        )
    click.echo(f"{pushed.created} tasks added, {pushed.present} were there: {pushed.url}")
