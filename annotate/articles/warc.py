"""A web archive of a news crawl -> the articles of its pages.

Answers with status 200 and a page of HTML are read; requests, metadata,
pictures and errors are no articles and are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from annotate.articles.columns import Columns
from annotate.articles.html import LARGEST_PAGE, article_of_page
from annotate.articles.record import Found
from annotate.articles.source import SourceFile
from annotate.errors import ArticleError

_PAGES = ("text/html", "application/xhtml+xml")


def read_warc(file: SourceFile, columns: Columns) -> Iterator[Found]:
    """Yield the articles of an archive, record by record; `columns` has no use here.

    In place of a page without main text comes its error, with the record's
    number. Raises ArticleError where the archive cannot be read on.
    """
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    with file.open() as raw:
        number = -1
        try:
            for number, record in enumerate(ArchiveIterator(raw)):
                if _is_page(record):
                    yield _article(record, f"{file.name}: record {number}")
        except (ArchiveLoadFailed, OSError, EOFError, ValueError) as error:
            what = f"cannot be read on: {str(error).strip()}"
            raise ArticleError(what, where=f"{file.name}: record {number + 1}") from None


def _is_page(record: Any) -> bool:
    if record.rec_type != "response" or record.http_headers is None:
        return False
    kind = record.http_headers.get_header("Content-Type", "").partition(";")[0]
    return record.http_headers.get_statuscode() == "200" and kind.strip().lower() in _PAGES


def _article(record: Any, where: str) -> Found:
    url = record.rec_headers.get_header("WARC-Target-URI")
    kind = record.http_headers.get_header("Content-Type", "")
    charset = kind.partition("charset=")[2].strip(" \"';") or None
    try:
        data = record.content_stream().read(LARGEST_PAGE + 1)
        if len(data) > LARGEST_PAGE:
            raise ArticleError(f"is longer than {LARGEST_PAGE >> 20} MiB", where=where)
        found: Found = article_of_page(data, url=url, charset=charset, where=where)
    except ArticleError as error:
        return error
    return found
