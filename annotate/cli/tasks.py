"""`annotate tasks`: articles to Label Studio tasks."""

from __future__ import annotations

import sys

import click

from annotate.articles import read_articles
from annotate.cli.options import names_of, out_path, say, task_options
from annotate.models import UnitKind
from annotate.schemes import load_scheme
from annotate.tasks import build_tasks, read_targets
from annotate.tasks.build import save_tasks, write_tasks


@click.command("tasks")
@click.argument("scheme")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("-o", "--output", metavar="FILE", help="Where to write; else stdout.")
@task_options
def command(
    scheme: str,
    sources: tuple[str, ...],
    output: str | None,
    unit: UnitKind,
    targets: str | None,
    columns: str | None,
) -> None:
    """Write the tasks of articles as JSON that Label Studio imports.

    Example: annotate tasks entities seeds/articles/*.txt -o tasks.json
    """
    path = out_path(output)
    tasks = build_tasks(
        read_articles(sources, names_of(columns)),
        load_scheme(scheme),
        unit=unit,
        targets=read_targets(targets) if targets else None,
    )
    count = save_tasks(tasks, path) if path else write_tasks(list(tasks), sys.stdout)
    say(f"{count} tasks" + (f" in {path}" if path else ""))
