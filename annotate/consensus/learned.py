"""All votes of all tasks -> a rule that knows how reliable each annotator is.

A scheme's `resolve` is asked twice. First a `Tally` counts what was said to every
question it asks of every task; then one Dawid-Skene model for each question is
fitted to all tasks, and a `Learned` rule answers by it. So a scheme needs no
code of its own for this policy.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from annotate.annotations.gather import GatheredTask
from annotate.consensus.ballots import TagCounts, Tally, count_said
from annotate.consensus.coefficients import Floats
from annotate.consensus.dawid_skene import Fit, Table, fit_dawid_skene
from annotate.consensus.tags import (
    Layer,
    count_tags,
    decode_tags,
    make_tagging,
    stood_spans,
    tag_codes,
    tag_weights,
)
from annotate.schemes.base import Place, Scheme, Span, StoodSpan, Verdict

SMOOTHING = 5.0
"""Imagined observations of an annotator and true value, like those of the mean annotator."""
_ITERATIONS, _TOLERANCE = 50, 1e-3
_EQUAL = 1e-6


class Model(NamedTuple):
    """What was learned on one question."""

    values: list[Any]
    """The answers, in the order of the fit."""
    fit: Fit


class Learned:
    """A rule that answers by what the tally of all tasks taught."""

    def __init__(self, tally: Tally) -> None:
        self.index = {name: number for number, name in enumerate(sorted(tally.annotators))}
        self.drawn = frozenset(tally.tags)
        """The questions on spans of tokens."""
        self.models = {name: self._fit(said) for name, said in sorted(tally.said.items())}
        self.models |= {name: self._fit_spans(tags) for name, tags in sorted(tally.tags.items())}
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
        return Table(self._columns(names), np.array(codes, dtype=np.int64))

    def _layer_table(self, layer: Layer, labels: list[str]) -> Table:
        codes = tag_codes(layer, {label: number for number, label in enumerate(labels)})
        return Table(self._columns(layer.runs), codes, tag_weights(layer))

    def _columns(self, names: Iterable[str]) -> tuple[int, ...]:
        return tuple(self.index[name] for name in names)

    def _fit(self, said: Counter[tuple[tuple[str, Any], ...]]) -> Model:
        by_names: dict[tuple[str, ...], list[tuple[dict[str, Any], int]]] = defaultdict(list)
        for given, count in sorted(said.items()):  # a sum must not depend on who came first
            by_names[tuple(name for name, _ in given)].append((dict(given), count))
        found = {value for given in said for _, value in given}
        values = [False, True] if found <= {False, True} else sorted(found)
        tables = []
        for group in by_names.values():
            weights = np.array([count for _, count in group])
            table = self._table([given for given, _ in group], values)
            tables.append(table._replace(weights=weights))
        return Model(values, self._fit_tables(tables, len(values)))

    def _fit_spans(self, tags: TagCounts) -> Model:
        tables = [
            Table(self._columns(names), codes, weights) for names, codes, weights in tags.rows()
        ]
        return Model(tags.labels, self._fit_tables(tables, count_tags(tags.labels)))

    def _fit_tables(self, tables: Sequence[Table], values: int) -> Fit:
        return fit_dawid_skene(
            tables,
            values=values,
            annotators=len(self.index),
            smoothing=SMOOTHING,
            iterations=_ITERATIONS,
            tolerance=_TOLERANCE,
        )


def learn(tasks: Iterable[GatheredTask], scheme: Scheme[Any]) -> Learned:
    """Fit a model for each question to all tasks, of which none is held."""
    return Learned(count_said(tasks, scheme))
