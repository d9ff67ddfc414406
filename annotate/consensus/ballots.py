"""A scheme's questions on tasks -> what everybody said to them, counted or one by one.

A scheme's `resolve` is asked with one of these rules, which accepts everything
and takes note of what it is asked. Counted, over all tasks, is what a model is
fitted to, and takes memory for what differs, not for every task; one by one is
for those who judge each label of a task.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from annotate.annotations.gather import GatheredTask
from annotate.consensus.coefficients import Ints
from annotate.consensus.dawid_skene import count_rows
from annotate.consensus.tags import (
    Layer,
    Tagging,
    count_tags,
    make_tagging,
    stood_spans,
    tag_codes,
    tag_weights,
)
from annotate.schemes.base import Place, Scheme, Span, StoodSpan, Verdict, Vote

_AT_ONCE = 256
"""Layers whose rows wait to be counted together."""


class TagCounts:
    """How often each row of tags stands on the tokens of all layers, by who was asked."""

    def __init__(self) -> None:
        self._labels: dict[str, int] = {}
        """By number, as they came."""
        self._rows: dict[tuple[str, ...], list[tuple[Ints, Ints]]] = defaultdict(list)

    @property
    def labels(self) -> list[str]:
        """All labels that anybody gave, sorted."""
        return sorted(self._labels)

    def add(self, layer: Layer) -> None:
        """Count the tags of a layer."""
        for own in layer.runs.values():
            for run in own:
                self._labels.setdefault(run.label, len(self._labels))
        pieces = self._rows[tuple(layer.runs)]
        pieces.append((tag_codes(layer, self._labels), tag_weights(layer)))
        if len(pieces) == _AT_ONCE:
            pieces[:] = [self._count(pieces)]

    def rows(self) -> Iterator[tuple[tuple[str, ...], Ints, Ints]]:
        """(annotators, rows of tags, how often each is) of everybody who was asked together.

        Rows are items x annotators, sorted; a tag is its place in the tags of `labels`.
        """
        place = {label: number for number, label in enumerate(self.labels)}
        tags = [0, *(2 * place[label] + n for label in self._labels for n in (1, 2))]
        for names, pieces in sorted(self._rows.items()):
            codes, weights = self._count(pieces)
            yield names, *count_rows(np.array(tags)[codes], weights, len(tags))

    def _count(self, pieces: Sequence[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
        codes, weights = (np.concatenate([piece[n] for piece in pieces]) for n in (0, 1))
        return count_rows(codes, weights, count_tags(self._labels))


class Asking(ABC):
    """A rule that accepts everything and takes note of what was said."""

    def accept(
        self, question: str, voters: Collection[str], asked: Collection[str], place: Place
    ) -> Verdict:
        """Note who of those asked voted."""
        self._say(question, {annotator: annotator in voters for annotator in asked}, (place,))
        return Verdict(value=True)

    def note_undrawn(self, question: str, asked: Collection[str], places: Iterable[Place]) -> None:
        """Note that nobody voted, once for each place."""
        self._say(question, dict.fromkeys(asked, False), places)

    def covers(self, voters: Collection[str], drawers: Collection[str]) -> bool:
        """Anything goes; borders of parts are not learned."""
        return True

    def choose(self, question: str, given: Mapping[str, Any], place: Place) -> Verdict:
        """Note the values given; one that is None was not given."""
        said = {who: value for who, value in given.items() if value is not None}
        if said:
            self._say(question, said, (place,))
        return Verdict(None)

    def spans(
        self, question: str, text: str, drawn: Mapping[str, Sequence[Span]]
    ) -> tuple[list[StoodSpan], int]:
        """Note everybody's tags; every span drawn comes back."""
        tagging = make_tagging(text, drawn)
        for layer in tagging.layers:
            self._mark(question, tagging, layer)
        runs = {run for own in tagging.places.values() for run in own}
        return stood_spans(tagging, [run[:3] for run in runs]), 0

    @abstractmethod
    def _say(self, question: str, given: Mapping[str, Any], places: Iterable[Place]) -> None:
        """Note that this was given, once for each place."""

    @abstractmethod
    def _mark(self, question: str, tagging: Tagging, layer: Layer) -> None:
        """Note the tags of a layer."""


class Tally(Asking):
    """What was said on all tasks, counted."""

    def __init__(self) -> None:
        self.annotators: set[str] = set()
        self.said: dict[str, Counter[tuple[tuple[str, Any], ...]]] = defaultdict(Counter)
        """Question -> what was said, sorted by annotator, and how often."""
        self.tags: dict[str, TagCounts] = defaultdict(TagCounts)

    def _say(self, question: str, given: Mapping[str, Any], places: Iterable[Place]) -> None:
        if times := sum(1 for _ in places):
            self.said[question][tuple(sorted(given.items()))] += times

    def _mark(self, question: str, tagging: Tagging, layer: Layer) -> None:
        self.tags[question].add(layer)


class Ballot(NamedTuple):
    """One question at one place, with what each annotator asked said."""

    place: Place
    given: Mapping[str, Any]


class SpanBallot(NamedTuple):
    """One layer of spans."""

    starts: Ints
    """Of the layer's tokens, those that anybody marked."""
    ends: Ints
    layer: Layer

    def place(self, first: int, last: int) -> Place:
        """Where a run of marked tokens stands, by their places among all."""
        one, other = self.layer.tokens.searchsorted([first, last])
        return int(self.starts[one]), int(self.ends[other])


class Ballots(Asking):
    """What was said on one task, one by one."""

    def __init__(self) -> None:
        self.plain: dict[str, list[Ballot]] = defaultdict(list)
        self.drawn: dict[str, list[SpanBallot]] = defaultdict(list)

    def _say(self, question: str, given: Mapping[str, Any], places: Iterable[Place]) -> None:
        if found := [Ballot(place, given) for place in places]:
            self.plain[question] += found

    def _mark(self, question: str, tagging: Tagging, layer: Layer) -> None:
        marked = tagging.starts[layer.tokens], tagging.ends[layer.tokens]
        self.drawn[question].append(SpanBallot(*marked, layer))


def count_said(tasks: Iterable[GatheredTask], scheme: Scheme[Any]) -> Tally:
    """What was said to every question that the scheme asks of every task; none is held."""
    tally = Tally()
    for task in tasks:
        tally.annotators.update(a.annotator for a in task.annotations)
        _ask(task, scheme, tally)
    return tally


def ballots_of(task: GatheredTask, scheme: Scheme[Any]) -> Ballots:
    """What was said to every question that the scheme asks of one task."""
    ballots = Ballots()
    _ask(task, scheme, ballots)
    return ballots


def _ask(task: GatheredTask, scheme: Scheme[Any], rule: Asking) -> None:
    asked = sorted(task.annotations, key=lambda annotation: annotation.annotator)
    votes = [Vote(annotation.annotator, annotation.record) for annotation in asked]
    scheme.resolve(task.data.unit_key, task.data.text, votes, rule)
