"""A text and fragments of it -> the fragments' words with some around them.

Line breaks and runs of space become one space; what is left out is an ellipsis.
Fragments that overlap are quoted as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

_ELLIPSIS = "…"
_AROUND = 30
_MOST = 120
_TORN_BEGIN, _TORN_END = re.compile(r"^\S*\s+(?=\S)"), re.compile(r"(?<=\S)\s+\S*\Z")
"""A word that was cut, with the space between it and a whole one."""

Mark = Literal["", "label", "came", "left"]
Fragments = Sequence[tuple[int, int]]
"""Half-open code points, sorted; at least one."""


class Piece(NamedTuple):
    """A stretch of an excerpt."""

    text: str
    mark: Mark
    """`label` for the words of a fragment, `came` and `left` where its border moved."""


class _Stretch(NamedTuple):
    start: int
    end: int
    mark: Mark


def excerpt(
    text: str, fragments: Fragments, *, around: int = _AROUND, most: int = _MOST
) -> list[Piece]:
    """The words of `fragments`, with `around` characters on both sides.

    A fragment of more than `most` characters, and what lies between two
    fragments beyond twice `around`, loses its middle.
    """
    return _excerpt(text, [_Stretch(*pair, "label") for pair in joined(fragments)], around, most)


def excerpt_border(text: str, before: Fragments, after: Fragments) -> list[Piece]:
    """As `excerpt`, for a label whose border moved: what it kept, what came, what it left.

    Nothing came and nothing left where the same words lie in other fragments.
    """
    borders = sorted({border for pair in (*before, *after) for border in pair})
    stretches: list[_Stretch] = []
    for start, end in pairwise(borders):
        was, is_ = _covers(before, start), _covers(after, start)
        if was or is_:
            mark: Mark = "label" if was and is_ else "came" if is_ else "left"
            if stretches and stretches[-1][1:] == (start, mark):
                start = stretches.pop().start
            stretches.append(_Stretch(start, end, mark))
    return _excerpt(text, stretches, _AROUND, _MOST)


def says_moved(pieces: Iterable[Piece]) -> bool:
    """Whether an excerpt shows words that came or left."""
    return any(piece.mark in ("came", "left") for piece in pieces)


def joined(fragments: Fragments) -> list[tuple[int, int]]:
    """The fragments, those that overlap as one."""
    found: list[tuple[int, int]] = []
    for start, end in fragments:
        if found and start < found[-1][1]:
            start, last = found.pop()
            end = max(end, last)
        found.append((start, end))
    return found


def quoted(text: str, fragments: Fragments, *, most: int = _MOST) -> str:
    """The words of `fragments` alone, an ellipsis between two."""
    pieces = excerpt(text, fragments, around=0, most=most)
    return f" {_ELLIPSIS} ".join(piece.text.strip() for piece in pieces if piece.mark)


def _excerpt(text: str, stretches: Sequence[_Stretch], around: int, most: int) -> list[Piece]:
    start, end = stretches[0].start, stretches[-1].end
    pieces = [Piece(_before(text, start, around), "")]
    last = start
    for stretch in stretches:
        if stretch.start > last:
            pieces.append(Piece(_shorten(text[last : stretch.start], 2 * around), ""))
        pieces.append(Piece(_shorten(text[stretch.start : stretch.end], most), stretch.mark))
        last = stretch.end
    pieces.append(Piece(_after(text, end, around), ""))
    return [piece for piece in pieces if piece.text]


def _covers(fragments: Fragments, place: int) -> bool:
    return any(start <= place < end for start, end in fragments)


def _before(text: str, start: int, around: int) -> str:
    if start <= around:
        return _flat(text[:start])
    return _ELLIPSIS + _flat(_TORN_BEGIN.sub("", text[start - around : start]))


def _after(text: str, end: int, around: int) -> str:
    if len(text) - end <= around:
        return _flat(text[end:])
    return _flat(_TORN_END.sub("", text[end : end + around])).rstrip() + _ELLIPSIS


def _shorten(text: str, most: int) -> str:
    flat = _flat(text)
    half = most // 2
    return flat if len(flat) <= most else f"{flat[:half]}{_ELLIPSIS}{flat[-half:]}"


def _flat(text: str) -> str:
    """The text on one line; a space at an end stays one space."""
    inner = " ".join(text.split())
    if not inner:
        return " " if text else ""
    return f"{' ' * text[0].isspace()}{inner}{' ' * text[-1].isspace()}"
