"""Targets that repeat an article -> pieces, in which places stand for what is the article's.

A target may be a claim of an article, word for word or nearly. Whoever
publishes no texts must not publish it so; what stays is the letters that are
its own, and where in which row the others stand. A run of words counts
whatever its case and punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

RUN = 5
"""So many words of an article in a row are its text, wherever they stand."""
SOURCES = ("text", "title")
"""Columns whose words are an article's."""

_WORD = re.compile(r"\w+")
_Run = tuple[str, ...]


class Place(NamedTuple):
    """A stretch of a column of a row that is not published; code points, end exclusive."""

    id: str
    column: str
    start: int
    end: int


Pieces = list[str | Place]
"""What gives the value when places are replaced by what stands there, and all is joined."""


def word_runs(text: str) -> Iterator[_Run]:
    """Every run of `RUN` words of a text, without case."""
    return _runs([match.group().casefold() for match in _WORD.finditer(text)])


class Quotes(NamedTuple):
    """What repeats a run of words of an article."""

    pieces: dict[str, Pieces]
    """Value -> its pieces."""
    legible: set[str]
    """Those whose own letters still give a run, as where all are capitals."""


def find_quotes(rows: Iterable[Mapping[str, Any]], values: set[str]) -> Quotes:
    """The pieces of those of `values` that repeat a run of words of a row's text or title.

    `rows` need the columns `id`, `text` and `title`.
    """
    asked: dict[_Run, set[str]] = {}
    for value in values:
        for run in word_runs(value):
            asked.setdefault(run, set()).add(value)
    found: dict[str, Pieces] = {}
    repeated: dict[str, set[_Run]] = {}
    for row in rows if asked else ():
        for column in SOURCES:
            source = _Source(row["id"], column, row[column] or "")
            for run in source.runs.keys() & asked.keys():
                for value in asked[run]:
                    repeated.setdefault(value, set()).add(run)
                    found[value] = list(source.take_from(found.get(value, [value])))
    legible = {v for v, runs in repeated.items() if runs.intersection(word_runs(_own(found[v])))}
    return Quotes(found, legible)


def join_pieces(pieces: Iterable[str | Place], read: Callable[[Place], str]) -> str:
    """The value of pieces; `read` gives what stands at a place."""
    return "".join(read(piece) if isinstance(piece, Place) else piece for piece in pieces)


def _own(pieces: Pieces) -> str:
    return " ".join(piece for piece in pieces if isinstance(piece, str))


class _Source:
    """One text that values may quote."""

    def __init__(self, row_id: str, column: str, text: str) -> None:
        self.row_id, self.column, self.text = row_id, column, text
        self.words = list(_WORD.finditer(text))
        self.runs: dict[_Run, int] = {}
        for number, run in enumerate(_runs([match.group().casefold() for match in self.words])):
            self.runs.setdefault(run, number)

    def take_from(self, pieces: Iterable[str | Place]) -> Iterator[str | Place]:
        """The pieces, with what is of this text replaced by its place."""
        for piece in pieces:
            if isinstance(piece, str):
                yield from self._take_from(piece)
            else:
                yield piece

    def _take_from(self, own: str) -> Iterator[str | Place]:
        words = list(_WORD.finditer(own))
        runs = list(_runs([match.group().casefold() for match in words]))
        number = done = 0
        while number < len(runs):
            here = self.runs.get(runs[number])
            if here is None:
                number += 1
                continue
            count = self._match(words, number, here)
            start, end = words[number].start(), words[number + count - 1].end()
            if start > done:
                yield own[done:start]
            yield from self._replace(own[start:end], here, count)
            number, done = number + count, end
        if done < len(own):
            yield own[done:]

    def _match(self, words: Sequence[re.Match[str]], number: int, here: int) -> int:
        """How many words are the same from there on."""
        pairs = zip(words[number:], self.words[here:], strict=False)
        count = 0
        for one, other in pairs:
            if one.group().casefold() != other.group().casefold():
                break
            count += 1
        return count

    def _replace(self, own: str, here: int, count: int) -> Iterator[str | Place]:
        """Places for the letters that are the same, and the others as they are."""
        start = self.words[here].start()
        there = self.text[start : self.words[here + count - 1].end()]
        done = 0
        for block in SequenceMatcher(None, own, there, autojunk=False).get_matching_blocks():
            if block.a > done:
                yield own[done : block.a]
            if block.size:
                place = start + block.b
                yield Place(self.row_id, self.column, place, place + block.size)
            done = block.a + block.size


def _runs(words: Sequence[str]) -> Iterator[_Run]:
    return zip(*(words[n:] for n in range(RUN)), strict=False)
