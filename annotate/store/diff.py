"""Two versions -> what changed, and the number that follows from it.

Rows with equal hashes are equal; only the others are read in full. Votes,
voters, distribution and licence do not make a row changed. The changes hold
both states of every row that differs, so that they can be applied.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

from annotate.schemes.base import Labelled, Scheme

NOT_COMPARED = frozenset({"votes", "voters", "distribution", "annotators", "licence", "row_hash"})

Bump = Literal["major", "minor", "patch", "none"]
Row = dict[str, Any]
"""A row with labels as names."""


class SplitChange(NamedTuple):
    """Rows that differ, in one split; `moved` counts at the destination."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    moved: int = 0


class LabelChange(NamedTuple):
    """Labels that differ; `relabelled` counts under the new label."""

    added: int = 0
    removed: int = 0
    relabelled: int = 0


class RowChange(NamedTuple):
    """One gold row that differs in content, votes or split."""

    id: str
    before: Row | None
    after: Row | None
    old_split: str | None
    new_split: str | None


class AnnotatorChange(NamedTuple):
    """Annotations of one annotator that differ."""

    added: int = 0
    removed: int = 0
    changed: int = 0


class VersionDiff(NamedTuple):
    """What is different between two versions."""

    bump: Bump
    splits: dict[str, SplitChange]
    labels: dict[str, LabelChange]
    annotators: Mapping[str, AnnotatorChange] = {}
    changes: Collection[RowChange] = ()

    def report(self) -> dict[str, Any]:
        """The diff as one JSON document."""
        return {
            "bump": self.bump,
            "splits": {name: change._asdict() for name, change in self.splits.items()},
            "labels": {name: change._asdict() for name, change in self.labels.items()},
        }

    def table(self, title: str) -> str:
        """The diff for a person: one line a split, label and annotator that changed."""
        lines = [f"{title}: {self.bump}"]
        groups: dict[str, Mapping[str, NamedTuple]] = {
            "rows in": self.splits,
            "label": self.labels,
            "annotations by": self.annotators,
        }
        for kind, changes in groups.items():
            for name, change in changes.items():
                said = ", ".join(f"{n} {what}" for what, n in change._asdict().items() if n)
                lines.append(f"  {kind} {name}: {said}")
        return "\n".join(lines)


class Side(NamedTuple):
    """One version as a diff sees it."""

    rows: Mapping[str, tuple[str, str]]
    """Row id -> (split, row hash)."""
    read: Callable[[str, Collection[str]], list[Row]]
    """Config and row ids -> the full rows."""
    annotations: Counter[tuple[str, str, str]]
    """(row id, annotator, row hash) of the annotations config."""
    labels: Mapping[str, list[str]]
    identity: tuple[Any, ...]
    """Config digest and what else makes a PATCH when it alone differs."""


def compare(old: Side, new: Side, scheme: Scheme[Any]) -> VersionDiff:
    """Compare two versions."""
    changes = _changes(old, new)
    splits: dict[str, Counter[str]] = defaultdict(Counter)
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    for change in changes:
        _count_row(splits, change)
        _count_labels(labels, _labels(scheme, change.before), _labels(scheme, change.after))
    return VersionDiff(
        _bump(old, new, splits),
        {name: SplitChange(**splits[name]) for name in sorted(splits) if splits[name].total()},
        {name: LabelChange(**labels[name]) for name in sorted(labels) if labels[name]},
        _count_annotators(old.annotations, new.annotations),
        changes,
    )


def apply_changes(
    changes: Iterable[RowChange], rows: Mapping[str, tuple[str, Row]]
) -> dict[str, tuple[str, Row]]:
    """Row id -> (split, row) of the newer version, from those of the older one."""
    made = dict(rows)
    for change in changes:
        if change.after is None or change.new_split is None:
            del made[change.id]
        else:
            made[change.id] = (change.new_split, change.after)
    return made


def next_version(previous: str, bump: Bump) -> str:
    """The number after `previous`."""
    major, minor, patch = (int(n) for n in previous.removeprefix("v").split("."))
    if bump == "major":
        return f"v{major + 1}.0.0"
    return f"v{major}.{minor + 1}.0" if bump == "minor" else f"v{major}.{minor}.{patch + 1}"


def _changes(old: Side, new: Side) -> list[RowChange]:
    """Every row that is not in both with the same split and hash, sorted by id."""
    differing = sorted(
        name
        for name in old.rows.keys() | new.rows.keys()
        if old.rows.get(name) != new.rows.get(name)
    )
    before = {row["id"]: row for row in old.read("gold", set(differing))}
    after = {row["id"]: row for row in new.read("gold", set(differing))}
    nowhere = (None, None)
    return [
        RowChange(
            name,
            before.get(name),
            after.get(name),
            old.rows.get(name, nowhere)[0],
            new.rows.get(name, nowhere)[0],
        )
        for name in differing
    ]


def _count_row(splits: dict[str, Counter[str]], change: RowChange) -> None:
    if change.before is None:
        splits[str(change.new_split)]["added"] += 1
    elif change.after is None:
        splits[str(change.old_split)]["removed"] += 1
    else:
        splits[str(change.new_split)]["changed"] += is_edited(change.before, change.after)
        splits[str(change.new_split)]["moved"] += change.old_split != change.new_split


def _count_annotators(
    old: Counter[tuple[str, str, str]], new: Counter[tuple[str, str, str]]
) -> dict[str, AnnotatorChange]:
    gone: dict[str, Counter[str]] = defaultdict(Counter)
    come: dict[str, Counter[str]] = defaultdict(Counter)
    for found, counts in ((gone, old - new), (come, new - old)):
        for (unit, annotator, _), n in counts.items():
            found[annotator][unit] += n
    made = {}
    for name in sorted(gone.keys() | come.keys()):
        both = (gone[name] & come[name]).total()
        made[name] = AnnotatorChange(come[name].total() - both, gone[name].total() - both, both)
    return made


def _bump(old: Side, new: Side, splits: Mapping[str, Counter[str]]) -> Bump:
    totals: Counter[str] = sum(splits.values(), Counter())
    if totals["removed"] or totals["changed"] or totals["moved"] or _labels_broken(old, new):
        return "major"
    if totals["added"] or old.labels != new.labels or _unnamed(old) != _unnamed(new):
        return "minor"
    differs = old.identity != new.identity or old.rows != new.rows
    return "patch" if differs else "none"


def _unnamed(side: Side) -> Counter[tuple[str, str]]:
    """The annotations without who made them, which is no part of a version's identity."""
    found: Counter[tuple[str, str]] = Counter()
    for (unit, _, row_hash), n in side.annotations.items():
        found[unit, row_hash] += n
    return found


def _labels_broken(old: Side, new: Side) -> bool:
    """Whether a label list lost, renamed or reordered a name, or a column went or came."""
    return old.labels.keys() != new.labels.keys() or any(
        new.labels[path][: len(names)] != names for path, names in old.labels.items()
    )


def is_edited(before: Row, after: Row) -> bool:
    """Whether two states of a row differ in more than votes and licence."""
    return bool(_comparable(before) != _comparable(after))


def _comparable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _comparable(v) for k, v in value.items() if k not in NOT_COMPARED}
    if isinstance(value, list | tuple):
        return [_comparable(item) for item in value]
    return value


def _labels(scheme: Scheme[Any], row: Mapping[str, Any] | None) -> Iterable[Labelled]:
    return [] if row is None else scheme.labelled(row)


def _count_labels(
    counts: dict[str, Counter[str]], before: Iterable[Labelled], after: Iterable[Labelled]
) -> None:
    old, new = Counter(before), Counter(after)
    places: dict[Hashable, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for item, n in (old - new).items():
        places[item.place][0].extend([item.label] * n)
    for item, n in (new - old).items():
        places[item.place][1].extend([item.label] * n)
    for gone, come in places.values():
        both = min(len(gone), len(come))
        for label in sorted(come)[:both]:
            counts[label]["relabelled"] += 1
        for label in sorted(come)[both:]:
            counts[label]["added"] += 1
        for label in sorted(gone)[both:]:
            counts[label]["removed"] += 1
