"""The file of a pulled project: a JSON array with one task a line, sorted by task id.

Reading gives an index of the lines, not the tasks, so that a large file is
never held whole. A file that is not exactly of this form, byte for byte as it
would be written, is not read at all; a line with fields that are not kept any
more is no line of this form.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from annotate.files import made_whole
from annotate.studio.pull.fields import encode_task, keep_fields
from annotate.studio.pull.listed import Listed, as_listed


class Line(NamedTuple):
    """Where a task stands in the file, and what tells whether it has changed since."""

    start: int
    length: int
    project: Any
    listed: Listed
    annotations: int
    drafts: bool


def describe(task: dict[str, Any], start: int, length: int, *, is_new: bool = False) -> Line:
    """The index entry of a task of which only the kept fields are left.

    One that is new was fetched a moment ago, so that its people and data need no comparing.
    """
    return Line(
        start,
        length,
        task.get("project"),
        as_listed(task, with_rest=not is_new),
        len(task["annotations"]),
        bool(task["drafts"]),
    )


def index_file(file: BinaryIO) -> dict[int, Line]:
    """Index of the tasks by id; empty when `file` is not of the form."""
    index: dict[int, Line] = {}
    if file.readline() != b"[\n":
        return {}
    for line in iter(file.readline, b""):
        if line == b"]\n":
            return {} if file.read(1) else index
        packed = line.removesuffix(b"\n").removesuffix(b",")
        task = read_line(packed)
        if task is None or task["id"] in index:
            return {}
        start = file.tell() - len(line)
        index[task["id"]] = describe(task, start, len(packed))
    return {}


def write_file(path: Path, lines: Iterable[bytes]) -> None:
    """Write the tasks of `lines` to `path`; the old file stays until the new one is whole."""
    with made_whole(path) as made, made.open("xb") as file:
        separator = b"[\n"
        for line in lines:
            file.write(separator + line)
            separator = b",\n"
        file.write(b"\n]\n" if separator == b",\n" else b"[\n]\n")
        file.flush()
        os.fsync(file.fileno())


def read_line(packed: bytes) -> dict[str, Any] | None:
    """The task of one line; None where the line is not as it would be written."""
    try:
        task = json.loads(packed)
        same = isinstance(task["id"], int) and encode_task(keep_fields(task)) == packed
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    return task if same else None
