"""JSON Lines, one article an object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from annotate.articles.record import article_of
from annotate.errors import ArticleError
from annotate.models import Article


def read_jsonl(path: Path, columns: Mapping[str, str]) -> Iterator[Article]:
    """Yield the articles of a file, line by line; blank lines are passed over.

    Raises ArticleError, with the line's number, for a line that is no JSON
    object or no article.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    where = f"{path}: line {number}"
                    yield article_of(_decode(line, where), columns, where=where)
    except OSError as error:
        raise ArticleError(f"cannot be read: {error.strerror}", where=str(path)) from None


def _decode(line: bytes, where: str) -> dict[str, object]:
    try:
        return msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf"), type=dict[str, object])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ArticleError(f"is no JSON object: {error}", where=where) from None
