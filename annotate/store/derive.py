"""The log and the objects -> version folders, the card and the citation.

All of them can always be made again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from annotate.dataset.card.citation import make_citation, read_words
from annotate.dataset.card.readme import NEWEST, dataset_card
from annotate.dataset.manifest import VERSION, Manifest
from annotate.errors import StateError
from annotate.store.folder import CARD, CITATION, OWN_WORDS, DatasetFolder, object_name
from annotate.store.local import write_synced
from annotate.store.log import Log, VersionEntry, read_log
from annotate.store.versions import read_manifest


def restore_derived(folder: DatasetFolder) -> None:
    """Make the version folders that are missing, as far as there are objects, and the card.

    What cannot be made is for `verify` to name.
    """
    there = set(folder.files.names("."))
    for entry in read_log(folder).kept:
        if entry.version not in there:
            with suppress(StateError):
                make_version_folder(folder, entry)
    write_card(folder)


def make_version_folder(
    folder: DatasetFolder, entry: VersionEntry, *, hashed: bool = False
) -> None:
    """Make the folder of a version that is in the log from its objects.

    Raises StateError for an object that is missing or damaged. With `hashed` the bytes of
    all were looked at a moment ago, as they were put.
    """
    sources = {}
    for file in entry.files:
        name = object_name(file.sha256)
        if folder.files.fault(name) or not (hashed or folder.files.sha256(name) == file.sha256):
            raise StateError(
                f"{file.path} of {entry.version} is missing or damaged, and so is its object",
                where=folder.where,
                do=f"restore {entry.version} from a copy of the store",
            )
        sources[file.path] = name
    folder.files.put_tree(entry.version, sources)
    if not folder.files.is_local:
        # left by other writers of this number, of whom none can win it any more
        remove_extra(folder, entry)


def unlogged_versions(folder: DatasetFolder, log: Log) -> list[str]:
    """The folders of versions that are not in the log."""
    known = {entry.version for entry in log.versions}
    names = folder.files.names(".")
    return [name for name in names if VERSION.fullmatch(name) and name not in known]


def extra_files(folder: DatasetFolder, entry: VersionEntry) -> list[str]:
    """The files in a version's folder that are not the version's."""
    known = {file.path for file in entry.files}
    return [f"{entry.version}/{p}" for p in folder.files.walk(entry.version) if p not in known]


def remove_extra(folder: DatasetFolder, entry: VersionEntry) -> list[str]:
    """Remove the files in a version's folder that are not the version's; returns their paths."""
    extra = extra_files(folder, entry)
    for path in extra:
        folder.files.remove(path)
    return extra


def write_card(folder: DatasetFolder) -> None:
    """Write the files beside the versions; where another writer committed meanwhile, again."""
    log = read_log(folder)
    while True:
        for name, data in make_beside(folder, log).items():
            with folder.files.stage() as staged:
                write_synced(staged / name, data)
                folder.files.replace(name, staged / name)
        for name in _left_over(folder, log):
            folder.files.remove(name)
        newer = read_log(folder)
        if newer.last == log.last:
            return
        log = newer


def faults_beside(folder: DatasetFolder, log: Log) -> Iterator[tuple[str, str]]:
    """The files beside the versions that are not as the log makes them: name, what is wrong."""
    try:
        made = make_beside(folder, log)
    except StateError as error:
        yield OWN_WORDS, error.what
        return
    for name, data in made.items():
        fault = folder.files.fault(name)
        if fault is not None:
            yield name, fault
        elif folder.files.read(name) != data:
            yield name, "is not what follows from the log"
    yield from ((name, "belongs to no version") for name in _left_over(folder, log))


def _left_over(folder: DatasetFolder, log: Log) -> list[str]:
    """The files beside the versions where there is no version that they could show."""
    return [n for n in (CARD, CITATION) if not _shown(log) and folder.files.exists(n)]


def make_beside(folder: DatasetFolder, log: Log, *, url: str | None = None) -> dict[str, bytes]:
    """The dataset's README and citation, by name; none where it has no version to show.

    Versions that were retracted or whose manifest is damaged or not here are left out
    of what can be loaded. `url` is where the dataset is, where its owner does not say.
    """
    manifests = []
    for entry in reversed(listed(log)):
        with suppress(StateError):
            manifests.append(read_manifest(folder, entry))
    if not manifests:
        return {}
    return beside(folder, manifests, older=len(_shown(log)[:-NEWEST]), url=url)


def beside(
    folder: DatasetFolder, manifests: Sequence[Manifest], *, older: int, url: str | None
) -> dict[str, bytes]:
    """The README and the citation of versions, newest first."""
    words = read_words(owner_words(folder), where=f"{folder.where}/{OWN_WORDS}")
    return {
        CARD: dataset_card(manifests, words.body, older=older).encode("utf-8"),
        CITATION: make_citation(manifests[0], words.credit, url=url),
    }


def listed(log: Log) -> list[VersionEntry]:
    """The versions that the dataset's card lists, oldest first; others load by their folder."""
    return _shown(log)[-NEWEST:]


def _shown(log: Log) -> list[VersionEntry]:
    """The versions that can be loaded by name: kept, and without a retracted article."""
    marked = log.marked
    return [entry for entry in log.kept if entry.version not in marked]


def owner_words(folder: DatasetFolder) -> str:
    """The text of `card.md`, which the owner writes and nothing overwrites.

    Raises StateError where it is no file or not UTF-8, or its front matter no citation.
    """
    if not folder.files.exists(OWN_WORDS):
        return ""
    where = f"{folder.where}/{OWN_WORDS}"
    try:
        return checked_words(folder.files.read(OWN_WORDS), where=where)
    except IsADirectoryError:
        raise StateError("is a folder", where=where, do="move it away") from None


def checked_words(data: bytes, *, where: str) -> str:
    """The text of a `card.md`; StateError as `owner_words`."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise StateError("is not UTF-8", where=where) from None
    read_words(text, where=where)
    return text
