"""`annotate hydrate`: a version without texts and the articles -> the version."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from annotate.cli.options import LOCAL, columns_option, json_option, store_option
from annotate.cli.output import say, show_json
from annotate.cli.source_options import say_ledger
from annotate.text import visible


@click.command("hydrate")
@click.argument("folder", metavar="FOLDER|NAME@VERSION")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option(
    "-o",
    "--output",
    required=True,
    type=LOCAL,
    metavar="FOLDER",
    help="A new folder.",
)
@click.option("--partial", is_flag=True, help="Write the rows that have a text, without others.")
@columns_option
@store_option
@json_option
def command(
    folder: str,
    sources: tuple[str, ...],
    output: Path,
    partial: bool,
    columns: dict[str, str],
    store: str,
    as_json: bool,
) -> None:
    """Put the texts into a version that was published without them, and prove that it is the same.

    SOURCE is what `annotate tasks` reads, a Label Studio export, or a version
    with its texts. Exit code 1 where a row lacks its text, unless --partial.
    Example: annotate hydrate claims-offsets articles/ -o claims-1.0.0
    """
    from annotate.articles.columns import Columns
    from annotate.articles.ledger import ArticleLedger
    from annotate.schemes import load_scheme
    from annotate.schemes.label_config import parse_label_config, text_field
    from annotate.store.bare.hydrate import hydrate, wanted_texts
    from annotate.store.bare.texts import read_texts

    bare = _folder_of(folder, store)
    whole, texts = wanted_texts(bare)
    manifest = whole.manifest
    config = parse_label_config(manifest.label_config, where=str(bare), names=manifest.names)
    ledger = ArticleLedger()
    read_texts(
        texts,
        sources,
        field=text_field(config, load_scheme(manifest.scheme).needs),
        store=store,
        columns=Columns(columns, on_guess=say),
        ledger=ledger,
    )
    say_ledger(ledger)
    done = hydrate(bare, whole, texts, output, partial=partial)
    if as_json:
        show_json(done.report())
    else:
        for row in done.lacking:
            click.echo(visible(f"{row.id}  {row.url or row.article_id}  {row.what}"))
        say(_summary(f"{manifest.name} {done.version}", done.rows, len(done.lacking), output))
        if done.logical_hash:
            same = "byte for byte" if done.same_bytes else "but for what wrote the files"
            say(f"the same version, {same}: logical hash {done.logical_hash}")
    if done.lacking and not partial:
        sys.exit(1)


def _folder_of(name: str, store: str) -> Path:
    """A folder, or the folder in the store that NAME@VERSION names."""
    from annotate.errors import InputError
    from annotate.store.folder import is_s3
    from annotate.tasks.version import is_version

    if Path(name).exists() or not is_version(name):
        return Path(name)
    if is_s3(store):
        raise InputError(
            "a version without texts is read from a folder alone",
            where=store,
            do=f"name the folder that holds {name}",
        )
    return Path(store, *name.split("@"))


def _summary(name: str, rows: int, lacking: int, output: Path) -> str:
    if not lacking:
        return f"{name} is in {output}, {rows} rows"
    where = f"a part of {name} is in {output}" if output.exists() else "nothing is written"
    return f"{lacking} of {rows + lacking} rows lack their text; {where}"
