"""The log of a dataset: one numbered file an entry, each naming the one before.

Putting an entry under the next number, if absent, is the commit: of several
writers one wins. The entries are chained by hash.
"""

from __future__ import annotations

import hashlib
import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from annotate.errors import StateError, VersionError
from annotate.store.local import DatasetFolder, put_if_absent, sync_folder, write_synced

_ENTRY = re.compile(r"(\d{8})\.json")


class LoggedFile(BaseModel):
    """One file of a version's folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    sha256: str
    bytes: int


class Entry(BaseModel):
    """One entry: a version was made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seq: int
    kind: Literal["version"] = "version"
    previous: str | None
    """SHA-256 of the entry before."""
    version: str
    parent: str | None
    logical_hash: str
    created_at: str
    message: str
    files: list[LoggedFile]


def read_log(folder: DatasetFolder) -> list[Entry]:
    """All entries, oldest first; raises StateError where the chain is broken."""
    names = sorted(p.name for p in folder.log.iterdir() if _ENTRY.fullmatch(p.name))
    entries: list[Entry] = []
    previous: str | None = None
    for number, name in enumerate(names, 1):
        path = folder.log / name
        data = path.read_bytes()
        try:
            entry = Entry.model_validate_json(data)
        except ValidationError as error:
            reason = error.errors()[0]["msg"]
            raise StateError(f"not a log entry: {reason}", where=str(path)) from None
        if (entry.seq, name, entry.previous) != (number, _file_name(number), previous):
            raise StateError("does not follow the entry before it", where=str(path))
        entries.append(entry)
        previous = hashlib.sha256(data).hexdigest()
    return entries


def last_hash(folder: DatasetFolder, entries: list[Entry]) -> str | None:
    """SHA-256 of the newest entry's bytes, for the next one to name."""
    if not entries:
        return None
    return hashlib.sha256((folder.log / _file_name(entries[-1].seq)).read_bytes()).hexdigest()


def append_entry(folder: DatasetFolder, entry: Entry) -> None:
    """Commit: put the entry under its number; raises VersionError where that is taken."""
    tmp = folder.new_tmp() / _file_name(entry.seq)
    write_synced(tmp, entry.model_dump_json(indent=1).encode("utf-8") + b"\n")
    won = put_if_absent(tmp, folder.log / tmp.name)
    sync_folder(folder.log)
    tmp.unlink()
    tmp.parent.rmdir()
    if not won:
        raise VersionError(
            "another writer committed first", where=folder.name, do="run the command again"
        )


def _file_name(seq: int) -> str:
    return f"{seq:08d}.json"
