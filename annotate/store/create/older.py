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
from annotate.store.folder import DatasetFolder
from annotate.store.log import Log
from annotate.store.versions import Version, is_here, read_manifest


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
        if entry.version in purged or not is_here(folder, entry):
            has_lost |= entry.bump == "major"
            continue
        version = Version(folder, entry, read_manifest(folder, entry))
        yield version.checked(), has_lost
        has_lost = entry.bump == "major" and _has_removed(version)


def _has_removed(version: Version) -> bool:
    return any(change.get("removed") for change in version.manifest.changes.values())
