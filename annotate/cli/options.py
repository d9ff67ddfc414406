"""Options that several commands share."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from annotate.articles.columns import Columns
from annotate.articles.ledger import ArticleLedger
from annotate.consensus.policy import POLICIES, TIES
from annotate.errors import InputError
from annotate.schemes.label_config import parse_names
from annotate.tasks.order import ORDERS
from annotate.tasks.prepare import TaskOptions
from annotate.tasks.units import UNITS, WINDOW

_F = TypeVar("_F", bound=Callable[..., Any])

store_option = click.option(
    "--store",
    envvar="ANNOTATE_STORE",
    default="datasets",
    show_default=True,
    help="Folder that holds the datasets.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
config_option = click.option("--config", metavar="FILE", help="Label config; else the shipped one.")
map_option = click.option(
    "--map", "names", metavar="FOREIGN=OURS,…", help="Names of a foreign config in our words."
)
max_rejects_option = click.option(
    "--max-rejects",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Root causes that may be set aside.",
)
article_rejects_option = click.option(
    "--max-rejects",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Records that may be set aside.",
)
columns_option = click.option(
    "--columns", metavar="OURS=THEIRS,…", help="Columns of article files, text=body; else guessed."
)
repair_option = click.option(
    "--repair", is_flag=True, help="Mend UTF-16 offsets and line ends where that is proven."
)
project_option = click.option(
    "--project", required=True, metavar="TITLE", help="Title of the project."
)


def consensus_options(command: _F) -> _F:
    """`--policy` and `--ties`."""
    for option in (
        click.option(
            "--ties", type=click.Choice(TIES), default="drop", help="What a tied label becomes."
        ),
        click.option(
            "--policy",
            type=click.Choice(POLICIES),
            default="majority",
            show_default=True,
            help="How many votes make a label gold.",
        ),
    ):
        command = option(command)
    return command


_TASK_OPTIONS = (
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
        help="Stance targets: .txt, .csv, .jsonl or NAME@VERSION; else a column `target`.",
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


def task_options(command: _F) -> _F:
    """The options that make tasks of articles; see `task_options_of`."""
    for option in reversed(_TASK_OPTIONS):
        command = option(command)
    return command


def task_options_of(values: dict[str, Any]) -> tuple[TaskOptions, Columns]:
    """The values of `task_options`, as the library takes them."""
    columns = Columns(names_of(values.pop("columns")), on_guess=say)
    labels = tuple(filter(None, (values.pop("target_labels") or "").split(",")))
    return TaskOptions(**values, target_labels=labels), columns


def names_of(text: str | None) -> dict[str, str]:
    """The pairs of `--map` or `--columns`."""
    return parse_names(text)


def say(text: str) -> None:
    """A line for the person, on stderr."""
    click.echo(text, err=True)


def say_ledger(ledger: ArticleLedger, *, all_of_it: bool = False) -> None:
    """What was set aside of the articles, and the account, on stderr; nothing where all is well."""
    if not (ledger.set_aside or ledger.repeated or all_of_it):
        return
    shown = ledger.set_aside if all_of_it else ledger.set_aside[:20]
    for error in shown:
        say(f"set aside: {error}")
    if len(shown) < len(ledger.set_aside):
        say(f"set aside: {len(ledger.set_aside) - len(shown)} more, see `annotate articles`")
    say(ledger.summary())


def show_json(document: Any) -> None:
    """One JSON document on stdout."""
    json.dump(document, sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")


def out_path(name: str | None) -> Path | None:
    """The file of `-o`; None is stdout. Raises InputError where its folder is missing."""
    if name is None or name == "-":
        return None
    path = Path(name)
    if not path.parent.is_dir():
        raise InputError("its folder does not exist", where=name)
    return path
