"""The log and the objects -> version folders and the card, which can always be made again."""

from __future__ import annotations

from contextlib import suppress

from annotate.dataset.card import NEWEST, dataset_card
from annotate.errors import StateError
from annotate.store.folder import CARD, OWN_WORDS, DatasetFolder, object_name
from annotate.store.local import write_synced
from annotate.store.log import Log, VersionEntry, read_log
from annotate.store.versions import read_manifest


def restore_derived(folder: DatasetFolder) -> None:
    """Make the version folders that are missing, as far as there are objects, and the card.

    What cannot be made is for `verify` to name.
    """
    for entry in read_log(folder).kept:
        if not folder.files.exists(entry.version):
            with suppress(StateError):
                make_version_folder(folder, entry)
    write_card(folder)


def make_version_folder(folder: DatasetFolder, entry: VersionEntry) -> None:
    """Make a version's folder from its objects.

    Raises StateError for an object that is missing or damaged.
    """
    sources = {}
    for file in entry.files:
        name = object_name(file.sha256)
        if folder.files.fault(name) or folder.files.sha256(name) != file.sha256:
            raise StateError(
                f"{file.path} of {entry.version} is missing or damaged, and so is its object",
                where=folder.where,
                do=f"restore {entry.version} from a copy of the store",
            )
        sources[file.path] = name
    folder.files.put_tree(entry.version, sources)


def write_card(folder: DatasetFolder) -> None:
    """Write the dataset's README; where another writer committed meanwhile, write it again."""
    log = read_log(folder)
    while True:
        card = make_card(folder, log)
        if card is not None:
            with folder.files.stage() as staged:
                write_synced(staged / CARD, card)
                folder.files.replace(CARD, staged / CARD)
        elif not _shown(log) and folder.files.exists(CARD):
            folder.files.remove(CARD)
        newer = read_log(folder)
        if newer.last == log.last:
            return
        log = newer


def make_card(folder: DatasetFolder, log: Log) -> bytes | None:
    """The dataset's README; None where it has no version to show.

    Versions that were retracted or whose manifest is damaged are left out of
    what can be loaded.
    """
    manifests = []
    shown = _shown(log)
    for entry in reversed(shown[-NEWEST:]):
        with suppress(StateError):
            manifests.append(read_manifest(folder, entry))
    if not manifests:
        return None
    older = len(shown) - len(manifests)
    return dataset_card(manifests, owner_words(folder), older=older).encode("utf-8")


def _shown(log: Log) -> list[VersionEntry]:
    """The versions that can be loaded by name: kept, and without a retracted article."""
    marked = log.marked
    return [entry for entry in log.kept if entry.version not in marked]


def owner_words(folder: DatasetFolder) -> str:
    """The text of `card.md`, which the owner writes and nothing overwrites."""
    if not folder.files.exists(OWN_WORDS):
        return ""
    try:
        return folder.files.read(OWN_WORDS).decode("utf-8")
    except UnicodeDecodeError:
        raise StateError("is not UTF-8", where=f"{folder.where}/{OWN_WORDS}") from None
