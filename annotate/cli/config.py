"""`annotate config`: label configs."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import click

from annotate.cli.options import config_option, json_option, map_option
from annotate.cli.output import out_path, say, show_json
from annotate.cli.source_options import refuse_source, task_options, task_options_of
from annotate.errors import ConfigError, InputError
from annotate.files import made_whole
from annotate.pipeline import find_config
from annotate.schemes import load_scheme
from annotate.schemes.label_config import shipped_config
from annotate.tasks.config_check import check_config as find_problems
from annotate.tasks.prepare import prepare_tasks
from annotate.tasks.preview import render_preview


@click.group("config")
def command() -> None:
    """Print, check and preview label configs."""


@command.command("print")
@click.argument("scheme")
def print_config(scheme: str) -> None:
    """Print the shipped label config of SCHEME.

    Example: annotate config print claims > my-claims.xml
    """
    click.echo(shipped_config(load_scheme(scheme).name).xml.encode(), nl=False)


@command.command("check")
@click.argument("file")
@click.option("--scheme", required=True, help="The scheme that it is for.")
@map_option
@json_option
def check_config(file: str, scheme: str, names: dict[str, str], as_json: bool) -> None:
    """Say everything that is wrong with FILE for a scheme.

    Example: annotate config check my-claims.xml --scheme claims
    """
    problems = find_problems(Path(file), load_scheme(scheme), names)
    if as_json:
        show_json({"file": file, "scheme": scheme, "problems": problems})
    for problem in problems:
        say(f"{file}: {problem}")
    if problems:
        raise ConfigError(
            f"{len(problems)} problems for the scheme {scheme}",
            where=file,
            do=f"compare with `annotate config print {scheme}`, or map names with --map",
        )
    say(f"{file} fits the scheme {scheme}")


@command.command("preview")
@click.argument("scheme")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@config_option
@map_option
@click.option(
    "-o", "--output", metavar="FILE", help="Write the page, - to stdout; else it is opened."
)
@task_options
def preview_config(
    scheme: str,
    sources: tuple[str, ...],
    config: str | None,
    names: dict[str, str],
    output: str | None,
    **values: Any,
) -> None:
    """Show the first task of SOURCE as an annotator will see it, in a page of its own.

    Example: annotate config preview claims seeds/articles/*.txt --suggest rules -o preview.html
    """
    path = out_path(output)
    refuse_source(path, sources, config, values["targets"])
    options, columns = task_options_of(values)
    label_config = find_config(scheme, config, names)
    kind = load_scheme(scheme)
    with prepare_tasks(
        sources, kind, label_config, columns=columns, options=options, say=say
    ) as tasks:
        task = next(tasks, None)
    if task is None:
        raise InputError("no task there", where=", ".join(sources))
    page = render_preview(label_config, kind, task, title=f"{label_config.where}: {scheme}")
    if output == "-":
        click.echo(page.encode(), nl=False)
        return
    if path is None:
        path = Path(tempfile.mkdtemp(prefix="annotate-"), "preview.html")
    with made_whole(path) as made:
        made.write_text(page, encoding="utf-8")
    if output is None and click.launch(path.as_uri()) != 0:
        say("no browser opened; look at the file")
    click.echo(str(path))
