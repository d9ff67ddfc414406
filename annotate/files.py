"""Files: names in a list, the bytes of one, how a new one comes to stand, when S3 is given up."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from annotate.errors import InputError

NameT = TypeVar("NameT")


def listed(names: Iterable[NameT]) -> list[NameT]:
    """The names; raises InputError for one alone, whose letters would be taken for names."""
    if isinstance(names, str | Path):
        raise InputError("is one name and not a list", where=str(names), do="put it into a list")
    return list(names)


def legible(name: str) -> str:
    """A name of a file as text: a byte that is no UTF-8 stands there as `\\xfc`."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def refuse_not_utf8(path: Path) -> None:
    """Raise InputError for a path that Arrow cannot open, since it takes UTF-8 alone."""
    if legible(str(path)) != str(path):
        raise InputError("is no name in UTF-8", where=legible(str(path)), do="use another name")


def read_file(path: Path, *, absent: str = "") -> bytes:
    """The bytes of a file; raises InputError where it is not there or cannot be read.

    `absent` says what to do where it is not there.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError("no such file", where=str(path), do=absent) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from None


def place_of(path: Path) -> Path:
    """The file (or folder) that `path` leads to, there or not: links are followed, not replaced.

    Raises InputError for a device, a pipe or a socket, which a new file would do away with.
    """
    place = Path(os.path.realpath(path)) if path.is_symlink() else path
    # asked of `path`: what is behind /dev/stdout may have no name
    if path.exists() and not path.is_file() and not path.is_dir():
        raise InputError("is no regular file", where=str(path), do="name a file")
    return place


@contextmanager
def made_whole(path: Path) -> Iterator[Path]:
    """A name beside `path` for a file or a folder, which at the end takes its place at once.

    After an error nothing is left of it, and an OSError about it names `path`. A file that is
    there is replaced, and the new one has its permissions. Raises InputError as `place_of` does.
    """
    place = place_of(path)
    # absolute, since of a relative one `a:b` is an address to pyarrow, and `~` a home
    # cut, since a name that is as long as can be has no room for more
    made = place.absolute().with_name(f".{place.name[:48]}.{secrets.token_hex(4)}")
    try:
        yield made
        if place.is_file():
            made.chmod(stat.S_IMODE(place.stat().st_mode))
        made.replace(place)
    except OSError as error:
        if str(error.filename) == str(made):
            error.filename = str(path)  # the one that the caller named
        raise
    finally:
        if made.is_dir():
            shutil.rmtree(made)
        else:
            made.unlink(missing_ok=True)


def give_up_silence(files: Any) -> None:
    """Have s3fs not repeat what botocore has tried five times (docs/decisions/store.md).

    Any other file system of fsspec is left as it is.
    """
    if "s3" in files.protocol:
        files.s3.meta.events.register("after-call-error.s3", _give_up, unique_id="annotate-give-up")


def _give_up(exception: Exception, **_: Any) -> None:
    """Raise what s3fs does not repeat in the place of what it does."""
    from botocore.exceptions import HTTPClientError

    if isinstance(exception, HTTPClientError):
        raise ConnectionError(str(exception)) from exception
