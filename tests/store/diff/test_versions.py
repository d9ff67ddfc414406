"""Random edit scripts: the diff applied to the old rows gives the new ones.

The expected number is worked out here from the two sets of rows, not from the diff.
"""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotate.dataset.rows import make_schemas
from annotate.schemes import load_scheme
from annotate.schemes.label_config import LabelConfig, parse_label_config
from annotate.store.diff.sides import identity_of
from annotate.store.diff.versions import AnnotatorChange, VersionDiff, next_version
from tests.store.diff.sides import Made, apply_changes, compare_rows, full_rows, hash_rows
from tests.store.made import config_xml

_SCHEME = load_scheme("entities")
_LABELS = ("PER", "ORG", "GPE", "LOC")
_TEXT = "Anna Novak spoke in Tesk."
_NOT_COMPARED = {"votes", "voters", "annotators", "licence", "row_hash"}


class State(NamedTuple):
    """A dataset small enough to edit: unit -> row parts."""

    units: dict[str, dict[str, Any]]
    labels: tuple[str, ...]
    digest: str
    words: str


_spans = st.lists(
    st.tuples(st.integers(0, 8), st.integers(9, 25), st.sampled_from(_LABELS[:3])),
    max_size=3,
    unique_by=lambda span: span[:2],
)
_unit = st.fixed_dictionaries(
    {
        "spans": _spans,
        "split": st.sampled_from(["train", "test"]),
        "title": st.sampled_from(["One", "Two"]),
        "licence": st.sampled_from([None, "CC0-1.0"]),
        "votes": st.integers(1, 3),
        "annotators": st.lists(st.sampled_from("abc"), min_size=1, max_size=2, unique=True),
    }
)
_states = st.builds(
    State,
    st.dictionaries(st.sampled_from("uvwxyz"), _unit, min_size=1, max_size=5),
    st.just(_LABELS[:3]),
    st.just("digest"),
    st.just(""),
)
_KINDS = (
    *("add", "remove", "spans", "split", "title", "licence", "votes", "annotators"),
    *("grow", "shrink", "reorder", "digest", "words", "undo"),
)
_FAST = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
_edits = st.lists(
    st.tuples(
        st.sampled_from(_KINDS),
        st.sampled_from("uvwxyz"),
        _unit,
    ),
    max_size=4,
)


def _edit(state: State, edits: list[tuple[str, str, dict[str, Any]]]) -> State:
    old, made = state, State(copy.deepcopy(state.units), *state[1:])
    for what, unit, values in edits:
        if what == "add":
            made.units.setdefault(unit, values)
        elif what == "remove" and len(made.units) > 1:
            made.units.pop(unit, None)
        elif what in values and unit in made.units:
            made.units[unit] = made.units[unit] | {what: values[what]}
        elif what == "grow":
            made = made._replace(labels=tuple(dict.fromkeys((*made.labels, "LOC"))))
        elif what == "shrink" and not _used(made) & {made.labels[-1]} and len(made.labels) > 3:
            made = made._replace(labels=made.labels[:-1])
        elif what == "reorder":
            made = made._replace(labels=made.labels[::-1])
        elif what == "digest":
            made = made._replace(digest="another")
        elif what == "words":
            made = made._replace(words="another")
        elif what == "undo":
            made = State(copy.deepcopy(old.units), *old[1:])
    return made


def _used(state: State) -> set[str]:
    return {label for unit in state.units.values() for _, _, label in unit["spans"]}


def _config(state: State) -> LabelConfig:
    return parse_label_config(config_xml(state.labels), where="the test")


def _rows(state: State) -> Made:
    tasks = []
    for unit, parts in state.units.items():
        spans = [
            (f"{unit}{start}-{end}", start, end, _TEXT[start:end], label, "NAM")
            for start, end, label in sorted(parts["spans"])
        ]
        entities = [(*span, parts["votes"], list("ab")[: parts["votes"]]) for span in spans]
        head = (unit, unit, unit, "article", 0, parts["title"], None, None, parts["licence"])
        gold = (*head, _TEXT, "sha", "majority", parts["annotators"], entities)
        own = [(unit, annotator, spans, 1.0, None) for annotator in parts["annotators"]]
        tasks.append((parts["split"], gold, own))
    return hash_rows(make_schemas(_SCHEME, _config(state), {}), tasks)


def _diff(old: State, new: State) -> VersionDiff:
    before, after = (identity_of(state.digest, state.words) for state in (old, new))
    return compare_rows(_rows(old), _rows(new), (before, after), _SCHEME)


def _expected_bump(old: State, new: State) -> str:
    """The rules of the design page, on the states themselves."""

    def content(state: State) -> dict[str, Any]:
        return {u: (p["split"], p["title"], sorted(p["spans"])) for u, p in state.units.items()}

    def annotations(state: State) -> Counter[str]:
        return Counter(
            f"{u} {sorted(p['spans'])}" for u, p in state.units.items() for _ in p["annotators"]
        )

    def unread(state: State) -> dict[str, Any]:
        return {u: (p["licence"], p["votes"] if p["spans"] else 0) for u, p in state.units.items()}

    before, after = content(old), content(new)
    if any(after.get(unit) != parts for unit, parts in before.items()):
        return "major"
    if new.labels[: len(old.labels)] != old.labels:
        return "major"
    if before.keys() != after.keys() or new.labels != old.labels:
        return "minor"
    if annotations(old) != annotations(new):
        return "minor"
    rest = (old.digest, old.words, unread(old)) != (new.digest, new.words, unread(new))
    return "patch" if rest else "none"


def _without_people(rows: dict[str, tuple[str, dict[str, Any]]]) -> Any:
    """What is left when who voted, which is no part of a version's identity, is left out."""
    found = copy.deepcopy(rows)
    for _, row in found.values():
        del row["annotators"]
        for entity in row["entities"]:
            del entity["voters"]
    return found


@_FAST
@given(_states, _edits)
def test_the_diff_applied_gives_the_newer_version(old: State, edits: Any) -> None:
    _check(old, edits)


@pytest.mark.faults
@settings(_FAST, max_examples=1000)
@given(_states, _edits)
def test_many_edits(old: State, edits: Any) -> None:
    _check(old, edits)


def _check(old: State, edits: Any) -> None:
    new = _edit(old, edits)
    diff = _diff(old, new)
    before, after = full_rows(_rows(old)), full_rows(_rows(new))
    assert _without_people(apply_changes(diff.changes, before)) == _without_people(after)
    assert diff.bump == _expected_bump(old, new)
    _check_counts(diff, before, after)
    assert diff.annotators == _expected_annotators(old, new)


def _expected_annotators(old: State, new: State) -> dict[str, AnnotatorChange]:
    """What each annotator did, split by split, on the states themselves."""
    made = {}
    for who in "abc":
        then, now = (
            {
                unit: (parts["split"], sorted(parts["spans"]))
                for unit, parts in state.units.items()
                if who in parts["annotators"]
            }
            for state in (old, new)
        )
        changed = sum(then[unit] != now[unit] for unit in then.keys() & now.keys())
        found = AnnotatorChange(len(now.keys() - then), len(then.keys() - now), changed)
        if any(found):
            made[who] = found
    return made


def _check_counts(diff: VersionDiff, before: Any, after: Any) -> None:
    """The counts against a plain comparison of both states."""

    def seen(row: dict[str, Any]) -> Any:
        kept = {name: value for name, value in row.items() if name not in _NOT_COMPARED}
        kept["entities"] = [
            {n: v for n, v in e.items() if n not in _NOT_COMPARED} for e in row["entities"]
        ]
        return kept

    for split in ("train", "test"):
        found = diff.splits.get(split)
        here = {u for u, (s, _) in after.items() if s == split}
        there = {u for u, (s, _) in before.items() if s == split}
        assert (found.added if found else 0) == len(here - before.keys())
        assert (found.removed if found else 0) == len(there - after.keys())
        moved = {u for u in here & before.keys() if before[u][0] != split}
        assert (found.moved if found else 0) == len(moved)
        changed = {u for u in here & before.keys() if seen(before[u][1]) != seen(after[u][1])}
        assert (found.changed if found else 0) == len(changed)


def test_labels_are_counted_as_the_design_page_says() -> None:
    unit = {"split": "train", "title": "", "licence": None, "votes": 1, "annotators": ["a"]}
    old = State(
        {"u": unit | {"spans": [(0, 10, "PER"), (5, 10, "PER"), (20, 24, "GPE")]}}, _LABELS, "", ""
    )
    new = State({"u": unit | {"spans": [(0, 10, "ORG"), (5, 11, "PER")]}}, _LABELS, "", "")
    diff = _diff(old, new)
    assert diff.report() == {
        "bump": "major",
        "splits": {"train": {"added": 0, "removed": 0, "changed": 1, "moved": 0}},
        "labels": {
            "GPE": {"added": 0, "removed": 1, "relabelled": 0},
            "ORG": {"added": 0, "removed": 0, "relabelled": 1},
            "PER": {"added": 1, "removed": 1, "relabelled": 0},
        },
    }
    assert diff.annotators["a"]._asdict() == {"added": 0, "removed": 0, "changed": 1}


@pytest.mark.parametrize(
    ("now", "bump"),
    [
        ({"a": "PER", "b": "PER", "c": "GPE"}, "minor"),
        ({"a": "PER", "b": "ORG", "c": "PER"}, "none"),
    ],
    ids=["anew", "exchanged"],
)
def test_annotations_that_leave_gold_as_it_is(now: dict[str, str], bump: str) -> None:
    def rows(labels: dict[str, str]) -> Made:
        spans = {who: ("u0-10", 0, 10, _TEXT[:10], label, "NAM") for who, label in labels.items()}
        gold = ("u", "u", "u", "article", 0, "One", None, None, None, _TEXT, "sha", "majority")
        stood: list[Any] = [("u0-10", 0, 10, _TEXT[:10], "PER", "NAM", 2, [])]
        said = [("u", who, [span], 1.0, None) for who, span in spans.items()]
        config = parse_label_config(config_xml(_LABELS), where="the test")
        task = ("train", (*gold, sorted(labels), stood), said)
        return hash_rows(make_schemas(_SCHEME, config, {}), [task])

    old = rows({"a": "PER", "b": "PER", "c": "ORG"})
    diff = compare_rows(old, rows(now), ((), ()), _SCHEME)
    assert (diff.bump, diff.splits, diff.labels) == (bump, {}, {})
    changed = {"c": AnnotatorChange(changed=1)}
    assert diff.annotators == changed | ({"b": changed["c"]} if bump == "none" else {})


def test_the_next_number() -> None:
    assert next_version("v1.9.3", "major") == "v2.0.0"
    assert next_version("v1.9.3", "minor") == "v1.10.0"
    assert next_version("v1.9.3", "patch") == "v1.9.4"
