"""A scheme's questions on tasks -> what everybody said to them, counted or one by one.

A scheme's `resolve` is asked with one of these rules, which accepts everything
and takes note of what it is asked. Counted is all that a model is fitted to, and
takes memory for what differs, not for every task; one by one is for those who
judge each label.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from annotate.annotations.gather import GatheredTask
from annotate.consensus.coefficients import Ints
from annotate.consensus.dawid_skene import count_rows
from annotate.consensus.tags import (
    Layer,
    Tagging,
    make_tagging,
    stood_spans,
    tag_codes,
    tag_values,
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

        Rows are items x annotators; a tag is its place in the tags of `labels`.
        """
        place = {label: number for number, label in enumerate(self.labels)}
        tags = [0, *(2 * place[label] + n for label in self._labels for n in (1, 2))]
        for names, pieces in self._rows.items():
            codes, weights = self._count(pieces)
            yield names, np.array(tags)[codes], weights

    def _count(self, pieces: Sequence[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
        codes, weights = (np.concatenate([piece[n] for piece in pieces]) for n in (0, 1))
        return count_rows(codes, weights, len(tag_values(list(self._labels))))


class Tally:
    """A rule that accepts everything and counts what was said."""

    def __init__(self) -> None:
        self.task = 0
        self.annotators: set[str] = set()
        self.said: dict[str, Counter[tuple[tuple[str, Any], ...]]] = defaultdict(Counter)
        """Question -> what was said, sorted by annotator, and how often."""
        self.tags: dict[str, TagCounts] = defaultdict(TagCounts)

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
        return stood_spans(tagging, [*{key for own in tagging.places.values() for key in own}]), 0

    def _say(self, question: str, given: Mapping[str, Any], places: Iterable[Place]) -> None:
        """Note that this was given, once for each place."""
        if times := sum(1 for _ in places):
            self.said[question][tuple(sorted(given.items()))] += times

    def _mark(self, question: str, tagging: Tagging, layer: Layer) -> None:
        self.tags[question].add(layer)


class Ballot(NamedTuple):
    """One question on one task, with what each annotator asked said."""

    task: int
    place: Place
    given: Mapping[str, Any]


class SpanBallot(NamedTuple):
    """One layer of spans of one task."""

    task: int
    starts: Ints
    """Of the layer's tokens, those that anybody marked."""
    ends: Ints
    layer: Layer

    def place(self, first: int, last: int) -> Place:
        """Where a run of marked tokens stands, by their places among all."""
        one, other = self.layer.tokens.searchsorted([first, last])
        return int(self.starts[one]), int(self.ends[other])


class Ballots(Tally):
    """A tally that keeps what was said one by one, too."""

    def __init__(self) -> None:
        super().__init__()
        self.plain: dict[str, list[Ballot]] = defaultdict(list)
        self.drawn: dict[str, list[SpanBallot]] = defaultdict(list)

    def _say(self, question: str, given: Mapping[str, Any], places: Iterable[Place]) -> None:
        if found := [Ballot(self.task, place, given) for place in places]:
            super()._say(question, given, [ballot.place for ballot in found])
            self.plain[question] += found

    def _mark(self, question: str, tagging: Tagging, layer: Layer) -> None:
        super()._mark(question, tagging, layer)
        marked = tagging.starts[layer.tokens], tagging.ends[layer.tokens]
        self.drawn[question].append(SpanBallot(self.task, *marked, layer))


T = TypeVar("T", bound=Tally)


def ask_all(tasks: Iterable[GatheredTask], scheme: Scheme[Any], rule: T) -> T:
    """Put every question that the scheme asks of every task to `rule`, and give it back."""
    for number, task in enumerate(tasks):
        rule.task = number
        rule.annotators.update(a.annotator for a in task.annotations)
        votes = [Vote(a.annotator, a.record) for a in task.annotations]
        scheme.resolve(task.data.unit_key, task.data.text, votes, rule)
    return rule
