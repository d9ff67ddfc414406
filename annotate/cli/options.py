"""Options that several commands share."""

from __future__ import annotations

import csv
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import click

from annotate.consensus.policy import POLICIES, TIES
from annotate.errors import InputError, UsageError
from annotate.text import check_message

_F = TypeVar("_F", bound=Callable[..., Any])


def option_group(*options: Callable[[Any], Any]) -> Callable[[_F], _F]:
    """Several options as one, in the order in which the help has them."""

    def add(command: _F) -> _F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


class _Local(click.Path):
    """A place of this machine; InputError for an address, whose slashes Path would join."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if "://" in str(value):
            what = "is an address and no place of this machine"
            raise InputError(what, where=str(value), do="name a file or folder")
        return super().convert(value, param, ctx)


LOCAL = _Local(path_type=Path)


def message_option(about: str) -> Callable[[_F], _F]:
    """`-m`, which goes into the log for good."""

    def check(_: click.Context, __: click.Parameter, message: str) -> str:
        check_message(message)
        return message

    return click.option("-m", "--message", default="", callback=check, help=about)


def rejects_option(what: str) -> Callable[[_F], _F]:
    """`--max-rejects`, which counts `what`."""
    return click.option(
        "--max-rejects",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        help=f"{what} that may be set aside.",
    )


def _as_names(_context: click.Context, option: click.Parameter, text: str | None) -> dict[str, str]:
    """The pairs that an option holds, `a=b,…`; UsageError for anything else or a name twice.

    Commas part pairs as they part fields of CSV: one in a name needs quotation marks.
    An `=` may stand in a foreign name, which comes first in `--map`.
    """
    pairs: dict[str, str] = {}
    records = csv.reader((text or "").splitlines(), skipinitialspace=True)
    for part in filter(str.strip, chain.from_iterable(records)):
        parted = part.rpartition("=") if option.name == "names" else part.partition("=")
        name, equals, other = map(str.strip, parted)
        if not (name and equals and other):
            shape = str(option.metavar).removesuffix(",…")
            raise UsageError(f"{part!r} is not {shape}", where=option.opts[0])
        if name in pairs:
            raise UsageError(f"has {name} twice", where=option.opts[0], do="give it once")
        pairs[name] = other
    return pairs


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
    "--map",
    "names",
    metavar="FOREIGN=OURS,…",
    callback=_as_names,
    help="Foreign names in our words; a comma in one as '\"A, B\"=OURS,…'.",
)
columns_option = click.option(
    "--columns",
    metavar="OURS=THEIRS,…",
    callback=_as_names,
    help="Columns of article files, text=body; else guessed.",
)
migration_option = click.option(
    "--migration",
    "migrations",
    multiple=True,
    metavar="FILE",
    help="What became of the names of an older label config.",
)
max_rejects_option = rejects_option("Root causes")
repair_option = click.option(
    "--repair", is_flag=True, help="Mend UTF-16 offsets and line ends where that is proven."
)
licence_option = click.option(
    "--allow-unknown-licence",
    "allow_unknown",
    is_flag=True,
    help="Show texts whose licence is not recorded, too.",
)
project_option = click.option(
    "--project", required=True, metavar="TITLE", help="Title of the project."
)

consensus_options = option_group(
    click.option(
        "--policy",
        type=click.Choice(POLICIES),
        default="majority",
        show_default=True,
        help="How many votes make a label gold.",
    ),
    click.option(
        "--ties", type=click.Choice(TIES), default="drop", help="What a tied label becomes."
    ),
)
