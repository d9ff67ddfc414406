"""Rows as JSON Lines: one row a line, labels by name. Holds everything."""

from __future__ import annotations

from pathlib import Path

import msgspec

from annotate.dataset.rows import named_row
from annotate.formats.base import Format, Losses, Table


class Jsonl(Format):
    """The rows of a version's gold config, or every annotator's, as JSON."""

    name = "jsonl"
    suffix = ".jsonl"
    holds_annotator = True

    def write(self, table: Table, path: Path) -> Losses:
        with path.open("wb") as out:
            for row in table.rows:
                out.write(msgspec.json.encode(named_row(table.columns, row)) + b"\n")
        return Losses()


FORMATS = (Jsonl(),)
