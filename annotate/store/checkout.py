"""A version -> a folder of its own anywhere, checked byte by byte."""

from __future__ import annotations

import secrets
from pathlib import Path

from annotate.errors import InputError, StateError
from annotate.store.local import copy_synced, file_sha256, remove_tree, sync_folder
from annotate.store.versions import Version


def checkout(version: Version, target: Path) -> None:
    """Write the files of a version to `target`, all or nothing.

    Raises InputError where `target` holds something, StateError where a file
    of the version is missing or damaged.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError("is there already", where=str(target), do="name a new folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    made = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    made.mkdir()
    try:
        for file in version.entry.files:
            copy = made / file.path
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy_synced(version.path(file.path), copy)
            if file_sha256(copy) != file.sha256:
                raise StateError(
                    f"{file.path} of {version.name} is damaged",
                    where=version.folder.where,
                    do=f"run `annotate version verify {version.folder.name} --repair`",
                )
        made.replace(target)
        sync_folder(target.parent)
    finally:
        remove_tree(made)
