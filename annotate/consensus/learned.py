"""All votes of all tasks -> a rule that knows how reliable each annotator is.

A scheme's `resolve` is asked twice. First a `Ballots` writes down every
question it asks of every task; then one Dawid-Skene model for each question is
fitted to all tasks, and a `Learned` rule answers by it. So a scheme needs no
code of its own for this policy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from annotate.annotations.gather import GatheredTask
from annotate.consensus.coefficients import Floats
from annotate.consensus.dawid_skene import Fit, Table, fit_dawid_skene
from annotate.consensus.tags import (
    Layer,
    decode_tags,
    make_tagging,
    stood_spans,
    tag_codes,
    tag_values,
)
from annotate.schemes.base import Place, Scheme, Span, StoodSpan, Verdict, Vote

SMOOTHING = 5.0
"""Imagined observations of an annotator and true value, like those of the mean annotator."""
_ITERATIONS, _TOLERANCE = 50, 1e-3
_EQUAL = 1e-6


class Ballot(NamedTuple):
    """One question on one task, with what each annotator asked said."""

    task: int
    place: Place
    given: Mapping[str, Any]


class SpanBallot(NamedTuple):
    """One layer of spans of one task."""

    task: int
    tokens: list[tuple[int, int]]
    layer: Layer


class Model(NamedTuple):
    """What was learned on one question."""

    values: list[Any]
    """The answers, in the order of the fit."""
    fit: Fit


class Ballots:
    """A rule that accepts everything and writes down what it is asked."""

    def __init__(self) -> None:
        self.task = 0
        self.plain: dict[str, list[Ballot]] = defaultdict(list)
        self.drawn: dict[str, list[SpanBallot]] = defaultdict(list)

    def accept(
        self, question: str, voters: Collection[str], asked: Collection[str], place: Place
    ) -> Verdict:
        """Write down who of those asked voted."""
        given = {annotator: annotator in voters for annotator in asked}
        self.plain[question].append(Ballot(self.task, place, given))
        return Verdict(value=True)

    def note_undrawn(self, question: str, asked: Collection[str], places: Iterable[Place]) -> None:
        """Write down that nobody voted, once for each place."""
        for place in places:
            self.accept(question, (), asked, place)

    def covers(self, voters: Collection[str], drawers: Collection[str]) -> bool:
        """Anything goes; borders of parts are not learned."""
        return True

    def choose(self, question: str, given: Mapping[str, Any], place: Place) -> Verdict:
        """Write down the values given; one that is None was not given."""
        said = {who: value for who, value in given.items() if value is not None}
        if said:
            self.plain[question].append(Ballot(self.task, place, said))
        return Verdict(None)

    def spans(
        self, question: str, text: str, drawn: Mapping[str, Sequence[Span]]
    ) -> tuple[list[StoodSpan], int]:
        """Write down everybody's tags; every span drawn comes back."""
        tagging = make_tagging(text, drawn)
        for layer in tagging.layers:
            self.drawn[question].append(SpanBallot(self.task, tagging.tokens, layer))
        return stood_spans(tagging, [*{key for own in tagging.places.values() for key in own}]), 0


class Learned:
    """A rule that answers by what the ballots of all tasks taught."""

    def __init__(self, ballots: Ballots, annotators: Sequence[str]) -> None:
        self.index = {name: number for number, name in enumerate(sorted(annotators))}
        self.models = {name: self._fit(found) for name, found in ballots.plain.items()}
        self.models |= {name: self._fit_spans(found) for name, found in ballots.drawn.items()}
        self._known: dict[tuple[str, frozenset[tuple[str, Any]]], Floats] = {}

    def accept(
        self, question: str, voters: Collection[str], asked: Collection[str], place: Place
    ) -> Verdict:
        """Whether it is more likely than not to be there."""
        verdict = self.choose(question, {who: who in voters for who in asked}, place)
        return verdict._replace(value=bool(verdict.value))

    def note_undrawn(self, question: str, asked: Collection[str], places: Iterable[Place]) -> None:
        """Nothing: the ballots have taught it already."""

    def covers(self, voters: Collection[str], drawers: Collection[str]) -> bool:
        """Whether more than half of those who drew the part drew this stretch of it."""
        return 2 * len(voters) > len(drawers)

    def choose(self, question: str, given: Mapping[str, Any], place: Place) -> Verdict:
        """The likeliest value; None where two are equally likely, or nothing was said."""
        said = {who: value for who, value in given.items() if value is not None}
        if not said:
            return Verdict(None)
        chances = self.chances(question, said)
        shares = tuple(zip(self.models[question].values, chances.tolist(), strict=True))
        first, *rest = sorted(shares, key=lambda item: -item[1])
        tied = bool(rest) and first[1] - rest[0][1] < _EQUAL
        return Verdict(None if tied else first[0], tied, shares)

    def chances(self, question: str, given: Mapping[str, Any]) -> Floats:
        """P(value) of each of the question's values, by what annotators said."""
        key = question, frozenset(given.items())
        if key not in self._known:
            model = self.models[question]
            self._known[key] = model.fit.posterior(self._table([given], model.values))[0]
        return self._known[key]

    def spans(
        self, question: str, text: str, drawn: Mapping[str, Sequence[Span]]
    ) -> tuple[list[StoodSpan], int]:
        """The spans of the likeliest legal tags; voters are those who drew the same span."""
        tagging = make_tagging(text, drawn)
        labels = self.models[question].values
        stood: list[tuple[int, int, str]] = []
        ties = 0
        for layer in tagging.layers:
            runs, tied = decode_tags(layer, self.tag_chances(question, layer)[:-1])
            stood += [(first, last, labels[label]) for first, last, label in runs]
            ties += tied
        return stood_spans(tagging, stood), ties

    def tag_chances(self, question: str, layer: Layer) -> Floats:
        """P(tag) of each token of a layer and, in the last row, of an untouched token."""
        model = self.models[question]
        return model.fit.posterior(self._layer_table(layer, model.values))

    def _table(self, ballots: Sequence[Mapping[str, Any]], values: list[Any]) -> Table:
        names = sorted(ballots[0])
        place = {value: number for number, value in enumerate(values)}
        codes = [[place[given[name]] for name in names] for given in ballots]
        return Table(tuple(self.index[name] for name in names), np.array(codes, dtype=np.int64))

    def _layer_table(self, layer: Layer, labels: list[str]) -> Table:
        codes = tag_codes(layer, {label: number for number, label in enumerate(labels)})
        weights = np.ones(len(codes), dtype=np.int64)
        weights[-1] = layer.untouched
        return Table(tuple(self.index[name] for name in layer.runs), codes, weights)

    def _fit(self, ballots: Iterable[Ballot]) -> Model:
        by_names: dict[tuple[str, ...], list[Mapping[str, Any]]] = defaultdict(list)
        for ballot in ballots:
            by_names[tuple(sorted(ballot.given))].append(ballot.given)
        said = {v for group in by_names.values() for given in group for v in given.values()}
        values = [False, True] if said <= {False, True} else sorted(said)
        tables = [self._table(group, values) for group in by_names.values()]
        return Model(values, self._fit_tables(tables, len(values)))

    def _fit_spans(self, ballots: Sequence[SpanBallot]) -> Model:
        runs = [run for b in ballots for own in b.layer.runs.values() for run in own]
        labels = sorted({run.label for run in runs})
        tables = [self._layer_table(ballot.layer, labels) for ballot in ballots]
        return Model(labels, self._fit_tables(tables, len(tag_values(labels))))

    def _fit_tables(self, tables: Sequence[Table], values: int) -> Fit:
        return fit_dawid_skene(
            tables,
            values=values,
            annotators=len(self.index),
            smoothing=SMOOTHING,
            iterations=_ITERATIONS,
            tolerance=_TOLERANCE,
        )


def take_ballots(tasks: Iterable[GatheredTask], scheme: Scheme[Any]) -> Ballots:
    """Write down every question that the scheme asks of every task."""
    ballots = Ballots()
    for number, task in enumerate(tasks):
        ballots.task = number
        votes = [Vote(a.annotator, a.record) for a in task.annotations]
        scheme.resolve(task.data.unit_key, task.data.text, votes, ballots)
    return ballots


def learn(tasks: Sequence[GatheredTask], scheme: Scheme[Any]) -> Learned:
    """Fit a model for each question to all tasks."""
    annotators = {a.annotator for task in tasks for a in task.annotations}
    return Learned(take_ballots(tasks, scheme), sorted(annotators))
