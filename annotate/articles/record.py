"""The fields of one article, as a reader found them -> an Article."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from annotate.errors import ArticleError
from annotate.models import Article
from annotate.text import canonical_text

FIELDS = ("text", "title", "date", "url", "licence")


def read_bytes(path: Path) -> bytes:
    """The bytes of a file; ArticleError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArticleError(f"cannot be read: {error.strerror}", where=str(path)) from None


def assemble_text(title: str, paragraphs: list[str]) -> str:
    """Title, blank line, paragraphs, one a line; nothing else is changed."""
    body = "\n".join(paragraphs)
    return f"{title}\n\n{body}" if title else body


def parse_date(text: str, *, where: str) -> dt.date | None:
    """A date as `YYYYMMDD` or ISO 8601; None for an empty one, ArticleError for no date."""
    text = text.strip()
    if not text:
        return None
    try:
        return dt.datetime.fromisoformat(text).date()
    except ValueError:
        raise ArticleError(
            f"{text[:40]!r} is no date", where=where, do="write YYYYMMDD or YYYY-MM-DD"
        ) from None


def article_of(record: Mapping[str, Any], columns: Mapping[str, str], *, where: str) -> Article:
    """An article of a record with named fields; its text is taken as it is.

    `columns` maps our names to the record's. Raises ArticleError for a missing
    or empty text, a field that is no string, and a date that is none.
    """
    unknown = sorted(set(columns) - set(FIELDS))
    if unknown:
        raise ArticleError(
            f"--columns names {', '.join(unknown)}", where=where, do=f"use {', '.join(FIELDS)}"
        )
    values = {name: record.get(columns.get(name, name)) for name in FIELDS}
    if isinstance(values["date"], dt.date):
        values["date"] = values["date"].isoformat()
    strange = [name for name, v in values.items() if v is not None and not isinstance(v, str)]
    if strange:
        raise ArticleError(f"{', '.join(strange)} is no text", where=where)
    if values["text"] is None:
        column = columns.get("text", "text")
        raise ArticleError(
            f"has no column {column!r}",
            where=where,
            do=f"map it with --columns text=NAME; there are {', '.join(map(str, record))}",
        )
    return make_article(
        title=values["title"] or "",
        date=parse_date(values["date"] or "", where=where),
        url=values["url"],
        text=canonical_text(values["text"], where=where),
        licence=values["licence"],
        where=where,
    )


def make_article(
    *,
    title: str,
    date: dt.date | None,
    url: str | None,
    text: str,
    licence: str | None,
    where: str,
) -> Article:
    """An article of checked fields; ArticleError where the text is empty."""
    if not text.strip():
        raise ArticleError("has no text", where=where)
    return Article(
        title=title.strip(),
        date=date,
        url=(url or "").strip() or None,
        text=text,
        licence=licence or None,
        origin=where,
    )
