"""Options that several commands share, and how commands speak and write files."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import click

from annotate.consensus.policy import POLICIES, TIES
from annotate.errors import InputError, UsageError
from annotate.files import made_whole
from annotate.text import forbidden_character, visible

_F = TypeVar("_F", bound=Callable[..., Any])
_AT_ONCE = 10_000
"""Pieces of JSON that are written together: without a buffer (PYTHONUNBUFFERED, as in many
containers) each write is a call of the system."""


def option_group(*options: Callable[[Any], Any]) -> Callable[[_F], _F]:
    """Several options as one, in the order in which the help has them."""

    def add(command: _F) -> _F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def message_option(about: str) -> Callable[[_F], _F]:
    """`-m`, which goes into the log for good."""

    def check(_: click.Context, __: click.Parameter, message: str) -> str:
        if forbidden_character(message):
            raise UsageError("the message is not UTF-8", where="-m", do="write it in UTF-8")
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
    """The pairs that an option holds, `a=b,…`; UsageError for anything else or a name twice."""
    pairs: dict[str, str] = {}
    for part in filter(str.strip, (text or "").split(",")):
        name, equals, other = (piece.strip() for piece in part.partition("="))
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
    help="Names of a foreign config in our words.",
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


def say(text: str) -> None:
    """Words for the person, on stderr; nothing in them acts on a terminal."""
    click.echo("\n".join(map(visible, text.split("\n"))), err=True)


def warn_of_marks(version: str, articles: Sequence[str]) -> None:
    """Say that a version holds retracted articles, where it does."""
    if articles:
        say(f"{version} is marked: it holds the retracted {', '.join(articles)}")


def show_json(document: Any) -> None:
    """One JSON document on stdout."""
    pieces = json.JSONEncoder(ensure_ascii=False, indent=1).iterencode(document)
    while some := "".join(islice(pieces, _AT_ONCE)):
        sys.stdout.write(some)
    sys.stdout.write("\n")


def out_path(name: str | None) -> Path | None:
    """The file of `-o`; None is stdout. Raises InputError where its folder is missing."""
    if name is None or name == "-":
        return None
    path = Path(name)
    if not path.parent.is_dir():
        raise InputError("its folder does not exist", where=name)
    return path


def named_path(name: str, kind: str = "file", *, where: str = "-o") -> Path:
    """The file or folder that is named where stdout will not do."""
    path = out_path(name)
    if path is None:
        raise InputError(f"needs a {kind}", where=where)
    return path


def refuse_input(path: Path | None, inputs: Iterable[str]) -> None:
    """Raise InputError where the file to write is one of those that are read."""
    there = filter(os.path.exists, inputs)
    if path is not None and path.exists() and any(map(path.samefile, there)):
        raise InputError("is what is read as well", where=str(path), do="name another file")


def put_page(page: str, path: Path | None, *, head: str = "") -> None:
    """A page in a file, and a line that says so; None is stdout."""
    if path is None:
        click.echo(page.encode(), nl=False)
        return
    with made_whole(path) as made:
        made.write_text(page, encoding="utf-8")
    say(f"{head}{len(page.encode()):,} bytes in {path}")
