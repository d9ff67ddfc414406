"""Rows as CSV (RFC 4180, UTF-8, LF between rows): lists stand in a cell as JSON.

Null and empty text are the same empty cell; nothing else is lost.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import msgspec

from annotate.dataset.rows import named_row
from annotate.formats.base import Format, Losses, Table


class Csv(Format):
    """One row a line, with a header."""

    name = "csv"
    summary = "rows as CSV, lists as JSON in a cell"
    suffix = ".csv"
    holds_annotator = True

    def write(self, table: Table, path: Path) -> Losses:
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow([column.name for column in table.columns])
            for row in table.rows:
                writer.writerow(map(_cell, named_row(table.columns, row).values()))
        return Losses()


def _cell(value: Any) -> Any:
    return msgspec.json.encode(value).decode("utf-8") if isinstance(value, list) else value


FORMATS = (Csv(),)
