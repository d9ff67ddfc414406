"""The log of a dataset: one numbered file an entry, each naming the one before.

Putting an entry under the next number, if absent, is the commit: of several
writers one wins. The entries are chained by hash, and each carries a digest of
itself, so that a changed byte anywhere in the log is found.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from annotate.dataset.manifest import VERSION
from annotate.errors import StateError
from annotate.store.folder import LOG, DatasetFolder
from annotate.store.local import write_synced

ENTRY = re.compile(r"\d{8}\.json")
"""The name of an entry's file, below `LOG`."""
_Number = Annotated[str, Field(pattern=rf"^{VERSION.pattern}$")]
"""A version; it is the name of a folder too, so that no other may stand in a log."""
_DIGEST_LENGTH = 32
_OWN_DIGEST = re.compile(rb'^ "digest": "([0-9a-f]{32})"', re.MULTILINE)
_UNKNOWN = {"union_tag_invalid", "extra_forbidden"}
"""What is wrong with an entry of a kind, or with a field, that this release does not know."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LoggedFile(_Record):
    """One file of a version's folder."""

    path: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    bytes: int

    @field_validator("path")
    @classmethod
    def _stays_inside(cls, path: str) -> str:
        parts = path.split("/")
        if PurePosixPath(path).is_absolute() or {"", ".", ".."} & set(parts) or "\\" in path:
            raise ValueError(f"{path!r} leads out of the version's folder")
        return path


class _Entry(_Record):
    seq: int
    previous: str | None
    """SHA-256 of the entry before."""
    created_at: str
    """UTC, ISO 8601."""
    message: str
    digest: str = ""
    """The first 32 digits of SHA-256 over the entry's JSON with this field empty."""


class VersionEntry(_Entry):
    """A version was made."""

    kind: Literal["version"] = "version"
    version: _Number
    parent: _Number | None
    bump: str
    logical_hash: str
    files: list[LoggedFile]
    retracts: list[str] = []
    """Articles that this version leaves out for good."""
    marks: list[_Number] = []
    """Older versions that hold one of them."""


class TagEntry(_Entry):
    """A version was given a name, for good."""

    kind: Literal["tag"] = "tag"
    tag: str
    version: _Number


class RetractEntry(_Entry):
    """Articles that no version may hold again, and the versions that hold one."""

    kind: Literal["retract"] = "retract"
    retracts: list[str]
    marks: list[_Number]


class PurgeEntry(_Entry):
    """The files of versions are no longer kept."""

    kind: Literal["purge"] = "purge"
    versions: list[_Number]


Entry = VersionEntry | TagEntry | RetractEntry | PurgeEntry
EntryT = TypeVar("EntryT", bound=_Entry)
_ADAPTER: TypeAdapter[Entry] = TypeAdapter(Annotated[Entry, Field(discriminator="kind")])


class Log(NamedTuple):
    """All entries, oldest first."""

    entries: list[Entry]
    last: str | None
    """SHA-256 of the newest entry's bytes."""

    @property
    def versions(self) -> list[VersionEntry]:
        """The versions, oldest first."""
        return [entry for entry in self.entries if isinstance(entry, VersionEntry)]

    @property
    def tags(self) -> dict[str, str]:
        """Tag -> version."""
        return {e.tag: e.version for e in self.entries if isinstance(e, TagEntry)}

    @property
    def retracted(self) -> set[str]:
        """Articles that no new version may hold."""
        return {name for e in self._retractions for name in e.retracts}

    @property
    def marked(self) -> dict[str, list[str]]:
        """Version that holds a retracted article -> the articles' ids."""
        found: dict[str, dict[str, None]] = {}
        for entry in self._retractions:
            for version in entry.marks:
                found.setdefault(version, {}).update(dict.fromkeys(entry.retracts))
        return {version: list(articles) for version, articles in found.items()}

    @property
    def purged(self) -> set[str]:
        """Versions whose files are no longer kept."""
        return {v for e in self.entries if isinstance(e, PurgeEntry) for v in e.versions}

    @property
    def kept(self) -> list[VersionEntry]:
        """The versions whose files are kept, oldest first."""
        purged = self.purged
        return [entry for entry in self.versions if entry.version not in purged]

    @property
    def _retractions(self) -> list[VersionEntry | RetractEntry]:
        return [e for e in self.entries if isinstance(e, VersionEntry | RetractEntry)]


def read_log(folder: DatasetFolder) -> Log:
    """Read the log; raises StateError where an entry is damaged or the chain is broken."""
    entries: list[Entry] = []
    previous: str | None = None
    for number, (name, data) in enumerate(folder.files.read_all(LOG, ENTRY).items(), 1):
        path = f"{LOG}/{name}"
        where = f"{folder.where}/{path}"
        entry = _parse(data, where)
        if (entry.seq, path, entry.previous) != (number, entry_path(number), previous):
            raise StateError(
                "does not follow the entry before it", where=where, do="restore the log from a copy"
            )
        entries.append(entry)
        previous = hashlib.sha256(data).hexdigest()
    return Log(entries, previous)


def log_or_empty(folder: DatasetFolder) -> Log:
    """The log; an empty one where the dataset is not there yet."""
    return read_log(folder) if folder.files.exists(LOG) else Log([], None)


def now() -> str:
    """This moment, as `created_at` has it."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def entry_path(seq: int) -> str:
    """Where the entry of a number is."""
    return f"{LOG}/{seq:08d}.json"


def append_entry(
    folder: DatasetFolder, log: Log, kind: type[EntryT], **fields: Any
) -> EntryT | None:
    """Commit: put an entry after `log`, durably; None where another writer was first."""
    entry = kind(seq=len(log.entries) + 1, previous=log.last, **fields)
    entry = entry.model_copy(update={"digest": _digest(entry)})
    with folder.files.stage() as staged:
        write_synced(staged / "entry", _encode(entry))
        return entry if folder.files.put_new(entry_path(entry.seq), staged / "entry") else None


@lru_cache(maxsize=4096)  # a commit reads the log several times, and equal bytes are one entry
def _parse(data: bytes, where: str) -> Entry:
    try:
        entry = _ADAPTER.validate_json(data)
    except ValidationError as error:
        problem = error.errors()[0]["msg"]
        if {found["type"] for found in error.errors()} <= _UNKNOWN and _has_own_digest(data):
            raise StateError(
                "the log entry is of a later release", where=where, do="upgrade annotate"
            ) from None
    else:
        if _encode(entry) == data and entry.digest == _digest(entry):
            return entry
        problem = "its digest is another"
    raise StateError(
        f"the log entry is damaged: {problem}", where=where, do="restore the log from a copy"
    )


def _has_own_digest(data: bytes) -> bool:
    """Whether an entry that cannot be parsed has the digest of its own bytes."""
    found = _OWN_DIGEST.search(data)
    if found is None:
        return False
    blank = data[: found.start(1)] + data[found.end(1) :]
    return hashlib.sha256(blank).hexdigest()[:_DIGEST_LENGTH].encode() == found[1]


def _encode(entry: _Entry) -> bytes:
    return entry.model_dump_json(indent=1).encode("utf-8") + b"\n"


def _digest(entry: _Entry) -> str:
    blank = entry.model_copy(update={"digest": ""})
    return hashlib.sha256(_encode(blank)).hexdigest()[:_DIGEST_LENGTH]
