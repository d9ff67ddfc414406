"""Where a file is written: the place that a name leads to, and how a new one comes there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from annotate.errors import InputError


def place_of(path: Path) -> Path:
    """The file (or folder) that `path` leads to, there or not: links are followed, not replaced.

    Raises InputError for a device, a pipe or a socket, which a new file would do away with.
    """
    place = Path(os.path.realpath(path)) if path.is_symlink() else path
    if place.exists() and not place.is_file() and not place.is_dir():
        raise InputError("is no regular file", where=str(path), do="name a file")
    return place


def put_whole(made: Path, place: Path) -> None:
    """Put what was made beside `place` there at once; a file keeps the permissions it had."""
    if place.is_file():
        made.chmod(stat.S_IMODE(place.stat().st_mode))
    made.replace(place)
