"""Files of other programs -> their lines, and texts -> canonical texts with offsets moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path

from annotate.errors import InputError
from annotate.files import read_file
from annotate.text import canonical_text


def read_lines(path: Path, *, longest: int) -> Iterator[tuple[int, str]]:
    """Yield (number from 1, line without its end) of a UTF-8 file; only LF and CRLF end a line.

    A byte order mark at the start of the file is no part of its first line. Raises InputError
    naming file and line for bytes that are not UTF-8 and for a line of more than `longest`
    bytes, which is not read to its end.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(longest + 1), b""), 1):
                text = _decode(line, f"{path}: line {number}", longest)
                yield number, text.removeprefix("\ufeff") if number == 1 else text
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from None


def read_text(path: Path) -> str:
    """A UTF-8 file as it is, line ends and byte order mark included."""
    data = read_file(path)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _not_utf8(f"{path}: line {line}", error) from None


def canonical(text: str, *, where: str) -> tuple[str, Callable[[int], int]]:
    """The canonical text, and a function from offsets in `text` to offsets in it.

    Raises ArticleError for NUL and lone surrogates.
    """
    clean = canonical_text(text, where=where)
    marks = len(text) - len(text.lstrip("\ufeff"))
    dropped = [place < marks or text[place : place + 2] == "\r\n" for place in range(len(text))]
    moved = [0, *accumulate(dropped)]
    return clean, lambda offset: offset - moved[offset]


def _decode(line: bytes, where: str, longest: int) -> str:
    if len(line) > longest:
        raise InputError(f"is longer than {longest} bytes", where=where)
    try:
        return line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_utf8(where, error) from None


def _not_utf8(where: str, error: UnicodeDecodeError) -> InputError:
    return InputError(
        f"not UTF-8: byte 0x{error.object[error.start]:02x}",
        where=where,
        do="convert the file to UTF-8",
    )
