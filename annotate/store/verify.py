"""A dataset's folder -> everything that is not as it was committed.

Every file of every version is hashed and compared with the log, its stored row
hashes are hashed and compared with the manifest, and the card is compared with
the one that follows from the log. Nothing is trusted for its name: symbolic
links, files too many and files too few are named as well. The logical hash, which
sorts all rows, and the rows themselves are made again where a deep look is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pyarrow.parquet as pq

from annotate.dataset.arrow import columns_of, features_of
from annotate.dataset.hashing import RowHashes
from annotate.dataset.manifest import DataFile
from annotate.errors import AnnotateError, StateError
from annotate.schemes.columns import Column
from annotate.schemes.label_config import parse_label_config
from annotate.store.derive import faults_beside, unlogged_versions
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

    def line(self) -> str:
        """The problem as one line for a person."""
        folder = "" if self.file.startswith(f"{OBJECTS}/") else self.version
        place = "/".join(part for part in (folder, self.file) if part)
        return f"{place}: {self.what}"


def verify(
    folder: DatasetFolder, wanted: str | None = None, *, deep: bool = False
) -> list[Problem]:
    """Check all versions that are kept, or one; `deep` checks the rows themselves too.

    Raises StateError for a log that cannot be trusted.
    """
    log = load_log(folder)
    entries = [find_entry(folder, log, wanted)] if wanted else log.kept
    problems = [p for entry in entries for p in _check_version(folder, entry, deep=deep)]
    if wanted is None:
        problems += _check_rest(folder, log)
    return problems


def _check_version(folder: DatasetFolder, entry: VersionEntry, *, deep: bool) -> Iterator[Problem]:
    damaged = list(_check_files(folder, entry))
    yield from damaged
    if damaged:
        return
    try:
        version = Version(folder, entry, read_manifest(folder, entry))
        for what in _check_manifest(version):
            yield Problem(entry.version, MANIFEST, what)
    except StateError as error:
        yield Problem(entry.version, MANIFEST, error.what)
        return
    except (AnnotateError, OSError, MemoryError):
        raise
    except Exception as error:  # Arrow fails in many ways
        yield _illegible(entry, error)
        return
    if deep:
        from annotate.store.deep import check_rows

        try:
            for file, what in check_rows(version):
                yield Problem(entry.version, file, what)
        except (AnnotateError, OSError, MemoryError):
            raise
        except Exception as error:  # so do rows that were never ours
            yield _illegible(entry, error)


def _illegible(entry: VersionEntry, error: Exception) -> Problem:
    """What the log vouches for and nobody can read: somebody wrote it with a log that fits."""
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return Problem(entry.version, "", f"its files are those of the log and no version: {what}")


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
    known = {file.path for file in entry.files}
    for extra in folder.files.walk(name):
        if extra not in known:
            yield Problem(name, extra, "belongs to no version")


def _check_manifest(version: Version) -> Iterator[str]:
    manifest, entry = version.manifest, version.entry
    for field in ("version", "parent", "bump", "logical_hash", "created_at", "message"):
        if getattr(manifest, field) != getattr(entry, field):
            yield f"its {field} is not that of the log"
    where = version.name
    config = parse_label_config(manifest.label_config, where=where, names=manifest.names)
    if config.digest != manifest.config_digest:
        yield "its label config has another digest"
    schemas: dict[str, tuple[Column, ...]] = {}
    logged = {file.path: file for file in entry.files}
    for name, data in manifest.configs.items():
        for file in data.files:
            found = logged.get(file.path)
            if found is None or (found.sha256, found.bytes) != (file.sha256, file.bytes):
                yield f"{file.path} is not listed as in the log"
                return
            # not `read_table`, which imports pandas
            with pq.ParquetFile(version.path(file.path), memory_map=True) as opened:
                columns = columns_of(features_of(opened.schema_arrow))
                if schemas.setdefault(name, columns) != columns:
                    yield f"{file.path} has other columns or labels than the other splits"
                yield from _check_data_file(file, opened)


def _check_data_file(file: DataFile, opened: pq.ParquetFile) -> Iterator[str]:
    """A file against what the manifest says of it, by one read of its row hashes."""
    rows = opened.metadata.num_rows
    if rows != file.rows or sum(n for _, n in file.batches) != file.rows:
        yield f"{file.path} does not have {file.rows} rows"
    found = RowHashes()
    for group in range(opened.num_row_groups):
        found.add(opened.read_row_group(group, columns=["row_hash"], use_threads=False).column(0))
    if found.hexdigest() != file.row_hashes:
        yield f"{file.path} has other row hashes than are listed"


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
