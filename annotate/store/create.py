"""Gathered annotations -> the next version of a dataset; its number follows from the diff.

Nothing is written where anything is wrong: more set aside than allowed, a
parent of another scheme or pseudonym key, no difference from the parent. Where
another writer commits first, the version is made again on top of that one,
unless that would be a greater change than the one asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from annotate.annotations.gather import Gathering
from annotate.dataset.manifest import Manifest
from annotate.errors import VersionError
from annotate.store.commit import commit_version
from annotate.store.diff import VersionDiff
from annotate.store.folder import LOG, DatasetFolder
from annotate.store.log import Log, read_log
from annotate.store.plan import Plan, Request, make_plan
from annotate.store.provenance import make_manifest
from annotate.store.stage import write_data_files, write_texts

_TRIES = 20
_SIZES = {"none": 0, "patch": 1, "minor": 2, "major": 3}


class Created(NamedTuple):
    """A version that was made, or that would be."""

    manifest: Manifest
    gathering: Gathering
    diff: VersionDiff

    def report(self) -> dict[str, Any]:
        """The document of `version create --json`."""
        counts = self.gathering.ledger.counts
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
                for entry in self.gathering.ledger.set_aside
            ],
        }


def make_version(
    folder: DatasetFolder, gathering: Gathering, request: Request, *, dry_run: bool = False
) -> Created:
    """Make the next version, or with `dry_run` only say what it would be.

    Raises RejectsError for too much set aside, StateError for a state that
    forbids it, VersionError where nothing differs or another writer was first.
    """
    allowed = None
    for _ in range(_TRIES):
        log = log_or_empty(folder)
        plan = make_plan(folder, log, gathering, request)
        if allowed is not None and _SIZES[plan.diff.bump] > _SIZES[allowed]:
            break
        created = write_plan(folder, log, plan, gathering, request, dry_run=dry_run)
        if created is not None:
            return created
        # on a dataset that was not there, rows of another writer would be removed unasked
        allowed = allowed or (plan.diff.bump if plan.parent else "minor")
    raise VersionError(
        f"another writer committed {log_or_empty(folder).versions[-1].version} first",
        where=folder.where,
        do="look at it, and run the command again",
    )


def log_or_empty(folder: DatasetFolder) -> Log:
    """The log; an empty one where the dataset is not there yet."""
    return read_log(folder) if folder.files.exists(LOG) else Log([], None)


def write_plan(
    folder: DatasetFolder,
    log: Log,
    plan: Plan,
    gathering: Gathering,
    request: Request,
    *,
    dry_run: bool = False,
) -> Created | None:
    """Write and commit what was planned; None where another writer was first."""
    with _outside() if dry_run else _inside(folder) as staged:
        configs = write_data_files(plan.rows, staged, plan.number)
        manifest = make_manifest(folder, plan, gathering, request, configs)
        write_texts(staged, manifest, plan.rows.schemas)
        if not dry_run and not commit_version(
            folder, log, staged, manifest, retracts=request.retracts, marks=plan.marks
        ):
            return None
    return Created(manifest, gathering._replace(ledger=plan.ledger), plan.diff)


@contextmanager
def _inside(folder: DatasetFolder) -> Iterator[Path]:
    folder.create()
    with folder.files.committing(), folder.files.stage() as staged:
        yield staged


@contextmanager
def _outside() -> Iterator[Path]:
    with TemporaryDirectory(prefix="annotate-") as staged:
        yield Path(staged)
