"""Options of the commands that read articles and make tasks of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from annotate.articles.columns import Columns
from annotate.articles.ledger import ArticleLedger
from annotate.articles.read import find_names
from annotate.cli.options import columns_option, option_group, rejects_option, store_option
from annotate.cli.output import refuse_input, say
from annotate.errors import UsageError
from annotate.tasks.order import ORDERS
from annotate.tasks.prepare import TaskOptions
from annotate.tasks.units import UNITS, WINDOW

article_rejects_option = rejects_option("Records")
task_options = option_group(
    click.option(
        "--unit",
        type=click.Choice(UNITS),
        default="article",
        show_default=True,
        help="What one task holds.",
    ),
    click.option(
        "--window",
        type=click.IntRange(min=200),
        default=WINDOW,
        show_default=True,
        help="Characters of a window, for --unit window.",
    ),
    click.option(
        "--targets",
        metavar="FILE",
        help="Stance targets: .txt, .csv, .jsonl, .json or NAME@VERSION; else a column `target`.",
    ),
    click.option(
        "--target-labels", metavar="LABEL,…", help="Labels of entities that become targets."
    ),
    columns_option,
    click.option(
        "--suggest",
        metavar="NAME",
        help="rules, dataset:NAME@VERSION, spacy:, gliner: or hf:MODEL.",
    ),
    click.option(
        "--order",
        type=click.Choice(ORDERS),
        default="given",
        show_default=True,
        help="What is worked on first.",
    ),
    click.option(
        "--seed", default=0, show_default=True, help="Of --order, --sample, --calibration."
    ),
    click.option("--sample", type=click.IntRange(min=1), help="Take so many articles at random."),
    click.option(
        "--calibration",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        help="Articles that come first and are marked, for every annotator.",
    ),
    article_rejects_option,
    store_option,
)
"""The options that make tasks of articles; see `task_options_of`."""


def task_options_of(values: dict[str, Any]) -> tuple[TaskOptions, Columns]:
    """The values of `task_options`, as the library takes them.

    Raises UsageError for a window of units that have none.
    """
    given = click.get_current_context().get_parameter_source("window")
    if values["unit"] != "window" and given is not ParameterSource.DEFAULT:
        what, do = f"{values['unit']}s have none", "give --unit window with it"
        raise UsageError(what, where="--window", do=do)
    columns = Columns(values.pop("columns"), on_guess=say)
    labels = tuple(filter(None, map(str.strip, (values.pop("target_labels") or "").split(","))))
    return TaskOptions(**values, target_labels=labels), columns


def refuse_source(path: Path | None, sources: Sequence[str], *others: str | None) -> None:
    """Raise InputError where the file to write is read: in `sources`, or one of `others`."""
    if path is not None and path.exists():
        refuse_input(path, (*find_names(sources), *others))


def say_ledger(ledger: ArticleLedger, *, all_of_it: bool = False) -> None:
    """What was not taken for an article, and the account, on stderr; nothing where all is well."""
    if ledger.passed_over:
        counts = (f"{n} {ending or 'without one'}" for ending, n in ledger.passed_over.items())
        names = ledger.passed_over_first
        more = ", …" if ledger.passed_over.total() > len(names) else ""
        say(f"other endings, not read: {', '.join(counts)} ({', '.join(names)}{more})")
    if not (ledger.set_aside or ledger.repeated or all_of_it):
        return
    shown = ledger.set_aside if all_of_it else ledger.set_aside[:20]
    for error in shown:
        say(f"set aside: {error}")
    if len(shown) < len(ledger.set_aside):
        say(f"set aside: {len(ledger.set_aside) - len(shown)} more, see `annotate articles`")
    say(ledger.summary())
