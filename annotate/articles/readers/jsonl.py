"""JSON Lines, one article an object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from annotate.articles.columns import Columns
from annotate.articles.record import Found, find_article
from annotate.articles.sources.files import SourceFile
from annotate.articles.sources.unpack import read_lines
from annotate.errors import ArticleError
from annotate.strict import RefusedError, decode_object

Object = dict[str, object]
_MARK = b"\xef\xbb\xbf"


def read_jsonl(file: SourceFile, columns: Columns) -> Iterator[Found]:
    """Yield the articles of a file, line by line; blank lines are passed over.

    In place of a line that is no JSON object or no article comes its error. Raises
    ArticleError at the end where a column that was asked for stands in no line.
    """
    absent = {theirs for ours, theirs in columns.given.items() if ours != "text"}
    objects = 0
    with file.open() as raw:
        for where, record in read_objects(raw, where=file.name):
            if isinstance(record, ArticleError):
                yield record
            else:
                objects += 1
                absent.difference_update(record)
                yield find_article(record, columns.find(record, file=file.name), where=where)
    if objects and absent:
        what = f"no line has a column {', '.join(sorted(absent))}"
        raise ArticleError(what, where=file.name, do="check --columns")


def read_objects(raw: BinaryIO, *, where: str) -> Iterator[tuple[str, Object | ArticleError]]:
    """Yield the JSON object of each line with its place, or in its place the error of the line."""
    for number, line in enumerate(read_lines(raw, where=where), 1):
        place = f"{where}: line {number}"
        if isinstance(line, ArticleError):
            yield place, ArticleError(line.what, where=place)
            continue
        record = line.removeprefix(_MARK)
        seen = record if number == 1 else line
        if seen and not seen.isspace():  # which looks no further than it has to
            yield place, _decode(record, place)


def _decode(line: bytes, where: str) -> Object | ArticleError:
    try:
        return decode_object(line)
    except (RefusedError, msgspec.ValidationError) as error:
        return ArticleError(f"is no JSON object: {error}", where=where)
