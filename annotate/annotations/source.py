"""Names of inputs -> their bytes, mapped and unpacked, with the digest the manifest records.

A packed file (gzip, zstd) is unpacked into a temporary file that is mapped in
turn; one that grows out of all proportion is refused.
"""

from __future__ import annotations

import gzip
import hashlib
import mmap
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from annotate.errors import ExportError

_CHUNK = 1 << 20
_FREE = 256 << 20
_RATIO = 200
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class Source(NamedTuple):
    """Bytes of one input."""

    name: str
    data: bytes | mmap.mmap
    sha256: str
    """Of the bytes as they were given, packed or not."""


def open_input(name: str) -> Source:
    """Map the file `name`, or read standard input where it is `-`.

    Raises ExportError for what cannot be read or unpacked.
    """
    if name == "-":
        with tempfile.TemporaryFile() as file:
            for chunk in iter(lambda: sys.stdin.buffer.read(_CHUNK), b""):
                file.write(chunk)
            return _source("standard input", file)
    try:
        with Path(name).open("rb") as file:
            return _source(name, file)
    except FileNotFoundError:
        raise ExportError("no such file", where=name) from None
    except IsADirectoryError:
        raise ExportError("is a folder", where=name, do="name the JSON files in it") from None
    except OSError as error:
        raise ExportError(f"cannot be read: {error.strerror}", where=name) from None


def _source(name: str, file: BinaryIO) -> Source:
    data = _map(file)
    sha = hashlib.sha256(data).hexdigest()
    if data[:2] == _GZIP or data[:4] == _ZSTD:
        with tempfile.TemporaryFile() as unpacked:
            _unpack(name, file, unpacked, len(data), packed=bytes(data[:4]))
            data = _map(unpacked)
    return Source(name, data, sha)


def _map(file: BinaryIO) -> bytes | mmap.mmap:
    file.flush() if file.writable() else None
    if file.seek(0, 2) == 0:
        return b""
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _unpack(name: str, file: BinaryIO, out: BinaryIO, size: int, *, packed: bytes) -> None:
    file.seek(0)
    allowed = max(_FREE, _RATIO * size)
    written = 0
    try:
        for chunk in _unzstd(file) if packed == _ZSTD else _ungzip(file):
            written += out.write(chunk)
            if written > allowed:
                raise ExportError(
                    f"unpacks to more than {_RATIO} times its size",
                    where=name,
                    do="unpack it yourself if you trust it",
                )
    except (OSError, EOFError, zlib.error) as error:
        raise ExportError(f"cannot be unpacked: {error}", where=name) from None


def _ungzip(file: BinaryIO) -> Iterator[bytes]:
    with gzip.open(file) as stream:
        yield from iter(lambda: stream.read(_CHUNK), b"")


def _unzstd(file: BinaryIO) -> Iterator[bytes]:
    import pyarrow as pa

    with pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd") as stream:
        yield from iter(lambda: stream.read(_CHUNK), b"")
