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
from annotate.dataset.manifest import version_number
from annotate.schemes.base import Labelled, Scheme
from annotate.store.diff.differing import Differing, DifferingRows, differing_rows
from annotate.store.diff.sides import NAMES, Side
from annotate.store.diff.states import RowChange, RowChanges, RowStates, read_states
from annotate.text import visible

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
    changes: Iterable[RowChange] = ()
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
        return "\n".join(map(visible, lines))


def compare(old: Side, new: Side, scheme: Scheme[Any]) -> VersionDiff:
    """Compare two versions."""
    rows, said = (differing_rows(old.parts[c], new.parts[c], names) for c, names in NAMES.items())
    splits: dict[str, Counter[str]] = defaultdict(Counter)
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    for states in read_states(rows, _IGNORED):
        _count_row(splits, states)
        _count_labels(labels, _labels(scheme, states.before), _labels(scheme, states.after))
    return VersionDiff(
        _bump(old, new, splits, said, differs=any(rows)),
        {name: SplitChange(**splits[name]) for name in sorted(splits) if splits[name].total()},
        {name: LabelChange(**labels[name]) for name in sorted(labels) if labels[name]},
        _count_annotators(said),
        RowChanges(rows),
    )


def next_version(previous: str, bump: Bump) -> str:
    """The number after `previous`."""
    major, minor, patch = version_number(previous)
    if bump == "major":
        return f"v{major + 1}.0.0"
    return f"v{major}.{minor + 1}.0" if bump == "minor" else f"v{major}.{minor}.{patch + 1}"


def _count_row(splits: dict[str, Counter[str]], states: RowStates) -> None:
    if states.before is None:
        splits[str(states.new_split)]["added"] += 1
    elif states.after is None:
        splits[str(states.old_split)]["removed"] += 1
    else:
        splits[str(states.new_split)]["changed"] += _is_edited(states.before, states.after)
        splits[str(states.new_split)]["moved"] += states.old_split != states.new_split


def _count_annotators(said: DifferingRows) -> dict[str, AnnotatorChange]:
    edited = Counter(name for twins in said.twins for name in _column(twins.new, "annotator"))
    gone, come = map(_units_by_annotator, (said.old, said.new))
    made = {}
    for name in sorted(edited.keys() | gone.keys() | come.keys()):
        both = (gone[name] & come[name]).total()
        added, removed = come[name].total() - both, gone[name].total() - both
        made[name] = AnnotatorChange(added, removed, edited[name] + both)
    return made


def _units_by_annotator(rows: list[Differing]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for item in rows:
        for annotator, unit in zip(_column(item, "annotator"), _column(item, "id"), strict=True):
            found[annotator][unit] += 1
    return found


def _column(rows: Differing, name: str) -> list[str]:
    found: list[str] = rows.read((name,)).column(0).to_pylist()
    return found


def _bump(
    old: Side,
    new: Side,
    splits: Mapping[str, Counter[str]],
    said: DifferingRows,
    *,
    differs: bool,
) -> Bump:
    totals: Counter[str] = sum(splits.values(), Counter())
    if totals["removed"] or totals["changed"] or totals["moved"] or _labels_broken(old, new):
        return "major"
    if totals["added"] or old.labels != new.labels or _is_said_otherwise(said):
        return "minor"
    return "patch" if differs or old.identity != new.identity else "none"


def _is_said_otherwise(said: DifferingRows) -> bool:
    """Whether annotations differ in more than who made them, which is no part of an identity.

    A row's hash holds its task, and not its annotator.
    """
    gone, come = (
        Counter(row_hash for item in side for row_hash in _column(item, "row_hash"))
        for side in said.sides()
    )
    return gone != come


def _labels_broken(old: Side, new: Side) -> bool:
    """Whether a label list lost, renamed or reordered a name, or a column went or came."""
    return old.labels.keys() != new.labels.keys() or any(
        new.labels[path][: len(names)] != names for path, names in old.labels.items()
    )


def _is_edited(one: Any, other: Any) -> bool:
    """Whether two states of a row, or of a value in it, differ in more than votes and licence."""
    if one == other:
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return any(
            name not in _IGNORED and _is_edited(value, other.get(name))
            for name, value in one.items()
        )
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return any(map(_is_edited, one, other))
    return True


def _labels(scheme: Scheme[Any], row: Mapping[str, Any] | None) -> Iterable[Labelled]:
    return [] if row is None else scheme.labelled(row)


def _count_labels(
    counts: dict[str, Counter[str]], before: Iterable[Labelled], after: Iterable[Labelled]
) -> None:
    more: dict[Labelled, int] = defaultdict(int)
    for one, other in zip_longest(before, after):
        if one == other:
            continue
        if one is not None:
            more[one] -= 1
        if other is not None:
            more[other] += 1
    places: dict[Hashable, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for (place, label), n in more.items():
        places[place][n > 0].extend([label] * abs(n))
    for gone, come in places.values():
        both = min(len(gone), len(come))
        for label in sorted(come)[:both]:
            counts[label]["relabelled"] += 1
        for label in sorted(come)[both:]:
            counts[label]["added"] += 1
        for label in sorted(gone)[both:]:
            counts[label]["removed"] += 1
