"""`annotate import`: other programs' annotations into Label Studio JSON."""

from __future__ import annotations

from pathlib import Path

import click

from annotate.cli.options import (
    LOCAL,
    config_option,
    json_option,
    map_option,
    max_rejects_option,
)
from annotate.cli.output import named_path, refuse_input, say, show_json
from annotate.formats.readers import load_reader, readers
from annotate.formats.readers.tasks import Outcome, import_annotations
from annotate.pipeline import find_config
from annotate.schemes import load_scheme


@click.command("import")
@click.argument("scheme")
@click.argument("paths", nargs=-1, type=LOCAL, required=True, metavar="PATH...")
@click.option("--format", "name", required=True, metavar="F", help=f"{', '.join(readers())}.")
@click.option("-o", "--output", required=True, metavar="FILE", help="The JSON file to write.")
@click.option(
    "--as",
    "kind",
    type=click.Choice(["annotations", "predictions"]),
    default="annotations",
    show_default=True,
    help="What the labels become.",
)
@config_option
@map_option
@max_rejects_option
@json_option
def command(
    scheme: str,
    paths: tuple[Path, ...],
    name: str,
    output: str,
    kind: str,
    config: str | None,
    names: dict[str, str],
    max_rejects: int,
    as_json: bool,
) -> None:
    """Make Label Studio JSON of annotations that another program made.

    A folder is the work of one annotator, a file that of its folder; --map gives
    their names, and those of a foreign --config, in our words.

    Example: annotate import claims corpus/ --format brat --map says=cue -o claims.json
    """
    path = named_path(output)
    reader = load_reader(name)
    read = reader.files(paths) if path.exists() else ()
    refuse_input(path, (*map(str, read), config))
    outcome = import_annotations(
        reader,
        paths,
        load_scheme(scheme),
        find_config(scheme, config),
        names=names,
        kind=kind,
        max_rejects=max_rejects,
        out=path,
    )
    _tell(outcome, output, kind)
    if as_json:
        show_json(
            {
                "output": output,
                "tasks": outcome.tasks,
                kind: outcome.annotations,
                "labels": outcome.labels,
                "copies": outcome.copies,
                "left_out": dict(sorted(outcome.words.unknown.items())),
                "not_held": dict(sorted(outcome.words.not_held.items())),
                "altered": dict(sorted(outcome.words.altered.items())),
            }
        )


def _tell(outcome: Outcome, output: str, kind: str) -> None:
    words = outcome.words
    for what, count in sorted(words.unknown.items()):
        say(f"left out {count}: {what}, which is not in the label config")
    for what, count in sorted(words.not_held.items()):
        say(f"not held {count}: {what}")
    for what, count in sorted(words.altered.items()):
        say(f"altered {count}: {what}")
    if outcome.copies:
        say(f"{outcome.copies} texts were there twice with the same labels")
    say(f"{outcome.tasks} tasks, {outcome.annotations} {kind}, {outcome.labels} labels in {output}")
