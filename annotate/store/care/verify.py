"""A dataset's folder -> everything that is not as it was committed.

Every file of every version is hashed and compared with the log, its stored row
hashes are hashed and compared with the manifest, and the card is compared with
the one that follows from the log. Nothing is trusted for its name: symbolic
links, files too many and files too few are named as well. The logical hash, which
sorts all rows, and the rows themselves are made again where a deep look is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

from annotate.dataset.arrow.hashing import RowHashes
from annotate.dataset.arrow.tables import other_column
from annotate.dataset.manifest import DataFile
from annotate.errors import StateError
from annotate.schemes.columns import Column
from annotate.store.care.faults import Fault, as_faults, stated_schemas
from annotate.store.derive import extra_files, faults_beside, unlogged_versions
from annotate.store.folder import MANIFEST, OBJECTS, DatasetFolder, object_name
from annotate.store.log import Log, VersionEntry
from annotate.store.versions import Version, find_entry, load_log, read_manifest


class Problem(NamedTuple):
    """One thing that is not as it should be."""

    version: str
    """Empty for what belongs to no version."""
    file: str
    """In the version's folder; an object, or what belongs to no version, in the dataset's."""
    what: str

    @property
    def place(self) -> str:
        """The file in the dataset's folder, or the version."""
        folder = "" if self.file.startswith(f"{OBJECTS}/") else self.version
        return "/".join(part for part in (folder, self.file) if part)

    def line(self) -> str:
        """The problem as one line for a person."""
        return f"{self.place}: {self.what}"


def verify(
    folder: DatasetFolder, wanted: str | None = None, *, deep: bool = False
) -> list[Problem]:
    """Check all versions that are kept, or one; `deep` checks the rows themselves too.

    Raises StateError for a log that cannot be trusted.
    """
    log = load_log(folder)
    entries = [find_entry(folder, log, wanted)] if wanted else log.kept
    problems = [p for entry in entries for p in verify_version(folder, entry, deep=deep)]
    if wanted is None:
        problems += _check_rest(folder, log)
    return problems


def verify_version(folder: DatasetFolder, entry: VersionEntry, *, deep: bool) -> Iterator[Problem]:
    """Yield what is wrong with a version, looking on only as far as it is asked for."""
    damaged = list(_check_files(folder, entry))
    yield from damaged
    if damaged:
        return
    try:
        version = Version(folder, entry, read_manifest(folder, entry))
    except StateError as error:
        yield Problem(entry.version, MANIFEST, error.what)
        return
    found = [Problem(entry.version, *fault) for fault in _check_manifest(version)]
    yield from found
    if deep:
        from annotate.store.care.deep import check_rows

        problems = (Problem(entry.version, *fault) for fault in check_rows(version))
        yield from (problem for problem in problems if problem not in found)


def _check_files(folder: DatasetFolder, entry: VersionEntry) -> Iterator[Problem]:
    name, files = entry.version, folder.files
    for file in entry.files:
        path, stored = f"{name}/{file.path}", object_name(file.sha256)
        own, fault = None, files.fault(path)
        if fault is None:
            own = files.sha256(path)
            fault = None if own == file.sha256 else "is not the file that was committed"
        if fault is not None:
            yield Problem(name, file.path, fault)
        fault = files.fault(stored) if files.exists(stored) else None
        if fault is None and files.exists(stored):
            linked = own is not None and files.is_one(path, stored)
            found = own if linked else files.sha256(stored)
            fault = None if found == file.sha256 else "the object is damaged"
        if fault is not None:
            yield Problem(name, stored, fault)
    for path in extra_files(folder, entry):
        yield Problem(name, path.removeprefix(f"{name}/"), "belongs to no version")


def _check_manifest(version: Version) -> Iterator[Fault]:
    manifest, entry = version.manifest, version.entry
    for field in ("version", "parent", "bump", "logical_hash", "created_at", "message"):
        if getattr(manifest, field) != getattr(entry, field):
            yield MANIFEST, f"its {field} is not that of the log"
    if manifest.parse_config().digest != manifest.config_digest:
        yield MANIFEST, "its label config has another digest"
    schemas = stated_schemas(version)
    logged = {file.path: file for file in entry.files}
    for name, data in manifest.configs.items():
        for file in data.files:
            found = logged.get(file.path)
            if found is None or (found.sha256, found.bytes) != (file.sha256, file.bytes):
                yield MANIFEST, f"{file.path} is not listed as in the log"
                return
            faults = _check_data_file(file, version.path(file.path), schemas.get(name, ()))
            yield from as_faults(faults, file.path)


def _check_data_file(file: DataFile, path: Path, columns: Sequence[Column]) -> Iterator[Fault]:
    """A file against what the manifest says of it, by one read of its row hashes."""
    # not `read_table`, which imports pandas
    with pq.ParquetFile(path, memory_map=True) as opened:
        rows = opened.metadata.num_rows
        if rows != file.rows or sum(n for _, n in file.batches) != file.rows:
            yield MANIFEST, f"{file.path} does not have {file.rows} rows"
        if what := other_column(opened.schema_arrow, columns):
            yield file.path, what
            return
        found = RowHashes()
        for group in range(opened.num_row_groups):
            hashes = opened.read_row_group(group, columns=["row_hash"], use_threads=False)
            found.add(hashes.column(0))
        if found.hexdigest() != file.row_hashes:
            yield MANIFEST, f"{file.path} has other row hashes than are listed"


def _check_rest(folder: DatasetFolder, log: Log) -> Iterator[Problem]:
    """What lies beside the versions: the card, the citation, folders that no entry names."""
    for name in unlogged_versions(folder, log):
        if folder.files.is_safe_to_collect(name):
            yield Problem(name, "", "is not in the log")
    purged = sorted(log.purged)
    yield from (
        Problem(name, "", "was purged and is still here")
        for name in purged
        if folder.files.exists(name)
    )
    yield from (Problem("", name, fault) for name, fault in faults_beside(folder, log))


def unfinished(folder: DatasetFolder) -> list[str]:
    """Folders of versions on S3 that a running commit made, or one that ended within a day.

    There the folder is written before the log entry, so that they are no damage.
    """
    found = unlogged_versions(folder, load_log(folder))
    return [name for name in found if not folder.files.is_safe_to_collect(name)]


def summary(problems: Iterable[Problem]) -> str:
    """The names of the damaged versions."""
    return ", ".join(sorted({problem.version or "the card" for problem in problems}))
