"""`annotate check`: the ledger of an export, without building anything."""

from __future__ import annotations

import click

from annotate.annotations.ledger import Ledger
from annotate.cli.options import (
    config_option,
    json_option,
    map_option,
    max_rejects_option,
    names_of,
    repair_option,
    say,
    show_json,
)
from annotate.pipeline import input_sources, read_annotations


@click.command("check")
@click.argument("scheme")
@click.argument("inputs", nargs=-1, metavar="INPUT...")
@click.option("--project", metavar="TITLE", help="A live project instead of files.")
@config_option
@map_option
@max_rejects_option
@repair_option
@json_option
def command(
    scheme: str,
    inputs: tuple[str, ...],
    project: str | None,
    config: str | None,
    names: str | None,
    max_rejects: int,
    repair: bool,
    as_json: bool,
) -> None:
    """Say what of Label Studio JSON is kept, and what is set aside and why.

    Example: annotate check claims export.json
    """
    with input_sources(inputs, [project] if project else []) as sources:
        gathering = read_annotations(
            scheme, sources, config=config, names=names_of(names), repair=repair
        )
        if as_json:
            show_json(gathering.ledger.report())
        else:
            _show(gathering.ledger)
        gathering.ledger.close(max_rejects=max_rejects)


def _show(ledger: Ledger) -> None:
    for name, count in ledger.counts.items():
        if count:
            click.echo(f"{count:>9}  {name.replace('_', ' ')}")
    click.echo(f"{len(ledger.superseded):>9}  superseded")
    click.echo(f"{len(ledger.set_aside):>9}  set aside")
    for entry in ledger.set_aside:
        say(entry.line())
