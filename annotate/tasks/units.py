"""An article's text -> the pieces that are put before an annotator.

The article's canonical text from a unit's start on begins with the unit's
text, so offsets in a unit become offsets in the article by adding its start.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from annotate.errors import InputError
from annotate.models import Article, Unit, UnitKind

UNITS: tuple[UnitKind, ...] = get_args(UnitKind)


def split_units(article: Article, kind: UnitKind) -> Iterator[Unit]:
    """Yield the units of an article in order.

    A paragraph is a line of the text with a visible character; the title, where
    the text begins with it, is context and no paragraph of its own.
    """
    if kind == "article":
        yield Unit(kind=kind, start=0, text=article.text)
    elif kind == "paragraph":
        yield from _paragraphs(article)
    else:
        raise InputError(f"no unit {kind!r}", do=f"use one of {', '.join(UNITS)}")


def _paragraphs(article: Article) -> Iterator[Unit]:
    start = 0
    lines = article.text.split("\n")
    titled = len(lines) > 2 and lines[0].strip() == article.title and not lines[1].strip()
    for number, line in enumerate(lines):
        if line.strip() and not (titled and number == 0):
            yield Unit(kind="paragraph", start=start, text=line)
        start += len(line) + 1
