"""Damaged versions -> whole ones, as far as good bytes are left anywhere.

A version's file comes back from its object, an object from a version's file,
and a version's card and Croissant metadata from its manifest and columns. The
bytes must be those of the log; what cannot be brought back stays as it is, for
`verify` to name.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from annotate.store.derive import faults_beside, remove_extra, restore_derived
from annotate.store.documents import derived_documents
from annotate.store.folder import DatasetFolder, object_name
from annotate.store.local import file_sha256, write_synced
from annotate.store.log import LoggedFile, VersionEntry
from annotate.store.versions import Version, load_log, read_manifest

_DERIVED = ("README.md", "croissant.json")
"""The files of a version that follow from its other files."""


class Repaired(NamedTuple):
    """Paths of what was done."""

    made: list[str]
    removed: list[str]
    """Files in a version's folder that were none of its own, and a card of no version."""


def repair(folder: DatasetFolder) -> Repaired:
    """Repair all versions that are kept, and what stands beside them."""
    done = Repaired([], [])
    with folder.files.committing():
        log = load_log(folder)
        for entry in log.kept:
            for file in sorted(entry.files, key=lambda f: f.path in _DERIVED):
                done.made.extend(repair_file(folder, entry, file))
            done.removed.extend(remove_extra(folder, entry))
        beside = [name for name, _ in faults_beside(folder, log)]
        restore_derived(folder)
        for name in beside:
            (done.made if folder.files.exists(name) else done.removed).append(name)
    return done


def repair_file(folder: DatasetFolder, entry: VersionEntry, file: LoggedFile) -> list[str]:
    """Repair a version's file and its object, each from the other; returns what was done."""
    path, name = f"{entry.version}/{file.path}", object_name(file.sha256)
    good = {p: folder.is_whole(p, file.sha256) for p in (path, name)}
    wanted = [path] if good[name] or not folder.files.exists(name) else [path, name]
    bad = [p for p in wanted if not good[p]]
    if not bad:
        return []
    source = next((folder.files.local(p) for p, whole in good.items() if whole), None)
    with folder.files.stage() as staged:
        if source is None and file.path in _DERIVED:
            source = _remake(folder, entry, file, staged)
        if source is None:
            return []
        for target in bad:
            folder.files.clear(target)
            folder.files.replace(target, source)
    return bad


def _remake(
    folder: DatasetFolder, entry: VersionEntry, file: LoggedFile, staged: Path
) -> Path | None:
    """A derived file from the others; None where that is not the old one."""
    others = [f for f in entry.files if f.path not in _DERIVED]
    if not all(folder.is_whole(f"{entry.version}/{f.path}", f.sha256) for f in others):
        return None
    version = Version(folder, entry, read_manifest(folder, entry))
    made = staged / file.path
    write_synced(made, derived_documents(version.manifest, version.schemas())[file.path])
    return made if file_sha256(made) == file.sha256 else None
