"""A dataset repository of ours on the Hub -> the dataset in a store, with its log.

Objects come first, each checked against the log, then the entries, then the
version folders and the card. Refused: a log that is damaged or does not fit the
one here, a file that is not the one committed, a dataset of another name.
Versions that hold a retracted article are not brought.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from pydantic import ValidationError

from annotate.dataset.manifest import Manifest
from annotate.errors import InputError, StateError, VersionError
from annotate.store.bare.offsets import WHOLE
from annotate.store.care.repair import repair_file
from annotate.store.derive import checked_words, make_version_folder, restore_derived
from annotate.store.folder import MANIFEST, OWN_WORDS, DatasetFolder, object_name
from annotate.store.hub.push import versions_on_hub
from annotate.store.hub.repo import HubRepo, HubState
from annotate.store.hub.shipment import log_on_hub
from annotate.store.local import file_sha256, write_synced
from annotate.store.log import (
    Entry,
    Log,
    LoggedFile,
    VersionEntry,
    entry_path,
    log_or_empty,
    read_log,
)


class Pulled(NamedTuple):
    """What came from the Hub."""

    repo: str
    entries: int
    """Log entries that were not here."""
    brought: list[str]
    """Versions of which files were missing here."""
    absent: list[str]
    """Versions in the log that were not brought: not on the Hub, or retracted."""
    unusable: str | None
    """Why the owner's words were not brought, where they cannot be used."""


def pull_dataset(folder: DatasetFolder, hub: HubRepo) -> Pulled:
    """Bring a dataset; what is here already is not fetched again.

    Raises StateError, VersionError or InputError for what is refused,
    Unreachable where the Hub does not answer.
    """
    state = hub.state()
    if state is not None and any(path.endswith(f"/{WHOLE}") for path in state.files):
        raise StateError(
            "its versions are without texts",
            where=hub.where,
            do="download it, and put the texts in with `annotate hydrate`",
        )
    if state is None or not log_on_hub(state):
        raise StateError(
            "no dataset of ours is there", where=hub.where, do="check --repo and HF_TOKEN"
        )
    with TemporaryDirectory(prefix="annotate-pull-") as name:
        work = Path(name)
        for path in log_on_hub(state):
            hub.download(path, work / folder.name, revision=state.head)
        theirs = read_log(DatasetFolder(work, folder.name))
        ours = log_or_empty(folder)
        newer = _fitting(hub, ours, theirs)
        kept = [e for e in theirs.versions if e.version not in {*newer.marked, *newer.purged}]
        there = [e for e in kept if e in versions_on_hub(state, theirs)]
        named = [e for e in theirs.versions if f"{e.version}/{MANIFEST}" in state.files]
        _check_name(folder, hub, state, there or named, work)
        words, unusable = _words(folder, hub, state, work)
        folder.create()
        with folder.files.committing():
            brought = [e.version for e in there if _bring(folder, hub, state, e, work)]
            _put_entries(folder, work, theirs.entries[len(ours.entries) :])
            if words is not None:
                folder.files.replace(OWN_WORDS, words)
            restore_derived(folder)
    found = {entry.version for entry in there}
    absent = [e.version for e in theirs.versions if e.version not in found | newer.purged]
    count = max(0, len(theirs.entries) - len(ours.entries))
    return Pulled(hub.repo, count, brought, absent, unusable)


def _fitting(hub: HubRepo, ours: Log, theirs: Log) -> Log:
    """The longer of two logs; raises StateError where neither begins with the other."""
    count = min(len(ours.entries), len(theirs.entries))
    if ours.entries[:count] != theirs.entries[:count]:
        raise StateError(
            "the log on the Hub does not fit the one here: another dataset, or both went on",
            where=hub.where,
            do="pull it into another --store",
        )
    return max(ours, theirs, key=lambda log: len(log.entries))


def _check_name(
    folder: DatasetFolder, hub: HubRepo, state: HubState, named: list[VersionEntry], work: Path
) -> None:
    """Raise InputError for another name than the newest of `named`, if there is any, says."""
    if not named:
        return
    path = hub.download(f"{named[-1].version}/{MANIFEST}", work, revision=state.head)
    try:
        name = Manifest.model_validate_json(path.read_bytes()).name
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise StateError(f"{MANIFEST} is no manifest: {reason}", where=hub.where) from None
    if name != folder.name:
        raise InputError(
            f"this is the dataset {name}, not {folder.name}",
            where=hub.where,
            do=f"run `annotate version pull {name}`",
        )


def _bring(
    folder: DatasetFolder, hub: HubRepo, state: HubState, entry: VersionEntry, work: Path
) -> bool:
    """Make objects of the files of a version that are not here; whether there were any.

    A folder of the version that is there already gets them too.
    """
    missing = [file for file in entry.files if not _is_here(folder, entry, file)]
    for file in missing:
        path = hub.download(f"{entry.version}/{file.path}", work, revision=state.head)
        if file_sha256(path) != file.sha256:
            raise StateError(
                f"{entry.version}/{file.path} on the Hub is not the file that was committed",
                where=hub.where,
                do="push the version again from a whole store",
            )
        folder.put_object(path)
        path.unlink()
    if missing and not folder.files.is_local:
        # as in a commit: without a rename, the folder is written before the entry
        make_version_folder(folder, entry)
    elif folder.files.exists(entry.version):
        for file in missing:
            repair_file(folder, entry, file)
    return bool(missing)


def _is_here(folder: DatasetFolder, entry: VersionEntry, file: LoggedFile) -> bool:
    names = (object_name(file.sha256), f"{entry.version}/{file.path}")
    return any(folder.is_whole(name, file.sha256) for name in names)


def _put_entries(folder: DatasetFolder, work: Path, entries: list[Entry]) -> None:
    for entry in entries:
        name = entry_path(entry.seq)
        data = (work / folder.name / name).read_bytes()
        with folder.files.stage() as staged:
            path = staged / "entry"
            write_synced(path, data)
            if not folder.files.put_new(name, path) and folder.files.read(name) != data:
                raise VersionError(
                    "another writer committed meanwhile", where=folder.where, do="pull again"
                )


def _words(
    folder: DatasetFolder, hub: HubRepo, state: HubState, work: Path
) -> tuple[Path | None, str | None]:
    """The owner's words where there are none here, which are never overwritten; or their fault."""
    if OWN_WORDS not in state.files or folder.files.exists(OWN_WORDS):
        return None, None
    path = hub.download(OWN_WORDS, work, revision=state.head)
    try:
        checked_words(path.read_bytes(), where=f"{hub.where}/{OWN_WORDS}")
    except StateError as error:
        return None, str(error)
    return path, None
