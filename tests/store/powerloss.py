"""A model of what a disk holds after the power went: what was synced, and luck.

Only `fsync` makes something last: of a file its bytes at that moment, of a
folder its entries. Between two calls anything else may or may not have reached
the disk, each folder and each file on its own.
"""

from __future__ import annotations

import os
import random
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_Entries = dict[str, int]


class Disk:
    """Follows the real `fsync` calls below one folder, which is durable at the start."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[int, bytes] = {}
        self.folders: dict[int, _Entries] = {}
        for path in [root, *root.rglob("*")]:
            self._settle(path)

    @contextmanager
    def watched(self, before_each: Callable[[], None]) -> Iterator[None]:
        """While this lasts, `before_each` is called at every sync, before it takes hold."""
        sync = os.fsync

        def watch(fd: Any) -> None:
            os.fsync = sync
            before_each()
            sync(fd)
            self._settle(Path(f"/proc/self/fd/{fd}").readlink())
            os.fsync = watch

        os.fsync = watch
        try:
            yield
        finally:
            os.fsync = sync

    def after_power_loss(self, target: Path, luck: random.Random | None) -> None:
        """Write to `target` what the disk may hold; without luck only what was synced."""
        self._copy(self.root, self.root.stat().st_ino, target, luck)

    def _settle(self, path: Path) -> None:
        try:
            found = path.lstat()
            if stat.S_ISDIR(found.st_mode):
                self.folders[found.st_ino] = _entries(path)
            else:
                self.files[found.st_ino] = path.read_bytes()
        except FileNotFoundError:
            return

    def _copy(self, live: Path, number: int, target: Path, luck: random.Random | None) -> None:
        """Copy a folder as the disk has it; `live` is where it is now, if it still is."""
        target.mkdir()
        entries = self.folders.get(number, {})
        if luck and live.is_dir() and live.stat().st_ino == number:
            now = _entries(live)
            entries = {
                name: entry
                for name in sorted(entries.keys() | now.keys())
                if (entry := luck.choice([entries.get(name), now.get(name)])) is not None
            }
        for name, inode in entries.items():
            here = live / name
            same = here.exists() and here.stat().st_ino == inode
            if inode in self.folders or (same and here.is_dir()):
                self._copy(here, inode, target / name, luck)
                continue
            data = self.files.get(inode, b"")
            if luck and same and luck.random() < 0.5:
                data = here.read_bytes()
            (target / name).write_bytes(data)


def _entries(folder: Path) -> _Entries:
    return {entry.name: entry.inode() for entry in os.scandir(folder)}
