"""Two versions -> what changed, and the number that follows from it.

Rows with equal hashes are equal, and so are rows of equal files; only the others
are read, without their texts, whose hash tells as much. Votes, voters,
distribution and licence do not make a row changed. The changes give both states
of every row that differs, so that they can be applied.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping
from itertools import zip_longest
from typing import Any, Literal, NamedTuple

from annotate.annotations.migration import Migration
from annotate.schemes.base import Labelled, Scheme
from annotate.store.differing import Changes, Differing, Row, RowChange, differing_rows
from annotate.store.sides import Side

NOT_COMPARED = frozenset({"votes", "voters", "distribution", "annotators", "licence", "row_hash"})
_IGNORED = NOT_COMPARED | {"text"}
"""A text is compared by its `text_sha256`, those of spans follow from it and offsets."""

Bump = Literal["major", "minor", "patch", "none"]


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
    changes: Changes | tuple[()] = ()
    """Every gold row that differs in content, votes or split, by id; read as they are asked for."""
    migrations: Collection[Migration] = ()
    """What was renamed in the label config since."""

    def report(self) -> dict[str, Any]:
        """The diff as one JSON document; `migrations` only where there are any."""
        renamed = [migration.document() for migration in self.migrations]
        return {
            "bump": self.bump,
            "splits": {name: change._asdict() for name, change in self.splits.items()},
            "labels": {name: change._asdict() for name, change in self.labels.items()},
            **({"migrations": renamed} if renamed else {}),
        }

    def table(self, title: str) -> str:
        """The diff for a person: one line a split, label, annotator and name that changed."""
        lines = [f"{title}: {self.bump}"]
        lines += [f"  {said}" for migration in self.migrations for said in migration.lines()]
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


def compare(old: Side, new: Side, scheme: Scheme[Any]) -> VersionDiff:
    """Compare two versions."""
    rows = differing_rows(old.parts["gold"], new.parts["gold"])
    splits: dict[str, Counter[str]] = defaultdict(Counter)
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    for change in Changes(rows, _IGNORED):
        _count_row(splits, change)
        _count_labels(labels, _labels(scheme, change.before), _labels(scheme, change.after))
    said = differing_rows(old.parts["annotations"], new.parts["annotations"])
    annotations = (_annotations(said.old), _annotations(said.new))
    return VersionDiff(
        _bump(old, new, splits, annotations, differs=bool(rows.old or rows.new)),
        {name: SplitChange(**splits[name]) for name in sorted(splits) if splits[name].total()},
        {name: LabelChange(**labels[name]) for name in sorted(labels) if labels[name]},
        _count_annotators(*annotations),
        Changes(rows),
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


def _count_row(splits: dict[str, Counter[str]], change: RowChange) -> None:
    if change.before is None:
        splits[str(change.new_split)]["added"] += 1
    elif change.after is None:
        splits[str(change.old_split)]["removed"] += 1
    else:
        splits[str(change.new_split)]["changed"] += _is_edited(change.before, change.after)
        splits[str(change.new_split)]["moved"] += change.old_split != change.new_split


Annotation = tuple[str, str, str]
"""(row id, annotator, row hash)."""


def _annotations(found: list[Differing]) -> Counter[Annotation]:
    """The annotations that the other side lacks."""
    names = ("id", "annotator", "row_hash")
    counted: Counter[Annotation] = Counter()
    for part, places in found:
        table = part.take(places, names.__contains__)
        counted.update(zip(*(table.column(name).to_pylist() for name in names), strict=True))
    return counted


def _count_annotators(
    gone_by: Counter[Annotation], come_by: Counter[Annotation]
) -> dict[str, AnnotatorChange]:
    gone: dict[str, Counter[str]] = defaultdict(Counter)
    come: dict[str, Counter[str]] = defaultdict(Counter)
    for found, counts in ((gone, gone_by), (come, come_by)):
        for (unit, annotator, _), n in counts.items():
            found[annotator][unit] += n
    made = {}
    for name in sorted(gone.keys() | come.keys()):
        both = (gone[name] & come[name]).total()
        made[name] = AnnotatorChange(come[name].total() - both, gone[name].total() - both, both)
    return made


def _bump(
    old: Side,
    new: Side,
    splits: Mapping[str, Counter[str]],
    annotations: tuple[Counter[Annotation], Counter[Annotation]],
    *,
    differs: bool,
) -> Bump:
    totals: Counter[str] = sum(splits.values(), Counter())
    if totals["removed"] or totals["changed"] or totals["moved"] or _labels_broken(old, new):
        return "major"
    gone, come = map(_unnamed, annotations)
    if totals["added"] or old.labels != new.labels or gone != come:
        return "minor"
    return "patch" if differs or old.identity != new.identity else "none"


def _unnamed(annotations: Counter[Annotation]) -> Counter[tuple[str, str]]:
    """The annotations without who made them, which is no part of a version's identity."""
    found: Counter[tuple[str, str]] = Counter()
    for (unit, _, row_hash), n in annotations.items():
        found[unit, row_hash] += n
    return found


def _labels_broken(old: Side, new: Side) -> bool:
    """Whether a label list lost, renamed or reordered a name, or a column went or came."""
    return old.labels.keys() != new.labels.keys() or any(
        new.labels[path][: len(names)] != names for path, names in old.labels.items()
    )


def _is_edited(before: Row, after: Row) -> bool:
    """Whether two states of a row differ in more than votes and licence."""
    return _differ(before, after)


def _differ(one: Any, other: Any) -> bool:
    if one == other:
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return any(
            name not in _IGNORED and _differ(value, other.get(name)) for name, value in one.items()
        )
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return any(map(_differ, one, other))
    return True


def _labels(scheme: Scheme[Any], row: Mapping[str, Any] | None) -> Iterable[Labelled]:
    return [] if row is None else scheme.labelled(row)


def _count_labels(
    counts: dict[str, Counter[str]], before: Iterable[Labelled], after: Iterable[Labelled]
) -> None:
    pairs = list(zip_longest(before, after))
    old = Counter(one for one, other in pairs if one is not None and one != other)
    new = Counter(other for one, other in pairs if other is not None and one != other)
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
