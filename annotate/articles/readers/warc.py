"""A web archive of a news crawl -> the articles of its pages.

Answers with status 200 and a page of HTML are read; requests, metadata,
pictures and errors are no articles and are passed over. A page that the crawl
or the file cut short is set aside: what is left of it would look whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from io import BytesIO
from typing import Any, BinaryIO, NamedTuple, cast

from annotate.articles.columns import Columns
from annotate.articles.readers.html import LARGEST_PAGE, article_of_page
from annotate.articles.record import Found
from annotate.articles.sources.files import SourceFile
from annotate.errors import ArticleError

_PAGES = ("text/html", "application/xhtml+xml")
_BY_ARROW = {"br": "brotli", "zstd": "zstd"}
"""Content-Encoding -> Arrow's name of it; warcio knows neither by itself."""
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n")


class _Page(NamedTuple):
    data: bytes
    url: str
    charset: str | None
    fault: str
    """Why the data is not the whole page; empty where it is."""
    packed: str
    """The Content-Encoding that nothing here unpacks; empty where there is none."""


class _Eager:
    """A file that gives what there is; by reading on for more, that would be lost to damage."""

    def __init__(self, file: BinaryIO) -> None:
        self.read = cast(Any, file).read1


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
            records = ArchiveIterator(_Eager(raw), no_record_parse=True)
            for number, record in enumerate(records):
                yield from _read(record, records, f"{file.name}: record {number}")
        except (ArchiveLoadFailed, OSError, EOFError, ValueError) as error:
            what = f"cannot be read on: {str(error).strip()}"
            raise ArticleError(what, where=f"{file.name}: record {number + 1}") from None


def _read(record: Any, records: Any, where: str) -> Iterator[Found]:
    """The article of a record that is a page, once the record is known to be whole."""
    length = record.rec_headers.get_header("length" if record.format == "arc" else "Content-Length")
    if not (length or "").strip().isdecimal():
        raise ArticleError("has no Content-Length, or is cut short before it", where=where)
    faults = records.err_count
    page = _find_page(record)
    try:
        records.read_to_end()
    except ArticleError:  # of what stands behind the record, where nothing of it is missing
        if page is not None and not record.raw_stream.limit:
            yield _article(page, where)
        raise
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
    fault = _cut(record, headers)
    body = record.raw_stream.read(2 * LARGEST_PAGE)
    if _word(headers, "Transfer-Encoding") == "chunked":
        body, whole = _join_chunks(body)
        fault = fault or ("" if whole else "was cut short by the crawl, or its chunks are damaged")
    coding = _word(headers, "Content-Encoding").removeprefix("x-")  # RFC 9110, section 8.4.1.3
    data, known, whole = _unpack(body, coding)
    fault = fault or ("" if whole else "was cut short by the crawl, or its compression is damaged")
    charset = (kind.get_content_charset() or "").strip("' ") or None
    return _Page(data, url, charset, fault, "" if known else coding)


def _unpack(body: bytes, coding: str) -> tuple[bytes, bool, bool]:
    """What a Content-Encoding stands for, whether it is known here, and whether all is there.

    Some crawls unpack an answer and leave the header; then it is taken as it is.
    """
    import pyarrow as pa
    from warcio.bufferedreaders import BufferedReader

    if coding in _BY_ARROW:
        with pa.CompressedInputStream(pa.BufferReader(body), _BY_ARROW[coding]) as packed:
            try:
                return packed.read(LARGEST_PAGE + 1), True, True
            except OSError:
                return body, True, body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    known = coding in BufferedReader.get_supported_decompressors()
    stream = BufferedReader(BytesIO(body), decomp_type=coding if known else None)
    data = stream.read(LARGEST_PAGE + 1)
    return data, known, getattr(stream.decompressor, "eof", True)


def _word(headers: Any, name: str) -> str:
    found: str = headers.get_header(name, "")
    return found.strip().lower()


def _cut(record: Any, headers: Any) -> str:
    """How the crawl says that it cut an answer short; empty where it does not."""
    reason = record.rec_headers.get_header("WARC-Truncated")
    if reason:
        return f"was cut short by the crawl: {reason}"
    there, sent = record.raw_stream.limit, _word(headers, "Content-Length")
    chunked = _word(headers, "Transfer-Encoding")
    if not chunked and sent.isdecimal() and len(sent) < 16 and int(sent) > there:
        return f"was cut short by the crawl: {there} of {sent} bytes"
    return ""


def _join_chunks(sent: bytes) -> tuple[bytes, bool]:
    """What was sent in chunks (RFC 9112, section 7.1), and whether it is whole.

    Some crawls join the chunks and leave the header: without any chunk it is taken as it is.
    """
    chunks: list[bytes] = []
    place = 0
    while head := _CHUNK.match(sent, place):
        end = head.end() + int(head[1], 16)
        if end == head.end():
            return b"".join(chunks), True
        if sent[end : end + 2] != b"\r\n":
            return b"", False
        chunks.append(sent[head.end() : end])
        place = end + 2
    return sent, not chunks


def _article(page: _Page, where: str) -> Found:
    if len(page.data) > LARGEST_PAGE:
        return ArticleError(f"is longer than {LARGEST_PAGE >> 20} MiB", where=where)
    if page.fault:
        return ArticleError(page.fault, where=where)
    try:
        return article_of_page(page.data, url=page.url, charset=page.charset, where=where)
    except ArticleError as error:
        if not page.packed:
            return error
        what = f"{error.what}; it was sent as {page.packed!r}, which is not unpacked"
        return ArticleError(what, where=where, do="fetch the page without it")
