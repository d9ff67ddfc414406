"""A web archive of a news crawl -> the articles of its pages.

Answers with status 200 and a page of HTML are read; requests, metadata,
pictures and errors are no articles and are passed over. A page that the crawl
or the file cut short is set aside: what is left of it would look whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from email.message import Message
from typing import Any, NamedTuple

from annotate.articles.columns import Columns
from annotate.articles.html import LARGEST_PAGE, article_of_page
from annotate.articles.record import Found
from annotate.articles.source import SourceFile
from annotate.errors import ArticleError

_PAGES = ("text/html", "application/xhtml+xml")


class _Page(NamedTuple):
    data: bytes
    url: str
    charset: str | None
    fault: str
    """Why the data is not the whole page; empty where it is."""


def read_warc(file: SourceFile, columns: Columns) -> Iterator[Found]:
    """Yield the articles of an archive, record by record; `columns` has no use here.

    In place of a page without main text, or cut short by the crawl, comes its
    error, with the record's number. Raises ArticleError where the archive
    cannot be read on.
    """
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    with file.open() as raw:
        number = -1
        try:
            # warcio would take an answer without its headers for the end of the archive
            records = ArchiveIterator(raw, no_record_parse=True)
            for number, record in enumerate(records):
                yield from _read(record, records, f"{file.name}: record {number}")
        except (ArchiveLoadFailed, OSError, EOFError, ValueError) as error:
            what = f"cannot be read on: {str(error).strip()}"
            raise ArticleError(what, where=f"{file.name}: record {number + 1}") from None


def _read(record: Any, records: Any, where: str) -> Iterator[Found]:
    """The article of a record that is a page, once the record is known to be whole."""
    given = record.rec_headers.get_header
    if not (given("Content-Length") or given("length") or "").strip().isdecimal():
        raise ArticleError("has no Content-Length, or is cut short before it", where=where)
    faults = records.err_count
    page = _find_page(record)
    records.read_to_end()
    missing = record.raw_stream.limit
    if missing:
        raise ArticleError(f"is cut short, {missing} bytes are missing", where=where)
    if records.err_count > faults:
        yield ArticleError("is longer than its Content-Length", where=where)
    elif page is not None:
        yield _article(page, where)


def _find_page(record: Any) -> _Page | None:
    """The page that an answer with status 200 brought; None in any other record."""
    from warcio.recordloader import ArcWarcRecordLoader

    if record.rec_type != "response":
        return None
    given = record.rec_headers.get_header
    url = given("WARC-Target-URI") or given("uri") or ""  # as WARC has it, or ARC
    loader = ArcWarcRecordLoader(verify_http=False)
    try:
        headers = loader.load_http_headers("response", url, record.raw_stream, record.length)
    except EOFError:
        return None
    kind = Message()
    kind["Content-Type"] = headers.get_header("Content-Type", "") if headers else ""
    if kind.get_content_type() not in _PAGES or headers.get_statuscode() != "200":
        return None
    record.http_headers = headers
    there, stream = record.raw_stream.limit, record.content_stream()
    data = stream.read(LARGEST_PAGE + 1)
    charset = (kind.get_content_charset() or "").strip("' ") or None
    return _Page(data, url, charset, _fault(record, stream, there))


def _fault(record: Any, stream: Any, there: int) -> str:
    """How the crawl cut an answer's body of `there` bytes short; empty where it did not."""
    reason = record.rec_headers.get_header("WARC-Truncated")
    if reason:
        return f"was cut short by the crawl: {reason}"
    sent = record.http_headers.get_header("Content-Length", "").strip()
    chunked = record.http_headers.get_header("Transfer-Encoding")
    if not chunked and sent.isdecimal() and len(sent) < 16 and int(sent) > there:
        return f"was cut short by the crawl: {there} of {sent} bytes"
    if not getattr(getattr(stream, "decompressor", None), "eof", True):
        return "was cut short by the crawl, or its compression is damaged"
    return ""


def _article(page: _Page, where: str) -> Found:
    if len(page.data) > LARGEST_PAGE:
        return ArticleError(f"is longer than {LARGEST_PAGE >> 20} MiB", where=where)
    if page.fault:
        return ArticleError(page.fault, where=where)
    try:
        return article_of_page(page.data, url=page.url, charset=page.charset, where=where)
    except ArticleError as error:
        return error
