"""A version -> a folder of its own anywhere, checked byte by byte."""

from __future__ import annotations

import secrets
from pathlib import Path

from platformdirs import user_cache_path

from annotate.errors import InputError
from annotate.store.local import (
    copy_synced,
    file_sha256,
    refuse_address,
    remove_tree,
    sync_folder,
)
from annotate.store.rowfiles import RowFiles, StagedFiles
from annotate.store.versions import Version, manifest_sha


def readable_files(version: Version) -> RowFiles:
    """The files of a version on this machine, checked as they are read.

    Of one on S3 those of a copy in the user's cache, checked when it was made.
    Raises StateError as `checkout` does.
    """
    if version.folder.files.is_local:
        return version.checked()
    # not by its logical hash, which a version of other files may have, as with another key
    name = f"{version.folder.name}-{version.entry.version}-{manifest_sha(version.entry)[:16]}"
    copy = user_cache_path("annotate") / "versions" / name
    if not copy.exists():
        try:
            checkout(version, copy)
        except (InputError, OSError):
            if not copy.exists():
                raise
            # another process made it meanwhile
    return StagedFiles(copy, version.configs)


def checkout(version: Version, target: Path) -> None:
    """Write the files of a version to `target`, all or nothing.

    Raises InputError where `target` holds something, StateError where a file
    of the version is missing or damaged.
    """
    refuse_taken(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    made = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    made.mkdir()
    try:
        for file in version.entry.files:
            copy = made / file.path
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy_synced(version.path(file.path), copy)
            if file_sha256(copy) != file.sha256:
                raise version.folder.damaged(version.entry.version, file.path)
        made.replace(target)
        sync_folder(target.parent)
    finally:
        remove_tree(made)


def refuse_taken(target: Path) -> None:
    """Raise InputError where `target` holds something, or is no place of this machine.

    An empty folder may be there, but no link to one and not `.`, which nothing can replace.
    """
    refuse_address(target, do="name a new folder")
    is_fixed = target.is_symlink() or target.name in ("", "..")
    if is_fixed or (target.exists() and (not target.is_dir() or any(target.iterdir()))):
        raise InputError("is there already", where=str(target), do="name a new folder")
