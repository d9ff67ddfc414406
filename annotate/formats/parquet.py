"""Rows as one Parquet file with Hugging Face features. Holds everything."""

from __future__ import annotations

from pathlib import Path

from annotate.dataset.arrow import make_table
from annotate.dataset.layout import write_parquet
from annotate.formats.base import Format, Losses, Table


class Parquet(Format):
    """The rows of a version's gold config, or every annotator's; labels are ClassLabels."""

    name = "parquet"
    summary = "rows as Parquet with Hugging Face features"
    suffix = ".parquet"
    holds_annotator = True

    def write(self, table: Table, path: Path) -> Losses:
        write_parquet(make_table(table.columns, table.rows), path)
        return Losses()


FORMATS = (Parquet(),)
