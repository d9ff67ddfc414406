"""Names of inputs -> their bytes, mapped and unpacked, with the digest the manifest records.

A packed file (gzip, zstd) is unpacked into a temporary file that is mapped in
turn; one that grows out of all proportion is refused. A file that has a path can
be mapped by another process of this machine too, which is cheaper than sending it
the bytes.
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import mmap
import os
import resource
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec

from annotate.errors import ExportError
from annotate.files import listed

_CHUNK = 1 << 20
_FREE = 256 << 20
_RATIO = 200
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


_MAPPING: Any = {"trackfd": False} if sys.version_info >= (3, 13) else {}
"""Lets a mapping be without the file staying open, where that can be said."""
_OTHER_FILES = 256
"""Files that are open beside the inputs, at most."""
_Stamp = tuple[int, ...]
"""Device, number, size and time of the last change of a file."""


class Stretch(NamedTuple):
    """A part of a mapped file, for processes of one machine: in place of a copy of its bytes."""

    path: str
    stamp: _Stamp
    start: int
    end: int

    def read(self) -> msgspec.Raw:
        """Its bytes; raises ExportError where the file is no longer the one that was mapped."""
        data = _map_again(self.path, self.stamp)
        return msgspec.Raw(memoryview(data)[self.start : self.end])


class MappedFile(NamedTuple):
    """A file and its bytes."""

    path: str
    stamp: _Stamp
    data: mmap.mmap

    def find(self, part: msgspec.Raw | bytes) -> Stretch | None:
        """Where `part` stands in the file; None where it is a copy or other bytes."""
        import pyarrow as pa

        whole, found = pa.py_buffer(self.data), pa.py_buffer(part)
        start = found.address - whole.address
        if start < 0 or start + found.size > whole.size:
            return None
        return Stretch(self.path, self.stamp, start, start + found.size)


@lru_cache(maxsize=256)
def _map_again(path: str, stamp: _Stamp) -> mmap.mmap:
    """Map a file that another process has mapped."""
    try:
        with Path(path).open("rb") as file:
            data = _map(file)
            if isinstance(data, mmap.mmap) and _stamp_of(os.fstat(file.fileno())) == stamp:
                return data
    except OSError:
        pass
    raise ExportError(
        "was changed or removed while it was read", where=path, do="run the command again"
    )


class Source(NamedTuple):
    """Bytes of one input."""

    name: str
    data: bytes | mmap.mmap
    sha256: str
    """Of the bytes as they were given, packed or not."""
    mapped: MappedFile | None = None
    """The file that `data` are the bytes of; None where no other process can map it."""


def open_inputs(inputs: Iterable[str | Path | Source]) -> list[Source]:
    """As `open_input`, for those that are not open yet, however many there are."""
    several = listed(inputs)
    _allow_files(len(several))
    return [item if isinstance(item, Source) else open_input(str(item)) for item in several]


def _allow_files(inputs: int) -> None:
    """Raise the soft limit of open files, as far as may be, where so many inputs would reach it.

    Before Python 3.13 each mapped file is one that is open.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OTHER_FILES + inputs
    if soft != resource.RLIM_INFINITY and wanted > soft:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(ValueError, OSError):  # then the input that is one too many says so
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


def open_input(name: str) -> Source:
    """Map the file `name`, or copy what comes: a pipe, or standard input where it is `-`.

    Raises ExportError for what cannot be read or unpacked.
    """
    if name == "-":
        return _copy("standard input", sys.stdin.buffer)
    try:
        with Path(name).open("rb") as file:
            return (
                _source(name, file, Path(name).resolve()) if file.seekable() else _copy(name, file)
            )
    except FileNotFoundError:
        do = (
            "give Label Studio JSON; `version create` alone takes a version" if "@v" in name else ""
        )
        raise ExportError("no such file", where=name, do=do) from None
    except IsADirectoryError:
        raise ExportError("is a folder", where=name, do="name the JSON files in it") from None
    except OSError as error:
        do = "give fewer files, or raise `ulimit -n`" if error.errno == errno.EMFILE else ""
        raise ExportError(f"cannot be read: {error.strerror}", where=name, do=do) from None


def _copy(name: str, stream: BinaryIO) -> Source:
    with tempfile.TemporaryFile() as file:
        shutil.copyfileobj(stream, file, _CHUNK)
        return _source(name, file)


def _source(name: str, file: BinaryIO, path: Path | None = None) -> Source:
    data = _map(file)
    sha = hashlib.sha256(data).hexdigest()
    if data[:2] == _GZIP or data[:4] == _ZSTD:
        with tempfile.TemporaryFile() as unpacked:
            _unpack(name, file, unpacked, len(data), packed=bytes(data[:4]))
            return Source(name, _map(unpacked), sha)
    stamp = _stamp_of(os.fstat(file.fileno()))
    # what is behind /dev/stdin may have no name, or no longer
    if path is None or isinstance(data, bytes) or not _is_at(path, stamp):
        return Source(name, data, sha)
    return Source(name, data, sha, MappedFile(str(path), stamp, data))


def _map(file: BinaryIO) -> bytes | mmap.mmap:
    file.flush() if file.writable() else None
    if file.seek(0, 2) == 0:
        return b""
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ, **_MAPPING)


def _stamp_of(found: os.stat_result) -> _Stamp:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _is_at(path: Path, stamp: _Stamp) -> bool:
    try:
        return _stamp_of(path.stat()) == stamp
    except OSError:
        return False


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
