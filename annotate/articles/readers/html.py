"""A page of a news site -> its article: the main text, title, date and address.

The main text is found by trafilatura; menus, comments and footers are left out.
The page's encoding is that of its byte order mark, else the one it declares, else
UTF-8; bytes that do not fit it are refused, not replaced.
"""

from __future__ import annotations

import codecs
import logging
import re
from collections.abc import Iterator
from typing import Any

from annotate.articles.columns import Columns
from annotate.articles.record import Found, assemble_text, make_article, parse_date
from annotate.articles.sources.files import SourceFile
from annotate.errors import ArticleError
from annotate.models import Article
from annotate.text import forbidden_character

LARGEST_PAGE = 16 << 20
"""Bytes of the longest page that is parsed."""
_CHARSET = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,500}?(?:charset|encoding)\s*=\s*["']?([\w.:-]+)""", re.I
)
_MANY = 10_000
"""Attributes of one tag that no page needs; libxml2 compares each with all before it."""
_CROWDED_TAG = re.compile(
    r"""<[a-z][^\s<>/]*+(?:[\s/]++[^\s<>"'/=,;{}]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'>]++)?)?)"""
    rf"{{{_MANY}}}",
    re.I,
)
# References to characters that XML cannot hold (XML 1.0, section 2.2). Where such a character
# stands itself trafilatura drops it; where it is referred to, it finds no text at all.
_NO_XML = re.compile(
    r"&#(?:x0*(?:[1-8bcef]|1[0-9a-f]|fff[ef])(?![0-9a-f])"
    r"|0*(?:[1-8]|1[124-9]|2\d|3[01]|6553[45])(?!\d));?",
    re.I,
)
_COMMENT = re.compile(rb"<!--.*?(?:(?<=--)>|\Z)", re.DOTALL)
# What browsers read under these names (WHATWG Encoding Standard, section 4.2).
_AS_BROWSERS = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
}
# Python decodes these, but no page is in them.
_NO_CHARSETS = {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"}


def read_html(file: SourceFile, columns: Columns) -> Iterator[Found]:
    """Yield the one article of a page; `columns` has no use here.

    Raises ArticleError for a page that is too long, is not in its encoding, has a
    tag of 10,000 attributes, or has no main text.
    """
    data = file.read(LARGEST_PAGE)
    yield article_of_page(data, url=None, charset=None, where=file.name)


def article_of_page(data: bytes, *, url: str | None, charset: str | None, where: str) -> Article:
    """The article of a page.

    `url` is where it was fetched (else the address that the page gives itself),
    `charset` what the server said. Raises ArticleError.
    """
    from trafilatura import bare_extraction

    page = decode_page(data, charset, where=where)
    if crowded := _CROWDED_TAG.search(page):
        what = f"a tag at character {crowded.start()} has {_MANY} attributes or more"
        raise ArticleError(what, where=where, do="check that it is a news page")
    page = _NO_XML.sub("", page)
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    try:
        found: Any = bare_extraction(
            page,
            url=url,
            with_metadata=True,
            include_comments=False,
            include_tables=False,
            include_images=False,
            include_links=False,
            date_extraction_params={"extensive_search": False, "original_date": True},
        )
    except Exception as error:  # whatever the parser stumbles over, the rest goes on
        what = f"cannot be parsed: {str(error) or type(error).__name__}"
        raise ArticleError(what, where=where, do="check that it is a news page") from None
    if found is None or not (found.text or "").strip():
        raise ArticleError("has no main text", where=where, do="check that it is a news page")
    title = " ".join((found.title or "").split())
    paragraphs = [line for line in found.text.split("\n") if line.strip()]
    if paragraphs and paragraphs[0].strip() == title:
        del paragraphs[0]
    return make_article(
        title=title,
        date=parse_date(found.date or "", where=where),
        url=url or found.url,
        text=assemble_text(title, paragraphs),
        licence=found.license,
        where=where,
    )


def decode_page(data: bytes, charset: str | None, *, where: str) -> str:
    """A page's bytes as text, by its own or the server's encoding, else UTF-8.

    Raises ArticleError for an unknown encoding, for bytes that do not fit, and
    for NUL.
    """
    name = _find_encoding(data, charset)
    try:
        text = data.decode(_codec(name))
    except UnicodeDecodeError as error:
        what = f"not {name}: byte 0x{data[error.start]:02x} at offset {error.start}"
        raise ArticleError(what, where=where, do="convert the page to UTF-8") from None
    except (LookupError, ValueError):
        raise ArticleError(f"unknown encoding {name!r}", where=where) from None
    problem = forbidden_character(text)
    if problem:
        raise ArticleError(problem, where=where, do="check that it is a page")
    return text


def _find_encoding(data: bytes, charset: str | None) -> str:
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    declared = _CHARSET.search(_COMMENT.sub(b"", data[:2048]))
    if charset or not declared:
        return charset or "utf-8"
    name = declared.group(1).decode("ascii")
    # what is read as ASCII is not in UTF-16, whatever it says (WHATWG HTML, section 13.2.3.2)
    return "utf-8" if name.lower().startswith("utf-16") else name


def _codec(name: str) -> str:
    """Python's codec for an encoding; raises LookupError where there is none."""
    codec = codecs.lookup(name).name
    if codec in _NO_CHARSETS:
        raise LookupError(name)
    return _AS_BROWSERS.get(codec, codec)
