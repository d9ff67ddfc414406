"""A dataset's folder -> names and durable writes on a local file system.

    <store>/<name>/README.md           the card, replaceable
    <store>/<name>/v1.2.0/             a version, immutable
    <store>/<name>/.annotate/log/      one file an entry; an entry is a commit
    <store>/<name>/.annotate/objects/  content-addressed files
    <store>/<name>/.annotate/tmp/      what is being written

A file is durable when it and its folder were synced. Put-if-absent is a link
from a synced temporary file, copied exclusively where links do not exist.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from annotate.errors import InputError, VersionError

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,95}")
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EMLINK}


class DatasetFolder:
    """The folder of one dataset in a store."""

    def __init__(self, store: str | Path, name: str) -> None:
        """Raises InputError for a name that is not a plain lower-case folder name."""
        if not _NAME.fullmatch(name) or ".." in name:
            raise InputError(
                f"{name!r} is no dataset name", do="use a-z, 0-9, dot, dash and underscore"
            )
        self.name = name
        self.root = Path(store) / name
        self.private = self.root / ".annotate"
        self.log = self.private / "log"
        self.objects = self.private / "objects"
        self.tmp = self.private / "tmp"

    def must_exist(self) -> None:
        """Raise VersionError where the store has no such dataset."""
        if not self.log.is_dir():
            raise VersionError(
                f"no dataset {self.name!r}",
                where=str(self.root.parent),
                do="see `annotate version list`, or name another --store",
            )

    def create(self) -> None:
        """Make the folders."""
        for folder in (self.log, self.objects, self.tmp):
            folder.mkdir(parents=True, exist_ok=True)

    def new_tmp(self) -> Path:
        """A fresh folder for files that are being written."""
        folder = self.tmp / secrets.token_hex(8)
        folder.mkdir()
        return folder

    def put_object(self, path: Path) -> str:
        """Make a durable object of the file `path`; returns its SHA-256."""
        sha = file_sha256(path)
        folder = self.objects / sha[:2]
        folder.mkdir(exist_ok=True)
        sync_file(path)
        put_if_absent(path, folder / sha)
        sync_folder(folder)
        return sha

    def object_path(self, sha: str) -> Path:
        """Where the object is."""
        return self.objects / sha[:2] / sha


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def put_if_absent(source: Path, target: Path) -> bool:
    """Give the synced file `source` the name `target`; false where that name is taken."""
    try:
        os.link(source, target)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return _copy_if_absent(source, target)
    return True


def _copy_if_absent(source: Path, target: Path) -> bool:
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        return False
    with os.fdopen(handle, "wb") as out, source.open("rb") as data:
        shutil.copyfileobj(data, out)
        out.flush()
        os.fsync(out.fileno())
    return True


def write_synced(path: Path, data: bytes) -> None:
    """Write a file and sync it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_file(path: Path) -> None:
    """Bring a file's bytes to the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Bring a folder's entries to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_tree(path: Path) -> None:
    """Remove a temporary folder; what is gone already is no error."""
    with suppress(FileNotFoundError):
        shutil.rmtree(path)
