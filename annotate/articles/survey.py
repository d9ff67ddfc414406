"""What is in a spool of articles: counts, languages, lengths, groups, boilerplate."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from annotate.articles.language import language_of
from annotate.articles.ledger import ArticleLedger
from annotate.articles.likeness.boilerplate import Boilerplate, RepeatedLine
from annotate.articles.likeness.groups import Groups
from annotate.articles.spool import Spool


class Member(NamedTuple):
    """An article of a group."""

    article_id: str
    title: str
    date: str | None
    url: str | None
    origin: str


class Survey(NamedTuple):
    """The account of a look at articles."""

    ledger: ArticleLedger
    articles: int
    outlets: dict[str, int]
    languages: dict[str, int]
    lengths: dict[str, int]
    """Code points of the texts: smallest, quartiles, largest."""
    first: dt.date | None
    last: dt.date | None
    groups: dict[str, list[Member]]
    """Groups of more than one article, the largest first."""
    boilerplate: list[RepeatedLine]

    def report(self) -> dict[str, Any]:
        """The survey as one JSON document."""
        return {
            **self.ledger.report(),
            "articles": self.articles,
            "outlets": self.outlets,
            "languages": self.languages,
            "lengths": self.lengths,
            "first": self.first.isoformat() if self.first else None,
            "last": self.last.isoformat() if self.last else None,
            "groups": [
                {"group": name, "articles": [member._asdict() for member in members]}
                for name, members in self.groups.items()
            ],
            "boilerplate": [line._asdict() for line in self.boilerplate],
        }


def survey(spool: Spool, ledger: ArticleLedger) -> Survey:
    """Look at the articles of a spool."""
    boilerplate = Boilerplate(spool)
    groups = Groups(spool, boilerplate)
    languages: Counter[str] = Counter()
    lengths, days = [], []
    for article in spool:
        languages[language_of(article.text)] += 1
        lengths.append(len(article.text))
        if article.date:
            days.append(article.date)
    members = sorted(groups.members(), key=lambda found: (-len(found), groups.name(found[0])))
    return Survey(
        ledger=ledger,
        articles=len(spool),
        outlets=_ranked(Counter(spool.host(number) for number in spool.kept.tolist())),
        languages=_ranked(languages),
        lengths=_quartiles(lengths),
        first=min(days, default=None),
        last=max(days, default=None),
        groups={groups.name(found[0]): [_member(spool, n) for n in found] for found in members},
        boilerplate=boilerplate.lines(spool),
    )


def _member(spool: Spool, number: int) -> Member:
    article = spool.read(number)
    date = article.date.isoformat() if article.date else None
    return Member(article.article_id, article.title, date, article.url, article.origin)


def _ranked(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _quartiles(lengths: list[int]) -> dict[str, int]:
    if not lengths:
        return {}
    names = ("smallest", "lower_quartile", "median", "upper_quartile", "largest")
    values = np.percentile(lengths, (0, 25, 50, 75, 100), method="lower")
    return dict(zip(names, map(int, values), strict=True))
