"""The seed's format: title, date `YYYYMMDD`, URL, then one paragraph a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from annotate.articles.record import assemble_text, make_article, parse_date, read_bytes
from annotate.errors import ArticleError
from annotate.models import Article
from annotate.text import decode_text


def read_txt(path: Path, columns: Mapping[str, str]) -> Iterator[Article]:
    """Yield the one article of a text file; `columns` has no use here.

    Raises ArticleError for a file with fewer than four lines, without
    paragraph, or with a second line that is no date.
    """
    where = str(path)
    lines = decode_text(read_bytes(path), where=where).split("\n")
    if len(lines) < 3:
        raise ArticleError(
            f"has {len(lines)} lines",
            where=where,
            do="write title, date YYYYMMDD, URL, then one paragraph a line",
        )
    title, date, url, *rest = lines
    paragraphs = [line for line in rest if line.strip()]
    if not paragraphs:
        raise ArticleError("has no paragraph", where=where)
    yield make_article(
        title=title,
        date=parse_date(date, where=f"{where}: line 2"),
        url=url,
        text=assemble_text(title, paragraphs),
        licence=None,
        where=where,
    )
