"""`annotate suspects`: likely errors, reliability, and whom to ask next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from annotate.cli.options import json_option
from annotate.cli.output import show_json
from annotate.cli.reading_options import Reading, input_options, reading_options
from annotate.consensus.suspects import suspects_report
from annotate.consensus.wording import votes_on, worth_asking, worth_showing
from annotate.pipeline import input_sources
from annotate.schemes import load_scheme
from annotate.text import visible


@click.command("suspects")
@click.argument("scheme")
@input_options
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Lines of a list, but of reliability and drift; --json has all.",
)
@reading_options
@json_option
def command(
    scheme: str,
    inputs: tuple[str, ...],
    projects: tuple[str, ...],
    top: int,
    reading: Reading,
    as_json: bool,
) -> None:
    """List labels worth another look, the likeliest errors first.

    Also how reliable each annotator is, who drifts, who is far too fast, which
    labels are confused on which words, what is tied, and where one more
    annotation would change most.

    Example: annotate suspects entities export.json --top 10
    """
    kind = load_scheme(scheme)
    with input_sources(inputs, projects) as sources:
        tasks = reading.stream(scheme, sources)
        report = suspects_report(tasks, kind)
        tasks.ledger.close(max_rejects=reading.max_rejects)
    if as_json:
        show_json(report)
    else:
        _show(report, top)


def _show(report: dict[str, Any], top: int) -> None:
    _list("Likely errors", [_suspect(entry) for entry in report["suspects"]], top)
    _list("Reliability", [_reliability(entry) for entry in worth_showing(report)], None)
    _list("Drift", [_drift(e) for e in report["drift"] if e["drifts"]], None)
    _list("Far too fast or slow", [_speed(e) for e in report["speed"]], top)
    _list("Confused labels", [_confusion(e) for e in report["confused"]], top)
    _list("Tied, so without a majority", [_tie(e) for e in report["ties"]], top)
    asked = [_next(entry) for entry in worth_asking(report)]
    _list("One more annotation would change most", asked, top)


def _list(title: str, lines: list[str], top: int | None) -> None:
    click.echo(f"{title}: {len(lines) or 'none'}")
    for line in lines[:top]:
        click.echo(f"  {visible(line)}")


def _suspect(entry: dict[str, Any]) -> str:
    said = {None: "nothing", True: "drawn", False: "nothing"}.get(entry["said"], entry["said"])
    likely = {None: "nothing", True: "there", False: "nothing"}.get(
        entry["likely"], entry["likely"]
    )
    place, likely_place = (f"{entry[f'{of}start']}-{entry[f'{of}end']}" for of in ("", "likely_"))
    if likely_place != place:
        likely = f"{likely} at {likely_place}"
    return (
        f"{100 * entry['chance_of_error']:3.0f} %  {entry['annotator']}  {entry['unit_key']} "
        f"{place}  {entry['question']}: {said}, likely {likely}  {_words(entry)}"
    )


def _reliability(entry: Mapping[str, Any]) -> str:
    return (
        f"{entry['annotator']}  {entry['question']} {entry['measure']} {entry['value']:.2f}"
        f" ({entry['low']:.2f} to {entry['high']:.2f}, of {entry['n']:.0f})"
    )


def _drift(entry: dict[str, Any]) -> str:
    return (
        f"{entry['annotator']}  {entry['early']:.2f}, then {entry['late']:.2f} "
        f"over {entry['tasks']} tasks"
    )


def _speed(entry: dict[str, Any]) -> str:
    return (
        f"{entry['annotator']}  {entry['unit_key']}  {entry['seconds']:.0f} s "
        f"for {entry['characters']} characters"
    )


def _confusion(entry: dict[str, Any]) -> str:
    words = ", ".join(f"{_short(word)} {n}" for word, n in entry["words"])
    return (
        f"{entry['count']} x {entry['first']} and {entry['second']} ({entry['question']}): {words}"
    )


def _tie(entry: dict[str, Any]) -> str:
    where = f"{entry['unit_key']} {entry['start']}-{entry['end']}"
    return f"{where}  {votes_on(entry)}  {_words(entry)}"


def _next(entry: Mapping[str, Any]) -> str:
    return (
        f"{entry['expected_changes']:5.2f}  {entry['unit_key']}  {_short(entry['title'] or '')}"
        f"  ({len(entry['annotators'])} annotators)"
    )


def _words(entry: dict[str, Any]) -> str:
    """What the text says there; of what is about the whole task, the title."""
    return _short(entry["text"] or entry["title"] or "")


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 40 else f"{flat[:39]}…"
