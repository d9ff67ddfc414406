"""Named articles -> which of them tell one story.

As grouping says it (`groups`), for articles whose names are known already: those of
tasks that were made elsewhere, and those of a version. A short text is left out: a
few words that it shares with another do not make them one story, and by them any
number of texts would hang together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

from annotate.articles.ledger import ArticleLedger
from annotate.articles.likeness.groups import Groups
from annotate.articles.likeness.shingles import lines_of
from annotate.articles.spool import Spool
from annotate.identity import digest, host_of
from annotate.models import Article

_LEAST_WORDS = 25


class Told(NamedTuple):
    """An article as far as its story goes."""

    name: str
    """Its `article_id`; no two have one name."""
    text: str
    date: str | None
    """ISO 8601; any other counts as none."""
    url: str | None
    """Its address or what that begins with: of it only the outlet counts."""


def find_stories(articles: Iterable[Told]) -> list[list[str]]:
    """The names of articles that tell one story, two or more, the oldest article first.

    Of equal dates the least name comes first, as an article without a date does last.
    """
    order: list[tuple[dt.date, str]] = []

    def long_ones() -> Iterator[Article]:
        for name, text, date, url in articles:
            if sum(line.count(" ") + 1 for line in lines_of(text)) >= _LEAST_WORDS:
                order.append((_day(date), name))
                # an address of its own: articles of one address or text would count as one
                address = f"https://{host_of(url or '')}/{digest(name)}"
                yield Article(title="", url=address, text=text, origin=name)

    with Spool(long_ones(), ArticleLedger()) as spool:
        stories = [sorted(order[n] for n in members) for members in Groups(spool).members()]
    return [[name for _, name in story] for story in stories]


def _day(date: str | None) -> dt.date:
    with suppress(ValueError):
        return dt.date.fromisoformat(date or "")
    return dt.date.max
