"""Spans of each annotation, as tasks come -> columns of all spans, put on the tokens of the texts.

A text is let go when its tokens are known. A hundred are looked at together, since that
costs little more than one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, chain
from typing import NamedTuple

import numpy as np

from annotate.consensus.coefficients import Ints
from annotate.schemes.base import Span
from annotate.tokens import find_tokens

_AT_ONCE = 100


class Drawn(NamedTuple):
    """The spans of all annotations, one annotation after the other.

    Numbers of 32 bits, since there may be millions; what multiplies them widens them first.
    """

    annotation: Ints
    start: Ints
    end: Ints
    label: Ints
    """Its place among all labels."""
    first: Ints
    """The first token that ends behind the start."""
    last: Ints
    """The first token that begins at the end or behind it."""
    tokens: Ints
    """How many tokens the text of each annotation has."""


class Spans(NamedTuple):
    """All spans, with their labels."""

    drawn: Drawn
    labels: list[str]
    """Sorted; also those of annotations that stand alone on their task."""


class SpanColumns:
    """Takes the spans of one task after the other."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._waiting: list[tuple[str, Sequence[Sequence[Span]]]] = []
        self._placed: list[Drawn] = []

    def add(self, text: str, spans: Sequence[Sequence[Span]]) -> None:
        """Take the spans of each annotation of a text; with one alone nothing is compared."""
        for _, _, label in chain.from_iterable(spans):
            self._codes.setdefault(label, len(self._codes))
        self._waiting.append((text, spans) if len(spans) > 1 else ("", [[]]))
        if len(self._waiting) == _AT_ONCE:
            self._place()

    def ordered(self, places: Ints) -> Spans:
        """All spans, which are let go; `places` are where the annotations come to stand."""
        self._place()
        annotation, start, end, label, first, last, tokens = map(
            list, zip(*self._placed, strict=True)
        )
        self._placed = []
        labels = sorted(self._codes)
        codes = np.empty(len(labels), np.int32)
        codes[[self._codes[name] for name in labels]] = np.arange(len(labels))
        label = [codes[piece] for piece in label]
        came = 0
        for n, piece in enumerate(annotation):
            annotation[n] = places[piece + came].astype(np.int32)
            came += len(tokens[n])
        order = np.argsort(np.concatenate(annotation), kind="stable").astype(np.int32)
        of_texts = np.empty(came, np.int64)
        of_texts[places] = np.concatenate(tokens)
        columns = []
        for pieces in (annotation, start, end, label, first, last):
            columns.append(np.concatenate(pieces)[order])
            pieces.clear()
        return Spans(Drawn._make([*columns, of_texts]), labels)

    def _place(self) -> None:
        placed = place_spans(self._waiting, self._codes)
        self._placed.append(Drawn._make(column.astype(np.int32) for column in placed))
        self._waiting = []


def place_spans(
    texts: Sequence[tuple[str, Sequence[Sequence[Span]]]], codes: Mapping[str, int]
) -> Drawn:
    """The spans of the annotations of each text, put on its tokens, which are not kept."""
    own = [spans for _, several in texts for spans in several]
    several = np.repeat(np.arange(len(texts)), [len(several) for _, several in texts])
    annotation = np.repeat(np.arange(len(own)), list(map(len, own)))
    flat = list(chain.from_iterable(own))
    start = np.array([start for start, _, _ in flat], np.int64)
    end = np.array([end for _, end, _ in flat], np.int64)
    label = np.array([codes[label] for _, _, label in flat], np.int64)
    begins = np.array([0, *accumulate(len(text) for text, _ in texts)], np.int64)
    starts, ends = find_tokens("".join([text for text, _ in texts]), begins.tolist())
    before = np.searchsorted(starts, begins)
    text = several[annotation]
    first = np.searchsorted(ends, start + begins[text], "right") - before[text]
    last = np.searchsorted(starts, end + begins[text]) - before[text]
    return Drawn(annotation, start, end, label, first, last, np.diff(before)[several])
