"""Versions before the parent -> the rows that left since, which keep their splits if they return.

Rows leave with a MAJOR version alone, so of all versions before it the last one has them, and of
that only the files are read that no newer version has too. A version that is not in this store
(purged, or not pulled) says nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from annotate.dataset.arrow.tables import read_columns
from annotate.dataset.splits import Stood
from annotate.store.care.reading import reading
from annotate.store.folder import MANIFEST, DatasetFolder, object_name
from annotate.store.log import Log, VersionEntry
from annotate.store.versions import Version, read_manifest


def read_removed(folder: DatasetFolder, log: Log, present: Collection[str]) -> dict[str, Stood]:
    """Row id -> where a row stood that is not in `present`, the parent's; the newest come first."""
    found: dict[str, Stood] = {}
    seen = set[str]()
    for version, is_read in _walk_back(folder, log):
        files = [file for file in version.configs["gold"].files if file.sha256 not in seen]
        seen.update(file.sha256 for file in files)
        for file in files if is_read else ():
            with reading(version):
                ids, groups = read_columns(version.path(file.path), ["id", "group"])
            for row, group in zip(ids, groups, strict=True):
                if row not in present:
                    found.setdefault(row, Stood(file.split, group))
    return found


def _walk_back(folder: DatasetFolder, log: Log) -> Iterator[tuple[Version, bool]]:
    """The parent and the MAJOR versions before it, and whether each may have rows that left."""
    parent, purged, has_lost = log.kept[-1], log.purged, False
    for entry in reversed(log.versions[: log.versions.index(parent) + 1]):
        if entry.bump != "major" and entry != parent and not has_lost:
            continue
        version = None if entry.version in purged else _open(folder, entry)
        if version is not None:
            yield version.checked(), has_lost
            has_lost = False
        has_lost |= entry.bump == "major" and (version is None or _has_removed(version))


def _open(folder: DatasetFolder, entry: VersionEntry) -> Version | None:
    """A version; None where it is not in this store."""
    sha = next(file.sha256 for file in entry.files if file.path == MANIFEST)
    places = (f"{entry.version}/{MANIFEST}", object_name(sha))
    if not any(map(folder.files.exists, places)):
        return None
    return Version(folder, entry, read_manifest(folder, entry))


def _has_removed(version: Version) -> bool:
    return any(change.get("removed") for change in version.manifest.changes.values())
