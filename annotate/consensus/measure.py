"""Rows of sums, one for each task and pair of annotators -> figures.

A row of a task with m annotators weighs 1 / (m - 1), so that a task counts by
its annotators, not by its pairs; for one pair every row weighs 1. Weighted so,
nominal alpha over pairs is Krippendorff's alpha over all annotators.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from annotate.consensus.bootstrap import NO_PAIR, Bootstrap
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

    def only(self, places: Ints) -> Rows:
        """The rows at `places`."""
        return Rows._make(column[places] for column in self)

    def by_annotator(self) -> dict[int, Rows]:
        """The rows of each annotator, in their order."""
        row = np.tile(np.arange(len(self.task)), 2)
        found = self._parts(row, np.concatenate([self.first, self.second]))
        return {who: rows for (who,), rows in found}

    def by_pair(self) -> Iterator[tuple[tuple[int, ...], Rows]]:
        """Each pair, sorted, with its rows in their order."""
        return self._parts(np.arange(len(self.task)), self.first, self.second)

    def sums_by_pair(self) -> tuple[Floats, Ints]:
        """The sums of each pair, sorted, of shape (pairs, S), and the units behind them."""
        row, _, begins = self._grouped(np.arange(len(self.task)), self.first, self.second)
        return np.add.reduceat(self.sums[row], begins), np.add.reduceat(self.units[row], begins)

    def _grouped(self, row: Ints, *keys: Ints) -> tuple[Ints, Ints, Ints]:
        """The rows and keys in the order of the keys, and where each other key begins."""
        order = np.lexsort((row, *reversed(keys)))
        table = np.stack(keys)[:, order]
        return row[order], table, np.flatnonzero(np.diff(table, prepend=-2).any(axis=0))

    def _parts(self, row: Ints, *keys: Ints) -> Iterator[tuple[tuple[int, ...], Rows]]:
        row, table, begins = self._grouped(row, *keys)
        for begin, end in pairwise([*begins.tolist(), len(row)]):
            who = tuple(table[:, begin].tolist())
            yield who, self.only(row[begin:end])


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
    rows, formula, total = measure.rows, measure.formula, int(measure.rows.units.sum())
    sums, units = rows.sums_by_pair()
    values = formula.values(sums)
    defined = ~np.isnan(values)
    if not defined.any():
        reason = formula.reason(sums.sum(axis=0)) if len(sums) else NO_PAIR
        return Figure(None, total, undefined=reason)
    whole = np.average(values[defined], weights=units[defined])
    again = _Mean(len(bootstrap.counts))
    if len(np.unique(rows.task)) > 1:  # else there is no interval
        for _, own in rows.by_pair():
            samples = bootstrap.replicate(own.task, np.column_stack([own.sums, own.units]))
            again.add(formula.values(samples[:, :-1]), samples[:, -1])
    return bootstrap.interval(Figure(float(whole), total), rows.task, again.value())


class _Mean:
    """A weighted mean of `size` figures at once, of those that have a value."""

    def __init__(self, size: int) -> None:
        self._above, self._below = np.zeros(size), np.zeros(size)

    def add(self, values: Floats, weights: NDArray[Any]) -> None:
        defined = ~np.isnan(values)
        self._above += np.where(defined, values, 0) * weights
        self._below += defined * weights

    def value(self) -> Floats:
        some = self._below > 0
        mean: Floats = np.where(some, self._above / np.where(some, self._below, 1), np.nan)
        return mean
