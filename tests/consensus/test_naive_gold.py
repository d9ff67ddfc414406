"""Majority gold against a count by hand: sets of code points, one vote after the other.

The names of annotators are drawn too, since what is gold must not follow them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from annotate.consensus.resolve import Gold, resolve_tasks
from annotate.schemes import load_scheme
from annotate.schemes.claims import Claim, ClaimSet
from annotate.schemes.entities import Entity
from annotate.schemes.stance import Stance
from tests.consensus.gathered import gathered

_TEXT = "0123456789" * 12
_PEOPLE = st.permutations("abcde")
_SPAN = st.sampled_from([(0, 4), (0, 5), (1, 4), (1, 6), (2, 9)])

Span = tuple[int, int]


def _resolve(scheme: str, records: Mapping[str, Any]) -> Gold:
    task = gathered("t", _TEXT, records, target="dam")
    return next(resolve_tasks([task], load_scheme(scheme), policy="majority")).gold


def _most(answers: Collection[Any]) -> Any:
    """What more than half of the answers are; None where there is no such thing."""
    return next((a for a, n in Counter(answers).items() if 2 * n > len(answers)), None)


_ENTITIES = st.lists(
    st.builds(
        lambda span, label, mention: Entity(span[0], span[1], label, mention),
        _SPAN,
        st.sampled_from(["ORG", "PER"]),
        st.sampled_from(["NAM", "NOM"]),
    ),
    max_size=5,
).map(lambda drawn: sorted(drawn, key=lambda e: (e.start, e.end, e.label, e.mention)))


@given(_PEOPLE, st.lists(_ENTITIES, min_size=1, max_size=5))
def test_entities(people: list[str], drawn: list[list[Entity]]) -> None:
    records = dict(zip(people, drawn, strict=False))
    votes: dict[tuple[Any, ...], dict[str, str | None]] = defaultdict(dict)
    for who, own in records.items():
        copies: Counter[tuple[Any, ...]] = Counter()
        for e in own:
            span = (e.start, e.end, e.label)
            votes[*span, copies[span]][who] = e.mention
            copies[span] += 1
    expected = [
        (*span, _most(said.values()), len(said), sorted(said))
        for (*span, _), said in sorted(votes.items())
        if 2 * len(said) > len(records)
    ]
    gold = _resolve("entities", records)
    assert [(s, e, label, *rest) for _, s, e, _, label, *rest in gold.values[0]] == expected
    assert gold.ties == sum(2 * len(said) == len(records) for said in votes.values())


_STANCES = st.builds(
    lambda label, said, spans: Stance(label, said, tuple(sorted(spans))),
    st.sampled_from(["favor", "against", "none"]),
    st.sampled_from([None, "explicit", "implicit"]),
    st.sets(_SPAN, max_size=3),
)


@given(_PEOPLE, st.lists(_STANCES, min_size=1, max_size=5))
def test_stance(people: list[str], drawn: list[Stance]) -> None:
    records = dict(zip(people, drawn, strict=False))
    label = _most([stance.label for stance in drawn])
    voters = sorted(who for who, stance in records.items() if stance.label == label)
    shares = [(name, n / len(drawn)) for name, n in Counter(s.label for s in drawn).items()]
    said = _most([stance.explicitness for stance in drawn if stance.explicitness])
    spans = Counter(span for stance in drawn for span in stance.evidence)
    evidence = sorted(span for span, n in spans.items() if 2 * n > len(drawn))
    gold = _resolve("stance", records)
    *values, found = gold.values
    assert values == [label, sorted(shares), len(voters), voters, said]
    assert [(start, end) for start, end, *_ in found] == evidence
    assert gold.ties == (label is None) + sum(2 * n == len(drawn) for n in spans.values())


class _Made(NamedTuple):
    """A claim of one annotator; where one of them lies, no other lies, so that all is plain."""

    content: Span
    source: Span | None
    kind: str | None
    mode: str
    negated: bool

    def claim(self, at: int) -> Claim:
        source = ((self._moved(self.source, at + 10),),) if self.source else ()
        kinds = (self.kind,) if self.source else ()
        content = (self._moved(self.content, at),)
        said: dict[str, Any] = {"mode": self.mode, "negated": self.negated}
        return Claim(content, source=source, source_kind=kinds, **said)

    @staticmethod
    def _moved(span: Span, at: int) -> Span:
        return span[0] + at, span[1] + at


_MADE = st.builds(
    _Made,
    _SPAN,
    st.none() | _SPAN,
    st.sampled_from([None, "named", "unnamed"]),
    st.sampled_from(["direct", "mixed"]),
    st.booleans(),
)
_CLAIMS = st.lists(st.none() | _MADE, min_size=3, max_size=3)


def _alike(drawn: Mapping[str, Span]) -> list[list[str]]:
    """Who is joined by spans that overlap by half or more."""
    groups = [{who} for who in drawn]
    for one, other in combinations(drawn, 2):
        mine, theirs = set(range(*drawn[one])), set(range(*drawn[other]))
        if 2 * len(mine & theirs) >= len(mine | theirs):
            joined = [group for group in groups if group & {one, other}]
            groups = [group for group in groups if group not in joined] + [set().union(*joined)]
    return [sorted(group) for group in groups]


def _common(spans: Sequence[Span]) -> list[int]:
    """The code points that more than half have."""
    points = Counter(n for span in spans for n in range(*span))
    return sorted(n for n, count in points.items() if 2 * count > len(spans))


def _expect_claims(made: Mapping[str, _Made], asked: int) -> tuple[list[Any], int]:
    """Claims at one place as they should be, and the ties."""
    stood, ties = [], 0
    for group in _alike({who: one.content for who, one in made.items()}):
        own = [made[who] for who in group]
        ties += 2 * len(group) == asked
        if 2 * len(group) <= asked:
            continue
        drawn = {who: source for who in group if (source := made[who].source)}
        sources = []
        for some in _alike(drawn):
            if 2 * len(some) > len(group):
                kinds = [kind for who in some if (kind := made[who].kind)]
                sources.append((_common([drawn[who] for who in some]), _most(kinds)))
        if not sources and 2 * (len(group) - len(drawn)) <= len(group):
            ties += 1
            continue
        content = _common([one.content for one in own])
        said = [_most([one.mode for one in own]), _most([one.negated for one in own])]
        stood.append((content, sources, said, group))
    return stood, ties


def _points(spans: Sequence[Any], at: int) -> list[int]:
    return sorted(n - at for start, end, *_ in spans for n in range(start, end))


@given(_PEOPLE, st.lists(_CLAIMS, min_size=1, max_size=5))
def test_claims(people: list[str], drawn: list[list[_Made | None]]) -> None:
    made = dict(zip(people, drawn, strict=False))
    records = {
        who: ClaimSet(tuple(one.claim(40 * n) for n, one in enumerate(own) if one))
        for who, own in made.items()
    }
    gold = _resolve("claims", records)
    ties = 0
    for place in range(3):
        here = {who: one for who, own in made.items() if (one := own[place])}
        expected, tied = _expect_claims(here, len(made))
        ties += tied
        at = 40 * place
        found = [
            (
                _points(content, at),
                [(_points([s], at + 10), kind) for s, kind in zip(source, kinds, strict=True)],
                [mode, negated],
                voters,
            )
            for _, source, _, content, kinds, mode, _, negated, _, voters in gold.values[0]
            if at <= content[0][0] < at + 40
        ]
        assert found == expected
    assert gold.ties == ties
