"""`annotate report`: a version as one self-contained HTML page."""

from __future__ import annotations

import click

from annotate.cli.options import licence_option, store_option
from annotate.cli.output import out_path, put_page


@click.command("report")
@click.argument("name")
@click.argument("version", required=False)
@click.option("-o", "--output", required=True, metavar="FILE", help="The page; - is stdout.")
@click.option(
    "--examples",
    type=click.IntRange(min=0),
    default=4,
    show_default=True,
    help="How many gold rows are drawn.",
)
@licence_option
@store_option
def command(
    name: str, version: str | None, output: str, examples: int, allow_unknown: bool, store: str
) -> None:
    """Write a page on a version of NAME: what is in it, and how far to trust it.

    One HTML file that loads nothing and runs nothing: sizes, labels, agreement,
    likely errors, examples with their labels drawn, what changed, and lineage.

    Example: annotate report claims v1.0.0 -o claims.html
    """
    from annotate.report.page import version_page
    from annotate.store.folder import DatasetFolder
    from annotate.store.versions import open_version

    path = out_path(output)
    found = open_version(DatasetFolder(store, name), version)
    made = version_page(found, allow_unknown=allow_unknown, examples=examples)
    put_page(made, path, head=f"{found.name}: ")
