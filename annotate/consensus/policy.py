"""Consensus policies: what makes a label gold.

| policy | a label stands when |
|---|---|
| majority | more than half of those who annotated the task gave it |
| adjudicated | a ground-truth annotation has it; without one, as majority |
| dawid-skene | it is the likeliest, given how reliable all tasks show each annotator to be |
| single | the one annotator gave it; a second annotator is refused |
| union | anybody gave it |
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, Literal

from annotate.errors import InputError
from annotate.schemes.base import Place, Span, StoodSpan, Verdict

PolicyName = Literal["majority", "adjudicated", "dawid-skene", "single", "union"]
Ties = Literal["drop", "adjudicate", "error"]
POLICIES: tuple[PolicyName, ...] = ("majority", "adjudicated", "dawid-skene", "single", "union")
TIES: tuple[Ties, ...] = ("drop", "adjudicate", "error")

_SPAN = itemgetter(0, 1, 2)
_STANDS, _TIED, _FALLS = Verdict(True), Verdict(False, tied=True), Verdict(False)
_UNSAID = Verdict(None)


def check_policy(policy: str, ties: str) -> None:
    """Raise InputError for a policy or a way with ties that there is not."""
    for what, name, known in (("policy", policy, POLICIES), ("ties", ties, TIES)):
        if name not in known:
            raise InputError(f"no {what} {name!r}", do=f"use one of {', '.join(known)}")


class Majority:
    """More than half of those asked; exactly half is a tie."""

    def accept(
        self, question: str, voters: Collection[str], asked: Collection[str], place: Place
    ) -> Verdict:
        """Whether the voters are more than half of those asked."""
        twice = 2 * len(voters)
        if twice == len(asked):
            return _TIED
        return _STANDS if twice > len(asked) else _FALLS

    def note_undrawn(self, question: str, asked: Collection[str], places: Iterable[Place]) -> None:
        """Nothing: where nobody drew, nothing stands."""

    def covers(self, voters: Collection[str], drawers: Collection[str]) -> bool:
        """Whether more than half of those who drew the part drew this stretch of it."""
        return 2 * len(voters) > len(drawers)

    def choose(self, question: str, given: Mapping[str, Any], place: Place) -> Verdict:
        """The value that more than half gave; None where there is none."""
        if not given:
            return _UNSAID
        values = set(given.values())
        if len(values) == 1 and None not in values:
            return _agreed(values.pop())
        counts = Counter(given.values())
        best = next((v for v, n in counts.items() if 2 * n > len(given)), None)
        return Verdict(best, best is None, _shares(counts))

    def spans(
        self, question: str, text: str, drawn: Mapping[str, Sequence[Span]]
    ) -> tuple[list[StoodSpan], int]:
        """Spans of equal borders and label are one; equal ones of one annotator are several."""
        found: dict[Span, list[dict[str, int]]] = {}
        for annotator in sorted(drawn):
            for place, span in enumerate(drawn[annotator]):
                copies = found.get(span)
                if copies is None:
                    found[span] = [{annotator: place}]
                else:
                    _vote(copies, annotator, place)
        stood, ties = [], 0
        for (start, end, label), copies in found.items():
            for voters in copies:
                verdict = self.accept(question, voters, drawn, (start, end))
                ties += verdict.tied
                if verdict.value:
                    stood.append(StoodSpan(start, end, label, voters))
        stood.sort(key=_SPAN)
        return stood, ties


class Union(Majority):
    """Anybody's label stands; of alternatives, the one with most votes, none on a tie."""

    def accept(
        self, question: str, voters: Collection[str], asked: Collection[str], place: Place
    ) -> Verdict:
        """Whether anybody voted."""
        return _STANDS if voters else _FALLS

    def covers(self, voters: Collection[str], drawers: Collection[str]) -> bool:
        """Whether anybody drew it."""
        return bool(voters)

    def choose(self, question: str, given: Mapping[str, Any], place: Place) -> Verdict:
        """The value with most votes; None where two have as many."""
        counts = Counter(given.values())
        best = counts.most_common(2)
        tied = len(best) == 2 and best[0][1] == best[1][1]
        value = None if tied or not best else best[0][0]
        return Verdict(value, tied, _shares(counts))


def _vote(copies: list[dict[str, int]], annotator: str, place: int) -> None:
    """Count an annotator's span as a vote for the first of equal spans without one by them."""
    free = 0
    if annotator in copies[0]:  # then their votes fill the first of them, without a gap
        free = bisect_left(copies, True, key=lambda voters: annotator not in voters)
    if free == len(copies):
        copies.append({})
    copies[free][annotator] = place


@cache
def _agreed(value: Any) -> Verdict:
    """What all gave."""
    return Verdict(value, shares=((value, 1.0),))


def _shares(counts: Counter[Any]) -> tuple[tuple[Any, float], ...]:
    total = counts.total()
    ordered = sorted(counts.items(), key=lambda item: str(item[0]))
    return tuple((value, n / total) for value, n in ordered)
