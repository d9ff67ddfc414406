"""An article -> gone from the newest version, and the older ones marked.

The log remembers the article, by every id that it had: no later version may hold it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from annotate.annotations.notes import no_tasks
from annotate.errors import VersionError
from annotate.schemes import load_scheme
from annotate.store.care.reading import reading
from annotate.store.create.index import holders, names_of, read_index
from annotate.store.create.plan import Request
from annotate.store.create.version import try_version
from annotate.store.derive import write_card
from annotate.store.folder import DatasetFolder
from annotate.store.log import Log, RetractEntry, append_entry, now
from annotate.store.versions import Version, is_here, load_log, read_manifest
from annotate.text import check_message


class Retracted(NamedTuple):
    """What a takedown did."""

    article: str
    version: str | None
    """The version without it; None where no version could follow."""
    marked: list[str]
    """The versions that hold it."""


def retract_article(folder: DatasetFolder, wanted: str, *, message: str = "") -> Retracted:
    """Take an article out, by its id or the id of one of its rows.

    Raises UsageError for a message that is no text, VersionError for an article that no version
    holds, and for one that was retracted already.
    """
    check_message(message)
    while True:
        log = load_log(folder)
        # what was marked before it came from the Hub was not brought
        looked_at = [e for e in log.kept if e.version not in log.marked or is_here(folder, e)]
        versions = [Version(folder, e, read_manifest(folder, e)).checked() for e in looked_at]
        with reading(*versions):
            article = _find(folder, versions, wanted)
            names = names_of(versions, article)
            marks = holders(versions, names)
        if all(set(names) <= set(log.marked.get(version, ())) for version in marks):
            raise VersionError(
                f"{article} was retracted already; {', '.join(marks)} hold it",
                where=folder.name,
                do=f"remove them with `annotate version gc {folder.name} --purge`",
            )
        newest = versions[-1]
        if newest.entry.version in marks and set(read_index(newest).articles.values()) - set(names):
            made = _make_version(folder, log, newest, names, marks, message)
            if made is not None:
                return Retracted(article, made, marks)
        elif _mark(folder, log, names, marks, message):
            return Retracted(article, None, marks)


def _find(folder: DatasetFolder, versions: Sequence[Version], wanted: str) -> str:
    """The article's id."""
    for version in reversed(versions):
        index = read_index(version)
        article = index.articles.get(wanted, wanted)
        if article in index.articles.values():
            return article
    raise VersionError(
        f"no version of {folder.name} holds {wanted}", do="give an article_id, or the id of a row"
    )


def _make_version(
    folder: DatasetFolder,
    log: Log,
    version: Version,
    names: list[str],
    marks: list[str],
    message: str,
) -> str | None:
    manifest = version.manifest
    request = Request(
        scheme=load_scheme(manifest.scheme),
        config=manifest.parse_config(),
        names=manifest.names,
        key_fingerprint=manifest.key_fingerprint,
        policy=manifest.policy,
        ties=manifest.ties,
        message=message or f"Without the article {names[0]}",
        carried=[version],
        migrations=manifest.migrations,
        retracts=names,
        marks=marks,
    )
    created, stands = try_version(folder, log, no_tasks(), request)
    return created.manifest.version if stands else None


def _mark(
    folder: DatasetFolder, log: Log, names: list[str], marks: list[str], message: str
) -> bool:
    with folder.files.committing():
        entry = append_entry(
            folder,
            log,
            RetractEntry,
            retracts=names,
            marks=marks,
            created_at=now(),
            message=message,
        )
        if entry is not None:
            write_card(folder)
    return entry is not None
