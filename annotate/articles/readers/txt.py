"""The seed's format: title, date `YYYYMMDD`, URL, then one paragraph a line."""

from __future__ import annotations

from collections.abc import Iterator

from annotate.articles.columns import Columns
from annotate.articles.record import Found, assemble_text, make_article, parse_date
from annotate.articles.sources.files import SourceFile
from annotate.articles.sources.unpack import LONGEST
from annotate.errors import ArticleError
from annotate.text import decode_text


def read_txt(file: SourceFile, columns: Columns) -> Iterator[Found]:
    """Yield the one article of a text file; `columns` has no use here.

    Raises ArticleError for a file with fewer than four lines, without
    paragraph, or with a second line that is no date.
    """
    lines = decode_text(file.read(LONGEST), where=file.name).split("\n")
    if len(lines) < 3:
        raise ArticleError(
            f"has {len(lines)} lines",
            where=file.name,
            do="write title, date YYYYMMDD, URL, then one paragraph a line",
        )
    title, date, url, *rest = lines
    paragraphs = [line for line in rest if line.strip()]
    if not paragraphs:
        raise ArticleError("has no paragraph", where=file.name)
    yield make_article(
        title=title,
        date=parse_date(date, where=f"{file.name}: line 2"),
        url=url,
        text=assemble_text(title, paragraphs),
        licence=None,
        where=file.name,
    )
