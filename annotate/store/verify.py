"""A dataset's folder -> everything that is not as it was committed.

Every file of every version is hashed and compared with the log, the logical
hash is made again from the stored row hashes, and the card is compared with
the one that follows from the log. Nothing is trusted for its name: symbolic
links, files too many and files too few are named as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from annotate.dataset.arrow import read_columns, schema_columns
from annotate.dataset.hashing import HashedRow, logical_hash
from annotate.errors import StateError
from annotate.schemes.columns import Column
from annotate.schemes.label_config import parse_label_config
from annotate.store.derive import make_card
from annotate.store.folder import CARD, DatasetFolder, file_sha256, object_name
from annotate.store.log import Log, VersionEntry
from annotate.store.versions import Version, find_entry, load_log, read_manifest

_VERSION = re.compile(r"v\d+\.\d+\.\d+")


class Problem(NamedTuple):
    """One thing that is not as it should be."""

    version: str
    """Empty for what belongs to no version."""
    file: str
    what: str

    def line(self) -> str:
        """The problem as one line for a person."""
        place = "/".join(part for part in (self.version, self.file) if part)
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


def is_plain(root: Path, path: str) -> bool:
    """Whether no step of a path below `root` is a symbolic link."""
    steps = [root.joinpath(*path.split("/")[:n]) for n in range(1, path.count("/") + 2)]
    return not any(step.is_symlink() for step in steps)


def _check_version(folder: DatasetFolder, entry: VersionEntry, *, deep: bool) -> Iterator[Problem]:
    damaged = list(_check_files(folder, entry))
    yield from damaged
    if damaged:
        return
    try:
        version = Version(folder, entry, read_manifest(folder, entry))
        for what in _check_manifest(version):
            yield Problem(entry.version, "manifest.json", what)
    except StateError as error:
        yield Problem(entry.version, "manifest.json", error.what)
        return
    if deep:
        from annotate.store.deep import check_rows

        for file, what in check_rows(version):
            yield Problem(entry.version, file, what)


def _check_files(folder: DatasetFolder, entry: VersionEntry) -> Iterator[Problem]:
    name = entry.version
    root = folder.files.local(".")
    for file in entry.files:
        path = f"{name}/{file.path}"
        if not is_plain(root, path):
            yield Problem(name, file.path, "is reached by a symbolic link")
        elif not (root / path).is_file():
            yield Problem(name, file.path, "is missing")
        elif file_sha256(root / path) != file.sha256:
            yield Problem(name, file.path, "is not the file that was committed")
        object_path = object_name(file.sha256)
        if not is_plain(root, object_path):
            yield Problem(name, object_path, "is a symbolic link")
        elif folder.files.exists(object_path) and file_sha256(root / object_path) != file.sha256:
            yield Problem(name, object_path, "the object is damaged")
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
    hashed: list[HashedRow] = []
    schemas: dict[str, tuple[Column, ...]] = {}
    logged = {file.path: file for file in entry.files}
    for name, data in manifest.configs.items():
        for file in data.files:
            found = logged.get(file.path)
            if found is None or (found.sha256, found.bytes) != (file.sha256, file.bytes):
                yield f"{file.path} is not listed as in the log"
                return
            path = version.path(file.path)
            columns = schema_columns(path)
            if schemas.setdefault(name, columns) != columns:
                yield f"{file.path} has other columns or labels than the other splits"
            ids, hashes = read_columns(path, ["id", "row_hash"])
            hashed += [HashedRow(name, file.split, i, h) for i, h in zip(ids, hashes, strict=True)]
            if len(ids) != file.rows or sum(n for _, n in file.batches) != file.rows:
                yield f"{file.path} does not have {file.rows} rows"
    if logical_hash(hashed, schemas, config.digest) != manifest.logical_hash:
        yield "the row hashes do not make its logical hash"


def _check_rest(folder: DatasetFolder, log: Log) -> Iterator[Problem]:
    """What lies beside the versions: the card, and folders that no entry names."""
    known = {entry.version for entry in log.versions}
    for name in folder.files.names("."):
        if _VERSION.fullmatch(name) and name not in known:
            yield Problem(name, "", "is not in the log")
    purged = sorted(log.purged)
    yield from (
        Problem(name, "", "was purged and is still here")
        for name in purged
        if folder.files.exists(name)
    )
    card = make_card(folder, log)
    if card is None:
        return
    if not folder.files.exists(CARD):
        yield Problem("", CARD, "is missing")
    elif not is_plain(folder.files.local("."), CARD):
        yield Problem("", CARD, "is a symbolic link")
    elif folder.files.read(CARD) != card:
        yield Problem("", CARD, "is not the card that follows from the log")


def summary(problems: Iterable[Problem]) -> str:
    """The names of the damaged versions."""
    return ", ".join(sorted({problem.version or "the card" for problem in problems}))
