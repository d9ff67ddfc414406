"""Bytes and strings -> the one canonical text of an article.

Strict UTF-8, leading byte order marks dropped, CRLF and CR to LF; NUL and lone
surrogates are refused with the place named; no other character is changed.
All offsets of the project are half-open ranges of Unicode code points into it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from annotate.errors import ArticleError

_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")
_SPACES = re.compile(r"\s+")
_SPACE, _WORD, _OTHER, _LONG = range(4)
_ASCII, _CONTINUING = bytes(range(0x80)), bytes(range(0x80, 0xC0))
"""Bytes of UTF-8: whole characters, and those after the first of a longer one."""
_ASCII_SPACES = bytes(code for code in _ASCII if chr(code).isspace())
_FIRST = -64
"""The least byte of UTF-8, taken as signed, that begins a character."""
_PLANE = 0x10000


def decode_text(data: bytes, *, where: str) -> str:
    """Return `data` as canonical text.

    Raises ArticleError where the bytes are not UTF-8 or hold NUL.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ArticleError(
            f"not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start} (line {line})",
            where=where,
            do="convert the file to UTF-8",
        ) from None
    return canonical_text(text, where=where)


def canonical_text(text: str, *, where: str) -> str:
    """Return `text` without leading byte order marks and with LF as the only line end.

    Doing it twice changes nothing, so a text that is written and read stays the same.

    Raises ArticleError for NUL and for lone surrogates, with their offset.
    """
    text = text.lstrip("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    problem = forbidden_character(text)
    if problem:
        raise ArticleError(problem, where=where, do="remove the character")
    return text


def forbidden_character(text: str) -> str | None:
    """Describe the first NUL or lone surrogate of `text`; None where there is none."""
    if "\0" not in text and _is_encodable(text):  # many times faster than the search
        return None
    found = _FORBIDDEN.search(text)
    if found is None:
        return None
    name = "NUL" if found.group() == "\0" else f"lone surrogate U+{ord(found.group()):04X}"
    return f"{name} at offset {found.start()}"


def _is_encodable(text: str) -> bool:
    """Whether a text has no lone surrogate."""
    try:
        return text.isascii() or bool(text.encode("utf-8"))
    except UnicodeEncodeError:
        return False


def text_sha256(text: str) -> str:
    """SHA-256 of the UTF-8 bytes of `text`, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def utf16_places(text: str) -> dict[int, int]:
    """Offset in UTF-16 units -> offset in code points, for each border of a character."""
    places, units = {0: 0}, 0
    for place, character in enumerate(text, 1):
        units += 2 if character > "\uffff" else 1
        places[units] = place
    return places


def find_tokens(text: str, begins: Sequence[int] = ()) -> tuple[Any, Any]:
    """Starts and ends of the tokens as arrays.

    Tokens are runs of word characters, or single other visible ones: those of the pattern
    `\\w+|[^\\w\\s]`, found many times as fast. `begins` are the places where another text
    begins in `text`; no token stands across one.
    """
    import numpy as np

    kinds = _find_kinds(text)
    is_visible, is_word = kinds != _SPACE, kinds == _WORD
    goes_on = np.zeros(len(kinds) + 1, np.bool_)
    if len(kinds):
        np.logical_and(is_word[:-1], is_word[1:], out=goes_on[1:-1])
    goes_on[np.array(begins, np.int64)] = False
    starts, ends = (np.flatnonzero(is_visible > on) for on in (goes_on[:-1], goes_on[1:]))
    return starts, ends + 1


def character_bytes(text: str) -> Any:
    """Where each character of `text` begins in UTF-8, and where the last one ends, in bytes."""
    import numpy as np

    data = np.frombuffer(f"{text}.".encode(), np.int8)
    return np.flatnonzero(data >= _FIRST)


def without_spaces(text: str) -> str:
    """`text` without its white space."""
    solid = text.encode("utf-8").translate(None, _ASCII_SPACES).decode("utf-8")
    return solid if solid.isascii() else "".join(solid.split())


def _find_kinds(text: str) -> Any:
    """The kind of each character of `text`."""
    import numpy as np

    data = text.encode("utf-8")
    if text.isascii():
        return np.frombuffer(data.translate(_kinds_of_bytes()), np.uint8)
    kinds = np.frombuffer(data.translate(_kinds_of_bytes(), _CONTINUING), np.uint8).copy()
    codes = np.frombuffer(data.translate(None, _ASCII).decode("utf-8").encode("utf-32-le"), "<u4")
    found = _kinds()[np.minimum(codes, _PLANE)]
    for code in np.unique(codes[codes >= _PLANE]).tolist():
        found[codes == code] = _kind(chr(code))
    kinds[kinds == _LONG] = found
    return kinds


@cache
def _kinds_of_bytes() -> bytes:
    """The kind of each character of one byte of UTF-8, and a mark for the first byte of others."""
    return bytes([*(_kind(chr(code)) for code in _ASCII), *[_LONG] * (256 - len(_ASCII))])


@cache
def _kinds() -> Any:
    """The kind of each character of the basic plane, and a place for all others."""
    import numpy as np

    return np.array([_kind(chr(code)) for code in range(_PLANE)] + [_SPACE], np.uint8)


def _kind(character: str) -> int:
    if character.isalnum() or character == "_":
        return _WORD
    return _SPACE if character.isspace() else _OTHER


def same_when_normalised(shown: str, text: str) -> bool:
    """Whether Label Studio's lossy `value.text` can stand for the slice `text`.

    Label Studio writes CR and LF as a literal backslash-n, collapses white
    space and may append a newline; both sides are brought to that form.
    """
    return shown == text or _normalise(shown) == _normalise(text)


def _normalise(text: str) -> str:
    return _SPACES.sub(" ", text.replace("\\n", " ")).strip()
