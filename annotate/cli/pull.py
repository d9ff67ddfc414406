"""`annotate pull`: the annotations of a Label Studio project into a file."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

import click

from annotate.cli.options import json_option, project_option
from annotate.cli.output import say, show_json
from annotate.studio import PullResult, find_server, pull_project


@click.command("pull")
@project_option
@click.option(
    "-o", "--output", metavar="FILE", help="Where to, - is stdout; else named after the project."
)
@json_option
def command(project: str, output: str | None, as_json: bool) -> None:
    """Bring a project's tasks and annotations into a Label Studio JSON file.

    Where the file is there already, only what changed is fetched; a new file
    fetches everything. After a break, the same command goes on where it stopped.

    Example: annotate pull --project "Claims, May" -o claims.json
    """
    if output == "-":
        if as_json:
            raise click.UsageError("-o - and --json both write to stdout")
        with tempfile.TemporaryDirectory(prefix="annotate-") as folder:
            path = Path(folder) / "project.json"
            pulled = _pull(project, path)
            with path.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
        say(_describe(pulled))
        return
    named = re.sub(r"[^\w.-]+", "-", project).strip("-.") or "project"
    path = Path(output or f"{named}.json")
    pulled = _pull(project, path)
    if as_json:
        show_json(pulled._asdict() | {"path": str(path)})
    else:
        click.echo(f"{_describe(pulled)} in {path}{_removed(pulled)}")


def _pull(project: str, path: Path) -> PullResult:
    pulled = pull_project(find_server(), project=project, path=path, on_progress=say)
    if not pulled.settled:
        say("the project changed while it was pulled, or its counters are wrong; pull again")
    return pulled


def _describe(pulled: PullResult) -> str:
    return f"{pulled.tasks} tasks, {pulled.annotations} annotations"


def _removed(pulled: PullResult) -> str:
    if not pulled.removed:
        return ""
    return f"; {pulled.removed} tasks left it, which the project no longer has"
