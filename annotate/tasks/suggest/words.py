"""A sentence -> its words and marks, each with its place in the text."""

from __future__ import annotations

import re
from typing import NamedTuple

# Numbers keep inner commas and points, words apostrophes and hyphens; where a dash was
# stripped two spaces stand.
_TOKEN = re.compile(r"\d+(?:[.,:]\d+)+|\w+(?:[’'\-–]\w+)*|  +|[^\w\s]")
OPENING, CLOSING = '“"«„‘', '”"»’'
STOPS = frozenset(',;:()[]—–“”"«»„‘’!?.')


class Token(NamedTuple):
    """A word, a mark, or a gap (two spaces or more)."""

    start: int
    end: int
    text: str

    @property
    def low(self) -> str:
        """The word in lower case."""
        return self.text.lower()

    @property
    def is_word(self) -> bool:
        """Whether it is no mark and no gap."""
        return self.text[0].isalnum() or (len(self.text) > 1 and not self.is_gap)

    @property
    def is_gap(self) -> bool:
        """Whether it stands where a dash was."""
        return self.text.isspace()

    @property
    def is_stop(self) -> bool:
        """Whether it parts clauses."""
        return self.is_gap or self.text in STOPS

    @property
    def is_name(self) -> bool:
        """Whether it begins with a capital letter or has no case."""
        return self.text[0].isalpha() and not self.text[0].islower()


def tokens_of(text: str, start: int, end: int) -> list[Token]:
    """The tokens between two offsets of `text`, with offsets into `text`."""
    return [
        Token(found.start(), found.end(), found.group())
        for found in _TOKEN.finditer(text, start, end)
    ]
