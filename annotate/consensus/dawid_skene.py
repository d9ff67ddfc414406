"""What each annotator said -> how likely each answer is, and how reliable each annotator is.

Dawid and Skene's model: an item has one true value; annotator a who meets the
true value k says l with probability confusion[a, k, l]. Expectation
maximisation from the shares of the votes; no random number enters. Items with
equal votes of the same annotators are one pattern with a weight, so the cost
does not grow with tokens that everybody leaves alone.

Source: Dawid and Skene, Maximum Likelihood Estimation of Observer Error-Rates
Using the EM Algorithm (1979).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from annotate.consensus.coefficients import Floats, Ints

_TINY = 1e-10
_RADIX_LIMIT = 2**62


class Table(NamedTuple):
    """Items that were put before the same annotators."""

    annotators: tuple[int, ...]
    """Annotator of each column; one who answered repeatedly has several columns."""
    codes: Ints
    """What was said, items x columns; -1 where nothing was."""
    weights: Ints | None = None
    """How many items each row stands for; one where None."""


class Fit(NamedTuple):
    """A fitted model."""

    priors: Floats
    """Share of each true value, shape (values,)."""
    confusion: Floats
    """P(said | true), shape (annotators, true values, said values)."""
    counts: Floats
    """Expected observations behind `confusion`, same shape."""

    def posterior(self, table: Table) -> Floats:
        """P(true value) of each item of `table`, items x values; the prior where nobody spoke."""
        scores = np.tile(_logs(self.priors), (len(table.codes), 1))
        for annotator, column in sorted((a, c) for c, a in enumerate(table.annotators)):
            said = table.codes[:, column]
            spoke = said >= 0
            values, places = np.unique(said[spoke], return_inverse=True)  # of hundreds a few
            scores[spoke] += _logs(self.confusion[annotator].T[values])[places]
        return _normalise(scores)

    def mean_confusion(self) -> Floats:
        """P(said | true) of the mean annotator, true values x said values."""
        pooled = self.counts.sum(axis=0) + np.eye(len(self.priors))
        mean: Floats = pooled / pooled.sum(axis=1, keepdims=True)
        return mean


def fit_dawid_skene(
    tables: Sequence[Table],
    *,
    values: int,
    annotators: int,
    smoothing: float = 0.0,
    iterations: int = 500,
    tolerance: float = 1e-6,
) -> Fit:
    """Fit the model to all `tables`.

    `smoothing` is a number of imagined observations, for each annotator and
    true value, that follow the mean annotator: with it, who has seen little is
    taken to be like the others. 0 is the model of 1979. Ends when no posterior
    of a pattern moves by more than `tolerance`, or after `iterations`.
    Without any vote the priors are equal and the confusions even.
    """
    votes = _flatten(tables, values)
    if votes is None:
        even = np.full((annotators, values, values), 1 / values)
        return Fit(np.full(values, 1 / values), even, np.zeros_like(even))
    posterior = votes.shares
    for _ in range(iterations):
        priors, confusion, _counts = _maximise(votes, posterior, annotators, smoothing)
        before, posterior = posterior, _expect(votes, priors, confusion)
        if float(np.abs(posterior - before).max()) < tolerance:
            break
    return Fit(*_maximise(votes, posterior, annotators, smoothing))


class _Votes(NamedTuple):
    """All observations of all patterns, flat."""

    observed: Ints
    """Patterns x votes: place among `cells`; one past the last where none is."""
    by_cell: Ints
    """The pattern of each observation, in the order of their cells."""
    cells: Ints
    """Annotator x values + said, of what anybody said, ascending."""
    cell_starts: Ints
    """First observation of each cell, in that order."""
    weights: Floats
    """Items of each pattern."""
    shares: Floats
    """Share of each value among the votes of a pattern."""


def _flatten(tables: Sequence[Table], values: int) -> _Votes | None:
    pattern, cell, weights = [], [], []
    found = 0
    for who, group in sorted(_by_annotators(tables).items()):
        codes = np.concatenate([table.codes for table in group])
        counted = np.concatenate([_weights(table) for table in group])
        spoken = (codes >= 0).any(axis=1)
        rows, counts = count_rows(codes[spoken], counted[spoken], values)
        place, column = np.nonzero(rows >= 0)
        pattern.append(place + found)
        cell.append(np.array(who)[column] * values + rows[place, column])
        weights.append(counts)
        found += len(rows)
    if not found:
        return None
    return _index(np.concatenate(pattern), np.concatenate(cell), np.concatenate(weights), values)


def _index(pattern: Ints, cell: Ints, weights: Ints, values: int) -> _Votes:
    order = np.argsort(cell, kind="stable")
    cells, cell_starts = np.unique(cell[order], return_index=True)
    flat = np.bincount(pattern * values + cell % values, minlength=len(weights) * values)
    votes = flat.reshape(-1, values).astype(np.float64)
    starts = np.unique(pattern, return_index=True)[1]
    column = np.arange(len(pattern)) - starts[pattern]
    observed = np.full((len(weights), int(column.max()) + 1), len(cells))
    observed[pattern, column] = cells.searchsorted(cell)
    shares = votes / votes.sum(axis=1, keepdims=True)
    return _Votes(observed, pattern[order], cells, cell_starts, weights.astype(np.float64), shares)


def _by_annotators(tables: Sequence[Table]) -> dict[tuple[int, ...], list[Table]]:
    """Tables by their annotators, columns in the annotators' order."""
    groups: dict[tuple[int, ...], list[Table]] = defaultdict(list)
    for table in tables:
        order = sorted(range(len(table.annotators)), key=table.annotators.__getitem__)
        if order:
            key = tuple(table.annotators[place] for place in order)
            codes = table.codes if order == list(range(len(order))) else table.codes[:, order]
            groups[key].append(Table(key, codes, table.weights))
    return groups


def _weights(table: Table) -> Ints:
    ones = np.ones(len(table.codes), dtype=np.int64)
    return ones if table.weights is None else table.weights


def count_rows(codes: Ints, weights: Ints, values: int) -> tuple[Ints, Ints]:
    """The different rows of `codes`, sorted, and how many items each stands for.

    `codes` are items x columns, each -1 or less than `values`; `weights` counts items.
    """
    width = codes.shape[1]
    if (values + 1) ** width >= _RADIX_LIMIT:
        rows, places = np.unique(codes, axis=0, return_inverse=True)
    else:
        radix = (values + 1) ** np.arange(width - 1, -1, -1, dtype=np.int64)
        keys, places = np.unique((codes + 1) @ radix, return_inverse=True)
        rows = keys[:, None] // radix % (values + 1) - 1
    return rows, np.bincount(places.ravel(), weights, len(rows)).astype(np.int64)


def _maximise(
    votes: _Votes, posterior: Floats, annotators: int, smoothing: float
) -> tuple[Floats, Floats, Floats]:
    values = posterior.shape[1]
    weighted = posterior * votes.weights[:, None]
    priors = weighted.sum(axis=0) / votes.weights.sum()
    summed = np.add.reduceat(weighted[votes.by_cell], votes.cell_starts, axis=0)
    by_cell = np.zeros((annotators * values, values))
    by_cell[votes.cells] = summed
    counts = by_cell.reshape(annotators, values, values).transpose(0, 2, 1)
    if smoothing:
        pooled = counts.sum(axis=0) + smoothing * np.eye(values)
        pooled /= pooled.sum(axis=1, keepdims=True)
        confusion = counts + smoothing * pooled
    else:
        confusion = np.maximum(counts, _TINY)
    return priors, confusion / confusion.sum(axis=2, keepdims=True), counts


def _expect(votes: _Votes, priors: Floats, confusion: Floats) -> Floats:
    values = len(priors)
    annotator, said = np.divmod(votes.cells, values)
    logs = np.concatenate([_logs(confusion[annotator, :, said]), np.zeros((1, values))])
    scores = np.tile(_logs(priors), (len(votes.observed), 1))
    for column in votes.observed.T:
        scores += logs[column]
    return _normalise(scores)


def _logs(chances: Floats) -> Floats:
    logs: Floats = np.log(np.maximum(chances, _TINY))
    return logs


def _normalise(scores: Floats) -> Floats:
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    normal: Floats = shifted / shifted.sum(axis=1, keepdims=True)
    return normal
