"""A store -> its datasets, their versions, and the files of each."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from annotate.dataset.manifest import DataConfig, Manifest
from annotate.errors import InputError, StateError, VersionError
from annotate.schemes.columns import Column
from annotate.store.folder import LOG, MANIFEST, DatasetFolder, is_dataset_name, is_s3
from annotate.store.log import Log, VersionEntry, read_log
from annotate.store.rowfiles import paths_by_split
from annotate.store.s3 import S3Files

_NAMED = re.compile(r"[a-z0-9][a-z0-9._-]*@\S+")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a dataset, ready to read."""

    folder: DatasetFolder
    entry: VersionEntry
    manifest: Manifest
    is_checked: bool = False
    """Whether each file that is read must be that of the log."""
    found: dict[str, Path] = field(default_factory=dict, compare=False, repr=False)
    """Files by SHA-256: each is looked at once, and on S3 fetched once."""

    def checked(self) -> Version:
        """The same version for what is built on it: a damaged file of it is a StateError."""
        return self if self.is_checked else replace(self, is_checked=True, found={})

    def check_files(self) -> None:
        """Raise StateError for a file that is missing or damaged."""
        whole = self.checked()
        for file in self.entry.files:
            whole.path(file.path)

    @property
    def name(self) -> str:
        """`NAME VERSION`, for messages."""
        return f"{self.folder.name} {self.entry.version}"

    def path(self, file: str) -> Path:
        """A local file with the bytes of one of its files."""
        sha = next((f.sha256 for f in self.entry.files if f.path == file), None)
        if sha is None:
            raise self.folder.damaged(self.entry.version, file)
        if sha not in self.found:
            find = self.folder.find_whole if self.is_checked else self.folder.find
            self.found[sha] = find(self.entry.version, file, sha)
        return self.found[sha]

    @property
    def configs(self) -> Mapping[str, DataConfig]:
        """Its configs with their files."""
        return self.manifest.configs

    def config_paths(self, config: str) -> dict[str, list[Path]]:
        """The Parquet files of a config, by split; empty where it has no such config."""
        return paths_by_split(self, config)

    def paths(self, config: str) -> list[Path]:
        """The Parquet files of a config, one split after the other."""
        return list(chain.from_iterable(self.config_paths(config).values()))

    def schemas(self) -> dict[str, tuple[Column, ...]]:
        """The columns of every config."""
        from annotate.dataset.arrow.tables import schema_columns  # pyarrow, for whoever only lists

        return {
            name: schema_columns(self.path(config.files[0].path))
            for name, config in self.manifest.configs.items()
        }

    def gold_rows(self, row_id: str | None = None, *, limit: int) -> list[dict[str, Any]]:
        """One gold row by its id, or the first ones; labels are names."""
        from annotate.dataset.arrow.tables import read_rows, read_rows_of

        paths = self.paths("gold")
        found = read_rows(paths) if row_id is None else read_rows_of(paths, {row_id})
        return [row for _, row in zip(range(limit), found, strict=False)]  # however large a limit


def dataset_names(store: str | Path) -> list[str]:
    """Names of the datasets in a store, sorted; InputError where there is no such store.

    A folder of another name, as a copy made by hand may have, is left alone.
    """
    if is_s3(store):
        bucket = S3Files(str(store))
        names = bucket.names(".")
        if not names:
            raise _no_store(store, "no such store")
        return [n for n in names if is_dataset_name(n) and bucket.exists(f"{n}/{LOG}")]
    root = Path(store)
    if not root.is_dir():
        raise _no_store(store, "is no folder" if root.exists() else "no such store")
    names = sorted(path.name for path in root.iterdir())
    return [name for name in names if is_dataset_name(name) and (root / name / LOG).is_dir()]


def _no_store(store: str | Path, what: str) -> InputError:
    return InputError(
        what,
        where=str(store),
        do="name another with --store; the first `annotate version create` makes one",
    )


def load_log(folder: DatasetFolder) -> Log:
    """The log of a dataset that must exist."""
    folder.must_exist()
    return read_log(folder)


def find_entry(folder: DatasetFolder, log: Log, wanted: str | None = None) -> VersionEntry:
    """The entry of a version or tag, or of the newest version where none is named.

    Raises VersionError for one that the dataset does not have, or no longer keeps.
    """
    known = {entry.version: entry for entry in log.versions}
    if not known:
        raise VersionError(f"{folder.name} has no version yet", where=folder.where)
    name = next(reversed(known)) if wanted is None else log.tags.get(wanted, wanted)
    if name not in known:
        has = ", ".join([*known, *log.tags])
        raise VersionError(f"{folder.name} has no version {name}", do=f"it has {has}")
    if name in log.purged:
        held = ", ".join(log.marked.get(name, ["what is not recorded"]))
        raise VersionError(
            f"{folder.name} {name} was purged: it held {held}",
            do="use a newer version",
        )
    return known[name]


def marks_of(version: Version) -> list[str]:
    """The retracted articles that a version holds."""
    return load_log(version.folder).marked.get(version.entry.version, [])


def retracted_elsewhere(folder: DatasetFolder, versions: Iterable[Version]) -> set[str]:
    """The articles that the other datasets of `versions` have retracted."""
    others = {version.folder.name: version.folder for version in versions}
    others.pop(folder.name, None)
    return set[str]().union(*(load_log(other).retracted for other in others.values()))


def open_version(folder: DatasetFolder, wanted: str | None = None) -> Version:
    """A version by number or tag; the newest where none is named."""
    entry = find_entry(folder, load_log(folder), wanted)
    return Version(folder, entry, read_manifest(folder, entry))


def names_version(text: str) -> bool:
    """Whether a text is `NAME@VERSION`; a file of that name is a file."""
    return _NAMED.fullmatch(text) is not None and not Path(text).exists()


def open_named(folder: DatasetFolder, item: str) -> Version:
    """The version that `NAME@VERSION` names, of a dataset in the store of `folder`."""
    name, _, version = item.partition("@")
    return open_version(folder.sibling(name), version)


def is_here(folder: DatasetFolder, entry: VersionEntry) -> bool:
    """Whether a version of the log is in this store: of a dataset from the Hub some are not."""
    return folder.has(entry.version, MANIFEST, manifest_sha(entry))


def read_manifest(folder: DatasetFolder, entry: VersionEntry) -> Manifest:
    """The manifest of an entry; raises StateError where it is not the one committed."""
    sha = manifest_sha(entry)
    where = f"{folder.where}/{entry.version}/{MANIFEST}"
    data = folder.read(entry.version, MANIFEST, sha)
    if hashlib.sha256(data).hexdigest() != sha:
        raise StateError(
            "is not the manifest that was committed",
            where=where,
            do=f"run `annotate version verify {folder.name} --repair`",
        )
    try:
        return Manifest.model_validate_json(data)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise StateError(f"not a manifest: {reason}", where=where) from None


def manifest_sha(entry: VersionEntry) -> str:
    """The SHA-256 of a version's manifest, which lists its files; empty where it has none."""
    return next((file.sha256 for file in entry.files if file.path == MANIFEST), "")
