"""What a reader of another program's annotations gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from annotate.errors import InputError
from annotate.formats.readers.vocabulary import Vocabulary
from annotate.models import Target
from annotate.schemes.base import Drawing, Scheme


class Imported(NamedTuple):
    """One annotator's work on one text."""

    where: str
    """File (and line) that it was read from."""
    title: str
    text: str
    """Canonical; the drawing's offsets are code points into it."""
    drawing: Drawing
    annotator: str
    """Whose work it is: the name of the folder, or what the file says."""
    target: Target | None = None


class Reader(ABC):
    """Reads one format."""

    name: ClassVar[str]
    summary: ClassVar[str]

    def check(self, scheme: Scheme[Any]) -> None:
        """Raise InputError for a scheme that the format has no place for."""
        if scheme.has_targets:
            raise InputError(
                f"{self.name} has no place for the scheme {scheme.name}, whose labels belong to "
                "a text and a target",
                do="import prodigy",
            )

    @abstractmethod
    def read(self, paths: Sequence[Path], words: Vocabulary) -> Iterator[Imported]:
        """Yield the texts of files and folders; raises InputError naming file and line."""


class Found(NamedTuple):
    """A file to read, with the name of whose work is in it."""

    path: Path
    annotator: str


def find_files(paths: Sequence[Path], suffixes: Sequence[str]) -> Iterator[Found]:
    """Files as they are, and in folders all (also below) that end in one of `suffixes`.

    A folder is one annotator's; a file is that of the folder it lies in. Raises InputError
    for a path that does not exist and a folder without such a file.
    """
    for path in paths:
        if path.is_dir():
            inside = [p for p in sorted(path.rglob("*")) if p.suffix in suffixes and p.is_file()]
            if not inside:
                raise InputError(f"holds no {' or '.join(suffixes)} file", where=str(path))
            yield from (Found(file, path.resolve().name) for file in inside)
        elif path.exists():
            yield Found(path, path.resolve().parent.name)
        else:
            raise InputError("no such file or folder", where=str(path))
