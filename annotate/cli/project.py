"""`annotate project`: the projects of a Label Studio."""

from __future__ import annotations

from typing import Any

import click

from annotate.annotations.pseudonym import load_key
from annotate.cli.options import config_option, json_option
from annotate.cli.output import say, show_json
from annotate.cli.settings import make_settings, say_misfit, settings_options
from annotate.consensus.wording import figure_name
from annotate.pipeline import AgreementSoFar, find_config, follow_project
from annotate.studio import create_project, find_server, list_projects
from annotate.studio.local.people import invitation
from annotate.studio.progress import duration
from annotate.studio.projects import Sampling
from annotate.studio.status import ProjectStatus
from annotate.text import visible


@click.group("project")
def command() -> None:
    """Projects of a Label Studio: make, list, see how far they are."""


@command.command("list")
@json_option
def list_all(as_json: bool) -> None:
    """List the projects that the key may see.

    Example: annotate project list
    """
    found = list_projects(find_server())
    if as_json:
        names = ("id", "title", "tasks", "overlap", "url")
        show_json([{name: getattr(project, name) for name in names} for project in found])
        return
    for project in found:
        click.echo(f"{project.tasks:>7} tasks  {visible(project.title)}  {project.url}")


@command.command("create")
@click.argument("title")
@click.option("--scheme", required=True, help="entities, stance or claims.")
@config_option
@settings_options
@json_option
def create(
    title: str,
    scheme: str,
    config: str | None,
    instruction: str | None,
    overlap: int,
    sampling: Sampling,
    as_json: bool,
) -> None:
    """Make an empty project with a scheme's label config and guideline.

    Example: annotate project create "Claims, May" --scheme claims --overlap 2
    """
    label_config = find_config(scheme, config)
    say_misfit(scheme, label_config)
    project = create_project(
        find_server(),
        title=title,
        label_config=label_config.xml,
        settings=make_settings(scheme, config, instruction, overlap, sampling),
    )
    if as_json:
        show_json({"id": project.id, "title": project.title, "url": project.url})
    else:
        click.echo(f"made {visible(project.title)}: {project.url}")


@command.command("status")
@click.argument("title")
@json_option
def status(title: str, as_json: bool) -> None:
    """Say how far a project is, and each annotator with their speed and what is left.

    People stand there by pseudonym. How far they agree so far is the first
    figure of `annotate agreement`, with its 95 % interval.

    Example: annotate project status "Claims, May"
    """
    found, agreement = follow_project(title, on_progress=say)
    pseudonyms = [
        "nobody" if one.person is None else load_key().pseudonym(str(one.person))
        for one in found.annotators
    ]
    if as_json:
        show_json(_report(found, pseudonyms) | {"agreement": agreement._asdict()})
        return
    click.echo(f"{visible(found.title)}: {found.url}")
    click.echo(
        f"{found.done} of {found.tasks} tasks have the annotations that they want, "
        f"{found.begun} more were begun; {found.shared} were annotated by two or more"
    )
    click.echo(f"{found.annotations_left} annotations left{_time(found.hours_left)}")
    click.echo(f"agreement so far: {_agreement(agreement)}")
    for pseudonym, one in zip(pseudonyms, found.annotators, strict=True):
        speed = "" if one.seconds is None else f", {duration(one.seconds)} a task"
        click.echo(
            f"  {pseudonym}  {one.annotated} annotated, {one.skipped} skipped{speed}, "
            f"{one.left} left{_time(one.hours_left)}, last {one.newest[:16]}"
        )


@command.command("invite")
@click.option("--renew", is_flag=True, help="Make every older invitation worthless.")
@json_option
def invite(renew: bool, as_json: bool) -> None:
    """Print the address where annotators sign up; give it only to them.

    Example: annotate project invite
    """
    address = invitation(find_server(), renew=renew)
    if as_json:
        show_json({"address": address})
    else:
        click.echo(address)


def _report(found: ProjectStatus, pseudonyms: list[str]) -> dict[str, Any]:
    people = [
        {"annotator": pseudonym, **one._asdict(), "hours_left": one.hours_left}
        for pseudonym, one in zip(pseudonyms, found.annotators, strict=True)
    ]
    for person in people:
        del person["person"]
    report = {**found._asdict(), "hours_left": found.hours_left, "annotators": people}
    del report["label_config"]
    return report


def _agreement(found: AgreementSoFar) -> str:
    figure = f"{figure_name(found.name, found.of)} " if found.name else ""
    if found.value is None:
        return f"{figure}undefined: {found.undefined}"
    interval = f"{found.low:.3f} to {found.high:.3f}" if found.low is not None else found.undefined
    return f"{figure}{found.value:.3f} ({interval}; {found.n} units)"


def _time(hours: float | None) -> str:
    return "" if hours is None else f" ({duration(hours * 3600)})"
