"""Articles and their splits -> near-duplicates that stand in two splits.

The order of lines does not matter, nor do case, punctuation and short lines;
lines that many articles share do not count.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping
from typing import TypeVar

_LINE = 40
"""Characters from which a line says which story it is from."""
_COMMON = 50
"""Articles from which on a line is boilerplate."""
_SHARED = 0.5
"""Share of the shorter article's lines that makes two articles one story."""
_SPACE = re.compile(r"\W+")
_PLAIN = "".join(chr(n).lower() if _SPACE.sub("", chr(n)) else " " for n in range(128))
"""What becomes of each ASCII character."""
LineT = TypeVar("LineT", bound=Hashable)


def near_duplicates(
    articles: Mapping[str, tuple[str, set[LineT]]],
) -> Iterator[tuple[str, str, float]]:
    """Pairs of articles in different splits that share half of the shorter one's lines.

    `articles` is id -> (split, lines); the third of a pair is the share.
    """
    by_line: dict[LineT, list[str]] = defaultdict(list)
    for name, (_, lines) in articles.items():
        for line in lines:
            by_line[line].append(name)
    common = {line for line, names in by_line.items() if len(names) > _COMMON}
    shared: Counter[tuple[str, str]] = Counter()
    for line, names in by_line.items():
        if len(names) > 1 and line not in common:
            shared.update(
                (one, other)
                for place, one in enumerate(names)
                for other in names[place + 1 :]
                if articles[one][0] != articles[other][0]
            )
    for (one, other), n in sorted(shared.items()):
        share = n / min(len(articles[name][1] - common) for name in (one, other))
        if share >= _SHARED:
            yield one, other, share


def story_lines(text: str) -> set[int]:
    """The lines of a text that say which story it is from, as hashes: a corpus has many."""
    lines = (_plain_line(line) for line in text.splitlines())
    return {hash(line) for line in lines if len(line) >= _LINE}


def _plain_line(line: str) -> str:
    if line.isascii():  # the same, twenty times faster
        return " ".join(line.translate(_PLAIN).split())
    return _SPACE.sub(" ", line).strip().casefold()
