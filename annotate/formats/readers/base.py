"""What a reader of another program's annotations gives."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from annotate.errors import InputError
from annotate.files import legible
from annotate.formats.readers.vocabulary import Vocabulary
from annotate.models import Target
from annotate.schemes.base import Drawing, Scheme

_PSEUDONYM = re.compile(r"p-[0-9a-f]{12}")


class Imported(NamedTuple):
    """One annotator's work on one text."""

    where: str
    """File (and line) that it was read from."""
    title: str
    text: str
    """Canonical; the drawing's offsets are code points into it."""
    drawing: Drawing
    annotator: str
    """Whose work it is: the name of the folder or file, or what the file says."""
    target: Target | None = None


class Reader(ABC):
    """Reads one format."""

    name: ClassVar[str]
    suffixes: ClassVar[Sequence[str]]
    """Of the files that are read in a folder."""
    tell_apart: ClassVar[str] = "name the folder of each annotator as a PATH of its own"
    """What to do where the work of two annotators is taken for that of one."""

    def check(self, scheme: Scheme[Any]) -> None:
        """Raise InputError for a scheme that the format has no place for."""
        if scheme.of_texts:
            raise InputError(
                f"{self.name} has no place for the scheme {scheme.name}, whose labels belong to "
                "whole texts",
                do="import prodigy",
            )

    def files(self, paths: Sequence[Path]) -> Iterator[Path]:
        """Every file that is read for `paths`; raises InputError as `find_files` does."""
        return (found.path for found in find_files(paths, self.suffixes))

    @abstractmethod
    def read(self, paths: Sequence[Path], words: Vocabulary) -> Iterator[Imported]:
        """Yield the texts of files and folders; raises InputError naming file and line."""


class Found(NamedTuple):
    """A file to read, with the name of whose work is in it."""

    path: Path
    annotator: str


def find_files(paths: Sequence[Path], suffixes: Sequence[str]) -> Iterator[Found]:
    """Files as they are, and in folders all (also below) that end in a suffix, whatever its case.

    What is hidden in a folder (`.name`) is no part of a corpus. A path is one annotator's, a
    file that of the folder it lies in. A file or folder that is named with a pseudonym, as an
    export of annotators' work names them, is that annotator's wherever it lies. A file that
    several paths hold comes once. Raises InputError for one that would be the work of two
    annotators, for a path that does not exist and for a folder without such a file.
    """
    folders = [(p if p.is_dir() else p.parent).resolve() for p in paths]
    names = _ends(folders)
    first: dict[Path, Found] = {}
    read: set[Path] = set()
    for path, folder in zip(paths, folders, strict=True):
        if path.is_dir():
            below = [p for p in sorted(path.rglob("*")) if not _is_hidden(p.relative_to(path))]
            inside = [p for p in below if p.suffix.lower() in suffixes and p.is_file()]
            if not inside:
                raise InputError(f"holds no {' or '.join(suffixes)} file", where=str(path))
        elif path.exists():
            inside = [path]
        else:
            raise InputError("no such file or folder", where=str(path))
        for file in inside:
            parts = (folder.name, *file.relative_to(path).parent.parts, file.stem)
            named = [part for part in parts if _PSEUDONYM.fullmatch(part)]
            found = Found(file, legible(named[-1] if named else names[folder]))
            _check_whose(found, first.setdefault(file.resolve(), found))
            entry = file.parent.resolve() / file.name  # stores of contents link equal files to one
            if entry not in read:
                read.add(entry)
                yield found


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _check_whose(found: Found, before: Found) -> None:
    """Raise InputError where a file that was `found` before was another annotator's."""
    if found.annotator != before.annotator:
        raise InputError(
            f"is given twice, as the work of {before.annotator} ({before.path}) and of "
            f"{found.annotator}",
            where=str(found.path),
            do="leave one PATH out; where two annotators did the same, make the link a copy",
        )


def _ends(folders: Iterable[Path]) -> dict[Path, str]:
    """The shortest end of each folder's path that is the end of no other's."""
    ends: dict[Path, str] = {}
    left, length = set(folders), 1
    while left:
        tried = {folder: "/".join(folder.parts[-length:]) for folder in left}
        times = Counter(tried.values())
        ends |= {folder: end for folder, end in tried.items() if times[end] == 1}
        left -= ends.keys()
        length += 1
    return ends
