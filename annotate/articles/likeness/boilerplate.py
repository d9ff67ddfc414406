"""Lines that an outlet prints under (or over) many of its articles.

They say nothing about the story: two stories with one footer are not copies. A
line counts when it stands in at least five articles of one outlet and in one
of a hundred. It is looked for in a sample, chosen by the articles' names, so
that neither their order nor their number matters to memory.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from annotate.articles.likeness.shingles import line_key, lines_of
from annotate.articles.spool import Spool

_SAMPLE = 20_000
_LEAST = 5
_SHARE = 0.01


class RepeatedLine(NamedTuple):
    """A line of an outlet, as it is compared, and how many of its articles have it."""

    outlet: str
    line: str
    articles: int


class Boilerplate:
    """Knows the repeated lines of every outlet."""

    def __init__(self, spool: Spool) -> None:
        self.numbers = spool.smallest(_SAMPLE)
        self.keys = _repeated(spool, self.numbers)

    def strip(self, outlet: str, text: str) -> list[str]:
        """The lines of a text without boilerplate.

        Where hardly a fifth is left the text is a much copied one itself, and
        all its lines stay.
        """
        lines = list(lines_of(text))
        if not self.keys:
            return lines
        own = [line for line in lines if line_key(outlet, line) not in self.keys]
        enough = sum(map(len, own)) >= 0.2 * sum(map(len, lines))
        return own if enough else lines

    def lines(self, spool: Spool) -> list[RepeatedLine]:
        """The repeated lines, most frequent first."""
        counts: Counter[tuple[str, str]] = Counter()
        for number in self.numbers:
            outlet = spool.host(number)
            for line in set(lines_of(spool.read(number).text)):
                if line_key(outlet, line) in self.keys:
                    counts[outlet, line] += 1
        found = [RepeatedLine(outlet, line, n) for (outlet, line), n in counts.items()]
        return sorted(found, key=lambda r: (-r.articles, r.outlet, r.line))


def _repeated(spool: Spool, numbers: list[int]) -> frozenset[int]:
    by_outlet: dict[str, list[int]] = defaultdict(list)
    for number in numbers:
        by_outlet[spool.host(number)].append(number)
    found: set[int] = set()
    for outlet, articles in by_outlet.items():
        if len(articles) >= _LEAST:
            keys = np.fromiter(_keys(spool, outlet, articles), dtype=np.uint64)
            values, times = np.unique(keys, return_counts=True)
            found.update(values[times >= max(_LEAST, _SHARE * len(articles))].tolist())
    return frozenset(found)


def _keys(spool: Spool, outlet: str, articles: list[int]) -> Iterator[int]:
    for number in articles:
        yield from {line_key(outlet, line) for line in lines_of(spool.read(number).text)}
