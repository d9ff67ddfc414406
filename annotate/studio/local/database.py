"""The SQLite database of a data folder: copied while it is in use, checked, named by version."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from annotate.errors import StateError
from annotate.studio.local.places import VERSION

DATABASE = "label_studio.sqlite3"

_VERSION_FILE = "annotate-version"
_DAMAGED = (sqlite3.Error, UnicodeDecodeError)
"""The second where what SQLite says names a table that is no UTF-8."""


def copy_consistently(source: Path, target: Path) -> None:
    """Copy a database as it is at one moment, even while a server writes to it.

    What a server that was killed left half written is taken back first, as its next start
    would do. Raises StateError where it is damaged.
    """
    target.touch(mode=0o600)
    try:
        with (
            contextlib.closing(sqlite3.connect(f"{source.as_uri()}?mode=rw", uri=True)) as old,
            contextlib.closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new)
            # one file, whatever the mode of the original
            new.execute("PRAGMA journal_mode=DELETE")
    except _DAMAGED as error:
        raise StateError(f"the database cannot be read: {error}", where=str(source)) from None
    check_database(target, named=source)


def check_database(database: Path, *, named: Path | None = None) -> None:
    """Raise StateError where the database is damaged."""
    try:
        with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as open_:
            (found,) = open_.execute("PRAGMA integrity_check(1)").fetchone()
    except _DAMAGED as error:
        found = str(error)
    if found != "ok":
        raise StateError(f"the database is damaged: {found}", where=str(named or database))


def tables_of(database: Path) -> list[tuple[str, ...]]:
    """The tables of a database, and the changes of tables that Label Studio made to it."""
    with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as open_:
        tables = open_.execute("SELECT name, coalesce(sql, '') FROM sqlite_master").fetchall()
        made = []
        if any(name == "django_migrations" for name, _ in tables):
            made = open_.execute("SELECT app, name FROM django_migrations").fetchall()
    return sorted(tables) + sorted(made)


def read_version(folder: Path) -> str:
    """The version of Label Studio that the folder's database belongs to."""
    try:
        return (folder / _VERSION_FILE).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return VERSION
    except (OSError, UnicodeDecodeError):
        raise StateError("the version cannot be read", where=str(folder / _VERSION_FILE)) from None


def write_version(folder: Path, version: str = VERSION) -> None:
    """Note which version the folder's database belongs to."""
    (folder / _VERSION_FILE).write_text(f"{version}\n", encoding="ascii")


def is_newer(version: str, than: str) -> bool:
    """Whether one version of Label Studio comes after another, by its numbers."""
    return _numbers(version) > _numbers(than)


def _numbers(version: str) -> list[int]:
    return [int("".join(c for c in part if c.isdigit()) or 0) for part in version.split(".")]
