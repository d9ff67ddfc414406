"""Bytes and strings -> the one canonical text of an article.

Strict UTF-8, leading byte order marks dropped, CRLF and CR to LF; NUL and lone
surrogates are refused with the place named; no other character is changed.
All offsets of the project are half-open ranges of Unicode code points into it.
What a terminal may be shown of any text is said here too (`visible`), which
day a text names (`read_day`), and what sorts by the moment it names (`moment_order`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import unicodedata
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE

from annotate.errors import ArticleError, UsageError

_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")
_WIDE = {  # the mark of UTF-32 begins with that of UTF-16
    BOM_UTF32_LE: "UTF-32",
    BOM_UTF32_BE: "UTF-32",
    BOM_UTF16_LE: "UTF-16",
    BOM_UTF16_BE: "UTF-16",
}
_SPACES = re.compile(r"\s+")
_STORED_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


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


def wide_encoding(start: bytes) -> str | None:
    """UTF-16 or UTF-32, where a file that starts so is marked as one; else None."""
    return next((name for mark, name in _WIDE.items() if start.startswith(mark)), None)


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
    if _is_sound(text):  # many times faster than the search
        return None
    found = _FORBIDDEN.search(text)
    if found is None:
        return None
    name = "NUL" if found.group() == "\0" else f"lone surrogate U+{ord(found.group()):04X}"
    return f"{name} at offset {found.start()}"


def check_message(message: str) -> None:
    """Raise UsageError for a message that the log cannot hold."""
    if not isinstance(message, str):
        raise UsageError(f"the message {message!r} is no text", do="give a str")
    if forbidden_character(message):
        raise UsageError("the message is not UTF-8", where="-m", do="write it in UTF-8")


def _is_sound(text: str) -> bool:
    """Whether a text has neither NUL nor a lone surrogate."""
    try:
        return b"\0" not in text.encode("utf-8")
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


def same_when_normalised(shown: str, text: str) -> bool:
    """Whether Label Studio's lossy `value.text` can stand for the slice `text`.

    Label Studio writes CR and LF as a literal backslash-n, collapses white
    space and may append a newline; both sides are brought to that form.
    """
    return shown == text or _normalise(shown) == _normalise(text)


def _normalise(text: str) -> str:
    return _SPACES.sub(" ", text.replace("\\n", " ")).strip()


def read_day(text: str) -> dt.date | None:
    """The day that `YYYYMMDD`, ISO 8601 or RFC 5322 names; None for what is no date."""
    text = text.strip()
    if len(text) > len("YYYYMMDD") and text.isdecimal():
        return None  # Python reads some milliseconds since 1970 as a day: 1712010112345 of 1712
    try:
        return dt.datetime.fromisoformat(text).date()
    except ValueError:
        from email.utils import parsedate_to_datetime  # most commands meet no such date

    try:
        return parsedate_to_datetime(text).date()
    except (ValueError, OverflowError):
        return None


def moment_order(text: str) -> str:
    """A text that sorts by when `text`, in ISO 8601, was; one that is no such moment is itself.

    Without an offset it is taken for UTC. What Label Studio writes is taken at its word.
    """
    if _STORED_MOMENT.fullmatch(text):
        return text[:-1]
    if text.isdecimal():
        return text
    try:
        moment = dt.datetime.fromisoformat(text)
        utc = moment.astimezone(dt.UTC) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return text
    return utc.replace(tzinfo=None).isoformat(timespec="microseconds")


def visible(text: str) -> str:
    """A text without characters that a terminal would act on."""
    return "".join(_symbol(character) for character in text)


def _symbol(character: str) -> str:
    if character < " ":
        return chr(0x2400 + ord(character))
    # bidirectional marks and other format characters could reorder what is shown
    return "\ufffd" if unicodedata.category(character) in ("Cc", "Cf", "Cs") else character
