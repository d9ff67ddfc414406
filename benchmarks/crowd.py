"""Invented crowds: texts with a known truth, and annotators of known reliability.

Every crowd is made from a seed. An annotator misses, moves borders, mixes up
labels and draws what is not there, each with a probability of its own.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from annotate.annotations.gather import Annotation, GatheredTask
from annotate.annotations.taskdata import TaskData
from annotate.schemes.claims import Claim, ClaimSet
from annotate.schemes.entities import Entity
from annotate.schemes.stance import Stance

LABELS = ("PER", "ORG", "GPE", "LOC", "DATE", "EVENT", "NORP", "WORK")
STANCES = ("favor", "against", "neutral", "none")
_SHARES = (30, 22, 18, 8, 10, 5, 5, 2)
_WORD = 5
"""Every word has this many letters, so that token n starts at n x (letters + 1)."""


class Person(NamedTuple):
    """How reliable an annotator is; each a probability."""

    miss: float
    border: float
    label: float
    extra: float
    """Spans drawn where there is nothing, as a share of the true ones."""


class Crowd(NamedTuple):
    """Tasks with annotations, and the truth of each."""

    tasks: list[GatheredTask]
    truth: list[Any]


def make_people(number: int, miss: float, *, seed: int = 0) -> list[Person]:
    """Annotators around a miss rate: some better, some worse, some careless."""
    made = random.Random(seed)
    people = []
    for _ in range(number):
        spread = made.uniform(-0.2, 0.2) if 0.2 < miss < 0.8 else made.uniform(-miss, miss) / 2
        rate = min(0.95, max(0.01, miss + spread))
        people.append(Person(rate, rate * 0.3, rate * 0.2, rate * made.choice((0.05, 0.1, 0.5))))
    return people


def make_crowd(
    scheme: str,
    people: Sequence[Person],
    *,
    tasks: int,
    each: int,
    words: int = 625,
    seed: int = 0,
) -> Crowd:
    """A crowd in which `each` of the people annotate every task of `words` tokens."""
    made = random.Random(seed)
    text = " ".join("".join(made.choices("abcdefgh", k=_WORD)) for _ in range(words))
    truths, work = [], []
    invent, look = _WAYS[scheme]
    for number in range(tasks):
        truth = invent(words, made)
        chosen = made.sample(range(len(people)), each)
        annotations = [
            Annotation(f"p{n:03}", look(truth, people[n], words, made), False, None, None)
            for n in sorted(chosen)
        ]
        truths.append(truth)
        work.append(GatheredTask(_data(f"t{number:05}", text), annotations))
    return Crowd(work, truths)


def _data(key: str, text: str) -> TaskData:
    context = {"target": "it", "target_kind": "entity", "holder": None}
    return TaskData(key, key, key, "article", 0, key, None, None, None, text, "", context)


def at_words(first: int, last: int) -> tuple[int, int]:
    """Offsets of the words from first to last."""
    return first * (_WORD + 1), last * (_WORD + 1) + _WORD


def _invent_entities(words: int, made: random.Random) -> list[tuple[int, int, str]]:
    """(first word, last word, label); about one word in ten stands in a name."""
    found, at = [], made.randint(0, 20)
    while at < words - 6:
        length = made.choice((1, 1, 1, 2, 2, 3, 4))
        found.append((at, at + length - 1, made.choices(LABELS, _SHARES)[0]))
        at += length + made.randint(1, 30)
    return found


def _look_entities(
    truth: list[tuple[int, int, str]], person: Person, words: int, made: random.Random
) -> list[Entity]:
    seen = [span for span in truth if made.random() >= person.miss]
    spans = {}
    for first, last, label in seen:
        first, last = _shift(first, last, person, words, made)
        if made.random() < person.label:
            label = made.choice(LABELS)
        spans[first, last] = label
    for _ in truth:
        if made.random() < person.extra:
            at = made.randrange(words - 2)
            spans[at, at + made.randint(0, 1)] = made.choice(LABELS)
    return sorted(Entity(*at_words(first, last), label) for (first, last), label in spans.items())


def _shift(
    first: int, last: int, person: Person, words: int, made: random.Random
) -> tuple[int, int]:
    if made.random() < person.border:
        first = max(0, first + made.choice((-1, 1)))
    if made.random() < person.border:
        last = min(words - 1, last + made.choice((-1, 1)))
    return min(first, last), max(first, last)


def _invent_stance(words: int, made: random.Random) -> str:
    return made.choices(STANCES, (35, 30, 15, 20))[0]


def _look_stance(truth: str, person: Person, words: int, made: random.Random) -> Stance:
    if made.random() >= person.miss:
        return Stance(truth)
    # what is missed is mostly taken for neutral: the mistake of this annotator
    return Stance("neutral" if made.random() < 0.6 else made.choice(STANCES))


class TrueClaim(NamedTuple):
    """A claim by its words, (first, last)."""

    content: tuple[int, int]
    source: tuple[int, int] | None
    cue: tuple[int, int]
    mode: str


def _invent_claims(words: int, made: random.Random) -> list[TrueClaim]:
    found, at = [], made.randint(0, 20)
    while at < words - 60:
        source = (at, at + made.randint(0, 3)) if made.random() < 0.9 else None
        cue = at + 4
        length = made.randint(5, 30)
        mode = made.choice(("direct", "indirect", "mixed"))
        found.append(TrueClaim((cue + 1, cue + length), source, (cue, cue), mode))
        at += length + made.randint(6, 50)
    return found


def _look_claims(
    truth: list[TrueClaim], person: Person, words: int, made: random.Random
) -> ClaimSet:
    claims = []
    for claim in truth:
        if made.random() < person.miss:
            continue
        content = at_words(*_move(claim.content, person, words, made))
        source = claim.source if made.random() >= person.label else None
        mode = claim.mode if made.random() >= person.label else "undetermined"
        parts = ((at_words(*_shift(*source, person, words, made)),),) if source else ()
        kinds = (None,) * len(parts)
        claims.append(Claim((content,), parts, ((at_words(*claim.cue),),), kinds, mode))
    for _ in truth:
        if made.random() < person.extra:
            at = made.randrange(words - 20)
            claims.append(Claim((at_words(at, at + made.randint(4, 15)),)))
    return ClaimSet(tuple(sorted(claims, key=lambda claim: (claim.content, claim.source))))


def _move(
    span: tuple[int, int], person: Person, words: int, made: random.Random
) -> tuple[int, int]:
    """A long part's borders move further, and more often, than those of a name."""
    first, last = span
    if made.random() < 2 * person.border:
        first = max(0, first + made.choice((-2, -1, 1, 2)))
    if made.random() < 2 * person.border:
        last = min(words - 1, last + made.choice((-4, -2, -1, 1, 2, 4)))
    return min(first, last), max(first, last)


_WAYS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "entities": (_invent_entities, _look_entities),
    "stance": (_invent_stance, _look_stance),
    "claims": (_invent_claims, _look_claims),
}
