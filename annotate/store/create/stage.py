"""A plan and a manifest -> the files of a version, in a folder of their own.

Shards of tasks become rows on whatever runs them; their rows wait in files, a
shard each, until the Parquet files are written from them, each a piece of work
of its own. So no more is held than the shards under way and one row group.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from annotate.annotations.ledger import Ledger
from annotate.annotations.notes import Notes
from annotate.dataset.manifest import DataConfig, DataFile, Numbers
from annotate.dataset.shard import Runner, Shard, make_shard
from annotate.dataset.splits import SPLITS
from annotate.errors import StateError
from annotate.store.create.parts import Part, SplitJob, WrittenSplit, rows_of, write_job
from annotate.store.create.plan import Plan, Planned, Request
from annotate.store.create.waiting import Waiting
from annotate.store.datafiles import data_files
from annotate.store.numbers import count_numbers
from annotate.store.rowfiles import StagedFiles
from annotate.store.rowtables import stories_in_two_splits

_CONFIG_SUFFIX = {"gold": ""}


class StagedRows(NamedTuple):
    """The data files of a version before it has a number."""

    files: StagedFiles
    numbers: Numbers
    ledger: Ledger
    ties: int
    bio_dropped: int
    bio_moved: int


class Parts(NamedTuple):
    """The rows of a plan, waiting in files."""

    files: dict[tuple[str, str], list[Part]]
    """By config and split."""
    ledger: Ledger
    ties: int


@contextmanager
def make_parts(plan: Plan, notes: Notes, request: Request, runner: Runner) -> Iterator[Parts]:
    """Make the rows of a plan, in files that last as long as the context.

    Then the tasks of `notes` are let go, which are most of what grows with the inputs.
    Raises RejectsError for too much set aside, StateError where no row is left.
    """
    with TemporaryDirectory(prefix="annotate-rows-") as spool:
        parts = _make_parts(plan, notes, Path(spool), runner)
        parts.ledger.close(max_rejects=request.max_rejects)
        if not parts.files:
            raise _nothing_left(parts.ledger)
        yield parts


def write_files(
    plan: Plan, parts: Parts, request: Request, folder: Path, runner: Runner
) -> StagedRows:
    """Write the Parquet files of every config below `folder`, and count what is in them.

    Raises StateError where one story would stand in two splits.
    """
    (folder / "data").mkdir()
    jobs = [
        SplitJob(config, split, folder, plan.schemas, request.scheme.tag_column, found)
        for config in plan.schemas
        for split in SPLITS
        if (found := parts.files.get((_source(config), split)))
    ]
    rows = [job for job in jobs if job.config != "bio"]
    tokens = [job for job in jobs if job.config == "bio"]
    # the first tokens, of the training split, take longest: all rows are written beside them
    order = [*tokens[:1], *rows, *tokens[1:]]
    coming = zip(map(_place, order), runner.map(write_job, order), strict=True)
    written = dict(islice(coming, len(tokens[:1]) + len(rows)))
    labels = _stage(rows, written, folder)
    _check_stories(labels)
    numbers = count_numbers(labels, request.scheme, partial(rows_of, parts.files))
    written.update(coming)
    dropped, moved = (sum(each) for each in zip(*(w[1:] for w in written.values()), strict=True))
    files = _stage(jobs, written, folder)
    return StagedRows(files, numbers, parts.ledger, parts.ties, dropped, moved)


def name_configs(files: StagedFiles, version: str) -> dict[str, DataConfig]:
    """The configs under their names in `version`; rows without a first version begin in it."""
    return {
        name: DataConfig(
            name=f"{version}{_CONFIG_SUFFIX.get(name, f'-{name}')}",
            files=[
                file.model_copy(
                    update={"batches": [(first or version, n) for first, n in file.batches]}
                )
                for file in config.files
            ],
        )
        for name, config in files.configs.items()
    }


def _place(job: SplitJob) -> tuple[str, str]:
    """Config and split of a job."""
    return job.config, job.split


def _stage(
    jobs: Iterable[SplitJob], written: Mapping[tuple[str, str], WrittenSplit], folder: Path
) -> StagedFiles:
    """The files that `jobs` wrote, by config."""
    found: dict[str, list[DataFile]] = {}
    for job in jobs:
        found.setdefault(job.config, []).extend(data_files(written[_place(job)].files))
    configs = {name: DataConfig(name="", files=files) for name, files in found.items()}
    return StagedFiles(folder, configs)


def _source(config: str) -> str:
    """The config whose rows a config is written from."""
    return "gold" if config == "bio" else config


def _make_parts(plan: Plan, notes: Notes, spool: Path, runner: Runner) -> Parts:
    ledger, ties = Ledger(), 0
    for name in notes.with_bom:
        ledger.flag("bom", "", name)
    waiting = Waiting(plan.places, plan.schemas, spool)
    planned: deque[Planned] = deque()
    shards = _shards(plan, planned, spool if runner.shares_files else None)
    for made in runner.map(make_shard, shards):
        while not planned[0].entries:
            waiting.add(planned.popleft(), {}, {})
        waiting.add(planned.popleft(), made.tables, made.rows)
        ledger.merge(made.ledger)
        ties += made.ties
    for kept in planned:
        waiting.add(kept, {}, {})
    plan.places.refuse_lost(ledger)
    ledger.sort_by_task(notes.tasks)
    plan.places.forget()
    return Parts(waiting.parts, ledger, ties)


def _nothing_left(ledger: Ledger) -> StateError:
    if not ledger.set_aside:
        return StateError("no task has a finished annotation", do="annotate and pull again")
    whole = [entry for entry in ledger.set_aside if entry.kind == "task"]
    first = (whole or ledger.set_aside)[0]
    return StateError(
        f"nothing is left: all that was annotated is set aside; the first is {first.line()}",
        do="give inputs that hold something else",
    )


def _shards(plan: Plan, planned: deque[Planned], folder: Path | None) -> Iterator[Shard]:
    """All shards, which put their rows into `folder`; without one they carry bytes both ways.

    What they are made of, and what needs none, is added to `planned`.
    """
    for some in plan.places.plan():
        planned.append(some)
        if some.entries:
            entries = some.entries if folder else [entry.with_bytes() for entry in some.entries]
            yield Shard(plan.recipe, entries, folder)


def _check_stories(files: StagedFiles) -> None:
    """Raise StateError where a story stands in two splits."""
    for group, units in stories_in_two_splits(files).items():
        where = " and ".join(f"{split} (task {unit})" for split, unit in units.items())
        raise StateError(
            f"one story stands in two splits: the group {group} in {where}",
            do="leave one of them out, or start a new dataset",
        )
