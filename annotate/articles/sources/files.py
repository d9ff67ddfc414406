"""SOURCE arguments -> the files behind them, ready to be opened.

A SOURCE is a path, a folder, a glob or an fsspec URL (`s3://…`). A folder that
`datasets` saved is one file of the kind `dataset`. Only regular files are
taken; a name decides nothing but the reader, and whether it is hidden (`.name`) in
a folder: systems, editors and crawlers keep their own things there. Of a page that a browser
saved, the folder beside it holds parts and is no source.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from glob import glob, has_magic
from pathlib import Path
from typing import BinaryIO, NamedTuple

from annotate.articles.sources.remote import find_remote, without_secrets
from annotate.articles.sources.saved import LARGEST, parts_of_pages
from annotate.articles.sources.unpack import PACKED, unpack
from annotate.errors import ArticleError
from annotate.files import legible

DATASET = "dataset"
PAGE_PARTS = "_files/"
"""Kind of the folder beside a saved page."""
_BUFFER = 1 << 18
_DATASET_MARKS = ({"dataset_dict.json"}, {"dataset_info.json", "state.json"})


class SourceFile(NamedTuple):
    """One file of a source."""

    name: str
    """As it is shown, and as `Article.origin` begins."""
    kind: str
    """Ending that chooses the reader, in lower case, without `.gz` or `.zst`."""
    packed: str
    """`.gz`, `.zst`, or empty."""
    opener: Callable[[], BinaryIO]

    def open(self) -> BinaryIO:
        """Open for reading, unpacked. Raises ArticleError where it cannot be opened."""
        try:
            file = self.opener()
        except OSError as error:
            raise ArticleError(f"cannot be read: {reason(error)}", where=self.name) from None
        return unpack(file, self.packed, where=self.name)

    def read(self, limit: int) -> bytes:
        """All bytes of the file. Raises ArticleError for more than `limit`."""
        with self.open() as file:
            try:
                data = file.read(limit + 1)
            except OSError as error:
                raise ArticleError(f"cannot be read: {reason(error)}", where=self.name) from None
        if len(data) > limit:
            raise ArticleError(f"is longer than {limit >> 20} MiB", where=self.name)
        return data


def known_endings(kinds: Iterable[str]) -> str:
    """What to do about a file that nothing reads."""
    return f"give one of {', '.join(kind for kind in kinds if kind.startswith('.'))}"


def reason(error: OSError) -> str:
    """What went wrong, without the file's name."""
    return error.strerror or str(error) or type(error).__name__


def find_files(
    source: str, kinds: Collection[str], *, on_other: Callable[[str, str], None]
) -> Iterator[SourceFile]:
    """Yield the files of a source, sorted by name; of a folder those with a known kind.

    `on_other` gets name and kind of each other file of a folder, and of the folder of a saved page.
    Raises ArticleError where nothing is there, Unreachable where a server does not answer.
    """
    if not source:
        do = "give a file, a folder, a glob or an address"
        raise ArticleError("an empty name is no source", where="SOURCE", do=do)
    remote = "://" in source

    def is_known(name: str) -> bool:
        kind = PAGE_PARTS if name.endswith("/") else _kind(name)[0]
        if kind not in kinds:
            on_other(legible(name), kind)
        return kind in kinds

    found = _find_remote(source, is_known) if remote else _find_local(source, is_known)
    first = next(found, None)
    if first is None:
        where = without_secrets(source) if remote else source
        raise ArticleError("no article there", where=where, do=known_endings(kinds))
    yield first
    yield from found


def _find_local(source: str, is_known: Callable[[str], bool]) -> Iterator[SourceFile]:
    path = Path(source)
    if path.is_file():
        yield _local(path)
    elif path.is_dir():
        yield from _walk(path, is_known)
    elif has_magic(source):
        yield from _find_named(sorted(glob(source, recursive=True)), is_known)  # noqa: PTH207
    elif path.exists():
        do = "put what comes from a pipe into a file, whose ending says what it is"
        raise ArticleError("is no regular file", where=source, do=do)
    else:
        raise ArticleError("no such file", where=source)


def _find_named(names: list[str], is_known: Callable[[str], bool]) -> Iterator[SourceFile]:
    """The files that a glob names, and those of the folders that it names, each once."""
    parts = parts_of_pages(names, [name for name in names if Path(name).is_dir()], _begin)
    searched: set[Path] = set()
    for name in names:
        path = Path(name)
        if not searched.isdisjoint(path.parents):
            continue  # `**` names a folder and what lies in it
        if path.is_dir():
            searched.add(path)
            if name not in parts or is_known(f"{name}/"):
                yield from _walk(path, is_known)
        elif _is_file(path):
            yield _local(path)


def _walk(folder: Path, is_known: Callable[[str], bool]) -> Iterator[SourceFile]:
    if is_dataset(folder):
        yield SourceFile(str(folder), DATASET, "", lambda: _no_bytes(folder))
        return
    entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    folders = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    parts = parts_of_pages((entry.path for entry in entries), folders, _begin)
    for entry in entries:
        path = Path(entry.path)
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            if entry.path not in parts or is_known(f"{entry.path}/"):
                yield from _walk(path, is_known)
        elif _is_file(path) and is_known(entry.path):
            yield _local(path)


def _is_file(path: Path) -> bool:
    """Whether there is a file, or a link that leads nowhere: what should stand there is missed."""
    return path.is_file() or not path.exists()


def _begin(name: str) -> bytes:
    """The first bytes of a page; none where its reader will say what is wrong with it."""
    with suppress(OSError):
        if Path(name).is_file():
            with Path(name).open("rb") as file:
                return file.read(LARGEST)
    return b""


def is_dataset(folder: Path) -> bool:
    """Whether `datasets` saved this folder."""
    return any(all((folder / name).is_file() for name in marks) for marks in _DATASET_MARKS)


def _no_bytes(folder: Path) -> BinaryIO:
    raise IsADirectoryError(f"{folder} is a dataset's folder")


def _local(path: Path) -> SourceFile:
    shown = os.fsencode(path).decode("utf-8", "backslashreplace")
    return SourceFile(shown, *_kind(path.name), lambda: path.open("rb", buffering=_BUFFER))


def _find_remote(source: str, is_known: Callable[[str], bool]) -> Iterator[SourceFile]:
    for found in find_remote(source, is_known):
        yield SourceFile(found.name, *_kind(found.name), found.opener)


def _kind(name: str) -> tuple[str, str]:
    stem, ending = os.path.splitext(name.lower())  # noqa: PTH122
    if ending in PACKED:
        return os.path.splitext(stem)[1], ending  # noqa: PTH122
    return ending, ""
