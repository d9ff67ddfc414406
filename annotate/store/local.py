"""A dataset's files on a local file system: reads, and writes that last.

Paths are relative and slash-separated, as on S3. A file is durable when it and
its folder were synced. Put-if-absent is a hard link from a synced staged file;
where links do not exist it is a rename below a lock. Nothing is followed out of
the folder: a symbolic link in the place of a file is refused.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from annotate.errors import InputError, StateError
from annotate.files import refuse_not_utf8

_NO_LINKS = {
    *(errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS),
    *(errno.EXDEV, errno.EMLINK, errno.EACCES),
}
_PATIENCE = 60.0
"""Seconds to wait for a lock."""
PRIVATE = ".annotate"
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")


class LocalFiles:
    """Files below one local folder."""

    is_local = True

    def __init__(self, root: Path) -> None:
        self.where = str(root)
        """The folder, for messages."""
        self.root = root.absolute()  # `a:b` and `~` mean something else to others
        refuse_not_utf8(self.root)

    def local(self, path: str) -> Path:
        """The file itself; raises StateError for one that leads out of the folder."""
        found = self.root / path
        if found.is_symlink():
            raise StateError(
                "is a symbolic link", where=str(found), do="put the file or folder itself there"
            )
        return found

    def _refuse_links_above(self, path: str) -> None:
        """Raise StateError where a folder above a path is a symbolic link."""
        for folder in Path(path).parents[:-1]:
            self.local(folder.as_posix())

    def read(self, path: str) -> bytes:
        """The bytes of a file; raises FileNotFoundError."""
        return self.local(path).read_bytes()

    def read_all(self, folder: str, wanted: re.Pattern[str]) -> dict[str, bytes]:
        """The bytes of the files in a folder whose whole name is `wanted`, by name, sorted."""
        names = filter(wanted.fullmatch, self.names(folder))
        return {name: self.read(f"{folder}/{name}") for name in names}

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""
        return (self.root / path).exists()

    def names(self, folder: str) -> list[str]:
        """The names in a folder, sorted; none where it is absent."""
        try:
            return sorted(os.listdir(self.root / folder))  # noqa: PTH208
        except (FileNotFoundError, NotADirectoryError):
            return []

    def walk(self, folder: str) -> list[str]:
        """All files and symbolic links below a folder, relative to it, sorted."""
        top = self.root / folder
        found = []
        for parent, folders, files in os.walk(top):
            links = [name for name in folders if Path(parent, name).is_symlink()]
            found += [Path(parent, n).relative_to(top).as_posix() for n in [*files, *links]]
        return sorted(found)

    def fault(self, path: str) -> str | None:
        """What is wrong with a file before its bytes are looked at."""
        steps = [self.root.joinpath(*path.split("/")[:n]) for n in range(1, path.count("/") + 2)]
        if any(step.is_symlink() for step in steps):
            return "is reached by a symbolic link"
        if (self.root / path).is_dir():
            return "is a folder"
        return None if (self.root / path).is_file() else "is missing"

    def sha256(self, path: str) -> str:
        """SHA-256 of a file's bytes."""
        return file_sha256(self.local(path))

    def is_one(self, path: str, other: str) -> bool:
        """Whether two names are hard links to one file, so that one look at it will do."""
        try:
            return self.local(path).samefile(self.local(other))
        except FileNotFoundError:
            return False

    def make_folders(self, *folders: str) -> None:
        """Make folders, and bring every step of the way to the disk."""
        steps = {self.root.parent, self.root}
        for folder in folders:
            path = self.root / folder
            missing = [p for p in path.parents if not p.exists()]
            _make_folder(path)
            steps |= {p.parent for p in missing} | {
                p for p in path.parents if p == self.root or self.root in p.parents
            }
        for step in sorted(steps):
            sync_folder(step)

    def put_new(self, path: str, source: Path) -> bool:
        """Give the synced file `source` this name, durably; false where the name is taken."""
        target = self.root / path
        try:
            os.link(source, target)
        except FileExistsError:
            # over NFS the answer may be lost, and what is there then is the file itself
            if not (target.exists() and target.samefile(source)):
                return False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            if not self._rename_new(source, target):
                return False
        sync_folder(target.parent)
        return True

    def put_object(self, path: str, source: Path, sha: str) -> None:
        """Put a content-addressed file; one that is no longer what its name says is replaced."""
        self._refuse_links_above(path)
        self.make_folders(Path(path).parent.as_posix())
        sync_file(source)
        if not self.put_new(path, source) and self.sha256(path) != sha:
            self.replace(path, source)

    def replace(self, path: str, source: Path) -> None:
        """Put a copy of `source` in the place of what is there, all or nothing.

        Raises StateError for a folder, which may hold what is nowhere else.
        """
        target = self.root / path
        if target.is_dir() and not target.is_symlink():
            raise StateError("is a folder", where=str(target), do="move it away")
        self.make_folders(Path(path).parent.as_posix())
        with self.stage() as staged:
            copy = staged / target.name
            copy_synced(source, copy)
            os.replace(copy, target)  # noqa: PTH105
        sync_folder(target.parent)

    def put_tree(self, folder: str, sources: Mapping[str, str]) -> None:
        """Make a folder of files (path in it -> path of the file in this store), all or nothing.

        A folder that is there stays.
        """
        target = self.root / folder
        with self.stage() as staged:
            tree = staged / "tree"
            for path, source in sources.items():
                (tree / path).parent.mkdir(parents=True, exist_ok=True)
                self._share(self.local(source), tree / path)
            for step in {tree, *(p for path in sources for p in (tree / path).parents)}:
                if step == tree or tree in step.parents:
                    sync_folder(step)
            try:
                tree.rename(target)
            except OSError:
                if not target.is_dir():
                    raise
        sync_folder(target.parent)

    def clear(self, path: str) -> None:
        """Remove a symbolic link that stands in the way; what it leads to stays."""
        parts = path.split("/")
        for count in range(1, len(parts) + 1):
            step = self.root.joinpath(*parts[:count])
            if step.is_symlink():
                step.unlink()
                return

    def remove(self, path: str) -> None:
        """Remove a file or a folder with all in it; what is gone already is no error.

        Raises StateError for what a symbolic link on the way leads to; the last step may be one.
        """
        target = self.root / path
        self._refuse_links_above(path)
        if target.is_dir() and not target.is_symlink():
            remove_tree(target)
        else:
            target.unlink(missing_ok=True)
        if target.parent.is_dir():
            sync_folder(target.parent)

    @contextmanager
    def stage(self) -> Iterator[Path]:
        """A folder for files that are being written; it goes at the end."""
        folder = self.root / PRIVATE / "tmp" / secrets.token_hex(8)
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            remove_tree(folder)

    @contextmanager
    def committing(self) -> Iterator[None]:
        """While this lasts, nothing is collected."""
        with self._lock("lock", fcntl.LOCK_SH):
            yield

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """While this lasts, nothing is committed."""
        with self._lock("lock", fcntl.LOCK_EX):
            yield

    def is_safe_to_collect(self, path: str) -> bool:
        """Whether no writer may still need an unreferenced file; here the lock says so."""
        return True

    def _share(self, source: Path, target: Path) -> None:
        try:
            os.link(source, target)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            copy_synced(source, target)

    def _rename_new(self, source: Path, target: Path) -> bool:
        """Put-if-absent without links: the lock makes looking and renaming one step."""
        with self._lock("names", fcntl.LOCK_EX), self.stage() as staged:
            if target.exists():
                return False
            copy = staged / target.name
            copy_synced(source, copy)
            copy.rename(target)
        return True

    @contextmanager
    def _lock(self, name: str, kind: int) -> Iterator[None]:
        path = self.local(PRIVATE) / name
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)  # the umask says who may
        try:
            _wait_for_lock(handle, kind, path)
            yield
        finally:
            os.close(handle)


def refuse_address(place: str | Path, *, do: str) -> None:
    """Raise InputError for an address, of which a folder of that name would be made."""
    if _ADDRESS.match(str(place)):
        raise InputError("is an address and no folder", where=str(place), do=do)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_synced(source: Path, target: Path) -> None:
    """Copy a file and sync the copy."""
    with source.open("rb") as data, target.open("wb") as out:
        shutil.copyfileobj(data, out, 1 << 20)
        out.flush()
        os.fsync(out.fileno())


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
    except OSError as error:
        if error.errno != errno.EINVAL:  # of a network share: a folder cannot be synced there
            raise
    finally:
        os.close(handle)


def _make_folder(path: Path) -> None:
    """Make a folder and those above; raises InputError where a file stands in the way."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        way = next(step for step in (path, *path.parents) if os.path.lexists(step))
        do = "name another store, or move it away"
        raise InputError("is no folder", where=str(way), do=do) from None


def remove_tree(path: Path) -> None:
    """Remove a folder with all in it; what is gone already is no error."""
    with suppress(FileNotFoundError):
        shutil.rmtree(path)


def _wait_for_lock(handle: int, kind: int, path: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise StateError(
                    f"another process has held the lock for {_PATIENCE:.0f} s",
                    where=str(path),
                    do="wait until it is done",
                ) from None
            time.sleep(0.005)
