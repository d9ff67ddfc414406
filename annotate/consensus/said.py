"""Gathered tasks -> what annotators said of them, as agreement needs it.

Tasks come one at a time and in any order, and neither they nor their texts are held. What is
kept of them stands in the order of their unit keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from annotate.annotations.gather import GatheredTask
from annotate.consensus.coefficients import Ints
from annotate.consensus.frame_columns import FrameColumns, Frames
from annotate.consensus.measure import Pairs
from annotate.consensus.span_columns import SpanColumns, Spans
from annotate.schemes.base import Scheme

_NO_ANSWERS: dict[str, Any] = {}


class Said(NamedTuple):
    """What everybody said."""

    names: list[str]
    """The annotators, sorted."""
    pairs: Pairs
    answers: list[list[dict[str, Any]]]
    """By task and annotation: question -> answer."""
    strata: list[str | None]
    """What agreement of each task is broken down by."""
    frames: Frames
    spans: Spans


def read_said(tasks: Iterable[GatheredTask], scheme: Scheme[Any]) -> Said:
    """Take from `tasks` what agreement is measured on.

    What was decided in an adjudication is left out: whoever decides has seen the
    others' work. A task without any other annotation is none.
    """
    keys: list[str] = []
    who: list[list[str]] = []
    answers: list[list[dict[str, Any]]] = []
    strata: list[str | None] = []
    frames, spans = FrameColumns(), SpanColumns()
    for task in tasks:
        own = sorted((a for a in task.annotations if not a.decides), key=lambda a: a.annotator)
        if not own:
            continue
        keys.append(task.data.unit_key)
        who.append([a.annotator for a in own])
        answers.append([scheme.answers(a.record) or _NO_ANSWERS for a in own])
        strata.append(scheme.stratum(task.data.context) if task.data.context else None)
        frames.add([scheme.frames(a.record) for a in own])
        spans.add(task.data.text, [scheme.spans(a.record) for a in own])
    order = np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int64)
    sizes = np.array(list(map(len, who)), np.int64)
    names = sorted({name for several in who for name in several})
    pairs = _find_pairs([who[n] for n in order.tolist()], names)
    return Said(
        names,
        pairs,
        [answers[n] for n in order.tolist()],
        [strata[n] for n in order.tolist()],
        frames.ordered(_places(sizes * (sizes - 1) // 2, order)),
        spans.ordered(_places(sizes, order)),
    )


def _find_pairs(who: Sequence[Sequence[str]], names: Sequence[str]) -> Pairs:
    """Each two annotations of each task; `who` are the annotators of each, sorted as `names`."""
    number = {name: n for n, name in enumerate(names)}
    found: list[tuple[int, int, int, int, int, float]] = []
    before = 0
    for place, several in enumerate(who):
        numbered = list(enumerate((number[name] for name in several), before))
        before += len(numbered)
        found += [
            (place, first, second, one, other, 1 / (len(numbered) - 1))
            for (one, first), (other, second) in combinations(numbered, 2)
        ]
    columns = np.array(found, np.float64).reshape(len(found), 6).T
    return Pairs._make([*columns[:5].astype(np.int64), columns[5]])


def _places(sizes: Ints, order: Ints) -> Ints:
    """Where what each task has comes to stand, where the tasks are put in `order`.

    `sizes` are how many things each task has, in the order in which they came.
    """
    begins = np.empty_like(sizes)
    begins[order] = np.cumsum(sizes[order]) - sizes[order]
    came = np.cumsum(sizes) - sizes
    return np.repeat(begins - came, sizes) + np.arange(sizes.sum())
