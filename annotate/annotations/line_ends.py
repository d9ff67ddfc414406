"""Spans on a text whose line ends were changed -> the same spans on the text as it was.

Only line ends differ between the two texts, so that a span that is moved keeps
every visible character. Offsets count CR and LF one each; in which of the texts
they count is not guessed, only taken from what the spans themselves say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from annotate.annotations.raw import Value
from annotate.text import same_when_normalised

_PIECE = re.compile("\r\n|.", re.DOTALL)
_Places = tuple[list[int], list[int]]
"""Offset in one text -> where a span that begins there begins in the other, and where it ends."""


def put_back(values: Sequence[Value], stored: str, original: str) -> list[Value] | None:
    """Spans of one annotation, with their offsets in `original`.

    They are moved where each names the text that it has in `stored`, and stay where each names
    the one that it has in `original`; None where neither is so, or both. Spans that have one
    place in both texts need name nothing.
    """
    places = _places(stored, original)
    moved = [_move(value, places) for value in values]
    apart = [(value, new) for value, new in zip(values, moved, strict=True) if new != value]
    if not apart:
        return list(values)
    in_stored = all(new is not None and _names(value, stored) for value, new in apart)
    in_original = all(_names(value, original) for value, _ in apart)
    if in_stored == in_original:
        return None
    return [new for new in moved if new is not None] if in_stored else list(values)


def take_over(
    spans: Mapping[str, tuple[int, int]], text: str, other: str
) -> dict[str, tuple[int, int]]:
    """Where spans of `text` stand in `other`, of which only the line ends differ."""
    starts, ends = _places(text, other)
    return {name: (starts[start], ends[end]) for name, (start, end) in spans.items()}


def _places(stored: str, original: str) -> _Places:
    """A border inside CRLF takes the whole line end into the span."""
    starts, ends, at = [], [0], 0
    pieces = zip(_PIECE.findall(stored), _PIECE.findall(original), strict=True)
    for ours, theirs in pieces:
        starts += [at] * len(ours)
        at += len(theirs)
        ends += [at] * len(ours)
    return [*starts, at], ends


def _move(value: Value, places: _Places) -> Value | None:
    """The span in the other text; as it is where it is none, None where it lies outside."""
    start, end, (starts, ends) = value.start, value.end, places
    if type(start) is not int or type(end) is not int or start >= end:
        return value
    if start < 0 or end >= len(ends):
        return None
    return replace(value, start=starts[start], end=ends[end])


def _names(value: Value, text: str) -> bool:
    """Whether a span says that its text is the one that it has in `text`."""
    start, end, said = value.start, value.end, value.text
    if not isinstance(said, str) or not 0 <= start < end <= len(text):
        return False
    return same_when_normalised(said, text[start:end])
