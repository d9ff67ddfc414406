"""`annotate check`: the ledger of an export, without building anything."""

from __future__ import annotations

import click

from annotate.annotations.ledger import FLAGS, REPAIRS, Ledger
from annotate.annotations.ledger_file import save_ledger
from annotate.cli.options import json_option, out_path, say, show_json
from annotate.cli.reading_options import Reading, reading_options
from annotate.pipeline import input_sources


@click.command("check")
@click.argument("scheme")
@click.argument("inputs", nargs=-1, metavar="INPUT...")
@click.option("--project", metavar="TITLE", help="A live project instead of files.")
@click.option("-o", "--output", metavar="FILE", help="The ledger as Parquet, too.")
@reading_options
@json_option
def command(
    scheme: str,
    inputs: tuple[str, ...],
    project: str | None,
    output: str | None,
    reading: Reading,
    as_json: bool,
) -> None:
    """Say what of Label Studio JSON is kept, and what is set aside and why.

    Example: annotate check claims export.json
    """
    with input_sources(inputs, [project] if project else []) as sources:
        tasks = reading.stream(scheme, sources)
        for _ in tasks:
            pass
        ledger = tasks.ledger
        path = out_path(output)
        if path is not None:
            say(f"{save_ledger(ledger, path)} entries in {path}")
        if as_json:
            show_json(ledger.report())
        else:
            _show(ledger)
        ledger.close(max_rejects=reading.max_rejects)


def _show(ledger: Ledger) -> None:
    for name, count in ledger.counts.items():
        if count:
            click.echo(f"{count:>9}  {name.replace('_', ' ')}")
    click.echo(f"{len(ledger.superseded):>9}  superseded")
    click.echo(
        f"{len(ledger.set_aside):>9}  set aside, {ledger.root_causes} for a fault of its own"
    )
    for entry in ledger.set_aside:
        click.echo(entry.line())
    for what, notes, said in (("flag", ledger.flags, FLAGS), ("repair", ledger.repairs, REPAIRS)):
        for note in notes:
            place = f" {note.unit_key}" if note.unit_key else ""
            click.echo(f"{what}{place}: {note.code}: {said[note.code]} ({note.detail})")
