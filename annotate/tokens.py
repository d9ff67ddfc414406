"""Text -> where its tokens stand.

Tokens are runs of word characters, or single other visible ones: those of the
pattern `\\w+|[^\\w\\s]`, found many times as fast, on the bytes of UTF-8 and for many
texts at once. Offsets in bytes stay in here and with those who write the bytes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[Any]
"""32 bits where there is a number for each byte, so that they fit into a cache."""

_SPACE, _WORD, _OTHER = range(3)
_CODES = 0x80
"""Bytes from this one on are of characters beyond ASCII."""
_CONTINUING = -64
"""Bytes below it, taken as signed, are not the first of a character."""
_LONG, _PLANE = 0x800, 0x10000
"""Characters from here on take three and four bytes."""


class Utf8:
    """A text as its bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.is_ascii = data.isascii()

    @cached_property
    def _characters(self) -> Ints:
        """How many characters begin before each byte, and in all."""
        return _count_before(np.frombuffer(self.data, np.int8) >= _CONTINUING)

    def characters_before(self, places: Ints) -> Ints:
        """Offsets in code points for those in bytes, which are borders of characters."""
        return places if self.is_ascii else self._characters[places]

    def bytes_before(self, places: Ints) -> Ints:
        """Offsets in bytes for those in code points."""
        if self.is_ascii:
            return places
        # the last byte before which so many begin; those ahead of it belong to the one before
        return np.searchsorted(self._characters, places, "right") - 1


class Tokens(NamedTuple):
    """The tokens of a text, in bytes."""

    starts: Ints
    places: Ints
    """Where each begins in the text without white space, and where the last ends: tokens hold
    every other character."""
    is_visible: npt.NDArray[np.bool_]
    """Which bytes are no white space."""

    @property
    def sizes(self) -> Ints:
        """How many bytes each token is long."""
        return np.diff(self.places)

    @property
    def ends(self) -> Ints:
        """Where each token ends."""
        return self.starts + self.sizes


def find_tokens(text: str, begins: Sequence[int] = ()) -> tuple[Ints, Ints]:
    """Starts and ends of the tokens, in code points.

    `begins` are the places where another text begins in `text`; no token stands across one.
    """
    encoded = Utf8(text.encode("utf-8"))
    tokens = token_bytes(encoded, encoded.bytes_before(np.array(begins, np.int64)))
    return encoded.characters_before(tokens.starts), encoded.characters_before(tokens.ends)


def token_places(text: str) -> list[tuple[int, int]]:
    """(start, end) of each token, in code points."""
    starts, ends = find_tokens(text)
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def token_bytes(text: Utf8, begins: Ints) -> Tokens:
    """The tokens of texts, of which another begins at each of `begins`, in bytes."""
    kinds = _find_kinds(text)
    is_visible, is_word = kinds != _SPACE, kinds == _WORD
    goes_on = np.zeros(len(kinds) + 1, np.bool_)
    np.logical_and(is_word[:-1], is_word[1:], out=goes_on[1:-1])
    if not text.is_ascii:
        goes_on[:-1] |= np.frombuffer(text.data, np.int8) < _CONTINUING
    goes_on[begins] = False
    starts = np.flatnonzero(is_visible > goes_on[:-1])
    # to look for the ends as well takes longer: a processor cannot guess where a token ends
    before = _count_before(is_visible)
    return Tokens(starts, np.append(before[starts], before[-1]), is_visible)


def _count_before(holds: npt.NDArray[np.bool_]) -> Ints:
    """How many hold before each, and in all."""
    before = np.zeros(len(holds) + 1, np.int32)
    np.cumsum(holds, dtype=np.int32, out=before[1:])
    return before


def _find_kinds(text: Utf8) -> npt.NDArray[np.uint8]:
    """The kind of each character of a text, for each of its bytes."""
    data = np.frombuffer(text.data.translate(_kinds_of_bytes()), np.uint8)
    if text.is_ascii:
        return data
    kinds = data.copy()
    where = np.flatnonzero(np.frombuffer(text.data, np.uint8) >= _CODES)
    other = np.frombuffer(text.data, np.uint8)[where].tobytes().decode("utf-8")
    codes = np.frombuffer(other.encode("utf-32-le"), "<u4")
    found = _kinds()[np.minimum(codes, _PLANE)]
    for code in np.unique(codes[codes >= _PLANE]).tolist():
        found[codes == code] = _kind(chr(code))
    sizes = 2 + (codes >= _LONG) + (codes >= _PLANE)
    kinds[where] = np.repeat(found, sizes)
    return kinds


@cache
def _kinds_of_bytes() -> bytes:
    """The kind of each character of ASCII."""
    return bytes(_kind(chr(code)) for code in range(_CODES)).ljust(256, b"\0")


@cache
def _kinds() -> npt.NDArray[np.uint8]:
    """The kind of each character of the basic plane, and a place for all others."""
    return np.array([*(_kind(chr(code)) for code in range(_PLANE)), _SPACE], np.uint8)


def _kind(character: str) -> int:
    if character.isalnum() or character == "_":
        return _WORD
    return _SPACE if character.isspace() else _OTHER
