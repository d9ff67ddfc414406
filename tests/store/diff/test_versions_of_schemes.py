"""Random edit scripts for stance and claims: the diff applied to the old rows gives the new ones.

As in `test_versions` for entities, the expected number and counts are worked out
from the two states, not from the diff.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotate.dataset.rows import make_schemas
from annotate.schemes import load_scheme
from annotate.schemes.label_config import LabelConfig, parse_label_config, shipped_config
from annotate.store.diff.sides import identity_of
from annotate.store.diff.versions import VersionDiff
from tests.store.diff.sides import Made, apply_changes, compare_rows, full_rows, hash_rows

_TEXT = "The mayor said the bridge would hold; her rival doubted it."
_UNITS = "uvw"
_VOTES = {"votes", "voters", "distribution", "annotators", "licence", "row_hash"}
_STANCES = ("favor", "against", "neutral")
_FAST = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
_MANY = settings(_FAST, max_examples=1000)
Parts = dict[str, Any]
Edit = tuple[str, str, Parts, int]


class State(NamedTuple):
    """A dataset small enough to edit: unit -> what its row is made of."""

    units: dict[str, Parts]
    labels: tuple[str, ...]
    digest: str


class Kind(NamedTuple):
    """What differs between the two schemes here."""

    scheme: str
    unit: st.SearchStrategy[Parts]
    own: tuple[str, ...]
    """Parts that the scheme's columns are made of, but for votes."""
    edit: Callable[[Parts, str, Parts, int], None]
    """An edit of its own, of one unit."""
    edits: tuple[str, ...]
    gold: Callable[[str, Parts], tuple[Any, ...]]
    said: Callable[[str, Parts], tuple[Any, ...]]
    marks: Callable[[Parts], dict[Any, list[str]]]
    """Place -> the labels that stand there."""


def _spans(parts: list[list[tuple[int, int]]]) -> list[tuple[int, int, str, int]]:
    return [(a, b, _TEXT[a:b], n) for n, part in enumerate(parts) for a, b in part]


_borders = st.lists(st.integers(0, len(_TEXT)), min_size=2, max_size=4, unique=True)
_part = _borders.map(sorted).map(lambda b: list(zip(b[::2], b[1::2], strict=False)))
_COMMON = {
    "split": st.sampled_from(["train", "test"]),
    "title": st.sampled_from(["One", "Two"]),
    "licence": st.sampled_from([None, "CC0-1.0"]),
    "votes": st.integers(1, 3),
    "annotators": st.lists(st.sampled_from("abc"), min_size=1, max_size=2, unique=True),
}

# stance ----------------------------------------------------------------------

_stance = st.fixed_dictionaries(
    {
        **_COMMON,
        "target": st.sampled_from(["the bridge", "the rival"]),
        "holder": st.sampled_from([None, "the mayor"]),
        "label": st.sampled_from([None, *_STANCES]),
        "share": st.sampled_from([0.25, 0.5, 1.0]),
        "explicitness": st.sampled_from([None, "explicit", "implicit"]),
        "evidence": st.lists(_part, max_size=2),
    }
)


def _stance_gold(unit: str, parts: Parts) -> tuple[Any, ...]:
    voters = list("ab")[: parts["votes"]]
    shares = [(label, parts["share"]) for label in _STANCES[:1]]
    head = (parts["target"], "entity", parts["holder"], parts["label"], shares)
    return (*head, parts["votes"], voters, parts["explicitness"], _spans(parts["evidence"]))


def _stance_said(unit: str, parts: Parts) -> tuple[Any, ...]:
    return parts["label"], parts["explicitness"], _spans(parts["evidence"])


def _no_edit(parts: Parts, what: str, values: Parts, number: int) -> None:
    raise AssertionError(what)


_STANCE = Kind(
    "stance",
    _stance,
    ("target", "holder", "label", "explicitness", "evidence"),
    _no_edit,
    ("grow", "reorder", "share"),
    _stance_gold,
    _stance_said,
    lambda parts: {(): [parts["label"]]} if parts["label"] else {},
)

# claims ----------------------------------------------------------------------

_claim = st.fixed_dictionaries(
    {
        "source": st.lists(_part, max_size=2),
        "cue": st.lists(_part, max_size=2),
        "content": _part,
        "kinds": st.lists(st.sampled_from([None, "named", "author"]), min_size=2, max_size=2),
        "mode": st.sampled_from([None, "direct", "undetermined"]),
        "attitude": st.sampled_from(["assertion", "belief"]),
        "negated": st.sampled_from([None, True, False]),
    }
)
_claims = st.fixed_dictionaries(
    {
        **_COMMON,
        "claims": st.lists(_claim, max_size=3),
        "unlinked": st.lists(st.tuples(st.sampled_from(["Source", "Cue"]), _part), max_size=2),
    }
)


def _claim_values(unit: str, parts: Parts) -> list[tuple[Any, ...]]:
    seen: Counter[str] = Counter()
    found = []
    for claim in parts["claims"]:
        place = str(claim["content"])
        name = f"{unit} {place} {seen[place]}"
        seen[place] += 1
        spans = (_spans(claim["source"]), _spans(claim["cue"]), _spans([claim["content"]]))
        kinds = claim["kinds"][: len(claim["source"])]
        said = (claim["mode"], claim["attitude"], claim["negated"])
        found.append((name, *spans, kinds, *said))
    return found


def _unlinked(parts: Parts) -> list[tuple[Any, ...]]:
    roles = [role for role, _ in parts["unlinked"]]
    return [(*span, roles[span[3]]) for span in _spans([part for _, part in parts["unlinked"]])]


def _claims_gold(unit: str, parts: Parts) -> tuple[Any, ...]:
    votes = (parts["votes"], list("ab")[: parts["votes"]])
    return [(*claim, *votes) for claim in _claim_values(unit, parts)], _unlinked(parts)


def _claims_said(unit: str, parts: Parts) -> tuple[Any, ...]:
    return _claim_values(unit, parts), _unlinked(parts)


def _edit_claims(parts: Parts, what: str, values: Parts, number: int) -> None:
    """One step inside a row: a claim, a part of one, one attribute."""
    claims, others = parts["claims"], values["claims"]
    if what == "append":
        claims.extend(others[:1])
    elif claims and what == "drop":
        del claims[number % len(claims)]
    elif claims and what == "swap":
        claims.append(claims.pop(0))
    elif claims and others and what in claims[0]:
        claims[number % len(claims)][what] = others[0][what]


def _claim_marks(parts: Parts) -> dict[Any, list[str]]:
    drawn = {(span, role) for role, part in parts["unlinked"] for span in part}
    for claim in parts["claims"]:
        drawn |= {(span, "Content") for span in claim["content"]}
        for role in ("source", "cue"):
            drawn |= {(span, role.capitalize()) for part in claim[role] for span in part}
    found: dict[Any, list[str]] = {}
    for span, role in sorted(drawn):
        found.setdefault(span, []).append(role)
    return found


_CLAIMS = Kind(
    "claims",
    _claims,
    ("claims", "unlinked"),
    _edit_claims,
    ("append", "drop", "swap", "source", "cue", "content", "kinds", "mode", "attitude", "negated"),
    _claims_gold,
    _claims_said,
    _claim_marks,
)

# both ------------------------------------------------------------------------


def _script(kind: Kind) -> Any:
    states = st.builds(
        State,
        st.dictionaries(st.sampled_from(_UNITS), kind.unit, min_size=1, max_size=4),
        st.just(_STANCES),
        st.just("digest"),
    )
    what = ("add", "remove", "digest", "undo", *_COMMON, *kind.own, *kind.edits)
    edit = st.tuples(st.sampled_from(what), st.sampled_from(_UNITS), kind.unit, st.integers(0, 2))
    return states, st.lists(edit, max_size=4)


def _edited(kind: Kind, old: State, edits: list[Edit]) -> State:
    made = copy.deepcopy(old)
    for what, unit, values, number in copy.deepcopy(edits):
        if what == "add":
            made.units.setdefault(unit, values)
        elif what == "remove" and len(made.units) > 1:
            made.units.pop(unit, None)
        elif what == "undo":
            made = copy.deepcopy(old)
        elif what == "digest":
            made = made._replace(digest="another")
        elif what == "grow":
            made = made._replace(labels=tuple(dict.fromkeys((*made.labels, "unclear"))))
        elif what == "reorder":
            made = made._replace(labels=made.labels[::-1])
        elif unit in made.units and what in values:
            made.units[unit][what] = values[what]
        elif unit in made.units and what != "remove":
            kind.edit(made.units[unit], what, values, number)
    return made


def _config(kind: Kind, state: State) -> LabelConfig:
    if kind.scheme == "claims":
        return shipped_config("claims")
    values = "".join(f'<Choice value="{label}"/>' for label in state.labels)
    xml = (
        '<View><Text name="text" value="$text"/><Choices name="stance" toName="text"'
        f' choice="single">{values}</Choices></View>'
    )
    return parse_label_config(xml, where="the test")


def _rows(kind: Kind, state: State) -> Made:
    tasks = []
    for unit, parts in state.units.items():
        head = (unit, unit, unit, "article", 0, parts["title"], None, None, parts["licence"])
        asked = (_TEXT, "sha", "majority", parts["annotators"])
        said = kind.said(unit, parts)
        annotations = [(unit, who, *said, 1.0, None) for who in parts["annotators"]]
        tasks.append((parts["split"], (*head, *asked, *kind.gold(unit, parts)), annotations))
    return hash_rows(make_schemas(load_scheme(kind.scheme), _config(kind, state), {}), tasks)


def _without(value: Any, names: set[str]) -> Any:
    if isinstance(value, dict):
        return {n: _without(v, names) for n, v in value.items() if n not in names}
    return [_without(v, names) for v in value] if isinstance(value, list | tuple) else value


def _content(kind: Kind, state: State, *names: str) -> dict[str, Any]:
    """What of each unit a model can learn from, in a form that can be compared."""
    found = {}
    for unit, parts in state.units.items():
        seen = {name: parts[name] for name in (*kind.own, *names)}
        # kinds of sources that are not there are in no row
        for claim in (seen := copy.deepcopy(seen)).get("claims", ()):
            claim["kinds"] = claim["kinds"][: len(claim["source"])]
        found[unit] = seen
    return found


def _expected_bump(kind: Kind, old: State, new: State) -> str:
    """The rules of the design page, on the states themselves."""

    def annotations(state: State) -> Counter[str]:
        seen = _content(kind, state)
        said = {
            u: {n: v for n, v in p.items() if n not in ("target", "holder")}
            for u, p in seen.items()
        }
        return Counter(
            f"{unit} {said[unit]}" for unit in said for _ in state.units[unit]["annotators"]
        )

    def unread(state: State) -> dict[str, Any]:
        # a row without a claim has nowhere to say how many voted for it
        return {
            u: (p["licence"], p.get("share"), p["votes"] if p.get("claims", True) else 0)
            for u, p in state.units.items()
        }

    before, after = (_content(kind, s, "split", "title") for s in (old, new))
    if any(after.get(unit) != parts for unit, parts in before.items()):
        return "major"
    if new.labels[: len(old.labels)] != old.labels:
        return "major"
    if before.keys() != after.keys() or new.labels != old.labels:
        return "minor"
    if annotations(old) != annotations(new):
        return "minor"
    differs = (old.digest, unread(old)) != (new.digest, unread(new))
    return "patch" if differs else "none"


def _expected_labels(kind: Kind, old: State, new: State) -> dict[str, dict[str, int]]:
    """Label -> counts, worked out place by place."""
    counts: dict[str, Counter[str]] = {}
    for unit in {**old.units, **new.units}:
        before, after = (kind.marks(s.units[unit]) if unit in s.units else {} for s in (old, new))
        for place in {**before, **after}:
            gone = sorted((Counter(before.get(place)) - Counter(after.get(place))).elements())
            come = sorted((Counter(after.get(place)) - Counter(before.get(place))).elements())
            both = min(len(gone), len(come))
            for n, label in enumerate(come):
                counts.setdefault(label, Counter())["relabelled" if n < both else "added"] += 1
            for label in gone[both:]:
                counts.setdefault(label, Counter())["removed"] += 1
    fields = ("added", "removed", "relabelled")
    return {label: {f: found[f] for f in fields} for label, found in counts.items()}


def _expected_splits(kind: Kind, old: State, new: State) -> dict[str, Counter[str]]:
    before, after = (_content(kind, s, "title") for s in (old, new))
    counts: dict[str, Counter[str]] = {}
    for unit in {**before, **after}:
        was, is_ = (s.units[unit]["split"] if unit in s.units else None for s in (old, new))
        count = counts.setdefault(str(is_ or was), Counter())
        count["added"] += was is None
        count["removed"] += is_ is None
        count["moved"] += None not in (was, is_) and was != is_
        count["changed"] += None not in (was, is_) and before[unit] != after[unit]
    return {split: +count for split, count in counts.items() if +count}


def _diff(kind: Kind, old: State, new: State) -> VersionDiff:
    before, after = (identity_of(state.digest, "") for state in (old, new))
    return compare_rows(
        _rows(kind, old), _rows(kind, new), (before, after), load_scheme(kind.scheme)
    )


def _check(kind: Kind, old: State, edits: list[Edit]) -> None:
    new = _edited(kind, old, edits)
    diff = _diff(kind, old, new)
    before, after = full_rows(_rows(kind, old)), full_rows(_rows(kind, new))
    people = {"annotators", "voters"}
    applied = apply_changes(diff.changes, before)
    assert {u: (s, _without(r, people)) for u, (s, r) in applied.items()} == {
        u: (s, _without(r, people)) for u, (s, r) in after.items()
    }
    assert diff.bump == _expected_bump(kind, old, new)
    report = diff.report()
    assert report["labels"] == _expected_labels(kind, old, new)
    assert {s: +Counter(c) for s, c in report["splits"].items()} == _expected_splits(kind, old, new)
    for change in diff.changes:
        if change.before is not None and change.after is not None:
            same = _without(change.before, _VOTES) == _without(change.after, _VOTES)
            assert same == (
                _content(kind, old, "title")[change.id] == _content(kind, new, "title")[change.id]
            )


_ONE: Parts = {
    "split": "train",
    "title": "One",
    "licence": None,
    "votes": 1,
    "annotators": ["a"],
    "target": "the bridge",
    "holder": None,
    "label": "favor",
    "share": 0.5,
    "explicitness": None,
    "evidence": [[(0, 9)]],
    "unlinked": [("Cue", [(10, 14)])],
    "claims": [
        {
            "source": [[(0, 9)]],
            "cue": [[(10, 14)]],
            "content": [(15, 36)],
            "kinds": [None, None],
            "mode": "direct",
            "attitude": "assertion",
            "negated": None,
        }
    ],
}


@pytest.mark.parametrize(
    ("kind", "part", "value", "bump"),
    [
        (_STANCE, "label", "against", "major"),
        (_STANCE, "label", None, "major"),
        (_STANCE, "explicitness", "implicit", "major"),
        (_STANCE, "evidence", [[(0, 3), (4, 9)]], "major"),
        (_STANCE, "target", "the rival", "major"),
        (_STANCE, "holder", "the mayor", "major"),
        (_STANCE, "share", 0.25, "patch"),
        (_STANCE, "votes", 2, "patch"),
        (_STANCE, "licence", "CC0-1.0", "patch"),
        (_STANCE, "annotators", ["b"], "none"),
        (_STANCE, "annotators", ["a", "b"], "minor"),
        (_STANCE, "split", "test", "major"),
        (_CLAIMS, "claims", [], "major"),
        *((_CLAIMS, f"claims.{role}", [[(37, 40)]], "major") for role in ("source", "cue")),
        (_CLAIMS, "claims.content", [(15, 25), (26, 36)], "major"),
        (_CLAIMS, "claims.kinds", ["named", None], "major"),
        (_CLAIMS, "claims.mode", None, "major"),
        (_CLAIMS, "claims.attitude", "belief", "major"),
        (_CLAIMS, "claims.negated", False, "major"),
        (_CLAIMS, "unlinked", [("Source", [(10, 14)])], "major"),
        (_CLAIMS, "votes", 2, "patch"),
        (_CLAIMS, "licence", "CC0-1.0", "patch"),
    ],
)
def test_one_change_alone(kind: Kind, part: str, value: Any, bump: str) -> None:
    old = State({"u": _ONE}, _STANCES, "digest")
    new = copy.deepcopy(old)
    claim, _, attribute = part.partition(".")
    (new.units["u"]["claims"][0] if attribute else new.units["u"])[attribute or claim] = value
    assert _diff(kind, old, new).bump == bump
    _check(kind, old, [(part, "u", {**_ONE, part: value}, 0)] if not attribute else [])


@_FAST
@given(*_script(_STANCE))
def test_edits_of_stance(old: State, edits: list[Edit]) -> None:
    _check(_STANCE, old, edits)


@_FAST
@given(*_script(_CLAIMS))
def test_edits_of_claims(old: State, edits: list[Edit]) -> None:
    _check(_CLAIMS, old, edits)


@pytest.mark.faults
@_MANY
@given(*_script(_STANCE))
def test_many_edits_of_stance(old: State, edits: list[Edit]) -> None:
    _check(_STANCE, old, edits)


@pytest.mark.faults
@_MANY
@given(*_script(_CLAIMS))
def test_many_edits_of_claims(old: State, edits: list[Edit]) -> None:
    _check(_CLAIMS, old, edits)
