"""Rows as one Parquet file with Hugging Face features. Holds everything."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from annotate.dataset.arrow.layout import write_parquet
from annotate.dataset.arrow.tables import arrow_schema, make_table
from annotate.files import refuse_not_utf8
from annotate.formats.base import Format, Losses, Table

_AT_ONCE = 500


class Parquet(Format):
    """The rows of a version's gold config, or every annotator's; labels are ClassLabels."""

    name = "parquet"
    suffix = ".parquet"
    holds_annotator = True

    def write(self, table: Table, path: Path) -> Losses:
        rows = iter(table.rows)
        pieces = iter(lambda: list(islice(rows, _AT_ONCE)), [])
        tables = (make_table(table.columns, piece) for piece in pieces)
        refuse_not_utf8(path)
        write_parquet(tables, arrow_schema(table.columns), path)
        return Losses()


FORMATS = (Parquet(),)
