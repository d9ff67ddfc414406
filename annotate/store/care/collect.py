"""A store -> the same store without what no version needs.

Collecting and committing exclude each other by a lock, so that nothing goes
that a running commit needs. With `purge`, the files of versions that hold a
retracted article go too; the log says so first.
"""

from __future__ import annotations

from typing import NamedTuple

from annotate.store.derive import extra_files, unlogged_versions
from annotate.store.folder import OBJECTS, TMP, DatasetFolder
from annotate.store.log import Log, PurgeEntry, append_entry, now
from annotate.store.versions import load_log


class Collected(NamedTuple):
    """What went, or would go."""

    files: list[str]
    purged: list[str]
    breaks: list[str]
    """What no longer works without the purged versions."""
    young: list[str]
    """What no version needs and stays, since on S3 a running commit may need it for a day."""


def collect(folder: DatasetFolder, *, purge: bool = False, dry_run: bool = False) -> Collected:
    """Remove what no version needs; with `dry_run` only say what."""
    folder.must_exist()
    if dry_run:
        log = load_log(folder)
        doomed = _doomed(log) if purge else []
        files, young = _unneeded(folder, log, log.purged | set(doomed))
        return Collected(files, doomed, _breaks(log, doomed), young)
    with folder.files.collecting():
        doomed, breaks = _purge(folder) if purge else ([], [])
        log = load_log(folder)
        files, young = _unneeded(folder, log, log.purged)
        for name in files:
            folder.files.remove(name)
    return Collected(files, doomed, breaks, young)


def _purge(folder: DatasetFolder) -> tuple[list[str], list[str]]:
    """Give up the files of marked versions in the log; returns those versions, and what breaks."""
    while True:
        log = load_log(folder)
        doomed = _doomed(log)
        # on S3 another writer may commit meanwhile
        if not doomed or append_entry(
            folder, log, PurgeEntry, versions=doomed, created_at=now(), message=""
        ):
            return doomed, _breaks(log, doomed)


def _doomed(log: Log) -> list[str]:
    return [e.version for e in log.kept if e.version in log.marked]


def _unneeded(folder: DatasetFolder, log: Log, purged: set[str]) -> tuple[list[str], list[str]]:
    """What no version needs: what can go, and what is too young."""
    needed = {f.sha256 for e in log.versions if e.version not in purged for f in e.files}
    found = [f"{TMP}/{name}" for name in folder.files.names(TMP)]
    if not folder.files.is_local:  # a writer that lost a race or died there
        found += unlogged_versions(folder, log)
        kept = (entry for entry in log.versions if entry.version not in purged)
        found += [path for entry in kept for path in extra_files(folder, entry)]
    for group in folder.files.names(OBJECTS):
        names = folder.files.names(f"{OBJECTS}/{group}")
        found += [f"{OBJECTS}/{group}/{name}" for name in names if name not in needed]
    old = [name for name in found if folder.files.is_safe_to_collect(name)]
    gone = [version for version in sorted(purged) if folder.files.exists(version)]
    return old + gone, sorted(set(found) - set(old))


def _breaks(log: Log, doomed: list[str]) -> list[str]:
    lines = []
    for version in doomed:
        lines.append(f"load_dataset of {version}, and a diff with it")
        lines += [f"the tag {tag}" for tag, found in log.tags.items() if found == version]
        lines += [
            f"rebuilding {entry.version}, whose parent it is"
            for entry in log.kept
            if entry.parent == version and entry.version not in doomed
        ]
    return lines
