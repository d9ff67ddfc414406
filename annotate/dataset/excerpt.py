"""A text and fragments of it -> the fragments' words with some around them.

Line breaks and runs of space become one space; what is left out is an ellipsis.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

_ELLIPSIS = "…"


class Piece(NamedTuple):
    """A stretch of an excerpt."""

    text: str
    marked: bool
    """Whether it belongs to a fragment."""


def excerpt(
    text: str, fragments: Sequence[tuple[int, int]], *, around: int = 30, most: int = 120
) -> list[Piece]:
    """The words of `fragments` (code points, sorted), with `around` characters on both sides.

    A fragment of more than `most` characters, and what lies between two
    fragments beyond twice `around`, loses its middle.
    """
    start, end = fragments[0][0], fragments[-1][1]
    pieces = [Piece(_before(text, start, around), marked=False)]
    last = start
    for first, stop in fragments:
        if first > last:
            pieces.append(Piece(_shorten(text[last:first], 2 * around), marked=False))
        pieces.append(Piece(_shorten(text[first:stop], most), marked=True))
        last = max(last, stop)
    pieces.append(Piece(_after(text, end, around), marked=False))
    return [piece for piece in pieces if piece.text]


def _before(text: str, start: int, around: int) -> str:
    if start <= around:
        return _flat(text[:start])
    shown = text[start - around : start]
    _, space, rest = shown.partition(" ")
    return _ELLIPSIS + _flat(rest if space else shown)


def _after(text: str, end: int, around: int) -> str:
    if len(text) - end <= around:
        return _flat(text[end:])
    shown = text[end : end + around]
    rest, space, _ = shown.rpartition(" ")
    return _flat(rest if space else shown) + _ELLIPSIS


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
