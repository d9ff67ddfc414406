"""`annotate push`: tasks into a Label Studio project."""

from __future__ import annotations

import click

from annotate.articles import read_articles
from annotate.cli.options import config_option, names_of, project_option, say, task_options
from annotate.models import UnitKind
from annotate.pipeline import find_config
from annotate.schemes import load_scheme
from annotate.studio import find_server, push_tasks
from annotate.tasks import build_tasks, read_targets


@click.command("push")
@click.argument("scheme")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@project_option
@config_option
@task_options
def command(
    scheme: str,
    sources: tuple[str, ...],
    project: str,
    config: str | None,
    unit: UnitKind,
    targets: str | None,
    columns: str | None,
) -> None:
    """Put articles into a project, each task once however often it is pushed.

    Example: annotate push claims seeds/articles/*.txt --project "Claims, May"
    """
    tasks = build_tasks(
        read_articles(sources, names_of(columns)),
        load_scheme(scheme),
        unit=unit,
        targets=read_targets(targets) if targets else None,
    )
    label_config = find_config(scheme, config)
    pushed = push_tasks(
        find_server(), list(tasks), project=project, label_config=label_config.xml, on_progress=say
    )
    click.echo(f"{pushed.created} tasks added, {pushed.present} were there: {pushed.url}")
