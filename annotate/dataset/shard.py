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
from annotate.dataset.arrow.tables import make_table, pack_table
from annotate.dataset.rows import Row, Schemas, TaskRows, make_rows
from annotate.errors import StateError
from annotate.schemes import load_scheme
from annotate.schemes.base import Reject, Rule, Scheme
from annotate.schemes.label_config import LabelConfig

S = TypeVar("S")
R = TypeVar("R")


class Carried(NamedTuple):
    """What an older version has of a task."""

    version: str
    annotators: Mapping[str, str]
    """Everyone who annotated it -> the last version that has what they did."""


class Entry(NamedTuple):
    """A task of a shard."""

    unit: str
    group: str
    """The group it stands in, whatever its data say."""
    fragments: Sequence[Fragment]
    """Empty where only an older version has the task."""
    carried: Carried | None
    """What an older version has; it stands where no annotation in the fragments counts."""
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
    rows: dict[str, int]
    """Unit key -> number of annotations, of each task with rows, in their order."""
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


class Packer:
    """Rows of tasks -> the same with their hashes, packed."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._hash_gold, self._hash_annotation = (
            row_hasher(schemas[config]) for config in ("gold", "annotations")
        )
        self._gold: list[Row] = []
        self._annotations: list[Row] = []
        self.rows: dict[str, int] = {}
        """Unit key -> number of annotations, in the order in which they came."""

    def add(self, unit: str, rows: TaskRows) -> None:
        """Take the rows of a task."""
        self._gold.append((*rows.gold, self._hash_gold(rows.gold)))
        own = [(*row, self._hash_annotation(row)) for row in rows.annotations]
        # a task's annotations stand in the order of their content, not of who made them
        self._annotations += sorted(own, key=lambda row: (row[-1], row[1]))
        self.rows[unit] = len(own)

    def pack(self, folder: Path | None) -> dict[str, pa.Buffer | Path]:
        """Config -> its rows; none where there are none. See `MadeRows.tables`."""
        made = {"gold": self._gold, "annotations": self._annotations} if self.rows else {}
        return {config: self._pack(config, rows, folder) for config, rows in made.items()}

    def _pack(self, config: str, rows: Sequence[Row], folder: Path | None) -> pa.Buffer | Path:
        """Rows packed; in `folder` in a file of a name that nobody else has."""
        packed = pack_table(make_table(self._schemas[config], rows))
        if folder is None:
            return packed
        with NamedTemporaryFile(prefix=f"{config}-", dir=folder, delete=False) as file:
            file.write(packed)
        return Path(file.name)


class _Maker:
    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.scheme: Scheme[Any] = load_scheme(recipe.scheme)
        self.ledger = Ledger()
        self.checker = self._checker(recipe)
        self.packer = Packer(recipe.schemas)
        self.ties = 0

    def _checker(self, recipe: Recipe) -> TaskChecker | None:
        if recipe.key is None:
            return None
        checker = TaskChecker(self.scheme, recipe.config, recipe.key, repair=recipe.repair)
        self.ledger = checker.ledger
        return checker

    def make(self, shard: Shard) -> MadeRows:
        for entry in shard.entries:
            rows = self._rows(entry)
            if rows is not None:
                self.packer.add(entry.unit, rows)
        tables = self.packer.pack(shard.folder)
        return MadeRows(tables, self.packer.rows, self.ties, self.ledger)

    def _rows(self, entry: Entry) -> TaskRows | None:
        """The rows of a task; None where nothing counts."""
        task = None
        if self.checker and entry.fragments:
            task = self.checker.check(entry.fragments, aside=entry.aside)
        if task is None:
            self._list_carried(entry)
            return None
        if entry.carried:
            here = {annotation.annotator for annotation in task.annotations}
            refuse_lost(entry.unit, entry.carried.annotators, here, "the inputs lack")
        if entry.group != task.data.group:
            data = msgspec.structs.replace(task.data, group=entry.group)
            task = msgspec.structs.replace(task, data=data)
        recipe = self.recipe
        gold = resolve_task(task, self.scheme, recipe.rule, policy=recipe.policy, ties=recipe.ties)
        self.ties += gold.ties
        return make_rows(task, gold, self.scheme, recipe.schemas["gold"])

    def _list_carried(self, entry: Entry) -> None:
        """List what an older version has of a task that is set aside."""
        if entry.carried is None or entry.aside is None:
            return
        listed = self.ledger.set_aside[-1:]
        if not any(last.kind == "task" and last.unit_key == entry.unit for last in listed):
            place = Place(entry.carried.version, "", "", entry.unit)
            self.ledger.add(place, [entry.aside])


def refuse_lost(
    unit: str, annotators: Mapping[str, str], here: Collection[str], lacks: str
) -> None:
    """Raise StateError for annotators of a task that are not `here`; each has a version."""
    lost = {who: version for who, version in annotators.items() if who not in here}
    if lost:
        versions = " and ".join(sorted(set(lost.values())))
        raise StateError(
            f"{lacks} the annotations by {', '.join(sorted(lost))} of {versions}",
            where=f"task {unit}",
            do="give the exports that hold them all",
        )
