"""`annotate show`: rows of a version with their labels, in the terminal."""

from __future__ import annotations

import shutil

import click

from annotate.cli.options import json_option, store_option
from annotate.cli.output import show_json
from annotate.errors import InputError


@click.command("show")
@click.argument("wanted", metavar="NAME@VERSION")
@click.option("--id", "row_id", metavar="ID", help="One row, by its id; else the first ones.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=1, show_default=True, help="How many rows."
)
@store_option
@json_option
def command(wanted: str, row_id: str | None, limit: int, store: str, as_json: bool) -> None:
    """Draw rows of a version with their spans and claims.

    NAME alone is the newest version. Example: annotate show claims@v1.0.0
    """
    from annotate.dataset.shown.drawing import draw_row
    from annotate.schemes import load_scheme
    from annotate.store.care.reading import reading
    from annotate.store.folder import DatasetFolder
    from annotate.store.versions import open_version

    name, _, number = wanted.partition("@")
    version = open_version(DatasetFolder(store, name), number or None)
    with reading(version):
        rows = version.gold_rows(row_id, limit=limit)
    if not rows:
        raise InputError(f"{version.name} has no row {row_id}", do="take an id from the dataset")
    if as_json:
        show_json(rows)
        return
    scheme = load_scheme(version.manifest.scheme)
    width = shutil.get_terminal_size().columns
    with reading(version):
        drawn = [draw_row(row, scheme, width=width) for row in rows]
    click.echo("\n\n".join(drawn))
