"""JSON Lines, one article an object."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from annotate.articles.columns import Columns
from annotate.articles.record import Found, article_of
from annotate.articles.source import SourceFile
from annotate.articles.unpack import read_lines
from annotate.errors import ArticleError

_RECORD = msgspec.json.Decoder(dict[str, object])
_MARK = b"\xef\xbb\xbf"


def read_jsonl(file: SourceFile, columns: Columns) -> Iterator[Found]:
    """Yield the articles of a file, line by line; blank lines are passed over.

    In place of a line that is no JSON object or no article comes its error.
    """
    with file.open() as lines:
        for number, line in enumerate(read_lines(lines, where=file.name), 1):
            where = f"{file.name}: line {number}"
            if isinstance(line, ArticleError):
                yield ArticleError(line.what, where=where)
            elif (line.removeprefix(_MARK) if number == 1 else line).strip():
                yield _article(line, columns, file.name, where)


def _article(line: bytes, columns: Columns, file: str, where: str) -> Found:
    try:
        record = _decode(line, where)
        return article_of(record, columns.find(record, file=file), where=where)
    except ArticleError as error:
        return error


def _decode(line: bytes, where: str) -> dict[str, object]:
    try:
        return _RECORD.decode(line.removeprefix(_MARK))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ArticleError(f"is no JSON object: {error}", where=where) from None
