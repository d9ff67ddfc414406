"""Label Studio JSON files -> raw tasks, one at a time.

A full export, a snapshot, a list of tasks, or JSON Lines. JSON_MIN, CSV, TSV
and a login page are refused by name: they have lost relations or never held
annotations. The file is mapped, not copied; only one task is decoded at once.
"""

from __future__ import annotations

import hashlib
import mmap
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from annotate.errors import ExportError

_EXPORT_JSON = "export the project as JSON (not JSON_MIN or CSV), or use `annotate pull`"


class RawTask(msgspec.Struct):
    """A task as Label Studio writes it; fields that are not needed are not decoded."""

    id: int | str | None = None
    data: dict[str, Any] | None = None
    annotations: list[msgspec.Raw] | None = None
    completions: list[msgspec.Raw] | None = None
    drafts: list[msgspec.Raw] | None = None
    annotation_id: Any = None
    annotator: Any = None


class Input(NamedTuple):
    """An export file, with the digest that the manifest records."""

    name: str
    path: Path | None
    """None for standard input."""


class Source(NamedTuple):
    """Bytes of one input."""

    name: str
    data: bytes | mmap.mmap

    @property
    def sha256(self) -> str:
        """SHA-256 of the input's bytes."""
        return hashlib.sha256(self.data).hexdigest()


_TASK = msgspec.json.Decoder(RawTask)
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


def open_input(name: str) -> Source:
    """Map the file `name`, or read standard input where it is `-`."""
    if name == "-":
        return Source("standard input", sys.stdin.buffer.read())
    path = Path(name)
    try:
        with path.open("rb") as file:
            if path.stat().st_size == 0:
                return Source(name, b"")
            return Source(name, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except FileNotFoundError:
        raise ExportError("no such file", where=name) from None
    except IsADirectoryError:
        raise ExportError("is a folder", where=name, do="name the JSON files in it") from None
    except OSError as error:
        raise ExportError(f"cannot be read: {error.strerror}", where=name) from None


def read_tasks(source: Source) -> Iterator[RawTask]:
    """Yield the tasks of an export; raises ExportError for anything else."""
    start = bytes(source.data[:4096]).removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise ExportError("is empty", where=source.name, do=_EXPORT_JSON)
    if start[:1] == b"<":
        raise ExportError(
            "is HTML, perhaps the login page",
            where=source.name,
            do="check the address and the token",
        )
    if start[:1] not in b"[{":
        raise ExportError("is not JSON", where=source.name, do=_EXPORT_JSON)
    raws = _read_array(source) if start[:1] == b"[" else _read_lines(source)
    number = -1
    for number, raw in enumerate(raws):
        yield _read_task(raw, f"{source.name}: task {number}")
    if number < 0:
        raise ExportError("holds no task", where=source.name, do=_EXPORT_JSON)


def _read_array(source: Source) -> Iterator[msgspec.Raw]:
    data: Any = source.data
    if bytes(data[:3]) == b"\xef\xbb\xbf":
        data = memoryview(data)[3:]
    try:
        yield from _ARRAY.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ExportError(f"is not whole JSON: {error}", where=source.name) from None


def _read_lines(source: Source) -> Iterator[msgspec.Raw]:
    for line in bytes(source.data).removeprefix(b"\xef\xbb\xbf").splitlines():
        if line.strip():
            yield msgspec.Raw(line)


def _read_task(raw: msgspec.Raw, where: str) -> RawTask:
    try:
        task = _TASK.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ExportError(f"is not a Label Studio task: {error}", where=where) from None
    if task.data is None:
        if task.annotation_id is not None or task.annotator is not None:
            raise ExportError(
                "is a JSON_MIN export, which has lost relations", where=where, do=_EXPORT_JSON
            )
        raise ExportError("has no data", where=where, do=_EXPORT_JSON)
    return task
