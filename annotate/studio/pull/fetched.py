"""Pages of a pull that is under way, beside the file that they are for.

One task a line. A pull that broke leaves them; the next one reads those lines
that are whole and of the same project. Refused: pages that another pull writes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self

from annotate.errors import StateError
from annotate.studio.locks import is_taken
from annotate.studio.pull.fields import encode_task, keep_fields
from annotate.studio.pull.pulled import Line, describe, read_line


class Fetched:
    """The fetched tasks of one pull; a context that closes the file and leaves it."""

    def __init__(self, path: Path, project: int) -> None:
        self._path = path.with_name(f".{path.name}.pages")
        self._project = project
        self.lines: dict[int, Line] = {}
        """Where each task stands, the newest where it was fetched twice."""
        self._file = self._path.open("a+b")
        if is_taken(self._file):
            self._file.close()
            raise StateError(
                "another pull writes this file", where=str(path), do="wait until it has ended"
            )
        self._file.truncate(self._recover())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self.lines:
            # while it is locked: another pull that opened it then would write into nothing
            self._path.unlink(missing_ok=True)
        self._file.close()

    def add(self, tasks: Iterable[dict[str, Any]]) -> None:
        """Keep a page of tasks; it is on the disk when this returns."""
        end = self._file.seek(0, os.SEEK_END)
        for task in tasks:
            kept = keep_fields(task)
            packed = encode_task(kept)
            self._file.write(packed + b"\n")
            self.lines[kept["id"]] = describe(kept, end, len(packed), is_new=True)
            end += len(packed) + 1
        self._file.flush()
        os.fsync(self._file.fileno())

    def packed(self, numbers: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """The lines of those of `numbers` that were fetched, in their order."""
        for number in numbers:
            line = self.lines.get(number)
            if line is not None:
                self._file.seek(line.start)
                yield number, self._file.read(line.length)

    def discard(self) -> None:
        """Forget the pages: the file that they were for is whole."""
        self.lines.clear()

    def _recover(self) -> int:
        """Read what an earlier pull left; returns where the last whole line of it ends."""
        end = 0
        self._file.seek(0)
        for line in self._file:
            task = read_line(line[:-1]) if line.endswith(b"\n") else None
            if task is None or task.get("project") != self._project:
                break
            self.lines[task["id"]] = describe(task, end, len(line) - 1)
            end += len(line)
        return end
