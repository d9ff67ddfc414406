"""Addresses (`s3://…`, any that fsspec knows) -> their files, and the bytes of one.

What is there but cannot be reached ends the command (Unreachable): a server that does not
answer, credentials that it refuses, a line that breaks while a file is read. Refused as
input (ArticleError) is an address that fsspec does not know. Messages never show what stands
before an `@` or behind a `?`, since that may be a password or a signature.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from glob import has_magic
from pathlib import PurePosixPath
from typing import Any, BinaryIO, NamedTuple, cast
from urllib.parse import urlsplit

from annotate.articles.sources.saved import LARGEST, parts_of_pages
from annotate.errors import ArticleError, Unreachable
from annotate.files import give_up_silence

_CLIENTS = frozenset({"aiohttp", "botocore", "httpx", "httpx2"})
_ARCHIVES = frozenset({"_lzma", "tarfile", "zipfile", "zlib"})
_UNSUITED = (EOFError, RuntimeError, TypeError)
"""An archive that is cut short, one with a password, and an address that is not all that its
file system needs."""
_ADDRESS = re.compile(r"""[A-Za-z][A-Za-z0-9+.-]*://[^\s"'<>]+""")


class RemoteFile(NamedTuple):
    """One file of an address."""

    name: str
    """As it is shown."""
    opener: Callable[[], BinaryIO]


def find_remote(source: str, wanted: Callable[[str], bool]) -> Iterator[RemoteFile]:
    """Yield the files of an address, sorted by name; of a folder those whose name is `wanted`.

    It is asked about the folder of a saved page as about one file, whose name ends in a slash.

    Raises ArticleError for an address that nothing here can open, Unreachable where the
    server does not answer or lets nobody in.
    """
    import fsspec

    where = without_secrets(source)
    scheme = source.partition("://")[0]

    def shown(name: str) -> str:
        return without_secrets(name if "://" in name else f"{scheme}://{name.lstrip('/')}")

    try:
        with _reaching(where):
            # one of our own, since the caller may have one that should stay as it is
            files, path = fsspec.core.url_to_fs(source, skip_instance_cache=True)
            give_up_silence(files)
            names = _list(files, path, lambda name: wanted(shown(name)))
    except (ValueError, ImportError) as error:
        raise ArticleError(f"cannot be opened: {error}", where=where) from None
    for name in names:
        yield RemoteFile(shown(name), _opener(files, name, where))


def without_secrets(address: str) -> str:
    """An address without user, password and query."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address.partition("://")[0] + "://…"
    if parts.scheme not in ("http", "https") and "@" not in parts.netloc:
        return address  # elsewhere `?` is a wildcard
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _list(files: Any, path: str, wanted: Callable[[str], bool]) -> list[str]:
    if has_magic(path) and not _is_file(files, path):
        # fsspec's wildcards take hidden names too, those of a shell do not
        names = [name for name in files.glob(path) if "/." in path or "/." not in name]
        return list(_find_named(files, sorted(names), wanted))
    if files.isdir(path):
        return _search(files, path, wanted)
    return [path] if _is_file(files, path) else []


def _find_named(files: Any, names: list[str], wanted: Callable[[str], bool]) -> Iterator[str]:
    """The files that a glob names, and those of the folders that it names, each once."""
    known = {name for name in names if _is_file(files, name)}
    folders = {name for name in names if name not in known and files.isdir(name)}
    parts = parts_of_pages(names, folders, partial(_begin, files))
    searched: set[PurePosixPath] = set()
    for name in names:
        path = PurePosixPath(name)
        if not searched.isdisjoint(path.parents):
            continue  # `**` names a folder and what lies in it
        if name in folders:
            searched.add(path)
            if name not in parts or wanted(f"{name}/"):
                yield from _search(files, name, wanted)
        elif name in known:
            yield name


def _search(files: Any, folder: str, wanted: Callable[[str], bool]) -> list[str]:
    """The files of a folder, to its depth."""
    above = folder.rstrip("/")
    found = [name for name in files.find(folder) if "/." not in name.removeprefix(above)]
    parts = parts_of_pages(found, _folders(found), partial(_begin, files))
    # a name that ends in a slash is what consoles make for a folder
    names = {_whole(name, parts) for name in found if not name.endswith("/")}
    return list(filter(wanted, sorted(names)))


def _is_file(files: Any, path: str) -> bool:
    """As fsspec's `isfile`, to which a server that does not answer has no file."""
    try:
        return bool(files.info(path)["type"] == "file")
    except FileNotFoundError:
        return False


def _folders(names: list[str]) -> set[str]:
    """The folders that files lie in, however deep."""
    return {
        name[:place] for name in names for place, character in enumerate(name) if character == "/"
    }


def _begin(files: Any, name: str) -> bytes:
    """The first bytes of a page, none where it has gone meanwhile."""
    with suppress(FileNotFoundError), files.open(name, "rb") as file:
        return bytes(file.read(LARGEST))
    return b""


def _whole(name: str, parts: set[str]) -> str:
    """The name, or the folder of `parts` that it lies in."""
    steps = [place for place, character in enumerate(name) if character == "/"]
    return next((f"{name[:place]}/" for place in steps if name[:place] in parts), name)


def _opener(files: Any, name: str, where: str) -> Callable[[], BinaryIO]:
    def opener() -> BinaryIO:
        with _reaching(where):
            file = files.open(name, "rb")
        return cast(BinaryIO, io.BufferedReader(_Remote(file, where)))

    return opener


class _Remote(io.RawIOBase):
    """The bytes of a remote file, for readers that need a whole file object.

    fsspec's own files have no `readline` with a limit.
    """

    def __init__(self, file: Any, where: str) -> None:
        self._file, self._where = file, where

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self._file.seekable())

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def readinto(self, buffer: Any) -> int:
        with _reaching(self._where):
            data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


@contextmanager
def _reaching(where: str) -> Iterator[None]:
    """Whatever a server or its client cannot do -> Unreachable, an archive that is none or is
    damaged (`zip://…::x.zip`) -> ArticleError; a missing file stays missing."""
    try:
        yield
    except (FileNotFoundError, ValueError, ImportError):
        raise
    except PermissionError as error:
        raise Unreachable(
            f"access denied: {_said(error)}", where=where, do="check the credentials"
        ) from None
    except Exception as error:
        if isinstance(error, OSError) or _is_of(error, _CLIENTS):
            raise Unreachable(
                f"cannot be reached: {_said(error)}",
                where=where,
                do="check the address, the network and the credentials",
            ) from None
        if _is_of(error, _ARCHIVES) or isinstance(error, _UNSUITED):
            raise ArticleError(f"cannot be read: {_said(error)}", where=where) from None
        raise


def _is_of(error: Exception, modules: frozenset[str]) -> bool:
    """Whether an error is one of modules that may not be installed, or are not loaded yet."""
    bases = {base.__module__.partition(".")[0] for base in type(error).__mro__}
    return not bases.isdisjoint(modules)


def _said(error: Exception) -> str:
    """What the client says, in one line; an address in it may hold a signature."""
    words = " ".join(str(error).split()) or type(error).__name__
    return _ADDRESS.sub(lambda found: without_secrets(found[0]), words)
