"""What each annotator said -> how likely it is right, by what all tasks taught.

Everything that an annotator drew or chose is judged, and what the consensus
has and the annotator left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from annotate.consensus.ballots import Ballot, Ballots, SpanBallot
from annotate.consensus.coefficients import Floats
from annotate.consensus.learned import Learned
from annotate.consensus.tags import Run, decode_tags, sharing, tag_codes
from annotate.schemes.base import Place

_LIKELY = 0.5
_EQUAL = 1e-6
"""Chances that differ by less are one."""
_NEVER = 1e-20
"""A chance that nothing can come of: all such of K values move a figure by K * K times it."""


class Judged(NamedTuple):
    """One thing that an annotator said of a task, or left out."""

    annotator: str
    question: str
    place: Place
    said: Any
    """A value, a label, True or False for drawn or not; None where a span was left out."""
    likely: Any
    """The likeliest answer; None where nothing is."""
    likely_place: Place
    """Where the likeliest answer is: a span may have the wrong borders and the right label."""
    right: float
    """How likely it is that what was said is right."""

    @property
    def is_suspect(self) -> bool:
        """Whether it is more likely wrong than right, and something else is likelier."""
        differs = (self.said, self.place) != (self.likely, self.likely_place)
        return differs and self.right < _LIKELY - _EQUAL


class Judgement(NamedTuple):
    """What becomes of a task."""

    said: list[Judged]
    changes: float
    """How many answers one more annotation would change, as expected."""


class Judge:
    """Judges every answer and every span of every annotator, task by task.

    The annotator of one more annotation is taken to be like the mean of all. For spans
    the answers that it would change are tokens.
    """

    def __init__(self, learned: Learned) -> None:
        self._learned = learned
        self._known: dict[tuple[str, frozenset[tuple[str, Any]]], float] = {}

    def judge(self, ballots: Ballots) -> Judgement:
        """Judge a task."""
        said: list[Judged] = []
        changes = 0.0
        for question, model in self._learned.models.items():
            for ballot in ballots.plain.get(question, ()):
                said += self._answers(question, ballot, model.values)
                changes += self._change(question, ballot.given)
            for span_ballot in ballots.drawn.get(question, ()):
                chances = self._learned.tag_chances(question, span_ballot.layer)[:-1]
                said += _judge_spans(question, span_ballot, chances, model.values)
                changes += sum(_changes(chances, self._learned, question))
        return Judgement(said, changes)

    def _answers(self, question: str, ballot: Ballot, values: list[Any]) -> Iterator[Judged]:
        if all(value is False for value in ballot.given.values()):
            return
        chances = self._learned.chances(question, ballot.given)
        likeliest = [values[n] for n in np.flatnonzero(chances > chances.max() - _EQUAL)]
        for annotator, said in sorted(ballot.given.items()):
            right = float(chances[values.index(said)])
            likely = said if said in likeliest else likeliest[0]
            yield Judged(annotator, question, ballot.place, said, likely, ballot.place, right)

    def _change(self, question: str, given: Mapping[str, Any]) -> float:
        key = question, frozenset(given.items())
        if key not in self._known:
            chances = self._learned.chances(question, given)[None]
            (self._known[key],) = _changes(chances, self._learned, question)
        return self._known[key]


def _changes(chances: Floats, learned: Learned, question: str) -> list[float]:
    """P(the likeliest value is another one after one more vote), by row."""
    mean = learned.models[question].fit.mean_confusion()
    known: dict[bytes, float] = {}
    keys = [row.tobytes() for row in chances]
    for key, row in zip(keys, chances, strict=True):
        if key not in known:
            known[key] = _change_of(row, mean)
    return [known[key] for key in keys]


def _change_of(chances: Floats, mean: Floats) -> float:
    """As `_changes`, of one row, by those of its values that anything can come of."""
    held = np.flatnonzero(chances > _NEVER)
    joint = chances[held, None] * mean[held]
    other = held[joint.argmax(axis=0)] != chances.argmax()
    return float((joint.sum(axis=0) * other).sum())


def _judge_spans(
    question: str, ballot: SpanBallot, chances: Floats, labels: list[Any]
) -> Iterator[Judged]:
    layer = ballot.layer
    runs, _ = decode_tags(layer, chances)
    at = {int(token): n for n, token in enumerate(layer.tokens)}
    number = {label: n for n, label in enumerate(labels)}
    codes = tag_codes(layer, number)
    for column, (annotator, own) in enumerate(layer.runs.items()):
        for run in own:
            rows = range(at[run.first], at[run.last] + 1)
            right = min(float(chances[n, codes[n, column]]) for n in rows)
            if (behind := at.get(run.last + 1)) is not None:
                goes_on = chances[behind, 2 * number[run.label] + 2]
                right = min(right, 1 - float(goes_on))
            where = ballot.place(run.first, run.last)
            likely, likely_place = None, where
            if met := sharing(runs, run.first, run.last):
                first, last, label = max(met, key=lambda g: _common(run, g))
                likely, likely_place = labels[label], ballot.place(first, last)
            yield Judged(annotator, question, where, run.label, likely, likely_place, right)
        drawn = sorted(own)
        for first, last, label in runs:
            if not sharing(drawn, first, last):
                left = min(_label_chance(chances, at[n], label) for n in range(first, last + 1))
                where = ballot.place(first, last)
                yield Judged(annotator, question, where, None, labels[label], where, 1 - left)


def _label_chance(chances: Floats, row: int, label: int) -> float:
    return float(chances[row, 2 * label + 1] + chances[row, 2 * label + 2])


def _common(run: Run, other: tuple[int, int, int]) -> int:
    """How many tokens two runs have in common."""
    return min(run.last, other[1]) - max(run.first, other[0]) + 1
