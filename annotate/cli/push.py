"""`annotate push`: tasks into a Label Studio project."""

from __future__ import annotations

from typing import Any

import click

from annotate.cli.options import config_option, json_option, map_option, project_option
from annotate.cli.output import say, show_json
from annotate.cli.settings import make_settings, say_misfit, settings_options
from annotate.cli.source_options import say_ledger, task_options, task_options_of
from annotate.pipeline import find_config
from annotate.schemes import load_scheme
from annotate.studio import PushResult, find_server, push_tasks
from annotate.studio.projects import Sampling
from annotate.tasks.prepare import prepare_tasks


@click.command("push")
@click.argument("scheme")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@project_option
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@config_option
@map_option
@task_options
@click.option(
    "--annotators",
    type=click.IntRange(min=1),
    help="How many people annotate: so many get each article of --calibration.",
)
@settings_options
@json_option
def command(
    scheme: str,
    sources: tuple[str, ...],
    project: str,
    dry_run: bool,
    config: str | None,
    names: dict[str, str],
    annotators: int | None,
    instruction: str | None,
    overlap: int,
    sampling: Sampling,
    as_json: bool,
    **values: Any,
) -> None:
    """Put articles into a project, each task once however often it is pushed.

    Suggestions that have changed are updated. An article with an address whose
    text has changed is refused; one without is known by its text, so another text
    is another article. After a break, the same command goes on where it stopped.

    Example: annotate push claims seeds/articles/*.txt --project "Claims, May"
    """
    if bool(values["calibration"]) != (annotators is not None):
        raise click.UsageError("--calibration and --annotators go together")
    options, columns = task_options_of(values)
    label_config = find_config(scheme, config, names)
    say_misfit(scheme, label_config)
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
            tasks,
            project=project,
            label_config=label_config.xml,
            settings=make_settings(scheme, config, instruction, overlap, sampling),
            annotators=annotators,
            dry_run=dry_run,
            on_progress=say,
        )
    if as_json:
        show_json(pushed._asdict() | {"dry_run": dry_run})
    else:
        click.echo(describe_push(pushed, dry_run=dry_run))


def describe_push(pushed: PushResult, *, removed: str = "copies", dry_run: bool = False) -> str:
    """What a push did, in one line; `removed` is a word for what it removed."""
    added = "would be added" if dry_run else "added"
    parts = [f"{pushed.created} tasks {added}, {pushed.present} were there"]
    if pushed.updated:
        parts.append(f"{pushed.updated} suggestions {'would change' if dry_run else 'changed'}")
    if pushed.offered:
        offered = "would be offered" if dry_run else "offered"
        parts.append(f"{pushed.offered} tasks {offered} to another number of people")
    if pushed.removed:
        gone = "would be removed" if dry_run else "removed"
        parts.append(f"{pushed.removed} {removed} that nobody worked on {gone}")
    return f"{', '.join(parts)}: {pushed.url}"
