"""Packed bytes -> a stream of plain bytes that ends before it harms.

gzip and zstd. A stream that is cut short or damaged raises ArticleError, and so
does one that swells as no text does: above `SWELL` times its packed size once
`_FREE` bytes came out. Lines and documents have bounds of their own
(`LONGEST`), so that nothing is ever held that is longer.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from annotate.errors import ArticleError
from annotate.text import wide_encoding

PACKED = (".gz", ".zst")
LONGEST = 64 << 20
"""Bytes of the longest line, field or document that is read."""
_FREE = 16 << 20
SWELL = 250
"""Times its packed size that something may unpack to."""
_BLOCK = 1 << 16


class _Counting(io.RawIOBase):
    """Counts the packed bytes that were taken."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.taken = file, 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size if size >= 0 else _BLOCK)
        self.taken += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self.file.close()
        super().close()


class _Unpacked(io.RawIOBase):
    """The plain bytes, with faults named and the swelling bounded."""

    def __init__(self, packed: _Counting, plain: Any, where: str) -> None:
        self.packed, self.plain, self.where, self.given = packed, plain, where, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            # of gzip `read` would throw away what came out before the damage
            data = self.plain.read1(min(len(buffer), _BLOCK))
        except (OSError, EOFError, zlib.error) as error:
            raise ArticleError(f"damaged or cut short: {error}", where=self.where) from None
        if not data and not self.packed.taken:
            raise ArticleError("is empty", where=self.where)
        self.given += len(data)
        if self.given > _FREE and self.given > SWELL * self.packed.taken:
            raise ArticleError(
                f"unpacks to more than {SWELL} times its size",
                where=self.where,
                do="unpack it by hand if you trust it",
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self.packed.close()
        super().close()


def unpack(file: BinaryIO, packed: str, *, where: str) -> BinaryIO:
    """The plain bytes of a file that is packed as its ending says (`.gz`, `.zst` or not)."""
    if not packed:
        return file
    counting = _Counting(file)
    if packed == ".gz":
        plain: Any = gzip.GzipFile(fileobj=cast(Any, counting), mode="rb")
    else:
        import pyarrow as pa

        plain = pa.CompressedInputStream(pa.PythonFile(counting, mode="r"), "zstd")
    return cast(BinaryIO, io.BufferedReader(_Unpacked(counting, plain, where), _BLOCK))


def read_lines(file: BinaryIO, *, where: str) -> Iterator[bytes | ArticleError]:
    """Yield the lines of a file with their ends; in place of one above `LONGEST` its error.

    Raises ArticleError where the file cannot be read on, and for UTF-16 or UTF-32.
    """
    try:
        first = True
        while line := file.readline(LONGEST + 1):
            if first and (wide := wide_encoding(line)):
                raise ArticleError(f"is {wide}", where=where, do="convert the file to UTF-8")
            first = False
            if len(line) <= LONGEST:
                yield line
                continue
            while line and not line.endswith(b"\n"):
                line = file.readline(LONGEST)
            yield ArticleError(f"is a line of more than {LONGEST >> 20} MiB", where=where)
    except OSError as error:
        raise ArticleError(f"cannot be read: {error.strerror or error}", where=where) from None
