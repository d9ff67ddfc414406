"""Parquet files, one article a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from annotate.articles.record import FIELDS, article_of
from annotate.errors import ArticleError
from annotate.models import Article


def read_parquet(path: Path, columns: Mapping[str, str]) -> Iterator[Article]:
    """Yield the articles of a file, row group by row group.

    Raises ArticleError for a file that is no Parquet and, with the row's
    number, for a row that is no article.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            wanted = {columns.get(name, name) for name in FIELDS}
            present = [name for name in file.schema_arrow.names if name in wanted]
            number = 0
            for batch in file.iter_batches(batch_size=256, columns=present):
                for record in batch.to_pylist():
                    yield article_of(record, columns, where=f"{path}: row {number}")
                    number += 1
    except (pa.ArrowException, OSError) as error:
        raise ArticleError(f"not a Parquet file: {error}", where=str(path)) from None
