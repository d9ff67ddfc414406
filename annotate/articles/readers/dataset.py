"""A Hugging Face dataset on disk (`save_to_disk`), one article a row of every split."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from annotate.articles.columns import Columns
from annotate.articles.readers.parquet import article_of_row
from annotate.articles.record import Found
from annotate.articles.sources.files import SourceFile
from annotate.errors import ArticleError

_ROWS = 64
_DAMAGED = (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""What a damaged dataset fails with, besides Arrow's own errors."""


def read_dataset(file: SourceFile, columns: Columns) -> Iterator[Found]:
    """Yield the articles of all splits; the rows stay mapped from the disk.

    In place of a row that is no article comes its error. Raises ArticleError
    for a folder that cannot be loaded.
    """
    import pyarrow as pa
    from datasets import DatasetDict, load_from_disk

    try:
        loaded: Any = load_from_disk(file.name)
    except (*_DAMAGED, pa.ArrowException) as error:
        what = f"no dataset of `datasets`: {error}"
        do = "see that `datasets.load_from_disk` reads it; of a split without rows it does not"
        raise ArticleError(what, where=file.name, do=do) from None
    splits = loaded.items() if isinstance(loaded, DatasetDict) else [("", loaded)]
    for split, rows in splits:
        where = f"{file.name}: {split} row" if split else f"{file.name}: row"
        columns.check(rows.column_names, file=file.name)
        yield from _read(rows, columns.find(rows.column_names, file=file.name), where)


def _read(rows: Any, fields: dict[str, str], where: str) -> Iterator[Found]:
    import pyarrow as pa

    wanted = list(fields.values())
    taken = rows.select_columns(wanted) if wanted else rows
    number = 0
    try:
        for batch in taken.with_format("arrow").iter(batch_size=_ROWS):
            batch.validate(full=True)  # of a damaged file Arrow would read outside of its memory
            for row in range(batch.num_rows):
                place = f"{where} {number}"
                yield article_of_row(batch, row, fields, rows.column_names, where=place)
                number += 1
    except (*_DAMAGED, pa.ArrowException) as error:
        raise ArticleError(f"cannot be read on: {error}", where=f"{where} {number}") from None
