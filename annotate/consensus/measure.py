"""Rows of sums, one for each task and pair of annotators -> figures.

A row of a task with m annotators weighs 1 / (m - 1), so that a task counts by
its annotators, not by its pairs; for one pair every row weighs 1. Weighted so,
nominal alpha over pairs is Krippendorff's alpha over all annotators.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from annotate.consensus.bootstrap import Bootstrap
from annotate.consensus.coefficients import Floats, Formula, Ints
from annotate.consensus.figure import Figure


class Pairs(NamedTuple):
    """Each two annotations of each task, as columns."""

    task: Ints
    first: Ints
    """The annotator of the one annotation, by number."""
    second: Ints
    one: Ints
    """The annotation of the first, by its place among those of all tasks."""
    other: Ints
    weight: Floats

    def only(self, mask: NDArray[np.bool_]) -> Pairs:
        """The pairs where `mask` holds."""
        return Pairs._make(column[mask] for column in self)


class Rows(NamedTuple):
    """Sums of shape (rows, S), with the task and the pair of each row."""

    task: Ints
    first: Ints
    second: Ints
    weight: Floats
    sums: Floats
    units: Ints
    """Units behind each row."""

    def only(self, mask: NDArray[np.bool_]) -> Rows:
        """The rows where `mask` holds."""
        return Rows._make(column[mask] for column in self)


class Measure(NamedTuple):
    """A coefficient with the rows it is computed from."""

    name: str
    of: str | None
    """The label, role, question or target it is about; None is all."""
    formula: Formula
    rows: Rows
    mean_of_pairs: bool = False
    """The whole is the mean of the pairs, weighted by the units that both judged; that of
    Light (1971) is unweighted."""
    wide: bool = True
    """Whether it is also given for all annotators together."""
    narrow: bool = True
    """Whether it is also given for each annotator and each pair."""
    stratum: bool = False
    """Whether it is about some of the tasks only."""


def make_rows(pairs: Pairs, sums: NDArray[Any], units: Ints) -> Rows:
    """A row for each pair: its sums, of shape (pairs, S), and the units behind it."""
    # in memory row by row too, as numpy adds up columns in another order, which rounds otherwise
    values = np.ascontiguousarray(sums, dtype=np.float64)
    return Rows(pairs.task, pairs.first, pairs.second, pairs.weight, values, units)


def count_cells(row: Ints, column: Ints, shape: tuple[int, int]) -> Ints:
    """A table of how often each row and column come together."""
    rows, columns = shape
    return np.bincount(row * columns + column, minlength=rows * columns).reshape(rows, columns)


def measure_all(measure: Measure, bootstrap: Bootstrap) -> Figure:
    """The figure of all annotators together."""
    rows = measure.rows
    if measure.mean_of_pairs:
        return _mean_of_pairs(measure, bootstrap)
    sums = rows.sums * rows.weight[:, None]
    return bootstrap.figure(measure.formula, rows.task, sums, int(rows.units.sum()))


def measure_some(measure: Measure, rows: Rows, bootstrap: Bootstrap) -> Figure:
    """The figure of some rows: those of one annotator, or of one pair."""
    return bootstrap.figure(measure.formula, rows.task, rows.sums, int(rows.units.sum()))


def _mean_of_pairs(measure: Measure, bootstrap: Bootstrap) -> Figure:
    """The mean of the pairs, each weighted by its units; a pair without a value is left out."""
    rows, total = measure.rows, int(measure.rows.units.sum())
    reason = "no pair of annotators has a value"
    points, samples = [], []
    for first, second in sorted(set(zip(rows.first.tolist(), rows.second.tolist(), strict=True))):
        own = rows.only((rows.first == first) & (rows.second == second))
        sums = own.sums.sum(axis=0)
        points.append((float(measure.formula.values(sums)), float(own.units.sum())))
        again = bootstrap.replicate(own.task, np.column_stack([own.sums, own.units]))
        samples.append((measure.formula.values(again[:, :-1]), again[:, -1]))
        if np.isnan(points[-1][0]):
            reason = measure.formula.reason(sums)
    value = _weighted_mean([np.array([v]) for v, _ in points], [np.array([n]) for _, n in points])
    if not points or np.isnan(value[0]):
        return Figure(None, total, undefined=reason)
    again = _weighted_mean([v for v, _ in samples], [n for _, n in samples])
    return bootstrap.interval(Figure(float(value[0]), total), rows.task, again)


def _weighted_mean(values: Sequence[Floats], weights: Sequence[Floats]) -> Floats:
    defined = [~np.isnan(v) for v in values]
    above = sum(np.where(d, v, 0) * w for d, v, w in zip(defined, values, weights, strict=True))
    below = sum(d * w for d, w in zip(defined, weights, strict=True))
    mean: Floats = np.where(below > 0, above / np.where(below > 0, below, 1), np.nan)
    return mean
