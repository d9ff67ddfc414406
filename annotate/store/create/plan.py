"""Noted tasks, carried ones and the log -> where the rows of the next version go.

Every task gets its split, the version in which it first stood, and its place in
the order of the files (first version, article, start of the unit, id), before
any annotation is looked at; so shards of tasks become rows independently, and
what comes out of them is already in order.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from annotate.annotations.gather import TaskChecker
from annotate.annotations.ledger import Ledger
from annotate.annotations.migration import Migration
from annotate.annotations.notes import NotedTask, Notes
from annotate.annotations.pseudonym import PseudonymKey
from annotate.consensus.learned import learn
from annotate.consensus.policy import PolicyName, Ties
from annotate.consensus.resolve import learns, plain_rule
from annotate.dataset.manifest import version_number
from annotate.dataset.rows import Schemas, make_schemas
from annotate.dataset.shard import Carried, Entry, Recipe
from annotate.dataset.splits import RATIO, SPLITS, Origin, SplitRule, Splitter, Stood
from annotate.errors import StateError, VersionError
from annotate.schemes.base import Reject, Rule, Scheme
from annotate.schemes.label_config import LabelConfig
from annotate.store.care.reading import reading
from annotate.store.create.carried import CarriedTask
from annotate.store.create.carry import Renamer, read_carried
from annotate.store.create.index import VersionIndex, read_index
from annotate.store.create.older import read_removed
from annotate.store.folder import DatasetFolder
from annotate.store.log import Log
from annotate.store.versions import Version, read_manifest, retracted_elsewhere

_SHARD_TASKS, _SHARD_BYTES = 500, 4 << 20


class Request(NamedTuple):
    """What a version is to be made of, and how."""

    scheme: Scheme[Any]
    config: LabelConfig
    names: Mapping[str, str]
    """`--map`."""
    key_fingerprint: str
    key: PseudonymKey | None = None
    """None where all rows are carried over."""
    policy: PolicyName = "majority"
    ties: Ties = "drop"
    repair: bool = False
    """Whether what can be proven was mended while gathering."""
    max_rejects: int = 0
    message: str = ""
    carried: Sequence[Version] = ()
    """Versions whose rows are carried over."""
    retracts: Sequence[str] = ()
    """Articles that leave for good."""
    marks: Sequence[str] = ()
    """The versions that hold one of them."""
    left_out: Sequence[str] | None = None
    """Articles that other datasets retracted; None is what the logs of those carried say."""
    split: str | None = None
    """`ratio`, `date:2024-01-01` or `outlet`; None is that of the parent."""
    migrations: Sequence[Migration] = ()
    """What became of the names of older label configs."""
    reading: LabelConfig | None = None
    """The config with the older names in it, to read annotations by; None is the config itself."""


class Planned(NamedTuple):
    """Some tasks of one split, in the order of the files."""

    split: str | None
    """None where they get no rows."""
    units: list[str]
    entries: list[Entry]
    """What is to be looked at of them: all but those that only an older version has."""


class Plan(NamedTuple):
    """Where the rows of a version go."""

    before: Version | None
    parent: VersionIndex | None
    schemas: Schemas
    recipe: Recipe
    split: str
    """The rule by which new stories are placed."""
    places: Places
    left_out: Sequence[str]
    """Articles that stay out since another dataset retracted them."""


def make_plan(folder: DatasetFolder, log: Log, notes: Notes, request: Request) -> Plan:
    """Plan the version after `log`.

    Raises VersionError and StateError for a parent, or a version carried over,
    of another scheme, pseudonym key or other columns.
    """
    older = [version.checked() for version in request.carried]
    before = _parent_version(folder, log, older)
    built_on = (*older, *([before] if before else []))
    for version in built_on:
        _check_kin(version, request)
    with reading(*built_on):
        return _make_plan(folder, log, notes, request, older, before)


def _make_plan(
    folder: DatasetFolder,
    log: Log,
    notes: Notes,
    request: Request,
    older: Sequence[Version],
    before: Version | None,
) -> Plan:
    parent = read_index(before) if before else None
    labels = before.manifest.labels if before else {}
    schemas = make_schemas(request.scheme, request.config, labels)
    split = request.split or (before.manifest.split if before else RATIO)
    renamer = Renamer(request.scheme, request.config, request.migrations)
    carried = read_carried(older, schemas, renamer)
    left_out = request.left_out
    if left_out is None:
        left_out = sorted(retracted_elsewhere(folder, older))
    retracted = log.retracted.union(request.retracts, left_out)
    removed = dict[str, Stood]()
    if parent and any(unit not in parent.splits for unit in chain(notes.tasks, carried)):
        removed = read_removed(folder, log, parent.splits)
    bridges: Collection[str] = ()
    if notes.elsewhere or carried:
        from annotate.store.create.stories import (
            Stories,  # readers of articles, which few versions need
        )

        stories = Stories(notes, carried, retracted, request.scheme, request.config)
        bridges = stories.join(_stood(parent, removed), parent.splits if parent else ())
    rule = SplitRule.parse(split)
    places = Places(notes.tasks, carried, parent, retracted, rule, removed, bridges)
    recipe = Recipe(
        request.scheme.name,
        request.reading or request.config,
        request.key,
        request.repair,
        request.policy,
        request.ties,
        _rule(places, request),
        schemas,
    )
    return Plan(before, parent, schemas, recipe, split, places, left_out)


class Places:
    """The split and the order of all tasks, noted and carried."""

    def __init__(
        self,
        noted: dict[str, NotedTask],
        carried: dict[str, CarriedTask],
        parent: VersionIndex | None,
        retracted: set[str],
        rule: SplitRule,
        removed: Mapping[str, Stood],
        bridges: Collection[str],
    ) -> None:
        self.noted, self.carried, self.retracted = noted, carried, retracted
        self._bridges = bridges
        self.first = parent.first if parent else {}
        splits = parent.splits if parent else {}
        before = dict(parent.groups) if parent else {}
        units = [*noted, *(unit for unit in carried if unit not in noted)]
        older = (unit for unit in units if unit in splits or unit in removed)
        groups = before | {unit: self._known(unit).group for unit in older}
        self.splitter = Splitter(splits, groups, rule, self._origins(units), removed)
        bridged = [u for u in splits.keys() & noted if self.splitter.is_bridged(groups[u])]
        # what would have joined a task to another story is set aside
        new = {self._known(unit).group for unit in units if unit not in splits} if bridged else ()
        self._moved = {unit: before[unit] for unit in bridged if groups[unit] in new}
        self._by_split: dict[str | None, list[str]] = {split: [] for split in (*SPLITS, None)}
        for unit in units:
            self._by_split[self._split(unit)].append(unit)
        for found in self._by_split.values():
            found.sort(key=self._order)

    def plan(self) -> Iterator[Planned]:
        """All tasks in shards of one split, each in the order of the files."""
        for split, units in self._by_split.items():
            planned, size = Planned(split, [], []), 0
            for unit in units:
                if split is None or unit in self.noted:
                    entry = self._entry(unit, None if split else self._why_aside(unit))
                    own = sum(len(fragment.raw) for fragment in entry.fragments)
                    count = len(planned.entries)
                    if count and (count == _SHARD_TASKS or size + own > _SHARD_BYTES):
                        yield planned
                        planned, size = Planned(split, [], []), 0
                    planned.entries.append(entry)
                    size += own
                planned.units.append(unit)
            if planned.units:
                yield planned

    def placed(self) -> Iterator[NotedTask]:
        """The noted tasks that have a split."""
        for split in SPLITS:
            yield from (self.noted[unit] for unit in self._by_split[split] if unit in self.noted)

    def refuse_lost(self, ledger: Ledger) -> None:
        """Raise InputError naming stories of tasks set aside that the split rule cannot place."""
        aside = (entry.unit_key for entry in ledger.set_aside if entry.kind == "task")
        self.splitter.refuse_lost(self._known(unit).group for unit in aside)

    def forget(self) -> None:
        """Let go of all tasks, those of the notes too; nothing can be asked after it."""
        self.noted.clear()
        self.carried.clear()
        del self.splitter, self._by_split

    def _known(self, unit: str) -> NotedTask | CarriedTask:
        return self.noted.get(unit) or self.carried[unit]

    def _origins(self, units: Sequence[str]) -> Iterator[Origin]:
        """What places the stories of all tasks that are not retracted."""
        for task in map(self._known, units):
            if task.article_id not in self.retracted:
                yield Origin(task.group, task.date, task.url)

    def _split(self, unit: str) -> str | None:
        task = self._known(unit)
        if task.article_id in self.retracted:
            return None
        return None if unit in self._bridges else self.splitter.split_of(unit, task.group)

    def _order(self, unit: str) -> tuple[Any, ...]:
        first, task = self.first.get(unit), self._known(unit)
        number = version_number(first) if first else (math.inf,)
        return number, task.article_id, task.unit_start, unit

    def _why_aside(self, unit: str) -> Reject:
        task = self._known(unit)
        if task.article_id in self.retracted:
            detail = f"the article {task.article_id} was retracted"
            return Reject("retracted", "task", "", detail, root=False)
        what = "its story" if unit in self._bridges else f"the group {task.group}"
        return Reject("split_bridge", "task", "", f"{what} stands in two splits already")

    def _entry(self, unit: str, aside: Reject | None) -> Entry:
        noted, carried = self.noted.get(unit), self.carried.get(unit)
        group = self._moved.get(unit) or self._known(unit).group
        # views into the inputs, which become bytes when a shard goes to another process
        fragments = noted.fragments if noted else ()
        older = Carried(carried.version.name, carried.annotators) if carried else None
        return Entry(unit, group, fragments, older, aside)


def _stood(parent: VersionIndex | None, removed: Mapping[str, Stood]) -> dict[str, Stood]:
    """Where the rows of the parent stand, and where those stood that left before it."""
    if parent is None:
        return {}
    here = {unit: Stood(split, parent.groups[unit]) for unit, split in parent.splits.items()}
    return {**removed, **here}


def _rule(places: Places, request: Request) -> Rule:
    """The rule of the policy; one that learns sees all tasks first, and holds none."""
    if not learns(request.policy) or request.key is None:
        return plain_rule(request.policy)
    scheme = request.scheme
    reading = request.reading or request.config
    checker = TaskChecker(scheme, reading, request.key, repair=request.repair)
    found = (checker.check(task.fragments) for task in places.placed())
    return learn((task for task in found if task is not None), scheme)


def _parent_version(folder: DatasetFolder, log: Log, older: Sequence[Version]) -> Version | None:
    """The newest version, which may be one of `older` too: then its files are checked once."""
    if not log.kept:
        return None
    entry = log.kept[-1]
    known = (v for v in older if v.folder.name == folder.name and v.entry == entry)
    return next(known, None) or Version(folder, entry, read_manifest(folder, entry)).checked()


def _check_kin(version: Version, request: Request) -> None:
    manifest = version.manifest
    if manifest.scheme != request.scheme.name:
        raise VersionError(
            f"{version.name} has the scheme {manifest.scheme}, not {request.scheme.name}",
            do="give the new dataset another name",
        )
    if manifest.key_fingerprint != request.key_fingerprint:
        raise StateError(
            f"{version.name} was made with the pseudonym key {manifest.key_fingerprint}, "
            f"yours is {request.key_fingerprint}",
            do="restore that key, or give the new dataset another name",
        )
