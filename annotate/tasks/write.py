"""Tasks -> the JSON array that Label Studio imports.

Nothing appears before all tasks were built: a file by renaming, a stream after
the last task.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from annotate.errors import InputError
from annotate.files import made_whole
from annotate.models import Task

_BUFFER = 1 << 18


def save_tasks(tasks: Iterable[Task], path: Path) -> int:
    """Write tasks to a file, which appears only when whole; returns how many."""
    try:
        with made_whole(path) as made, made.open("wb", buffering=_BUFFER) as out:
            return _write(tasks, out)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=str(path)) from None


def stream_tasks(tasks: Iterable[Task], out: BinaryIO) -> int:
    """Write tasks to a stream once the last was built; returns how many."""
    with tempfile.TemporaryFile(prefix="annotate-") as whole:
        count = _write(tasks, whole)
        whole.seek(0)
        shutil.copyfileobj(whole, out)
    return count


def _write(tasks: Iterable[Task], out: BinaryIO) -> int:
    count = 0
    for count, task in enumerate(tasks, 1):
        out.write(b"[\n" if count == 1 else b",\n")
        # the data is plain already; a copy by pydantic would cost as much as all the rest
        document: dict[str, Any] = {"data": task.data}
        if task.predictions:
            document |= task.model_dump(exclude_defaults=True, include={"predictions"})
        out.write(msgspec.json.encode(document))
    out.write(b"\n]\n" if count else b"[]\n")
    return count
