"""Gathered annotations and the log -> the rows of the next version, its diff and its number."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from annotate.annotations.gather import GatheredTask, Gathering
from annotate.annotations.ledger import Ledger, Place
from annotate.consensus.policy import PolicyName, Ties
from annotate.consensus.resolve import resolve_tasks
from annotate.dataset.rows import Item, Resolved, Rows, Schemas, make_item, make_rows, make_schemas
from annotate.dataset.splits import RATIO, Origin, SplitRule, Splitter
from annotate.errors import StateError, VersionError
from annotate.schemes.base import Reject, Scheme
from annotate.schemes.label_config import LabelConfig
from annotate.store.carry import CarriedTask, read_carried
from annotate.store.derive import owner_words
from annotate.store.diff import VersionDiff, compare, next_version
from annotate.store.folder import DatasetFolder
from annotate.store.index import VersionIndex, holders, read_index
from annotate.store.log import Log
from annotate.store.sides import identity_of, side_of_rows, side_of_version
from annotate.store.versions import Version, read_manifest

_FIRST = "v1.0.0"


class Request(NamedTuple):
    """What a version is to be made of, and how."""

    scheme: Scheme[Any]
    config: LabelConfig
    names: Mapping[str, str]
    """`--map`."""
    key_fingerprint: str
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
    split: str | None = None
    """`ratio`, `date:2024-01-01` or `outlet`; None is that of the parent."""


class Plan(NamedTuple):
    """A version before it is written."""

    number: str
    rows: Rows
    diff: VersionDiff
    parent: VersionIndex | None
    ledger: Ledger
    ties: int
    marks: list[str]
    """Older versions that hold a retracted article."""
    split: str
    """The rule by which new stories were placed."""


class PlannedRows(NamedTuple):
    """The rows of a version, before it is compared with its parent."""

    rows: Rows
    before: Version | None
    parent: VersionIndex | None
    ledger: Ledger
    ties: int
    split: str


def make_plan(folder: DatasetFolder, log: Log, gathering: Gathering, request: Request) -> Plan:
    """Plan the version after `log`; raises as `make_version` does."""
    planned = plan_rows(folder, log, gathering, request)
    rows, before, parent, ledger, ties, split = planned
    if before is None or parent is None:
        number = next_version(log.versions[-1].version, "major") if log.versions else _FIRST
        return Plan(number, rows, VersionDiff("major", {}, {}), None, ledger, ties, [], split)
    new = side_of_rows(rows, identity_of(request.config.digest, owner_words(folder)))
    diff = compare(side_of_version(before), new, request.scheme)
    if diff.bump == "none":
        raise VersionError(f"nothing differs from {before.entry.version}", where=folder.name)
    number = next_version(log.versions[-1].version, diff.bump)
    marks = holders(folder, log, request.retracts)
    return Plan(number, rows, diff, parent, ledger, ties, marks, split)


def plan_rows(
    folder: DatasetFolder, log: Log, gathering: Gathering, request: Request
) -> PlannedRows:
    """The rows of the version after `log`, and the closed ledger.

    Raises RejectsError for too much set aside, StateError where no row is left
    or where one story would stand in two splits.
    """
    before = _parent_version(folder, log, request)
    parent = read_index(before) if before else None
    labels = before.manifest.labels if before else {}
    schemas = make_schemas(request.scheme, request.config, labels)
    ledger = _copy(gathering.ledger)
    split = request.split or (before.manifest.split if before else RATIO)
    retracted = log.retracted | set(request.retracts)
    planner = _Planner(parent, ledger, retracted, request, schemas, SplitRule.parse(split))
    items = planner.plan(gathering.tasks)
    ledger.close(max_rejects=request.max_rejects)
    if not items:
        raise StateError("no task has a finished annotation", do="annotate and pull again")
    rows = make_rows(items, request.scheme, schemas)
    _check_stories(rows)
    return PlannedRows(rows, before, parent, ledger, planner.ties, split)


def _check_stories(rows: Rows) -> None:
    """Raise StateError where a story stands in two splits."""
    place = [column.name for column in rows.schemas["gold"]].index("group")
    stands: dict[str, dict[str, str]] = defaultdict(dict)
    for split, found in rows.rows["gold"].items():
        for row in found:
            stands[row[place]].setdefault(split, row[0])
    for group, units in stands.items():
        if len(units) > 1:
            where = " and ".join(f"{split} (task {unit})" for split, unit in units.items())
            raise StateError(
                f"one story stands in two splits: the group {group} in {where}",
                do="leave one of them out, or start a new dataset",
            )


def _parent_version(folder: DatasetFolder, log: Log, request: Request) -> Version | None:
    parent = None
    if log.kept:
        entry = log.kept[-1]
        parent = Version(folder, entry, read_manifest(folder, entry))
        _check_kin(parent, request)
    for version in request.carried:
        _check_kin(version, request)
    return parent


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


class _Planner:
    """Brings tasks to items: split, gold, and what is set aside."""

    def __init__(
        self,
        parent: VersionIndex | None,
        ledger: Ledger,
        retracted: set[str],
        request: Request,
        schemas: Schemas,
        rule: SplitRule,
    ) -> None:
        self.ledger, self.retracted = ledger, retracted
        self.request, self.schemas, self.rule = request, schemas, rule
        self.splits = {row: s for row, (s, _) in parent.rows.items()} if parent else {}
        self.groups = dict(parent.groups) if parent else {}
        self.first = parent.first if parent else {}
        self.ties = 0

    def plan(self, tasks: Iterable[GatheredTask]) -> list[Item]:
        """The items of gathered tasks and of carried ones; a task in both counts once."""
        gathered = {task.data.unit_key: task for task in tasks}
        carried = read_carried(self.request.carried, self.schemas, gathered)
        before = self.groups
        self.groups = before | {unit: task.data.group for unit, task in gathered.items()}
        self.groups |= {task.unit: task.group for task in carried}
        splitter = Splitter(self.splits, self.groups, self.rule, self._origins(gathered, carried))
        joined = {group for unit, group in self.groups.items() if unit not in self.splits}
        for unit in self.splits.keys() & gathered.keys():
            group = self.groups[unit]
            if splitter.is_bridged(group) and group in joined:
                gathered[unit] = _in_group(gathered[unit], before[unit])
        found = self._gathered(gathered.values(), splitter)
        found += [item for task in carried if (item := self._carried(task, splitter))]
        return found

    def _origins(
        self, gathered: Mapping[str, GatheredTask], carried: Iterable[CarriedTask]
    ) -> list[Origin]:
        """What places the stories of all tasks that are not retracted."""
        data = [task.data for task in gathered.values()]
        found = [Origin(d.group, d.date, d.url) for d in data if d.article_id not in self.retracted]
        return found + [task.origin for task in carried if task.article not in self.retracted]

    def _gathered(self, tasks: Iterable[GatheredTask], splitter: Splitter) -> list[Item]:
        """The items of the tasks that have a split; a policy may learn from all of them."""
        request, placed = self.request, []
        for task in tasks:
            data = task.data
            split = self._split(data.unit_key, data.group, data.article_id, splitter)
            if split is not None:
                placed.append((task, split))
        golds = resolve_tasks(
            [task for task, _ in placed], request.scheme, policy=request.policy, ties=request.ties
        )
        items = []
        for (task, split), gold in zip(placed, golds, strict=True):
            self.ties += gold.ties
            resolved = Resolved(task, gold, split, self.first.get(task.data.unit_key))
            items.append(make_item(resolved, request.scheme, self.schemas))
        return items

    def _carried(self, task: CarriedTask, splitter: Splitter) -> Item | None:
        split = self._split(task.unit, task.group, task.article, splitter)
        if split is None:
            return None
        return Item(task.gold, task.annotations, split, self.first.get(task.unit))

    def _split(self, unit: str, group: str, article: str, splitter: Splitter) -> str | None:
        """The split of a task; None where it is set aside."""
        if article in self.retracted:
            self._set_aside("retracted", unit, f"the article {article} was retracted", root=False)
            return None
        split = splitter.split_of(unit, group)
        if split is None:
            detail = f"the group {group} stands in two splits already"
            self._set_aside("split_bridge", unit, detail, root=True)
        return split

    def _set_aside(self, code: str, unit: str, detail: str, *, root: bool) -> None:
        self.ledger.add(Place("", "", "", unit), [Reject(code, "task", "", detail, root)])


def _in_group(task: GatheredTask, group: str) -> GatheredTask:
    """A task that stays in its group, since what would have joined it to another is set aside."""
    data = msgspec.structs.replace(task.data, group=group)
    return msgspec.structs.replace(task, data=data)


def _copy(ledger: Ledger) -> Ledger:
    """A ledger to add to: a version that is planned again must not count twice."""
    mine = copy.copy(ledger)
    mine.counts, mine.set_aside = ledger.counts.copy(), list(ledger.set_aside)
    return mine
