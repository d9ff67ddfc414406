"""Staged files -> an immutable version, all or nothing.

Objects first (staged file, sync, put-if-absent, sync of the folder), then one
log entry by put-if-absent, which is the commit, then the version's folder by
rename, then the card. The last two can be made again from the log and the
objects, so a crash leaves the old or the new version, never a mixture.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from annotate.dataset.manifest import Manifest
from annotate.errors import AnnotateError, StateError
from annotate.store.derive import make_version_folder, restore_derived
from annotate.store.folder import DatasetFolder, object_name
from annotate.store.log import Log, LoggedFile, VersionEntry, append_entry, read_log


def commit_version(
    folder: DatasetFolder,
    log: Log,
    staged: Path,
    manifest: Manifest,
    *,
    retracts: Sequence[str] = (),
    marks: Sequence[str] = (),
) -> bool:
    """Commit the files in `staged` as the version after `log` that `manifest` describes.

    False where another writer committed in the meantime. Once the entry stands
    in the log, a failure to make the folder or the card is a StateError that
    says so.
    """
    files = put_objects(folder, staged, manifest)
    if not folder.files.is_local:
        # there is no rename: the folder is written first, so that no committed one is half
        names = {file.path: object_name(file.sha256) for file in files}
        folder.files.put_tree(manifest.version, names)
    elif folder.files.exists(manifest.version) and read_log(folder).last == log.last:
        raise StateError(
            f"{manifest.version} is in the way and not in the log",
            where=folder.where,
            do="move it away",
        )
    entry = append_entry(
        folder,
        log,
        VersionEntry,
        version=manifest.version,
        parent=manifest.parent,
        bump=manifest.bump,
        logical_hash=manifest.logical_hash,
        created_at=manifest.created_at,
        message=manifest.message,
        files=files,
        retracts=list(retracts),
        marks=list(marks),
    )
    if entry is None:
        _give_back(folder, manifest.version)
        return False
    try:
        if not (folder.files.is_local and folder.files.exists(manifest.version)):
            # on S3 another writer may have put other files there meanwhile
            make_version_folder(folder, entry, hashed=folder.files.is_local)
        restore_derived(folder)
    except (OSError, AnnotateError) as error:
        raise StateError(
            f"{manifest.version} is committed, but its folder or the card could not be made:"
            f" {error}",
            where=folder.where,
            do=f"run `annotate version verify {folder.name} --repair`",
        ) from error
    return True


def put_objects(folder: DatasetFolder, staged: Path, manifest: Manifest) -> list[LoggedFile]:
    """Make durable objects of all files in `staged`; the data files were hashed as they came."""
    known = {
        file.path: file.sha256 for config in manifest.configs.values() for file in config.files
    }
    paths = {
        path.relative_to(staged).as_posix(): path
        for path in sorted(staged.rglob("*"))
        if path.is_file()
    }
    return [
        LoggedFile(
            path=name, sha256=folder.put_object(path, known.get(name)), bytes=path.stat().st_size
        )
        for name, path in paths.items()
    ]


def _give_back(folder: DatasetFolder, version: str) -> None:
    """Give the folder of another writer's version on S3 its own files back, and those alone."""
    if not folder.files.is_local:
        for entry in read_log(folder).versions:
            if entry.version == version:
                make_version_folder(folder, entry)
