"""A version -> one commit and one tag in a dataset repository on the Hub.

The repository is laid out as the dataset's folder, so `load_dataset("user/name",
"v1.2.0")` works there. Goes in: the version's files, the log up to it, the
owner's words, and a card of the versions that are there. Refused: a repository
whose log is another or further on, a tag that stands for something else, a
retracted or damaged version, texts without a licence unless that is said.
Without texts, no log goes, and nothing into a repository that holds texts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from annotate.dataset.arrow.tables import read_columns
from annotate.errors import StateError, Unreachable, VersionError
from annotate.store.care.reading import reading
from annotate.store.derive import make_beside
from annotate.store.folder import OWN_WORDS, DatasetFolder
from annotate.store.hub.bare import bare_shipment
from annotate.store.hub.repo import Content, HubFile, HubRepo, HubState
from annotate.store.hub.shipment import Shipment, log_on_hub, on_hub, refuse_others
from annotate.store.log import Log, VersionEntry, entry_path
from annotate.store.versions import Version, is_here, load_log, open_version, read_manifest

_TRIES = 5
_EMPTY = HubState("", {}, {})


class Pushed(NamedTuple):
    """What went to the Hub, or would."""

    repo: str
    version: str
    files: dict[str, int]
    """Path -> bytes of what the repository did not hold yet."""
    commit: str | None
    """The commit that was made; None where nothing was missing, or in a dry run."""
    tagged: bool
    """Whether the tag was, or would be, given now."""

    def report(self) -> dict[str, Any]:
        """The document of `version push --json`."""
        return self._asdict() | {"tag": self.version, "bytes": sum(self.files.values())}


def push_version(
    folder: DatasetFolder,
    wanted: str | None,
    hub: HubRepo,
    *,
    allow_unknown_licence: bool = False,
    offsets_only: bool = False,
    dry_run: bool = False,
) -> Pushed:
    """Push a version by number or tag; what is there already is not sent again.

    With `offsets_only` labels, offsets and digests go, and no text. Raises
    VersionError or StateError for what is refused, Unreachable where the Hub does
    not answer or others commit all the time.
    """
    version = open_version(folder, wanted).checked()
    log = load_log(folder)
    with TemporaryDirectory(prefix="annotate-push-") as work:
        with reading(version):
            _check(version, log, allow_unknown_licence=allow_unknown_licence or offsets_only)
            if offsets_only:
                shipment = bare_shipment(version, log, hub, Path(work) / "bare")
            else:
                shipment = _whole_shipment(version, log, hub)
        return _push(shipment, hub, dry_run=dry_run)


def _push(shipment: Shipment, hub: HubRepo, *, dry_run: bool) -> Pushed:
    if not dry_run and hub.state() is None:
        shipment.add_rest(_EMPTY)  # what is refused makes no repository
        hub.create()
    number = shipment.version.entry.version
    for _ in range(_TRIES):
        state = hub.state() or _EMPTY
        missing = _missing(shipment, hub, state)
        sizes = {path: _size(content) for path, content in missing.items()}
        is_new = number not in state.tags
        if dry_run:
            return Pushed(hub.repo, number, sizes, None, is_new)
        commit = None
        if missing:
            message = f"{shipment.version.folder.name} {number}"
            commit = hub.commit(missing, message, parent=state.head)
            if commit is None:
                continue
        if is_new:
            _tag(shipment, hub, commit or state.head)
        return Pushed(hub.repo, number, sizes, commit, is_new)
    raise Unreachable(
        f"{_TRIES} commits met another one or were not answered",
        where=hub.where,
        do="run it again: what was sent is not sent twice",
    )


def versions_on_hub(state: HubState, log: Log) -> list[VersionEntry]:
    """The versions of `log` whose files are all in a repository, oldest first."""
    return [e for e in log.versions if all(f"{e.version}/{f.path}" in state.files for f in e.files)]


def _check(version: Version, log: Log, *, allow_unknown_licence: bool) -> None:
    """Raise what forbids to publish a version, before the Hub is asked anything."""
    number = version.entry.version
    if number in log.marked:
        raise VersionError(
            f"{version.name} holds retracted articles: {', '.join(log.marked[number])}",
            do="push a newer version",
        )
    version.check_files()
    gold = version.paths("gold")
    licences = [name for path in gold for name in read_columns(path, ["licence"])[0]]
    unknown = sum(not (name or "").strip() for name in licences)
    if unknown and not allow_unknown_licence:
        raise StateError(
            f"{unknown} of {len(licences)} rows of {version.name} have texts of unknown licence",
            do="record it in the articles' column `licence`, or say --allow-unknown-licence",
        )


def _whole_shipment(version: Version, log: Log, hub: HubRepo) -> Shipment:
    """A version with its texts, its log and the owner's words."""
    entries = _entries(version.folder, log)
    number = version.entry.version
    own: dict[str, Content] = {
        f"{number}/{file.path}": version.path(file.path) for file in version.entry.files
    }
    files = version.folder.files
    words = files.read(OWN_WORDS) if files.exists(OWN_WORDS) else None

    def add_rest(state: HubState) -> dict[str, Content]:
        _check_fit(hub, state, entries)
        _check_words(version.folder, log, words or b"", hub, state)
        count = max(_length(log, number), len(log_on_hub(state)))
        rest: dict[str, Content] = dict(list(entries.items())[:count])
        if words is not None:
            rest[OWN_WORDS] = words
        return rest | _beside(version, log, hub, state)

    return Shipment(version, own, own, add_rest)


def _missing(shipment: Shipment, hub: HubRepo, state: HubState) -> dict[str, Content]:
    """What the repository does not hold yet, by path."""
    rest = shipment.add_rest(state)
    _check_tag(shipment, hub, state)
    own = {} if _holds(state.files, shipment.known_by) else dict(shipment.files)
    return {
        path: content
        for path, content in (own | rest).items()
        if path not in state.files or not state.files[path].holds(content)
    }


def _entries(folder: DatasetFolder, log: Log) -> dict[str, bytes]:
    paths = [entry_path(entry.seq) for entry in log.entries]
    return {path: folder.files.read(path) for path in paths}


def _length(log: Log, number: str) -> int:
    """How many entries tell of a version: up to the one that makes the next version."""
    places = [i for i, e in enumerate(log.entries) if isinstance(e, VersionEntry)]
    numbers = [entry.version for entry in log.versions]
    after = numbers.index(number) + 1
    return places[after] if after < len(places) else len(log.entries)


def _check_fit(hub: HubRepo, state: HubState, entries: dict[str, bytes]) -> None:
    """Raise StateError where the repository is not this dataset, or is ahead of it."""
    there = log_on_hub(state)
    if not there:
        refuse_others(hub, state)
    for path in there:
        if path in entries and not state.files[path].holds(entries[path]):
            raise StateError(
                f"{path} on the Hub is not the one of this store: another dataset, or both went on",
                where=hub.where,
                do="name another repository",
            )
    if set(there) - set(entries):
        raise StateError(
            "the log on the Hub is ahead of this store",
            where=hub.where,
            do="run `annotate version pull` first",
        )


def _check_words(
    folder: DatasetFolder, log: Log, ours: bytes, hub: HubRepo, state: HubState
) -> None:
    """Raise StateError where `card.md` has lines on the Hub that would be lost.

    Lines of a `card.md` that one of our versions was made with are ours to take back.
    """
    there = state.files.get(OWN_WORDS)
    if there is None or there.holds(ours):
        return
    with TemporaryDirectory(prefix="annotate-push-") as work:
        theirs = hub.download(OWN_WORDS, Path(work), revision=state.head).read_bytes()
    lost = [line for line in theirs.splitlines() if line.strip() and line not in ours.splitlines()]
    here = (entry for entry in log.kept if is_here(folder, entry))
    known = {read_manifest(folder, entry).owner_words for entry in here}
    if lost and hashlib.sha256(theirs).hexdigest() not in known:
        first = lost[0].decode("utf-8", "replace")
        more = f", and {len(lost) - 1} more" if lost[1:] else ""
        raise StateError(
            f"{OWN_WORDS} has lines on the Hub that the one here has not: {first!r}{more}",
            where=hub.where,
            do=f"put them into {folder.where}/{OWN_WORDS}, or take them out there",
        )


def _check_tag(shipment: Shipment, hub: HubRepo, state: HubState) -> None:
    """Raise VersionError where the version's tag stands for a commit without its files."""
    number = shipment.version.entry.version
    if number in state.tags and not _holds(hub.files_at(state.tags[number]), shipment.known_by):
        raise VersionError(
            f"the tag {number} on the Hub stands for something else",
            where=hub.where,
            do="remove that tag there, or name another repository",
        )


def _holds(there: Mapping[str, HubFile], files: Mapping[str, Content]) -> bool:
    return all(path in there and there[path].holds(content) for path, content in files.items())


def _tag(shipment: Shipment, hub: HubRepo, commit: str) -> None:
    """Tag a commit; where somebody else did meanwhile, it must hold the same version."""
    if not hub.tag(shipment.version.entry.version, commit):
        _check_tag(shipment, hub, hub.state() or _EMPTY)


def _beside(version: Version, log: Log, hub: HubRepo, state: HubState) -> dict[str, Content]:
    """The card and the citation of the versions that the repository holds, with this one."""
    there = {entry.version for entry in versions_on_hub(state, log)} | {version.entry.version}
    shown = there - set(log.marked)
    entries = [entry for entry in log.versions if entry.version in shown]
    made = make_beside(version.folder, Log(list(entries), log.last), url=hub.where)
    return on_hub(made, version, hub)


def _size(content: Content) -> int:
    return content.stat().st_size if isinstance(content, Path) else len(content)
