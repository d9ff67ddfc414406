"""`annotate adjudicate`: what annotators differ in, before whoever decides."""

from __future__ import annotations

import click

from annotate.annotations.adjudicate import build_adjudication
from annotate.annotations.migrate import compose
from annotate.annotations.migration_file import read_migrations
from annotate.annotations.source import open_inputs
from annotate.annotations.taskdata import ADJUDICATES
from annotate.cli.options import json_option, project_option
from annotate.cli.output import say, show_json
from annotate.cli.push import describe_push
from annotate.cli.reading_options import Reading, reading_options
from annotate.cli.settings import make_settings
from annotate.pipeline import find_config
from annotate.schemes import load_scheme
from annotate.studio import find_server, push_tasks
from annotate.studio.adjudication import refuse_working_project
from annotate.studio.instruction import as_html

_HOW = """You decide. Open the tasks from the list, not with Label All Tasks.
Each tab with a pseudonym is one annotator's work; Compare All shows them side by side.
Your own tab begins as a copy of the first one. To begin from another, open its menu and choose
Duplicate Annotation. Mend it and submit: what you submit is what counts.
Leave a task that you cannot decide: then the majority decides."""


@click.command("adjudicate")
@click.argument("scheme")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@project_option
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@reading_options
@json_option
def command(
    scheme: str,
    inputs: tuple[str, ...],
    project: str,
    dry_run: bool,
    reading: Reading,
    as_json: bool,
) -> None:
    """Put what annotators differ in into a project of its own, for somebody to decide.

    Pull that project, give both files to `version create` with
    `--policy adjudicated`, and what was decided there is gold.

    Example: annotate adjudicate claims claims.json --project "Claims, decided"
    """
    kind = load_scheme(scheme)
    server = find_server()
    refuse_working_project(server, project, mark=ADJUDICATES)
    label_config = find_config(scheme, reading.config, reading.names)
    migrations = read_migrations(reading.migrations)
    sources = open_inputs(inputs)
    tasks = reading.stream(
        scheme, sources, label_config=label_config, migrations=migrations, keep_results=True
    )
    gathering = tasks.gather()
    gathering.ledger.close(max_rejects=reading.max_rejects)
    renames = compose(label_config, [file.migration for file in migrations])
    found = build_adjudication(gathering, sources, kind, label_config, renames)
    settings = make_settings(scheme, reading.config, None, overlap=1, sampling="sequential")
    pushed = push_tasks(
        server,
        found.tasks,
        project=project,
        label_config=label_config.xml,
        settings=settings._replace(instruction=as_html(_HOW) + settings.instruction),
        settled=found.settled,
        dry_run=dry_run,
        on_progress=say,
    )
    if as_json:
        counts = {"disagreed": len(found.tasks), "agreed": found.agreed}
        counts |= {"decided": found.decided, "single": found.single}
        show_json(counts | pushed._asdict() | {"dry_run": dry_run})
        return
    click.echo(f"{len(found.tasks)} tasks to decide; {found.agreed} agreed, {found.single} of one")
    click.echo(describe_push(pushed, removed="tasks", dry_run=dry_run))
