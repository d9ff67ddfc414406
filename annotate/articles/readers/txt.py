"""The seed's format: title, date `YYYYMMDD`, URL, then one paragraph a line."""

from __future__ import annotations

from collections.abc import Iterator

from annotate.articles.columns import Columns
from annotate.articles.record import Found, assemble_text, make_article, parse_date
from annotate.articles.sources.files import SourceFile
from annotate.articles.sources.unpack import LONGEST
from annotate.errors import ArticleError
from annotate.text import decode_text

_FORM = "write title, date YYYYMMDD, URL, then one paragraph a line"


def read_txt(file: SourceFile, columns: Columns) -> Iterator[Found]:
    """Yield the one article of a text file; `columns` has no use here.

    Raises ArticleError for a file without paragraph, with a second line that is no
    date, and with words for an address, which are a paragraph of a text in another form.
    """
    lines = decode_text(file.read(LONGEST), where=file.name).split("\n")
    paragraphs = [line for line in lines[3:] if line.strip()]
    if not paragraphs:
        raise ArticleError("has no paragraph", where=file.name, do=_FORM)
    title, date, url = lines[:3]
    if len(url.split()) > 1:
        what = f"{url.strip()[:40]!r} is no address"
        raise ArticleError(what, where=f"{file.name}: line 3", do=_FORM)
    yield make_article(
        title=title,
        date=parse_date(date, where=f"{file.name}: line 2", do=_FORM),
        url=url,
        text=assemble_text(title, paragraphs),
        licence=None,
        where=file.name,
    )
