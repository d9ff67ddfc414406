"""Parquet files, one article a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from annotate.articles.columns import Columns
from annotate.articles.record import Found, article_of
from annotate.articles.sources.files import SourceFile
from annotate.articles.sources.unpack import LONGEST, SWELL
from annotate.errors import ArticleError

_ROWS = 64
_FREE = 64 << 20


def read_parquet(file: SourceFile, columns: Columns) -> Iterator[Found]:
    """Yield the articles of a file, a few rows at a time.

    Strings stay dictionaries until their row is taken, so that a small file
    with one long text in every row stays small. In place of a row that is no
    article comes its error. Raises ArticleError for a file that is no Parquet,
    is cut short, or claims to unpack to more than a text can.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with file.open() as raw:
        try:
            size = raw.seek(0, 2)
            raw.seek(0)
            meta = pq.read_metadata(raw)
            schema = meta.schema.to_arrow_schema()
            names = schema.names
            columns.check(names, file=file.name)
            fields = columns.find(names, file=file.name)
            _check_size(meta, size, file.name)
            wanted = list(fields.values())
            twice = [name for name in wanted if names.count(name) > 1]
            if twice:
                raise ArticleError(f"has two columns {', '.join(twice)}", where=file.name)
            texts = [name for name in wanted if _is_text(schema.field(name).type)]
            opened = pq.ParquetFile(raw, read_dictionary=texts, pre_buffer=False)
            number = 0
            for batch in opened.iter_batches(batch_size=_ROWS, columns=wanted or names[:1]):
                for row in range(batch.num_rows):
                    where = f"{file.name}: row {number}"
                    yield article_of_row(batch, row, fields, names, where=where)
                    number += 1
        except (pa.ArrowException, OSError, ValueError, LookupError) as error:
            raise ArticleError(f"not a Parquet file: {error}", where=file.name) from None


def article_of_row(
    batch: Any, row: int, fields: dict[str, str], names: list[str], *, where: str
) -> Found:
    """The article of one row of an Arrow batch or table, or the error of a row that is none."""
    try:
        if "text" not in fields:
            return article_of(dict.fromkeys(names), fields, where=where)
        record = {theirs: batch.column(theirs)[row].as_py() for theirs in fields.values()}
        return article_of(record, fields, where=where)
    except ArticleError as error:
        return error
    except (ValueError, OverflowError, LookupError) as error:  # the last of an unknown time zone
        return ArticleError(f"cannot be read: {error}", where=where)


def _is_text(type_: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_))


def _check_size(meta: Any, size: int, where: str) -> None:
    for number in range(meta.num_row_groups):
        claimed = meta.row_group(number).total_byte_size
        if claimed > max(_FREE, SWELL * size) or claimed > 64 * LONGEST:
            raise ArticleError(
                f"row group {number} claims {claimed >> 20} MiB in a file of {size} bytes",
                where=where,
                do="write it again in smaller row groups if you trust it",
            )
