"""One JSON document -> the same, or a reason to refuse it.

Parsers keep the last of two equal keys, some take NaN or numbers out of range,
and half of a surrogate pair cannot be decoded at all. Here equal keys, numbers
out of range and nesting without end are refused, and a lone surrogate is
marked, so that its task can be set aside and its neighbours kept.
"""

from __future__ import annotations

import json
import mmap
import re
from typing import Any, TypeVar

import msgspec
import numpy as np

T = TypeVar("T")
_ANY = msgspec.json.Decoder()
_OBJECT = msgspec.json.Decoder(dict[str, object])
_ENCODER = msgspec.json.Encoder()
_ESCAPED_QUOTE = re.compile(rb"\\u0022")
_SURROGATE = re.compile(rb"\\u[dD]")
_PERHAPS_LONE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F]"
)
_MARK = b"\\ufdd0\\ufdef\\ufdd0"
"""Stands for a lone surrogate until its task is known: noncharacters, which no text holds."""
_MARK_IN_UTF8 = "\ufdd0\ufdef\ufdd0".encode()
"""What it becomes where a document that holds it is written again."""
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\.",
    re.DOTALL,
)


class RefusedError(Exception):
    """Why a document is refused; the reader adds where it stands."""


def decode_json(raw: bytes) -> Any:
    """The value of a document; RefusedError where it cannot be taken at its word."""
    try:
        value = _ANY.decode(raw)
        if not _holds_all(value, raw):
            json.loads(raw, object_pairs_hook=_refuse_equal_keys)
    except RecursionError:  # also of writing, which reaches less deep than reading
        raise RefusedError("is nested too deep") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        halves = (found for found in _ESCAPE.finditer(raw) if len(found.group()) == 6)
        if half := next(halves, None):  # which the parser takes for the end of the document
            what = f"holds the lone surrogate {half.group().decode()} at byte {half.start()}"
            raise RefusedError(what) from None
        raise RefusedError(f"is not whole JSON: {error}") from None
    return value


def decode_object(raw: bytes) -> dict[str, object]:
    """The object of a document, fast where it holds long strings and few values.

    Raises RefusedError as `decode_json` does, and ValidationError for what is no object.
    """
    try:
        value = _OBJECT.decode(raw)
    except msgspec.ValidationError:
        raise
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        decode_json(raw)
        raise
    strings = [*value, *[item for item in value.values() if isinstance(item, str)]]
    # whether there is one at all is much quicker to say than how many
    inside = sum([string.count('"') for string in strings if '"' in string])
    is_whole = _quotes(raw) == 2 * len(strings) + inside
    if not is_whole or (inside and _ESCAPED_QUOTE.search(raw)):
        decode_json(raw)
    return value


def decode_typed(raw: bytes | msgspec.Raw, decoder: msgspec.json.Decoder[T]) -> T:
    """The value of a document by its types, which leave out defaults when they are written.

    Raises RefusedError where the document cannot be taken at its word, whether in what the
    types name or beside it, and ValidationError where it does not fit them.
    """
    try:
        value = decoder.decode(raw)
        is_whole = _holds_all(value, raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        decode_json(bytes(raw))
        raise
    if not is_whole:
        decode_json(bytes(raw))
    return value


def _holds_all(value: Any, raw: bytes | msgspec.Raw) -> bool:
    """Whether a document that is written from `value` has as many keys and strings as `raw`."""
    return _quotes(raw) == _quotes(_ENCODER.encode(value)) and not _ESCAPED_QUOTE.search(raw)


def _quotes(document: bytes | msgspec.Raw) -> int:
    # three times faster than bytes.count, which stops at each
    return int(np.count_nonzero(np.frombuffer(document, np.uint8) == ord('"')))


def mark_lone_surrogates(data: bytes | mmap.mmap) -> bytes | None:
    """A copy of `data` in which lone surrogates are marked; None where there are none."""
    # the plain pattern is several times faster, and most exports have no such escape
    if not _SURROGATE.search(data) or not _PERHAPS_LONE.search(data):
        return None
    return _ESCAPE.sub(_mark, bytes(data))


def unmark(raw: bytes) -> tuple[bytes, bool]:
    """`raw` with U+FFFD in place of each mark, and whether there were any."""
    plain = raw.replace(_MARK, b"\\ufffd").replace(_MARK_IN_UTF8, b"\\ufffd")
    return plain, plain != raw


def _mark(match: re.Match[bytes]) -> bytes:
    escape = match.group()
    return _MARK if len(escape) == 6 else escape


def _refuse_equal_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        equal = next(name for name in names if names.count(name) > 1)
        raise RefusedError(f"has the key {equal!r} twice in one object")
    return found
