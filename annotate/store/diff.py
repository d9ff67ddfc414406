"""Two sets of gold rows -> what changed, and the number that follows from it.

Rows with equal hashes are equal; only the others are read in full. Votes,
voters and distribution do not make a row changed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

from annotate.schemes.base import Labelled, Scheme

NOT_COMPARED = frozenset({"votes", "voters", "distribution", "annotators", "row_hash"})

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


class VersionDiff(NamedTuple):
    """What is different between two versions."""

    bump: Bump
    splits: dict[str, SplitChange]
    labels: dict[str, LabelChange]

    def report(self) -> dict[str, Any]:
        """The diff as one JSON document."""
        return {
            "bump": self.bump,
            "splits": {name: change._asdict() for name, change in self.splits.items()},
            "labels": {name: change._asdict() for name, change in self.labels.items()},
        }

    def table(self, title: str) -> str:
        """The diff for a person: one line a split and a label that changed."""
        lines = [f"{title}: {self.bump}"]
        for kind, changes in (("rows in", self.splits), ("label", self.labels)):
            for name, change in changes.items():
                said = ", ".join(f"{n} {what}" for what, n in change._asdict().items() if n)
                lines.append(f"  {kind} {name}: {said}")
        return "\n".join(lines)


class Side(NamedTuple):
    """One version as a diff sees it."""

    rows: Mapping[str, tuple[str, str]]
    """Row id -> (split, row hash)."""
    full: Mapping[str, Mapping[str, Any]]
    """Row id -> row with labels as names; at least those whose hash differs."""
    annotations: Counter[tuple[str, str]]
    """(row id, row hash) of the annotations config."""
    labels: Mapping[str, list[str]]
    identity: tuple[Any, ...]
    """Config digest and what else makes a PATCH when it alone differs."""


def differing_ids(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """Ids whose row is not the same on both sides, by hash."""
    return {
        name
        for name in old.keys() | new.keys()
        if name not in old or name not in new or old[name][1] != new[name][1]
    }


def compare(old: Side, new: Side, scheme: Scheme[Any]) -> VersionDiff:
    """Compare two versions."""
    splits: dict[str, Counter[str]] = defaultdict(Counter)
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    for name in sorted(differing_ids(old.rows, new.rows)):
        before, after = old.full.get(name), new.full.get(name)
        if before is None and after is not None:
            splits[new.rows[name][0]]["added"] += 1
        elif after is None and before is not None:
            splits[old.rows[name][0]]["removed"] += 1
        elif before is not None and after is not None and _edited(before, after):
            splits[new.rows[name][0]]["changed"] += 1
        _count_labels(labels, _labels(scheme, before), _labels(scheme, after))
    for name in old.rows.keys() & new.rows.keys():
        if old.rows[name][0] != new.rows[name][0]:
            splits[new.rows[name][0]]["moved"] += 1
    return VersionDiff(
        _bump(old, new, splits),
        {name: SplitChange(**splits[name]) for name in sorted(splits) if splits[name]},
        {name: LabelChange(**labels[name]) for name in sorted(labels) if labels[name]},
    )


def next_version(previous: str, bump: Bump) -> str:
    """The number after `previous`."""
    major, minor, patch = (int(n) for n in previous.removeprefix("v").split("."))
    if bump == "major":
        return f"v{major + 1}.0.0"
    return f"v{major}.{minor + 1}.0" if bump == "minor" else f"v{major}.{minor}.{patch + 1}"


def _bump(old: Side, new: Side, splits: Mapping[str, Counter[str]]) -> Bump:
    totals: Counter[str] = sum(splits.values(), Counter())
    if totals["removed"] or totals["changed"] or totals["moved"] or _labels_broken(old, new):
        return "major"
    if totals["added"] or old.labels != new.labels or old.annotations != new.annotations:
        return "minor"
    differs = old.identity != new.identity or old.rows != new.rows
    return "patch" if differs else "none"


def _labels_broken(old: Side, new: Side) -> bool:
    """Whether a label list lost, renamed or reordered a name, or a column went or came."""
    return old.labels.keys() != new.labels.keys() or any(
        new.labels[path][: len(names)] != names for path, names in old.labels.items()
    )


def _edited(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return bool(_comparable(before) != _comparable(after))


def _comparable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _comparable(v) for k, v in value.items() if k not in NOT_COMPARED}
    if isinstance(value, list):
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
