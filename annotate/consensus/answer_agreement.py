"""Answers on whole tasks -> nominal agreement, by question and by target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from annotate.consensus.coefficients import FLEISS, KAPPA, NOMINAL_ALPHA, Ints, fleiss_sums
from annotate.consensus.measure import Measure, Pairs, Rows, count_cells, make_rows
from annotate.consensus.said import Said

Answers = list[list[Any]]
"""By task and annotation; None where the annotator gave none."""


def read_answers(said: Said) -> dict[str, Answers]:
    """Question -> the answers of every annotation."""
    questions = dict.fromkeys(name for task in said.answers for own in task for name in own)
    return {name: [[own.get(name) for own in task] for task in said.answers] for name in questions}


def measure_answers(said: Said) -> Iterator[Measure]:
    """Alpha, Fleiss' and mean pairwise Cohen's kappa of each question.

    Of the scheme's first question also alpha by stratum.
    """
    pairs, strata = said.pairs, said.strata
    tasks = len(said.answers)
    task = np.repeat(np.arange(tasks), list(map(len, said.answers)))
    for number, (question, answers) in enumerate(read_answers(said).items()):
        values = sorted({value for task in answers for value in task if value is not None})
        if not values:
            continue
        code = {None: -1} | {value: n for n, value in enumerate(values)}
        given = np.array([code[value] for task in answers for value in task], np.int64)
        counts = count_cells(task[given >= 0], given[given >= 0], (tasks, len(values)))
        both = pairs.only((given[pairs.one] >= 0) & (given[pairs.other] >= 0))
        alpha = _alpha_rows(both, given, counts)
        yield Measure("alpha", question, NOMINAL_ALPHA, alpha)
        yield Measure("Fleiss kappa", question, FLEISS, _fleiss(counts), narrow=False)
        kappa = _kappa_rows(both, given, len(values))
        yield Measure("Cohen kappa", question, KAPPA, kappa, mean_of_pairs=True)
        if number:
            continue
        named = sorted({name for name in strata if name is not None})
        number_of = {None: -1} | {name: n for n, name in enumerate(named)}
        place = np.array([number_of[name] for name in strata], np.int64)[alpha.task]
        order = np.argsort(place, kind="stable")
        borders = np.searchsorted(place, np.arange(len(named) + 1), sorter=order).tolist()
        for stratum, (begin, end) in zip(named, pairwise(borders), strict=True):
            name = f"{question}, {stratum}"
            own = alpha.only(order[begin:end])
            yield Measure("alpha", name, NOMINAL_ALPHA, own, narrow=False, stratum=True)


def confusion(answers: Answers) -> dict[str, Any]:
    """Labels, and how many pairs of annotators said the one and the other."""
    labels = sorted({value for task in answers for value in task if value is not None})
    counts = [[0] * len(labels) for _ in labels]
    for task in answers:
        said = Counter(labels.index(value) for value in task if value is not None)
        for one, n in said.items():
            counts[one][one] += n * (n - 1) // 2
            for other, m in said.items():
                counts[one][other] += n * m * (one != other)
    return {"labels": labels, "counts": counts}


def _alpha_rows(pairs: Pairs, said: Ints, counts: Ints) -> Rows:
    """A row for each pair; one of a task with m answers weighs 1 / (m - 1)."""
    one, other = said[pairs.one], said[pairs.other]
    each = np.eye(counts.shape[1])
    sums = np.column_stack([2 * (one == other), each[one] + each[other]])
    weight = 1 / (counts.sum(axis=1)[pairs.task] - 1)
    return make_rows(pairs._replace(weight=weight), sums, np.ones_like(one))


def _kappa_rows(pairs: Pairs, said: Ints, values: int) -> Rows:
    one, other = said[pairs.one], said[pairs.other]
    each = np.eye(values)
    sums = np.column_stack([one == other, each[one], each[other]])
    return make_rows(pairs, sums, np.ones_like(one))


def _fleiss(counts: Ints) -> Rows:
    """A row for each task that was rated twice, which is about no pair."""
    rated = np.flatnonzero(counts.sum(axis=1) > 1)
    nobody, one = np.full_like(rated, -1), np.ones_like(rated)
    return Rows(rated, nobody, nobody, one.astype(np.float64), fleiss_sums(counts[rated]), one)
