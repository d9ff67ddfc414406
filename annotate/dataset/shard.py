"""One shard of tasks -> their rows as Arrow, with the account of what was set aside.

Everything it needs comes in, everything it made goes out, so it runs in this
process, in another one or on another machine. Where files are shared, tasks come
as places in them, and rows go out as new files that nobody else names: who runs it
again makes others, and all go with their folder. Rows stay in the order of the
tasks that came in.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec
import pyarrow as pa

from annotate.annotations.gather import TaskChecker
from annotate.annotations.ledger import Ledger, Place
from annotate.annotations.notes import Fragment
from annotate.annotations.pseudonym import PseudonymKey
from annotate.consensus.policy import PolicyName, Ties
from annotate.consensus.resolve import resolve_task
from annotate.dataset.arrow.hashing import row_hasher
from annotate.dataset.arrow.tables import pack_table
from annotate.dataset.rows import Row, Schemas, TaskRows, make_rows
from annotate.errors import StateError
from annotate.schemes import load_scheme
from annotate.schemes.base import Reject, Rule, Scheme
from annotate.schemes.label_config import LabelConfig

S = TypeVar("S")
R = TypeVar("R")


class CarriedRows(NamedTuple):
    """The rows of a task in an older version."""

    version: str
    rows: TaskRows
    earlier: Mapping[str, str] = {}
    """Annotators of the task in the versions that were carried over before -> that version."""

    @property
    def annotators(self) -> dict[str, str]:
        """Everyone who annotated the task -> the last version that has it."""
        return {**self.earlier, **{row[1]: self.version for row in self.rows.annotations}}


class Entry(NamedTuple):
    """A task of a shard."""

    unit: str
    group: str
    """The group it stands in, whatever its data say."""
    fragments: Sequence[Fragment]
    """Empty where only an older version has the task."""
    carried: CarriedRows | None
    """What stands for it where no annotation in the fragments counts."""
    aside: Reject | None
    """Why it gets no rows although it has annotations; None where it has a split."""

    def with_bytes(self) -> Entry:
        """The entry as any machine can take it."""
        return self._replace(fragments=[fragment.with_bytes() for fragment in self.fragments])


class Recipe(NamedTuple):
    """How tasks become rows: the same for all shards of a version."""

    scheme: str
    config: LabelConfig
    key: PseudonymKey | None
    """None where all rows are carried over."""
    repair: bool
    policy: PolicyName
    ties: Ties
    rule: Rule
    schemas: Schemas


class Shard(NamedTuple):
    """What goes in."""

    recipe: Recipe
    entries: Sequence[Entry]
    folder: Path | None = None
    """Where to put the rows; None where whoever makes them cannot write there."""

    def __str__(self) -> str:
        return f"{len(self.entries)} tasks, the first {self.entries[0].unit}"


class Runner(Protocol):
    """What runs a function on shards: an engine, or this process."""

    @property
    def shares_files(self) -> bool:
        """Whether a shard may name files of this machine in place of their bytes."""

    def map(self, function: Callable[[S], R], shards: Iterable[S]) -> Iterator[R]:
        """`function` of each shard, in their order."""


class InThisProcess:
    """Runs one shard after the other."""

    shares_files = True

    def map(self, function: Callable[[S], R], shards: Iterable[S]) -> Iterator[R]:
        """`function` of each shard, in their order."""
        return map(function, shards)


class MadeRows(NamedTuple):
    """What comes out."""

    tables: dict[str, pa.Buffer | Path]
    """Config (`gold`, `annotations`) -> its rows, packed, or the file that has them so; none
    where there are no rows."""
    rows: list[tuple[str, int]]
    """(unit key, number of annotations) of each task with rows, in their order."""
    ties: int
    ledger: Ledger


def make_shard(shard: Shard) -> MadeRows:
    """Check, resolve and pack the tasks of a shard.

    Raises ExportError and StateError as gathering and resolving do, StateError
    where annotators of a carried task are missing in what stands for it.
    """
    with _without_collecting():
        return _Maker(shard.recipe).make(shard)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Look for no cycles: a shard makes none, and looking took 7 % of a version."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Maker:
    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.scheme: Scheme[Any] = load_scheme(recipe.scheme)
        self.ledger = Ledger()
        self.checker = self._checker(recipe)
        self.hash_gold = row_hasher(recipe.schemas["gold"])
        self.hash_annotation = row_hasher(recipe.schemas["annotations"])
        self.gold: list[Row] = []
        self.annotations: list[Row] = []
        self.ties = 0

    def _checker(self, recipe: Recipe) -> TaskChecker | None:
        if recipe.key is None:
            return None
        checker = TaskChecker(self.scheme, recipe.config, recipe.key, repair=recipe.repair)
        self.ledger = checker.ledger
        return checker

    def make(self, shard: Shard) -> MadeRows:
        counted = []
        for entry in shard.entries:
            rows = self._rows(entry)
            if rows is None:
                continue
            self._add(rows)
            counted.append((entry.unit, len(rows.annotations)))
        made = {"gold": self.gold, "annotations": self.annotations} if counted else {}
        tables = {config: self._pack(config, rows, shard.folder) for config, rows in made.items()}
        return MadeRows(tables, counted, self.ties, self.ledger)

    def _pack(self, config: str, rows: Sequence[Row], folder: Path | None) -> pa.Buffer | Path:
        """Rows packed; in `folder` in a file of a name that nobody else has."""
        packed = pack_table(self.recipe.schemas[config], rows)
        if folder is None:
            return packed
        with NamedTemporaryFile(prefix=f"{config}-", dir=folder, delete=False) as file:
            file.write(packed)
        return Path(file.name)

    def _rows(self, entry: Entry) -> TaskRows | None:
        """The rows of a task; None where nothing counts."""
        carried, task = entry.carried, None
        if self.checker and entry.fragments:
            task = self.checker.check(entry.fragments, aside=entry.aside)
        if task is None:
            return self._carried_rows(entry)
        if carried:
            here = {annotation.annotator for annotation in task.annotations}
            _check_annotators(entry.unit, carried, here, "the inputs lack")
        if entry.group != task.data.group:
            data = msgspec.structs.replace(task.data, group=entry.group)
            task = msgspec.structs.replace(task, data=data)
        recipe = self.recipe
        gold = resolve_task(task, self.scheme, recipe.rule, policy=recipe.policy, ties=recipe.ties)
        self.ties += gold.ties
        return make_rows(task, gold, self.scheme, recipe.schemas["gold"])

    def _carried_rows(self, entry: Entry) -> TaskRows | None:
        """The rows of an older version, where they stand for the task."""
        if entry.carried is None:
            return None
        if entry.aside is None:
            version, rows, _ = entry.carried
            here = {row[1] for row in rows.annotations}
            _check_annotators(entry.unit, entry.carried, here, f"{version} lacks")
            return rows
        listed = self.ledger.set_aside[-1:]
        if not any(last.kind == "task" and last.unit_key == entry.unit for last in listed):
            place = Place(entry.carried.version, "", "", entry.unit)
            self.ledger.add(place, [entry.aside])
        return None

    def _add(self, rows: TaskRows) -> None:
        self.gold.append((*rows.gold, self.hash_gold(rows.gold)))
        own = [(*row, self.hash_annotation(row)) for row in rows.annotations]
        # a task's annotations stand in the order of their content, not of who made them
        self.annotations += sorted(own, key=lambda row: (row[-1], row[1]))


def _check_annotators(unit: str, carried: CarriedRows, here: Collection[str], lacks: str) -> None:
    lost = {who: version for who, version in carried.annotators.items() if who not in here}
    if lost:
        versions = " and ".join(sorted(set(lost.values())))
        raise StateError(
            f"{lacks} the annotations by {', '.join(sorted(lost))} of {versions}",
            where=f"task {unit}",
            do="give the exports that hold them all",
        )
