"""A dataset in a store: what lies where, and its objects.

    <store>/<name>/README.md           the card, replaceable
    <store>/<name>/CITATION.cff        how to cite it, replaceable
    <store>/<name>/card.md             the owner's own words
    <store>/<name>/v1.2.0/             a version, immutable
    <store>/<name>/.annotate/log/      one file an entry; an entry is a commit
    <store>/<name>/.annotate/objects/  content-addressed files
    <store>/<name>/.annotate/tmp/      what is being written

A clone of a repository holds the log and the versions, not the objects; every
read goes to the version's folder first and to the objects after it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from annotate.errors import InputError, StateError, VersionError
from annotate.store.local import PRIVATE, LocalFiles, file_sha256, refuse_address
from annotate.store.s3 import S3Files

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,95}")
LOG = f"{PRIVATE}/log"
OBJECTS = f"{PRIVATE}/objects"
TMP = f"{PRIVATE}/tmp"  # noqa: S108
CARD = "README.md"
MANIFEST = "manifest.json"
CITATION = "CITATION.cff"
OWN_WORDS = "card.md"


class DatasetFolder:
    """The folder of one dataset in a store."""

    def __init__(self, store: str | Path, name: str) -> None:
        """Raises InputError for a name that is not a plain lower-case folder name."""
        if not isinstance(name, str) or not is_dataset_name(name):
            raise InputError(
                f"{name!r} is no dataset name",
                do="use a-z, 0-9, dot, dash and underscore; --store is the folder of datasets",
            )
        self.store, self.name = store, name
        self.files: LocalFiles | S3Files = (
            S3Files(f"{store}/{name}") if is_s3(store) else LocalFiles(Path(store) / name)
        )

    def sibling(self, name: str) -> DatasetFolder:
        """Another dataset of the same store."""
        return self if name == self.name else DatasetFolder(self.store, name)

    @property
    def where(self) -> str:
        """The place of the dataset, for messages."""
        return self.files.where

    def must_exist(self) -> None:
        """Raise VersionError where the store has no such dataset."""
        if not self.files.exists(LOG):
            if any(self.files.exists(f"{name}/{MANIFEST}") for name in self.files.names(".")):
                raise VersionError(
                    f"versions of {self.name!r} are there and no log of them",
                    where=self.where,
                    do="copy the hidden folder `.annotate` too",
                )
            raise VersionError(
                f"no dataset {self.name!r}",
                where=self.where,
                do="see `annotate version list`, or name another --store",
            )

    def create(self) -> None:
        """Make the folders."""
        self.files.make_folders(LOG, OBJECTS, TMP)

    def put_object(self, path: Path, sha: str | None = None) -> str:
        """Make a durable object of a staged file; returns its SHA-256, `sha` where it is known."""
        sha = sha or file_sha256(path)
        self.files.put_object(object_name(sha), path, sha)
        return sha

    def is_whole(self, name: str, sha: str) -> bool:
        """Whether a file of this SHA-256 is there under a name."""
        return self.files.fault(name) is None and self.files.sha256(name) == sha

    def has(self, version: str, path: str, sha: str) -> bool:
        """Whether `find` would find a version's file."""
        return any(map(self.files.exists, self._names(version, path, sha)))

    def find(self, version: str, path: str, sha: str) -> Path:
        """A local file with the bytes of a version's file, from its folder or the objects.

        Raises StateError where neither is there. The bytes are not checked.
        """
        for name in self._names(version, path, sha):
            if self.files.exists(name):
                with suppress(FileNotFoundError):  # on S3 a purge may have been quicker
                    return self.files.local(name)
        raise self._missing(version, path)

    def find_whole(self, version: str, path: str, sha: str) -> Path:
        """As `find`, but the bytes are checked; raises StateError where they are others."""
        found = self.find(version, path, sha)
        if file_sha256(found) != sha:
            raise self.damaged(version, path)
        return found

    def damaged(self, version: str, path: str) -> StateError:
        """The error for a version's file that is not the one committed."""
        return StateError(
            f"{path} of {self.name} {version} is damaged",
            where=self.where,
            do=f"run `annotate version verify {self.name} --repair`",
        )

    def read(self, version: str, path: str, sha: str) -> bytes:
        """The bytes of a version's small file, as `find` finds it."""
        for name in self._names(version, path, sha):
            with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return self.files.read(name)
        raise self._missing(version, path)

    def _names(self, version: str, path: str, sha: str) -> list[str]:
        """Where a version's file may be, in the order in which it is looked for."""
        names = [f"{version}/{path}", object_name(sha)]
        # on S3 a writer that lost the race may have written into the winner's folder
        return names if self.files.is_local else names[::-1]

    def _missing(self, version: str, path: str) -> StateError:
        return StateError(
            f"{path} of {version} is missing",
            where=self.where,
            do=f"restore {version}/{path} from a copy of the store",
        )


def is_dataset_name(name: str) -> bool:
    """Whether a dataset can have this name."""
    return _NAME.fullmatch(name) is not None and ".." not in name


def is_s3(store: str | Path) -> bool:
    """Whether a store is a bucket; InputError for an address of another kind or of no bucket."""
    do = "a store is a folder or s3://bucket/prefix"
    bucket = str(store).removeprefix("s3://")
    if bucket != str(store):
        if bucket.partition("/")[0]:
            return True
        raise InputError("names no bucket", where=str(store), do=do)
    refuse_address(store, do=do)
    return False


def object_name(sha: str) -> str:
    """Where an object is."""
    return f"{OBJECTS}/{sha[:2]}/{sha}"
