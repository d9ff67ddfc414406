"""Two versions -> what changed in each task, label by label, for people to read.

Row hashes say which rows differ; only those are read, a batch at a time. Gold
comes with what each annotator did differently. Offsets of an older state refer
to the older text, those of a newer one to the newer text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from annotate.dataset.arrow.rowgroups import RowGroup
from annotate.dataset.manifest import Manifest
from annotate.errors import InputError
from annotate.schemes import load_scheme
from annotate.schemes.base import Drawing, Scheme
from annotate.store.care.reading import reading
from annotate.store.diff.differing import Differing, differing_rows
from annotate.store.diff.edits import (
    EMPTY,
    UNDECIDED,
    Edit,
    compare_drawings,
    edited_labels,
    task_choices,
)
from annotate.store.diff.lookup import Lookup
from annotate.store.diff.sides import NAMES, side_of_version
from annotate.store.versions import Version

_BATCH = 200
"""Tasks whose rows are held at a time."""
_FIELDS = ("title", "date", "url", "licence", "group", "unit", "unit_start", "text", "policy")

_Row = Mapping[str, Any]


class FieldEdit(NamedTuple):
    """A column of a task that is no label."""

    name: str
    before: Any
    after: Any


class RowEdit(NamedTuple):
    """What is different in one row: gold, or one annotator's."""

    kind: Literal["added", "removed", "changed"]
    fields: tuple[FieldEdit, ...]
    edits: tuple[Edit, ...]
    labels: Mapping[str, int]
    """Label -> how many the newer row has (the older one where it is gone); tied choices too."""


class TaskChange(NamedTuple):
    """What is different in one task."""

    id: str
    article_id: str
    title: str
    licence: str | None
    context: Mapping[str, Any]
    """What the labels are about, such as the target of a stance."""
    kind: Literal["added", "removed", "changed"]
    old_split: str | None
    new_split: str | None
    before: str
    """The older text; empty where the task was not there."""
    after: str
    """The newer text; empty where the task is gone."""
    gold: RowEdit | None
    """None where only annotations differ."""
    annotators: Mapping[str, RowEdit]
    """By pseudonym."""


class Changes(NamedTuple):
    """What is different between two versions."""

    tasks: int
    """How many tasks differ."""
    shown: list[TaskChange]


class _State(NamedTuple):
    """Some tasks of one version."""

    splits: dict[str, str]
    gold: dict[str, _Row]
    said: dict[str, dict[str, _Row]]
    """Task -> annotator -> row."""


def find_changes(
    old: Version,
    new: Version,
    *,
    most: int,
    label: str | None = None,
    annotator: str | None = None,
) -> Changes:
    """What is different, `most` tasks in full.

    `label` and `annotator` leave everything else out; then all rows that differ
    are read, since the rows alone say which tasks are left. Raises StateError for
    a damaged file that cannot be read.
    """
    with reading(old, new):
        return _find_changes(old, new, most, label, annotator)


def _find_changes(
    old: Version, new: Version, most: int, label: str | None, annotator: str | None
) -> Changes:
    ids = changed_tasks(old, new)
    if label is None and annotator is None:
        return Changes(len(ids), list(read_changes(old, new, ids[:most])))
    shown: list[TaskChange] = []
    tasks = 0
    for change in read_changes(old, new, ids):
        kept = _only(change, label, annotator)
        if kept.gold or kept.annotators:
            tasks += 1
            shown += [kept] if len(shown) < most else []
    return Changes(tasks, shown)


def check_names(old: Version, new: Version, *, label: str | None, annotator: str | None) -> None:
    """Raise InputError for a label or an annotator that neither version knows."""
    manifests = (old.manifest, new.manifest)
    labels = dict.fromkeys(name for found in manifests for name in _label_names(found))
    people = dict.fromkeys(name for found in manifests for name in found.numbers.annotators)
    for kind, name, known in (("label", label, labels), ("annotator", annotator, people)):
        if name is not None and name not in known:
            raise InputError(
                f"neither version has the {kind} {name}",
                where=f"{old.name} -> {new.entry.version}",
                do=f"the {kind}s are {', '.join(known)}",
            )


def _label_names(manifest: Manifest) -> Iterator[str]:
    """The values of every control, the labels that only older rows had, and what a tie is."""
    for control in manifest.parse_config().controls.values():
        yield from control.values
    for names in manifest.labels.values():
        yield from names
    yield UNDECIDED


def changed_tasks(old: Version, new: Version) -> list[str]:
    """Ids of the tasks with a row that differs, in the order of the files, those gone last."""
    before, after = side_of_version(old), side_of_version(new)
    differing = {
        name
        for config, names in NAMES.items()
        for side in differing_rows(before.parts[config], after.parts[config], names).sides()
        for item in side
        for name in _ids(item)
    }
    groups = (g for side in (after, before) for part in side.parts["gold"] for g in part.groups())
    return list(dict.fromkeys(n for group in groups for n in _ids(group) if n in differing))


def _ids(rows: Differing | RowGroup) -> list[str]:
    ids: list[str] = rows.read(("id",)).column(0).to_pylist()
    return ids


def read_changes(old: Version, new: Version, ids: Sequence[str]) -> Iterator[TaskChange]:
    """Yield what is different in each of the tasks `ids`, which differ, in their order."""
    scheme = load_scheme(new.manifest.scheme)
    states = [_Reader(version, ids) for version in (old, new)]
    for start in range(0, len(ids), _BATCH):
        before, after = (state.read(start, start + _BATCH) for state in states)
        yield from (_compare(n, before, after, scheme) for n in ids[start : start + _BATCH])


class _Reader:
    """Some tasks of one version, to be read a batch at a time."""

    def __init__(self, version: Version, ids: Sequence[str]) -> None:
        parts = side_of_version(version).parts
        self._gold, self._said = (Lookup(parts[config], ids) for config in NAMES)

    def read(self, start: int, end: int) -> _State:
        state = _State({}, {}, {})
        for split, row in self._gold.rows(start, end):
            state.splits[row["id"]], state.gold[row["id"]] = split, row
        for _, row in self._said.rows(start, end):
            state.said.setdefault(row["id"], {})[row["annotator"]] = row
        return state


def _compare(name: str, before: _State, after: _State, scheme: Scheme[Any]) -> TaskChange:
    old, new = before.gold.get(name), after.gold.get(name)
    row = new or before.gold[name]
    then, now = before.said.get(name, {}), after.said.get(name, {})
    edits = {
        who: edit
        for who in sorted(then.keys() | now.keys())
        if (edit := _row_edit(then.get(who), now.get(who), scheme)) is not None
    }
    return TaskChange(
        name,
        row["article_id"],
        row["title"] or "",
        row["licence"],
        scheme.context(row),
        _kind(old, new),
        before.splits.get(name),
        after.splits.get(name),
        old["text"] if old else "",
        new["text"] if new else "",
        _row_edit(old, new, scheme),
        edits,
    )


def _row_edit(old: _Row | None, new: _Row | None, scheme: Scheme[Any]) -> RowEdit | None:
    """None where the rows have one hash."""
    if old is not None and new is not None and old["row_hash"] == new["row_hash"]:
        return None
    before, after = _draw(old, scheme), _draw(new, scheme)
    return RowEdit(
        _kind(old, new),
        tuple(_fields(old, new, scheme)) if old and new else (),
        tuple(compare_drawings(before, after)),
        _count(after if new else before),
    )


def _kind(old: _Row | None, new: _Row | None) -> Literal["added", "removed", "changed"]:
    if old is None:
        return "added"
    return "removed" if new is None else "changed"


def _draw(row: _Row | None, scheme: Scheme[Any]) -> Drawing:
    return EMPTY if row is None else scheme.draw(row)


def _fields(old: _Row, new: _Row, scheme: Scheme[Any]) -> Iterator[FieldEdit]:
    for name in (*_FIELDS, *scheme.context(new)):
        if old.get(name) != new.get(name):
            yield FieldEdit(name, old.get(name), new.get(name))


def _count(drawing: Drawing) -> dict[str, int]:
    labels = [*(shape.label for shape in drawing.shapes), *task_choices(drawing).values()]
    return dict(sorted(Counter(labels).items()))


def _only(change: TaskChange, label: str | None, annotator: str | None) -> TaskChange:
    """A change without what is about another label or annotator."""
    gold, people = change.gold, dict(change.annotators)
    if annotator is not None:
        gold, people = None, {who: edit for who, edit in people.items() if who == annotator}
    if label is not None:
        gold = _about(gold, label) if gold else None
        found = {who: _about(edit, label) for who, edit in people.items()}
        people = {who: edit for who, edit in found.items() if edit is not None}
    return change._replace(gold=gold, annotators=people)


def _about(edit: RowEdit, label: str) -> RowEdit | None:
    edits = tuple(e for e in edit.edits if label in edited_labels(e))
    labels = {name: n for name, n in edit.labels.items() if name == label}
    return edit._replace(fields=(), edits=edits, labels=labels) if edits else None
