"""`annotate check`: the ledger of an export, without building anything."""

from __future__ import annotations

import click

from annotate.annotations.ledger import FLAGS, REASONS, REPAIRS, Ledger
from annotate.annotations.ledger_file import save_ledger
from annotate.cli.options import consensus_options, json_option
from annotate.cli.output import out_path, refuse_input, say, show_json
from annotate.cli.reading_options import Reading, input_options, reading_options
from annotate.consensus.policy import PolicyName, Ties
from annotate.consensus.resolve import resolve_tasks
from annotate.pipeline import input_sources
from annotate.schemes import load_scheme
from annotate.text import visible


@click.command("check")
@click.argument("scheme")
@input_options
@click.option("-o", "--output", metavar="FILE", help="The ledger as Parquet, too.")
@reading_options
@consensus_options
@json_option
def command(
    scheme: str,
    inputs: tuple[str, ...],
    projects: tuple[str, ...],
    output: str | None,
    reading: Reading,
    policy: PolicyName,
    ties: Ties,
    as_json: bool,
) -> None:
    """Say what of Label Studio JSON is kept, and what is set aside and why.

    Every task is resolved as `annotate version create` would do it, which refuses what
    it would refuse, and the labels that stay tied are counted.
    Example: annotate check claims export.json
    """
    kind, path = load_scheme(scheme), out_path(output)
    refuse_input(path, (*inputs, *reading.files))
    with input_sources(inputs, projects) as sources:
        tasks = reading.stream(scheme, sources)
        resolved = resolve_tasks(tasks, kind, policy=policy, ties=ties)
        tied = sum(one.gold.ties for one in resolved)
        ledger = tasks.ledger
        if path is not None:
            say(f"{save_ledger(ledger, path)} entries in {path}")
        if as_json:
            show_json(ledger.report() | {"ties": tied})
        else:
            _show(ledger, tied)
        ledger.close(max_rejects=reading.max_rejects)


def _show(ledger: Ledger, tied: int) -> None:
    for name, count in ledger.counts.items():
        if count:
            click.echo(f"{count:>9}  {name.replace('_', ' ')}")
    click.echo(f"{len(ledger.superseded):>9}  superseded")
    click.echo(f"{tied:>9}  labels tied under the policy")
    click.echo(
        f"{len(ledger.set_aside):>9}  set aside, {ledger.root_causes} for a fault of its own"
    )
    for entry in ledger.set_aside:
        click.echo(visible(entry.line()))
    for code in dict.fromkeys(entry.code for entry in ledger.set_aside):
        click.echo(f"to do about {code}: {REASONS[code].remedy}")
    for what, notes, said in (("flag", ledger.flags, FLAGS), ("repair", ledger.repairs, REPAIRS)):
        for note in notes:
            place = f" {note.unit_key}" if note.unit_key else ""
            line = f"{what}{place}: {note.code}: {said[note.code]} ({note.detail})"
            click.echo(visible(line))
