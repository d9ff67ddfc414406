"""The fields of one article, as a reader found them -> an Article."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, get_args

from annotate.errors import ArticleError
from annotate.models import Article, Target, TargetKind
from annotate.text import canonical_text, forbidden_character, read_day

_TEXTS = ("title", "url", "licence")
_KINDS = get_args(TargetKind)
Found = Article | ArticleError
"""What a reader yields: an article, or in its place the error of one that is none."""


def assemble_text(title: str, paragraphs: list[str]) -> str:
    """Title, blank line, paragraphs, one a line; nothing else is changed."""
    body = "\n".join(paragraphs)
    return f"{title}\n\n{body}" if title else body


def parse_date(
    text: str, *, where: str, do: str = "write YYYYMMDD or YYYY-MM-DD"
) -> dt.date | None:
    """A date as `YYYYMMDD`, ISO 8601 or RFC 5322; None for an empty one.

    Raises ArticleError for what is no date.
    """
    day = read_day(text)
    if day is None and text.strip():
        raise ArticleError(f"{text.strip()[:40]!r} is no date", where=where, do=do)
    return day


def find_article(record: Mapping[str, Any], columns: Mapping[str, str], *, where: str) -> Found:
    """As `article_of`, with the error in place of an article where there is none."""
    try:
        return article_of(record, columns, where=where)
    except ArticleError as error:
        return error


def article_of(record: Mapping[str, Any], columns: Mapping[str, str], *, where: str) -> Article:
    """An article of a record with named fields; its text is taken as it is.

    `columns` maps our names to the record's (see `columns.Columns`). Raises
    ArticleError for a missing or empty text, a field that is no text, a
    character that no text may hold, and a date that is none.
    """
    values = {ours: record.get(theirs) for ours, theirs in columns.items()}
    if "text" not in values:
        names = ", ".join(str(name)[:40] for name in list(record)[:20])
        raise ArticleError(
            "has no column for the text",
            where=where,
            do=f"map it with --columns text=NAME; there are {names}",
        )
    values["date"] = _date_text(values.get("date"))
    strange = [
        name
        for name in ("text", "date", *_TEXTS)
        if values.get(name) is not None and not isinstance(values[name], str)
    ]
    if strange:
        raise ArticleError(f"{', '.join(strange)} is no text", where=where)
    return make_article(
        title=values.get("title") or "",
        date=parse_date(values["date"] or "", where=where),
        url=values.get("url"),
        text=values["text"] or "",
        licence=values.get("licence"),
        targets=_targets(values, where=where),
        where=where,
    )


def _date_text(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _targets(values: Mapping[str, Any], *, where: str) -> tuple[Target, ...]:
    """The targets that stand beside an article: one, or a list of them."""
    asked = values.get("target")
    if not asked:
        return ()
    kind, holder = values.get("target_kind") or "entity", values.get("holder") or None
    texts = asked if isinstance(asked, list) else [asked]
    if not all(isinstance(text, str) for text in texts):
        raise ArticleError("target is no text", where=where)
    if kind not in _KINDS:
        raise ArticleError(
            f"target_kind {kind!r} is unknown", where=where, do=f"use {', '.join(_KINDS)}"
        )
    if holder is not None and not isinstance(holder, str):
        raise ArticleError("holder is no text", where=where)
    clean = [canonical_text(text, where=f"{where}: target").strip() for text in texts]
    if not all(clean):
        raise ArticleError("target is no text", where=where)
    holder = canonical_text(holder or "", where=f"{where}: holder").strip() or None
    return tuple(Target(text=text, kind=kind, holder=holder) for text in dict.fromkeys(clean))


def make_article(
    *,
    title: str,
    date: dt.date | None,
    url: str | None,
    text: str,
    licence: str | None,
    where: str,
    targets: tuple[Target, ...] = (),
) -> Article:
    """An article of its fields, with its canonical text.

    Raises ArticleError where the text is empty and where a field holds NUL or
    a lone surrogate.
    """
    text = canonical_text(text, where=where)
    if not text or text.isspace():
        raise ArticleError("has no text", where=where)
    if forbidden_character(f"{title}{url}{licence}"):
        for name, value in (("title", title), ("url", url), ("licence", licence)):
            problem = forbidden_character(value or "")
            if problem:
                raise ArticleError(f"{name}: {problem}", where=where, do="remove the character")
    return Article(
        title=title.strip(),
        date=date,
        url=(url or "").strip() or None,
        text=text,
        licence=licence or None,
        origin=where,
        targets=targets,
    )
