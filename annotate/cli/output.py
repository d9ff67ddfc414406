"""How commands speak to the person, and write to stdout and into files."""

from __future__ import annotations

import codecs
import json
import os
import sys
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import click

from annotate.errors import InputError
from annotate.files import made_whole
from annotate.text import visible

_AT_ONCE = 10_000
"""Pieces of JSON that are written together: without a buffer (PYTHONUNBUFFERED, as in many
containers) each write is a call of the system."""


def say(text: str) -> None:
    """A line for the person, on stderr; nothing in it acts on a terminal."""
    click.echo(visible(text), err=True)


def warn_of_marks(version: str, articles: Sequence[str]) -> None:
    """Say that a version holds retracted articles, where it does."""
    if articles:
        say(f"{version} is marked: it holds the retracted {', '.join(articles)}")


def show_json(document: Any) -> None:
    """One JSON document on stdout, whole also where that takes other characters than all."""
    escaped = codecs.lookup(sys.stdout.encoding or "utf-8").name != "utf-8"
    pieces = json.JSONEncoder(ensure_ascii=escaped, indent=1).iterencode(document)
    while some := "".join(islice(pieces, _AT_ONCE)):
        sys.stdout.write(some)
    sys.stdout.write("\n")


def out_path(name: str | None) -> Path | None:
    """The file of `-o`; None is stdout. Raises InputError for a folder, and where it has none."""
    path = _place(name)
    if path is not None and path.is_dir():
        raise InputError("is a folder", where=str(name), do="name a file")
    return path


def _place(name: str | None) -> Path | None:
    if name is None or name == "-":
        return None
    path = Path(name)
    if not path.parent.is_dir():
        raise InputError("its folder does not exist", where=name)
    return path


def named_path(name: str, kind: str = "file", *, where: str = "-o") -> Path:
    """The file or folder that is named where stdout will not do.

    Raises InputError for stdout, and where the folder that it shall lie in is missing.
    """
    path = _place(name)
    if path is None:
        raise InputError(f"needs a {kind}", where=where)
    return path


def refuse_input(path: Path | None, inputs: Iterable[str | None]) -> None:
    """Raise InputError where the file to write is one of those that are read; None is none."""
    there = filter(os.path.exists, filter(None, inputs))
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
