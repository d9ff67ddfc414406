"""`annotate export`: gold, or every annotator's work, in another program's format."""

from __future__ import annotations

import click

from annotate.cli.options import consensus_options, json_option
from annotate.cli.output import named_path, refuse_input, say, show_json
from annotate.cli.reading_options import Reading, input_options, reading_options
from annotate.consensus.policy import PolicyName, Ties
from annotate.formats import formats, load_format
from annotate.formats.base import Format
from annotate.formats.collect import collect_annotators, collect_gold
from annotate.formats.export import Exported, export_table
from annotate.formats.lift import lift_table
from annotate.pipeline import find_config, input_sources
from annotate.schemes import load_scheme


@click.command("export")
@click.argument("scheme")
@input_options
@click.option("--format", "name", required=True, metavar="F", help=f"{', '.join(formats())}.")
@click.option("-o", "--output", required=True, metavar="PATH", help="The file or folder to write.")
@click.option("--annotators", is_flag=True, help="Every annotator's own work instead of gold.")
@click.option("--lift", is_flag=True, help="Rows of articles instead of units.")
@reading_options
@consensus_options
@json_option
def command(
    scheme: str,
    inputs: tuple[str, ...],
    projects: tuple[str, ...],
    name: str,
    output: str,
    annotators: bool,
    lift: bool,
    reading: Reading,
    policy: PolicyName,
    ties: Ties,
    as_json: bool,
) -> None:
    """Write the labels of Label Studio JSON in another program's format.

    Example: annotate export entities export.json --format conll -o gold.conll
    """
    target, kind = load_format(name), load_scheme(scheme)
    target.check(kind)
    path = named_path(output, "file" if target.suffix else "folder")
    refuse_input(path, (*inputs, *reading.files))
    label_config = find_config(scheme, reading.config, reading.names)
    with input_sources(inputs, projects) as sources:
        tasks = reading.stream(scheme, sources, label_config=label_config)
        if annotators or target.of_annotators:
            table = collect_annotators(tasks, kind, label_config)
        else:
            table = collect_gold(tasks, kind, label_config, policy=policy, ties=ties)
        tasks.ledger.close(max_rejects=reading.max_rejects)
    gaps = 0
    if lift:
        table, gaps = lift_table(table, one_id=target.of_annotators)
    exported = export_table(table, target, path)
    for entry in tasks.ledger.set_aside:
        say(f"set aside: {entry.line()}")
    if gaps:
        say(f"{gaps} characters of articles lie in no annotated unit, written as line feeds")
    _tell(target, exported)
    if as_json:
        show_json(_report(target, exported, output, gaps))


def _tell(target: Format, exported: Exported) -> None:
    losses = exported.losses
    if target.not_held:
        say(f"{target.name} does not hold: {target.not_held}")
    for what, count in sorted(losses.lost.items()):
        say(f"{target.name} lost {count}: {what}")
    for what, count in sorted(losses.altered.items()):
        say(f"{target.name} altered {count}: {what}")
    if exported.ties:
        say(f"{exported.ties} tied labels dropped by the policy")
    say(
        f"{exported.rows} rows, {exported.labels} labels, {losses.lost.total()} lost, "
        f"{losses.altered.total()} altered"
    )


def _report(target: Format, exported: Exported, output: str, gaps: int) -> dict[str, object]:
    return {
        "format": target.name,
        "output": output,
        "rows": exported.rows,
        "labels": exported.labels,
        "ties": exported.ties,
        "not_held": target.not_held,
        "lost": dict(sorted(exported.losses.lost.items())),
        "altered": dict(sorted(exported.losses.altered.items())),
        "gaps": gaps,
    }
