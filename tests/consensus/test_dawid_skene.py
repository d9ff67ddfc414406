"""The table of 1979, and that no order changes anything."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.consensus.coefficients import Floats, Ints
from annotate.consensus.dawid_skene import Fit, Table, fit_dawid_skene
from tests.shared import shared

_OBSERVERS = (0, 0, 0, 1, 2, 3, 4)


def test_the_table_of_1979() -> None:
    entry = json.loads(shared("reference", "agreement.json").read_text())["dawid_skene_1979"]
    table = Table(_OBSERVERS, np.array(entry["ratings"]) - 1)
    fit = fit_dawid_skene([table], values=4, annotators=5)
    assert [round(p, 2) for p in fit.priors] == entry["priors"]
    first = fit.confusion[0]
    assert [round(p, 2) for p in np.diag(first)] == entry["observer_1_diagonal"]
    assert round(first[3, 2], 2) == entry["p_observer_1_reports_3_given_true_4"]
    assert fit.posterior(table).sum(axis=1) == pytest.approx(1)


def _plain(codes: Ints, values: int, rounds: int) -> Floats:
    """The model of 1979 with loops, an item and an annotator at a time."""
    items, annotators = codes.shape
    truth = np.array(
        [[(row == v).sum() / (row >= 0).sum() for v in range(values)] for row in codes]
    )
    for _ in range(rounds):
        priors = truth.mean(axis=0)
        said = np.full((annotators, values, values), 1e-10)
        for i in range(items):
            for a in range(annotators):
                if codes[i, a] >= 0:
                    said[a, :, codes[i, a]] += truth[i]
        said /= said.sum(axis=2, keepdims=True)
        for i in range(items):
            score = priors.copy()
            for a in range(annotators):
                if codes[i, a] >= 0:
                    score *= said[a, :, codes[i, a]]
            truth[i] = score / score.sum()
    return truth


def test_the_mean_annotator_has_the_observations_of_all() -> None:
    counts = np.array([[[6.0, 1.0], [0.0, 3.0]], [[2.0, 1.0], [1.0, 2.0]]])
    fit = Fit(np.array([0.5, 0.5]), counts, counts)
    # and one that is right for each true value: (8 + 1, 2) of 11 and (1, 5 + 1) of 7
    expected = [[9 / 11, 2 / 11], [1 / 7, 6 / 7]]
    assert fit.mean_confusion() == pytest.approx(np.array(expected))


def test_equals_the_model_written_with_loops() -> None:
    made = np.random.default_rng(3)
    codes = made.integers(-1, 3, size=(60, 4))
    codes[:, 0] = np.maximum(codes[:, 0], 0)
    table = Table((0, 1, 2, 3), codes)
    fit = fit_dawid_skene([table], values=3, annotators=4, iterations=15, tolerance=0)
    assert fit.posterior(table) == pytest.approx(_plain(codes, 3, 16), abs=1e-6)


_CODES = st.lists(st.tuples(*[st.integers(-1, 2)] * 4), min_size=1, max_size=20)


def _fit(codes: Ints, annotators: tuple[int, ...], rounds: int = 100) -> tuple[Fit, Floats]:
    table = Table(annotators, codes)
    fit = fit_dawid_skene([table], values=3, annotators=4, smoothing=1.0, iterations=rounds)
    return fit, fit.posterior(table)


@settings(deadline=None)
@given(_CODES)
def test_order_of_items_annotators_and_values_never_matters(rows: list[tuple[int, ...]]) -> None:
    codes = np.array(rows)
    order = np.random.default_rng(len(rows)).permutation(len(rows))
    _, expected = _fit(codes, (0, 1, 2, 3))
    _, shuffled = _fit(codes[order], (0, 1, 2, 3))
    assert (shuffled == expected[order]).all()
    _, swapped = _fit(codes[:, ::-1], (3, 2, 1, 0))
    assert (swapped == expected).all()
    _, renamed = _fit(np.where(codes < 0, codes, 2 - codes), (3, 1, 0, 2))
    _, later = _fit(codes, (0, 1, 2, 3), rounds=101)
    if np.abs(later - expected).max() < 1e-6:  # it has come to rest
        assert renamed[:, ::-1] == pytest.approx(expected, abs=1e-4)


def test_one_table_or_many_is_the_same() -> None:
    codes = np.random.default_rng(1).integers(-1, 3, size=(30, 4))
    whole, posterior = _fit(codes, (0, 1, 2, 3))
    parts = [Table((0, 1, 2, 3), codes[:11]), Table((2, 3, 0, 1), codes[11:][:, [2, 3, 0, 1]])]
    fit = fit_dawid_skene(parts, values=3, annotators=4, smoothing=1.0, iterations=100)
    assert (fit.confusion == whole.confusion).all()
    assert (np.concatenate([fit.posterior(part) for part in parts]) == posterior).all()


def test_an_annotator_who_says_the_opposite_is_believed_the_other_way() -> None:
    truth = np.tile([0, 1], 50)
    codes = np.stack([truth, truth, truth, 1 - truth], axis=1)
    fit, posterior = _fit(codes, (0, 1, 2, 3))
    assert (posterior.argmax(axis=1) == truth).all()
    assert fit.confusion[3, 0, 1] > 0.9
    alone = Table((3,), np.array([[0]]))
    assert fit.posterior(alone)[0].argmax() == 1


def test_many_annotators_on_one_item_do_not_overflow() -> None:
    codes = np.random.default_rng(2).integers(0, 5, size=(20, 40))
    fit = fit_dawid_skene([Table(tuple(range(40)), codes)], values=5, annotators=40)
    assert np.isfinite(fit.posterior(Table(tuple(range(40)), codes))).all()


def test_no_votes_at_all() -> None:
    fit = fit_dawid_skene([], values=2, annotators=1)
    assert fit.priors.tolist() == [0.5, 0.5]
    assert fit.posterior(Table((0,), np.array([[-1]]))).tolist() == [[0.5, 0.5]]
