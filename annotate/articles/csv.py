"""Comma-separated files with a header, one article a record."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from annotate.articles.record import article_of
from annotate.errors import ArticleError
from annotate.models import Article

_LONGEST_FIELD = 64 * 1024 * 1024


def read_csv(path: Path, columns: Mapping[str, str]) -> Iterator[Article]:
    """Yield the articles of a file, record by record.

    Raises ArticleError, with the line's number, for bytes that are not UTF-8
    and for a record that is no article.
    """
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _read(file, path, columns)
    except UnicodeDecodeError as error:
        raise ArticleError(f"not UTF-8: {error.reason}", where=str(path)) from None
    except csv.Error as error:
        raise ArticleError(f"not a CSV file: {error}", where=str(path)) from None
    except OSError as error:
        raise ArticleError(f"cannot be read: {error.strerror}", where=str(path)) from None


def _read(file: io.TextIOWrapper, path: Path, columns: Mapping[str, str]) -> Iterator[Article]:
    reader = csv.DictReader(file, strict=True)
    for record in reader:
        where = f"{path}: line {reader.line_num}"
        if None in record or None in record.values():
            raise ArticleError("has not as many fields as the header", where=where)
        yield article_of(record, columns, where=where)
