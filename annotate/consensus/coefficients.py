"""Sums over ratings -> coefficients of agreement.

Each coefficient is a formula over sums that add up over units, so that the
same code serves the figure and its bootstrap: sums go in with any leading
shape, values come out with that shape, NaN where the figure has no meaning.
The functions that take ratings return a Figure, whose `undefined` says why.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from annotate.consensus.figure import Figure

Metric = Literal["nominal", "ordinal", "interval", "ratio"]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NO_PAIRS = "no unit was rated twice"
ONE_VALUE = "only one value was used, so agreement by chance is complete"
NOTHING_DRAWN = "neither drew anything"


class Formula(NamedTuple):
    """A coefficient over additive sums."""

    values: Callable[[Floats], Floats]
    """Sums of shape (..., S) -> values of shape (...), NaN where undefined."""
    reason: Callable[[Floats], str]
    """Why the value for sums of shape (S,) is undefined."""

    def figure(self, sums: Floats, n: int) -> Figure:
        """The value for sums of shape (S,), resting on `n` units."""
        value = float(self.values(sums))
        return Figure(None, n, undefined=self.reason(sums)) if np.isnan(value) else Figure(value, n)


def encode(rows: Sequence[Sequence[Hashable | None]]) -> tuple[Ints, list[Any]]:
    """Rows of values (None is missing) as codes (-1 is missing), and the sorted values."""
    present = {value for row in rows for value in row if value is not None}
    values = sorted(present, key=lambda value: (isinstance(value, str), value))
    places = {value: place for place, value in enumerate(values)}
    codes = [[-1 if value is None else places[value] for value in row] for row in rows]
    width = len(rows[0]) if rows else 0
    return np.array(codes, dtype=np.int64).reshape(len(rows), width), values


def krippendorff_alpha(
    ratings: Sequence[Sequence[Hashable | None]], metric: Metric = "nominal"
) -> Figure:
    """Krippendorff's alpha of coders (rows) over units (columns); None is not rated.

    alpha = 1 - Do/De over the coincidence matrix of pairable values, with the
    difference function of `metric`; ordinal, interval and ratio take numbers.
    Units with fewer than two values do not enter. Undefined where no unit has
    two, and where only one value is used. May be negative.

    Source: Krippendorff, Computing Krippendorff's Alpha-Reliability (2011).
    """
    codes, values = encode(ratings)
    counts = count_values(codes.T, len(values))
    coincidences = coincidence_matrix(counts)
    n = int((counts.sum(axis=1) > 1).sum())
    return alpha_formula(values, metric).figure(coincidences.ravel(), n)


def cohen_kappa(first: Sequence[Hashable | None], second: Sequence[Hashable | None]) -> Figure:
    """Cohen's kappa of two raters over the items that both rated.

    kappa = (po - pe) / (1 - pe), where pe comes from each rater's own use of
    the values. Undefined without a common item, and where both used one and
    the same value only.

    Source: Cohen, A coefficient of agreement for nominal scales (1960).
    """
    codes, values = encode([first, second])
    both = codes[:, (codes >= 0).all(axis=0)]
    totals = [np.bincount(own, minlength=len(values)) for own in both]
    agreeing = [np.count_nonzero(both[0] == both[1])]
    return KAPPA.figure(np.concatenate([agreeing, *totals]).astype(np.float64), both.shape[1])


def fleiss_kappa(counts: Sequence[Sequence[int]]) -> Figure:
    """Fleiss' kappa of a table items x values that says how many raters gave the value.

    kappa = (P - Pe) / (1 - Pe): P is the mean share of agreeing pairs of an
    item, Pe the sum of squared shares of the values over all ratings. Items
    may differ in how often they were rated; those rated once do not enter.
    Undefined where none was rated twice, and where only one value was used.

    Source: Fleiss, Measuring nominal scale agreement among many raters (1971).
    """
    table = np.array(counts, dtype=np.int64).reshape(len(counts), -1)
    sums = fleiss_sums(table)
    return FLEISS.figure(sums.sum(axis=0), int((table.sum(axis=1) > 1).sum()))


def count_values(codes: Ints, size: int) -> Ints:
    """Codes units x raters (-1 is missing) -> how often each unit got each value."""
    units = np.repeat(np.arange(len(codes)), codes.shape[1])
    flat = codes.ravel()
    rated = flat >= 0
    filled = np.bincount(units[rated] * size + flat[rated], minlength=len(codes) * size)
    return filled.reshape(len(codes), size).astype(np.int64)


def coincidence_matrix(counts: Ints) -> Floats:
    """Counts units x values -> Krippendorff's coincidence matrix, values x values."""
    pairable = counts[counts.sum(axis=1) > 1].astype(np.float64)
    weighted = pairable / (pairable.sum(axis=1, keepdims=True) - 1)
    coincidences: Floats = pairable.T @ weighted - np.diag(weighted.sum(axis=0))
    return coincidences


def alpha_formula(values: Sequence[Any], metric: Metric) -> Formula:
    """Alpha of a flattened coincidence matrix over `values`."""
    size = len(values)
    scale = np.array(range(size) if metric == "nominal" else values, dtype=np.float64)

    def alpha(sums: Floats) -> Floats:
        matrix = sums.reshape(*sums.shape[:-1], size, size)
        totals = matrix.sum(axis=-1)
        n = totals.sum(axis=-1)
        delta = _difference(totals, scale, metric)
        observed = (matrix * delta).sum(axis=(-2, -1))
        expected = (totals[..., :, None] * totals[..., None, :] * delta).sum(axis=(-2, -1))
        return 1 - _ratio(observed * (n - 1), expected)

    return Formula(alpha, lambda sums: ONE_VALUE if sums.sum() else NO_PAIRS)


def _difference(totals: Floats, scale: Floats, metric: Metric) -> Floats:
    """Squared difference of each two values, for one or many sets of totals."""
    first, second = scale[:, None], scale[None, :]
    if metric == "nominal":
        differ: Floats = (first != second).astype(np.float64)
        return differ
    if metric == "interval":
        apart: Floats = first - second
        return apart * apart
    if metric == "ratio":
        share = _ratio(first - second, first + second, 0.0)
        return share * share
    upto: Floats = np.cumsum(totals, axis=-1) - totals / 2
    between: Floats = upto[..., :, None] - upto[..., None, :]
    return between * between


def _ratio(above: Floats, below: Floats, otherwise: float = np.nan) -> Floats:
    safe = np.abs(below) > 1e-12
    share: Floats = np.where(safe, above / np.where(safe, below, 1.0), otherwise)
    return share


def _nominal_alpha(sums: Floats) -> Floats:
    agreeing, totals = sums[..., 0], sums[..., 1:]
    n = totals.sum(axis=-1)
    expected = n * n - (totals * totals).sum(axis=-1)
    return 1 - _ratio((n - agreeing) * (n - 1), expected)


def _kappa(sums: Floats) -> Floats:
    agreeing, totals = sums[..., 0], sums[..., 1:]
    half = totals.shape[-1] // 2
    one, other = totals[..., :half], totals[..., half:]  # `np.split` takes a third of the time
    n = one.sum(axis=-1)
    chance = (one * other).sum(axis=-1)
    return _ratio(agreeing * n - chance, n * n - chance)


def fleiss_sums(counts: Ints) -> Floats:
    """What FLEISS adds up, for each item: 1, its share of agreeing pairs, its counts."""
    raters = counts.sum(axis=1)
    rated = raters > 1
    pairs = np.where(rated, raters * (raters - 1), 1)
    share = (counts * (counts - 1)).sum(axis=1) / pairs
    columns = [rated[:, None], share[:, None] * rated[:, None], counts * rated[:, None]]
    return np.hstack(columns).astype(np.float64)


def _fleiss(sums: Floats) -> Floats:
    items, shares, totals = sums[..., 0], sums[..., 1], sums[..., 2:]
    n = totals.sum(axis=-1)
    chance = _ratio((totals * totals).sum(axis=-1), n * n)
    return _ratio(_ratio(shares, items) - chance, 1 - chance)


def _f1(sums: Floats) -> Floats:
    return _ratio(2 * sums[..., 0], sums[..., 1])


NOMINAL_ALPHA = Formula(_nominal_alpha, lambda sums: ONE_VALUE if sums[1:].sum() else NO_PAIRS)
"""Nominal alpha over (trace of the coincidences, totals of the values)."""

KAPPA = Formula(_kappa, lambda sums: ONE_VALUE if sums[1:].sum() else "no item was rated by both")
"""Cohen's kappa over (items with equal values, totals of the values of the one, of the other)."""

FLEISS = Formula(_fleiss, lambda sums: ONE_VALUE if sums[0] else "no item was rated twice")
"""Fleiss' kappa over (items, sum of the items' agreement, totals of the values)."""

F1 = Formula(_f1, lambda sums: NOTHING_DRAWN)
"""2 x matched / (drawn by the one + drawn by the other), over (matched, drawn by both).

Which of the two counts as the truth makes no difference. Undefined where
neither drew anything: agreeing on nothing is not measured by spans.

Source: Hripcsak and Rothschild, Agreement, the F-measure, and reliability in
information retrieval (2005).
"""
