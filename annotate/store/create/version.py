"""Noted tasks -> the next version of a dataset; its number follows from the diff.

Nothing is written where anything is wrong: more set aside than allowed, a
parent of another scheme or pseudonym key, no difference from the parent. Where
another writer commits first, the version is made again on top of that one,
unless that would be a greater change than the one asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from annotate.annotations.ledger import Ledger
from annotate.annotations.notes import Notes
from annotate.dataset.arrow.tables import label_lists
from annotate.dataset.manifest import Manifest
from annotate.dataset.shard import InThisProcess, Runner
from annotate.errors import VersionError
from annotate.store.care.reading import reading
from annotate.store.commit import commit_version
from annotate.store.create.plan import Plan, Request, make_plan
from annotate.store.create.provenance import make_manifest
from annotate.store.create.stage import StagedRows, make_parts, write_files
from annotate.store.derive import owner_words
from annotate.store.diff.sides import identity_of, side_of_files, side_of_version
from annotate.store.diff.versions import Bump, VersionDiff, compare, next_version
from annotate.store.documents import write_documents
from annotate.store.folder import DatasetFolder
from annotate.store.log import Log, log_or_empty

_FIRST = "v1.0.0"
_TRIES = 20
_SIZES = {"none": 0, "patch": 1, "minor": 2, "major": 3}


class Created(NamedTuple):
    """A version that was made, or that would be."""

    manifest: Manifest
    ledger: Ledger
    diff: VersionDiff

    def report(self) -> dict[str, Any]:
        """The document of `version create --json`."""
        counts = self.ledger.counts
        return {
            "version": self.manifest.version,
            "bump": self.manifest.bump,
            "logical_hash": self.manifest.logical_hash,
            "rows": self.manifest.rows(),
            "tasks": counts["tasks"],
            "annotations": counts["annotations_kept"],
            "regions_read": counts["regions_read"],
            "regions_kept": counts["regions_kept"],
            "rejected": [
                {"code": entry.code, "unit_key": entry.unit_key, "detail": entry.detail}
                for entry in self.ledger.set_aside
            ],
        }


class Runners(NamedTuple):
    """What does the work."""

    shards: Runner
    """Checks tasks; may be far away."""
    files: Runner
    """Writes files; on this machine."""


HERE = Runners(InThisProcess(), InThisProcess())


def make_version(
    folder: DatasetFolder,
    note: Callable[[], tuple[Notes, Request]],
    *,
    runners: Runners = HERE,
    dry_run: bool = False,
) -> Created:
    """Make the next version, or with `dry_run` only say what it would be.

    `note` gives the tasks that there are, and what is to be made of them: anew for each
    try, since a try lets go of the tasks when it has their rows. Raises RejectsError for
    too much set aside, StateError for a state that forbids it, VersionError where
    nothing differs or another writer was first.
    """
    allowed = None
    for _ in range(_TRIES):
        log, (notes, request) = log_or_empty(folder), note()
        created, stands = try_version(
            folder, log, notes, request, runners, allowed=allowed or "major", dry_run=dry_run
        )
        if stands:
            return created
        # on a dataset that was not there, rows of another writer would be removed unasked
        allowed = allowed or (created.diff.bump if created.manifest.parent else "minor")
    raise _too_late(folder)


def try_version(
    folder: DatasetFolder,
    log: Log,
    notes: Notes,
    request: Request,
    runners: Runners = HERE,
    *,
    allowed: Bump = "major",
    dry_run: bool = False,
) -> tuple[Created, bool]:
    """Make the version after `log`, and say whether it stands: another writer may be first.

    Lets go of the tasks of `notes`. Raises as `make_version` does, and for a greater
    change than `allowed`.
    """
    plan = make_plan(folder, log, notes, request)
    with (
        reading(*request.carried, *([plan.before] if plan.before else [])),
        make_parts(plan, notes, request, runners.shards) as parts,
        _outside() if dry_run else _inside(folder) as staged,
    ):
        rows = write_files(plan, parts, request, staged, runners.files)
        diff = _diff(folder, plan, rows, request)
        if _SIZES[diff.bump] > _SIZES[allowed]:
            raise _too_late(folder)
        number = next_version(log.versions[-1].version, diff.bump) if log.versions else _FIRST
        manifest = make_manifest(folder, number, plan, notes, request, rows, diff)
        write_documents(staged, manifest, plan.schemas)
        stands = dry_run or commit_version(
            folder, log, staged, manifest, retracts=request.retracts, marks=request.marks
        )
    return Created(manifest, rows.ledger, diff), stands


def _diff(folder: DatasetFolder, plan: Plan, rows: StagedRows, request: Request) -> VersionDiff:
    """The diff from the parent; VersionError, with what was set aside, where nothing differs."""
    if plan.before is None:
        return VersionDiff("major", {}, {})
    labels = {path: list(names) for path, names in label_lists(plan.schemas["gold"]).items()}
    identity = identity_of(request.config.digest, owner_words(folder))
    new = side_of_files(rows.files, labels, identity)
    diff = compare(side_of_version(plan.before), new, request.scheme)
    known = plan.before.manifest.migrations
    diff = diff._replace(migrations=[m for m in request.migrations if m not in known])
    if diff.bump == "none":
        what = "nothing but names of annotators" if diff.annotators else "nothing"
        error = VersionError(f"{what} differs from {plan.before.entry.version}", where=folder.name)
        for entry in rows.ledger.set_aside:
            error.add_note(f"set aside: {entry.line()}")
        raise error
    return diff


def _too_late(folder: DatasetFolder) -> VersionError:
    return VersionError(
        f"another writer committed {log_or_empty(folder).versions[-1].version} first",
        where=folder.where,
        do="look at it, and run the command again",
    )


@contextmanager
def _inside(folder: DatasetFolder) -> Iterator[Path]:
    folder.create()
    with folder.files.committing(), folder.files.stage() as staged:
        yield staged


@contextmanager
def _outside() -> Iterator[Path]:
    with TemporaryDirectory(prefix="annotate-") as staged:
        yield Path(staged)
