"""Answers on whole tasks -> nominal agreement, by question and by target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from annotate.annotations.gather import GatheredTask
from annotate.consensus.coefficients import FLEISS, KAPPA, NOMINAL_ALPHA, fleiss_sums
from annotate.consensus.measure import Measure, Pair, Rows, make_rows
from annotate.schemes.base import Scheme

Answers = list[list[Any]]
"""By task and annotation; None where the annotator gave none."""


def read_answers(tasks: Sequence[GatheredTask], scheme: Scheme[Any]) -> dict[str, Answers]:
    """Question -> the answers of every annotation."""
    said = [[scheme.answers(a.record) for a in task.annotations] for task in tasks]
    questions = dict.fromkeys(name for task in said for answers in task for name in answers)
    return {name: [[answers.get(name) for answers in task] for task in said] for name in questions}


def measure_answers(
    tasks: Sequence[GatheredTask],
    pairs: Mapping[int, list[tuple[int, int, Pair]]],
    scheme: Scheme[Any],
) -> Iterator[Measure]:
    """Alpha, Fleiss' and mean pairwise Cohen's kappa of each question.

    Of the scheme's first question also alpha by stratum.
    """
    for number, (question, answers) in enumerate(read_answers(tasks, scheme).items()):
        values = sorted({value for task in answers for value in task if value is not None})
        if not values:
            continue
        code = {value: n for n, value in enumerate(values)}
        alpha = _alpha_rows(pairs, answers, code)
        yield Measure("alpha", question, NOMINAL_ALPHA, alpha)
        yield Measure("Fleiss kappa", question, FLEISS, _fleiss(answers, code), narrow=False)
        kappa = _kappa_rows(pairs, answers, code)
        yield Measure("Cohen kappa", question, KAPPA, kappa, mean_of_pairs=True)
        if number:
            continue
        strata = [
            scheme.stratum(task.data.context) if task.data.context else None for task in tasks
        ]
        for stratum in sorted({name for name in strata if name is not None}):
            here = np.array([strata[task] == stratum for task in alpha.task.tolist()], dtype=bool)
            name = f"{question}, {stratum}"
            own = alpha.only(here)
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


def _alpha_rows(
    pairs: Mapping[int, list[tuple[int, int, Pair]]], answers: Answers, code: Mapping[Any, int]
) -> Rows:
    rows, sums, units = [], [], []
    for number, found in pairs.items():
        raters = sum(value is not None for value in answers[number])
        for i, j, (task, first, second, _) in found:
            one, other = answers[number][i], answers[number][j]
            if one is None or other is None:
                continue
            totals = [0] * len(code)
            totals[code[one]] += 1
            totals[code[other]] += 1
            rows.append((task, first, second, 1 / (raters - 1)))
            sums.append([2 * (one == other), *totals])
            units.append(1)
    return make_rows(rows, sums or [], units)


def _kappa_rows(
    pairs: Mapping[int, list[tuple[int, int, Pair]]], answers: Answers, code: Mapping[Any, int]
) -> Rows:
    rows, sums, units = [], [], []
    for number, found in pairs.items():
        for i, j, row in found:
            one, other = answers[number][i], answers[number][j]
            if one is not None and other is not None:
                totals = [0] * (2 * len(code))
                totals[code[one]] = totals[len(code) + code[other]] = 1
                rows.append(row)
                sums.append([one == other, *totals])
                units.append(1)
    return make_rows(rows, sums, units)


def _fleiss(answers: Answers, code: Mapping[Any, int]) -> Rows:
    counts = np.zeros((len(answers), len(code)), dtype=np.int64)
    for number, task in enumerate(answers):
        for value in task:
            if value is not None:
                counts[number, code[value]] += 1
    rated = np.flatnonzero(counts.sum(axis=1) > 1)
    rows = [(int(task), -1, -1, 1.0) for task in rated]
    return make_rows(rows, fleiss_sums(counts[rated]).tolist(), [1] * len(rows))
