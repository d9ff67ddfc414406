"""Comma- or tab-separated files with a header, one article a record."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any, BinaryIO

from annotate.articles.columns import Columns
from annotate.articles.record import Found, find_article
from annotate.articles.sources.files import SourceFile
from annotate.articles.sources.unpack import LONGEST, read_lines
from annotate.errors import ArticleError

_FOREIGN = re.compile("[\udc80-\udcff]")
_PARTED = re.compile("[,;|\t]")
_SEMICOLONS = re.compile("[^,]+;[^,]+")
"""A header as spreadsheets write it where the comma stands in numbers."""
Records = Iterator[tuple[str, dict[str, str] | ArticleError]]


def read_csv(file: SourceFile, columns: Columns) -> Iterator[Found]:
    """Yield the articles of a file, record by record.

    In place of a record that is no article comes its error, with the number of
    the record's first line. Raises ArticleError where the file cannot be read
    on: no header, a quote that never closes, a field above the bound.
    """
    yield from _read(file, columns, ",")


def read_tsv(file: SourceFile, columns: Columns) -> Iterator[Found]:
    """As `read_csv`, with tabs."""
    yield from _read(file, columns, "\t")


def _read(file: SourceFile, columns: Columns, delimiter: str) -> Iterator[Found]:
    with file.open() as raw:
        header, records = read_table(raw, delimiter, where=file.name)
        columns.check(header, file=file.name)
        fields = columns.find(header, file=file.name)
        for where, record in records:
            if isinstance(record, ArticleError):
                yield record
            else:
                yield find_article(record, fields, where=where)


def read_table(raw: BinaryIO, delimiter: str, *, where: str) -> tuple[list[str], Records]:
    """The header of a table, and its records by it, each with its place.

    Semicolons part columns in place of commas where the header has those and no comma.
    In place of a record that is none comes its error. Raises ArticleError where the file
    cannot be read on, also while the records are drawn.
    """
    csv.field_size_limit(LONGEST)
    lines = _lines(raw, where)
    first = next(lines, "")
    if delimiter == "," and _SEMICOLONS.fullmatch(first.strip()):
        delimiter = ";"
    records = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
    header = _header(records, where)
    return header, _records(records, header, where)


def _records(records: Any, header: list[str], file: str) -> Records:
    while True:
        where = f"{file}: line {records.line_num + 1}"
        try:
            record = next(records)
        except StopIteration:
            return
        except csv.Error as error:
            problem = ArticleError(f"is no CSV record: {_said(error)}", where=where)
            if "field larger" in str(error) or "end of data" in str(error):
                raise problem from None
            yield where, problem
            continue
        if record:
            yield where, _named(header, record, where)


def _named(header: list[str], record: list[str], where: str) -> dict[str, str] | ArticleError:
    if len(record) != len(header):
        what = f"has {len(record)} fields, the header {len(header)}"
        return ArticleError(what, where=where)
    for name, value in zip(header, record, strict=True):
        foreign = _FOREIGN.search(value)
        if foreign:
            byte = ord(foreign.group()) - 0xDC00
            what = f"not UTF-8: byte 0x{byte:02x} at character {foreign.start()} of {name}"
            return ArticleError(what, where=where, do="convert the file to UTF-8")
    return dict(zip(header, record, strict=True))


def _header(records: Iterator[list[str]], where: str) -> list[str]:
    try:
        header = next(records, [])
    except csv.Error as error:
        raise ArticleError(f"has no header: {_said(error)}", where=where) from None
    header = [name.strip() for name in header]
    if not any(header):
        raise ArticleError("has no header", where=where)
    if len(header) == 1 and _PARTED.search(header[0]):
        do = "begin with names that are parted by commas or semicolons in .csv, by tabs in .tsv"
        raise ArticleError(f"has one column, {header[0]!r}", where=where, do=do)
    # a spreadsheet leaves columns without a name, and nothing asks for them
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise ArticleError(f"has two columns of one name, {', '.join(twice)}", where=where)
    return header


def _said(error: csv.Error) -> str:
    """What is wrong; the module's own words for a CR are for whoever opens the file."""
    if "new-line" in str(error):
        return "a line ends in CR alone, where LF or CRLF is read"
    return str(error)


def _lines(raw: BinaryIO, where: str) -> Iterator[str]:
    """The lines as text; bytes that are not UTF-8 become lone surrogates, refused by record."""
    for number, line in enumerate(read_lines(raw, where=where), 1):
        if isinstance(line, ArticleError):
            raise ArticleError(line.what, where=f"{where}: line {number}")
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        yield line.decode("utf-8", "surrogateescape")
