"""`annotate pull`: the annotations of a Label Studio project into a file."""

from __future__ import annotations

import re
from pathlib import Path

import click

from annotate.cli.options import json_option, project_option, say, show_json
from annotate.studio import find_server, pull_project


@click.command("pull")
@project_option
@click.option("-o", "--output", metavar="FILE", help="Where to; else named after the project.")
@json_option
def command(project: str, output: str | None, as_json: bool) -> None:
    """Bring a project's tasks and annotations into a Label Studio JSON file.

    Where the file is there already, only what changed is fetched; a new file
    fetches everything. After a break, the same command goes on where it stopped.

    Example: annotate pull --project "Claims, May" -o claims.json
    """
    named = re.sub(r"[^\w.-]+", "-", project).strip("-.") or "project"
    path = Path(output or f"{named}.json")
    pulled = pull_project(find_server(), project=project, path=path, on_progress=say)
    if not pulled.settled:
        say("the project changed while it was pulled, or its counters are wrong; pull again")
    if as_json:
        show_json(pulled._asdict() | {"path": str(path)})
        return
    click.echo(f"{pulled.tasks} tasks, {pulled.annotations} annotations in {path}")
