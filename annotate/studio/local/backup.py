"""A data folder of the local server -> one file, and back.

The file holds the database as it was at one moment, whatever the server does,
with the uploads, the accounts and the server's secret: whoever has it has
everything, so only its owner can read it. A folder that is restored over is
set aside, not deleted.

What a link leads to is saved in its place. Refused: a file that is no backup, that is
damaged, that a newer Label Studio made, that there is no room for, or that holds anything
but files and folders, since a link may lead outside; a folder whose server runs; a backup of
a folder other than the default one where no folder is named, since it is not known whether
that one or the default one is meant.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import os
import re
import secrets
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from annotate.errors import InputError, StateError
from annotate.studio.local.database import (
    DATABASE,
    check_database,
    copy_consistently,
    is_newer,
    read_version,
    write_version,
)
from annotate.studio.local.places import VERSION, data_folder, private_folder, state_folder
from annotate.studio.local.process import birth
from annotate.studio.local.run import local_status
from annotate.studio.local.state import ACCOUNTS, read_running
from annotate.studio.locks import locked

_DESCRIPTION = "backup.json"
_FORMAT = "annotate studio backup 1"
_PARTS = (ACCOUNTS, ".env", "media")
_VERSION = re.compile(r"[0-9]\w*(\.\w+)*", re.ASCII)
_CHUNK = 1 << 20
_DAMAGED = (
    OSError,
    EOFError,
    zlib.error,
    tarfile.TarError,
    ValueError,
    KeyError,
    TypeError,
    RecursionError,
)
"""What a damaged backup fails with."""


def backup_local(path: Path | None = None, *, data_dir: Path | None = None) -> Path:
    """Save the data folder to `path`, a .tar.gz; the server may go on.

    The folder is `data_dir`, else that of the running server, else the default
    one. Raises StateError where there is no database, it is damaged, uploads are behind
    a link that leads nowhere or one of them is no file, and InputError where `path` exists
    or cannot be written.
    """
    folder = folder_to_save(data_dir)
    if not (folder / DATABASE).exists():
        raise StateError("holds no Label Studio database", where=str(folder))
    moment = dt.datetime.now(dt.UTC)
    path = path or Path(f"label-studio-{moment:%Y%m%d-%H%M%S}.tar.gz")
    if path.exists() or not path.parent.is_dir():
        raise InputError(
            "exists already, or its folder does not", where=str(path), do="name another file"
        )
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    made_at = moment.isoformat(timespec="seconds")
    described = {"format": _FORMAT, "version": read_version(folder), "made_at": made_at}
    if folder != data_folder().resolve():
        described["data_dir"] = str(folder)
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as f:
            _pack(f, folder, described)
            f.flush()
            os.fsync(f.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def restore_local(path: Path, *, data_dir: Path | None = None) -> tuple[Path, Path | None]:
    """Make a data folder of a backup; returns it, and where the one before was set aside.

    The folder is `data_dir`, else the default one. Raises InputError for a file
    that is no backup, or is one of another folder while none is named, and
    StateError while the folder's server runs.
    """
    with locked(state_folder() / "studio.lock", on_wait=lambda: None):
        running = read_running()
        folder = (data_dir or data_folder()).expanduser().resolve()
        # also one whose start was cut off, or whose accounts are what is to be restored
        is_alive = running is not None and birth(running.pid) == running.born
        # also in a folder within: what is set aside would take its database along
        if running is not None and is_alive and Path(running.data_dir).is_relative_to(folder):
            raise StateError(
                "the server of this data folder runs",
                where=running.data_dir,
                do="stop it first: `annotate studio stop`",
            )
        private_folder(folder.parent)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".restoring-") as unfinished:
            made_of = _unpack(path, Path(unfinished) / "data")
            if made_of and data_dir is None:
                raise InputError(
                    f"was made of the data folder {made_of}, and not of the default one, {folder}",
                    where=str(path),
                    do="say with --data-dir which folder to restore",
                )
            aside = _set_aside(folder)
            (Path(unfinished) / "data").replace(folder)
    return folder, aside


def folder_to_save(data_dir: Path | None = None) -> Path:
    """The data folder that a backup is made of: `data_dir`, the running server's or the default."""
    if data_dir is not None:
        return data_dir.expanduser().resolve()
    running = local_status()
    return running.data_dir if running else data_folder().resolve()


def _pack(file: BinaryIO, folder: Path, described: dict[str, Any]) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="annotate-backup-") as work,
        tarfile.open(fileobj=file, mode="w:gz", compresslevel=6, dereference=True) as packed,
    ):
        description = Path(work) / _DESCRIPTION
        description.write_text(json.dumps(described), encoding="utf-8")
        packed.add(description, _DESCRIPTION)
        copy_consistently(folder / DATABASE, Path(work) / DATABASE)
        packed.add(Path(work) / DATABASE, DATABASE)
        for part in _PARTS:
            _add(packed, folder / part, part)


def _add(packed: tarfile.TarFile, path: Path, name: str) -> None:
    """Pack a file or a folder, where it is there; uploads may be deleted meanwhile.

    Raises StateError for a link that leads nowhere, as to a disk that is not mounted, and for
    a pipe, a device or a socket, with which no backup could be restored.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise StateError(
            "is no file and no folder, and cannot be saved",
            where=str(path),
            do="remove it, or move it elsewhere",
        )
    try:
        packed.add(path, name, recursive=False)
        inner = sorted(path.iterdir()) if path.is_dir() else []
    except FileNotFoundError:
        if not path.is_symlink():
            return
        raise StateError(
            "is a link to what is not there, which cannot be saved",
            where=str(path),
            do="mount the disk that it leads to, or remove the link",
        ) from None
    for one in inner:
        _add(packed, one, f"{name}/{one.name}")


def _unpack(path: Path, target: Path) -> str:
    """Unpack a backup; returns the data folder it was made of, empty for the default one."""
    private_folder(target)
    try:
        with _Unpacked(path) as plain, tarfile.open(fileobj=plain, mode="r:") as packed:
            packed.extractall(target, filter=_only_files(path, target))  # noqa: S202
            while plain.read(_CHUNK):
                pass  # to the checksum, which stands behind the end of the archive
        described = json.loads((target / _DESCRIPTION).read_bytes())
        version, made_of = str(described["version"]), str(described.get("data_dir", ""))
        if not _VERSION.fullmatch(version):  # a file is named by it, when it is upgraded
            raise ValueError(f"{version!r} is no version")
        sound, newer = described["format"] == _FORMAT, is_newer(version, VERSION)
        write_version(target, version)
    except FileNotFoundError as error:
        gone = "no such file" if error.filename == str(path) else "is no backup of a Label Studio"
        raise InputError(gone, where=str(path)) from None
    except _DAMAGED as error:
        raise InputError(f"is no whole backup: {error}", where=str(path)) from None
    if not sound:
        raise InputError("is no backup of a Label Studio", where=str(path))
    if newer:
        raise InputError(
            f"was made by Label Studio {version}, here is {VERSION}",
            where=str(path),
            do="install a newer annotate",
        )
    check_database(target / DATABASE, named=path)
    (target / _DESCRIPTION).unlink()
    (target / DATABASE).chmod(0o600)
    return made_of


class _Unpacked(gzip.GzipFile):
    """The archive in a backup, read in small pieces: one header may claim gigabytes."""

    def read(self, size: int | None = -1) -> bytes:
        """Up to `size` bytes, if these are few; ReadError else."""
        if size is None or not 0 <= size <= _CHUNK:
            raise tarfile.ReadError("a header is too long")
        return super().read(size)


def _only_files(path: Path, target: Path) -> Callable[[tarfile.TarInfo, str], tarfile.TarInfo]:
    """What is unpacked of a backup: files and folders below `target`, while there is room.

    Links are refused whatever they lead to: `data_filter` of Python before 3.11.13, 3.12.11
    and 3.13.4 lets some lead outside (CVE-2025-4517).
    """
    free = left = shutil.disk_usage(target).free

    def take(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo:
        nonlocal left
        if not (member.isreg() or member.isdir()):
            raise InputError(f"holds {member.name!r}, no file and no folder", where=str(path))
        left -= member.size
        if left < 0:
            what = f"unpacks to more than the {free:,} bytes that are free in {target.parent}"
            raise InputError(what, where=str(path), do="make room, or name another --data-dir")
        return tarfile.data_filter(member, folder)

    return take


def _set_aside(folder: Path) -> Path | None:
    if not folder.exists():
        return None
    if not any(folder.iterdir()):
        folder.rmdir()
        return None
    moment = dt.datetime.now(dt.UTC)
    aside = folder.with_name(f"{folder.name}.before-{moment:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}")
    shutil.move(folder, aside)
    return aside
