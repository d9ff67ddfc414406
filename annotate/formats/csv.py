"""Rows as CSV (RFC 4180, UTF-8, LF between rows): lists stand in a cell as JSON.

Null and empty text are the same empty cell; nothing else is lost.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import msgspec

from annotate.dataset.rows import named_row
from annotate.formats.base import Format, Losses, Table


class Csv(Format):
    """One row a line, with a header."""

    name = "csv"
    suffix = ".csv"
    holds_annotator = True

    def write(self, table: Table, path: Path) -> Losses:
        with open_csv(path) as add:
            add([column.name for column in table.columns])
            for row in table.rows:
                add(map(_cell, named_row(table.columns, row).values()))
        return Losses()


@contextmanager
def open_csv(path: Path) -> Iterator[Callable[[Iterable[Any]], Any]]:
    """A function that adds a row of cells to a new file."""
    with path.open("w", encoding="utf-8", newline="") as out:
        # a CR needs quotes too, and gets them only where it is part of what ends a row
        yield csv.writer(_LineFeeds(out), lineterminator="\r\n").writerow


class _LineFeeds(NamedTuple):
    """A file to which a row is written at a time, and ends with LF where it came with CRLF."""

    out: TextIO

    def write(self, row: str) -> int:
        return self.out.write(row[:-2] + "\n")


def _cell(value: Any) -> Any:
    return msgspec.json.encode(value).decode("utf-8") if isinstance(value, list) else value


FORMATS = (Csv(),)
