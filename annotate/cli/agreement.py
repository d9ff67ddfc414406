"""`annotate agreement`: how far the annotators of an export agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from annotate.cli.options import consensus_options, json_option
from annotate.cli.output import say, show_json
from annotate.cli.reading_options import Reading, input_options, reading_options
from annotate.consensus.agreement import agreement_report
from annotate.consensus.policy import PolicyName, Ties
from annotate.consensus.resolve import refuse_unresolved
from annotate.consensus.wording import CONFUSED, figure_name, whose
from annotate.pipeline import input_sources
from annotate.schemes import load_scheme
from annotate.text import visible


@click.command("agreement")
@click.argument("scheme")
@input_options
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of the intervals.",
)
@reading_options
@consensus_options
@json_option
def command(
    scheme: str,
    inputs: tuple[str, ...],
    projects: tuple[str, ...],
    seed: int,
    reading: Reading,
    policy: PolicyName,
    ties: Ties,
    as_json: bool,
) -> None:
    """Say how far the annotators of Label Studio JSON agree, with 95 % intervals.

    All their work is compared, whatever the policy; as in `annotate version create`,
    --policy single refuses a second annotator and --ties error a tie.
    Example: annotate agreement entities export.json
    """
    kind = load_scheme(scheme)
    with input_sources(inputs, projects) as sources:
        tasks = reading.stream(scheme, sources)
        judged = refuse_unresolved(tasks, kind, policy=policy, ties=ties)
        report = agreement_report(judged, kind, seed=seed)
        tasks.ledger.close(max_rejects=reading.max_rejects)
    if as_json:
        show_json(report)
    else:
        _show(report)


def _show(report: dict[str, Any]) -> None:
    say(
        f"{report['annotators']} annotators, {report['tasks']} tasks, "
        f"{report['tasks_compared']} of them with two annotators or more"
    )
    _table(report["figures"])
    several = report["by_annotator"] if report["annotators"] > 2 else []
    titled: dict[str, list[dict[str, Any]]] = {}
    for entry in (*several, *report["by_pair"]):
        titled.setdefault(whose(entry), []).append(entry)
    for title, entries in titled.items():
        click.echo(f"\n{title}")
        _table(entries)
    for question, table in report["confusion"].items():
        _confusion(question, table)


def _table(entries: Sequence[dict[str, Any]]) -> None:
    names = [visible(figure_name(entry["name"], entry["of"])) for entry in entries]
    width = max(map(len, names), default=0)
    for name, entry in zip(names, entries, strict=True):
        if entry["value"] is None:
            shown = f"undefined: {entry['undefined']}"
        else:
            shown = f"{entry['value']:6.3f}"
            if entry["low"] is not None:
                shown += f"  {entry['low']:6.3f} to {entry['high']:6.3f}"
            elif entry["undefined"]:
                shown += f"  {entry['undefined']}"
        click.echo(f"{name:<{width}}  {entry['n']:>7}  {shown}")


def _confusion(question: str, table: dict[str, Any]) -> None:
    labels, counts = [visible(label) for label in table["labels"]], table["counts"]
    if not labels:
        return
    width = max(map(len, labels))
    click.echo(f"\n{question}: {CONFUSED}")
    click.echo(" " * width + "".join(f"  {label:>{width}}" for label in labels))
    for label, row in zip(labels, counts, strict=True):
        click.echo(f"{label:<{width}}" + "".join(f"  {n:>{width}}" for n in row))
