"""Textbook tables, an independent implementation, and figures without meaning."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import krippendorff
import numpy as np
import pytest

from annotate.consensus.agreement import agreement_report
from annotate.consensus.coefficients import Metric, cohen_kappa, fleiss_kappa, krippendorff_alpha
from annotate.schemes import load_scheme
from annotate.schemes.stance import Stance
from tests.consensus.gathered import gathered
from tests.shared import shared

_TABLES = [
    ("krippendorff_2011_4x12", "nominal"),
    ("krippendorff_2011_4x12", "ordinal"),
    ("krippendorff_2011_4x12", "interval"),
    ("krippendorff_2011_4x12", "ratio"),
    ("krippendorff_2011_binary_2x10", "nominal"),
    ("krippendorff_2011_nominal_2x12", "nominal"),
    ("three_coders_15_units", "nominal"),
    ("three_coders_15_units", "interval"),
]


def _reference() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(shared("reference", "agreement.json").read_text())
    return document


@pytest.mark.parametrize(("table", "metric"), _TABLES)
def test_alpha_of_published_tables(table: str, metric: Metric) -> None:
    entry = _reference()[table]
    value = krippendorff_alpha(entry["ratings"], metric).value
    assert value is not None
    assert round(value, 3) == entry["alpha"][metric]


def test_every_published_alpha_is_tested() -> None:
    published = {
        (name, metric)
        for name, entry in _reference().items()
        if isinstance(entry, dict)
        for metric in entry.get("alpha", {})
    }
    assert published == set(_TABLES)


def _figures(units: Sequence[Mapping[int, Any]]) -> dict[str, dict[str, Any]]:
    """Coefficient -> its figure in a report, of units that say what each coder gave."""
    tasks = [
        gathered(f"t{n:03}", "x", {f"coder {who}": Stance(str(v)) for who, v in given.items()})
        for n, given in enumerate(units)
    ]
    report = agreement_report(tasks, load_scheme("stance"), replicates=0)
    return {entry["name"]: entry for entry in report["figures"] if entry["of"] == "stance"}


@pytest.mark.parametrize("table", sorted({name for name, _ in _TABLES}))
def test_reports_give_the_published_alpha(table: str) -> None:
    entry = _reference()[table]
    units = [
        {who: value for who, value in enumerate(unit) if value is not None}
        for unit in zip(*entry["ratings"], strict=True)
    ]
    assert round(_figures(units)["alpha"]["value"], 3) == entry["alpha"]["nominal"]


def test_reports_give_the_published_kappas() -> None:
    reference = _reference()
    counts = reference["fleiss_10x14"]["counts"]
    rated = [dict(enumerate(np.repeat(np.arange(5), row).tolist())) for row in counts]
    fleiss = _figures(rated)["Fleiss kappa"]["value"]
    assert round(fleiss, 2) == reference["fleiss_10x14"]["kappa"]
    (yes, no), (noyes, nono) = reference["cohen_50"]["confusion"]
    said = ["yy"] * yes + ["yn"] * no + ["ny"] * noyes + ["nn"] * nono
    cohen = _figures([dict(enumerate(pair)) for pair in said])["Cohen kappa"]
    assert cohen["value"] == pytest.approx(reference["cohen_50"]["kappa"], abs=1e-12)


def test_kappas_of_published_tables() -> None:
    reference = _reference()
    fleiss = fleiss_kappa(reference["fleiss_10x14"]["counts"]).value
    assert fleiss is not None
    assert round(fleiss, 2) == reference["fleiss_10x14"]["kappa"]
    (yes, no), (noyes, nono) = reference["cohen_50"]["confusion"]
    first = "y" * (yes + no) + "n" * (noyes + nono)
    second = "y" * yes + "n" * no + "y" * noyes + "n" * nono
    cohen = cohen_kappa(list(first), list(second))
    assert cohen.value == pytest.approx(reference["cohen_50"]["kappa"], abs=1e-12)
    assert cohen.n == 50


def test_alpha_equals_an_independent_implementation() -> None:
    # 1,000 random tables with missing values, of which each metric gets its share
    made = np.random.default_rng(20)
    metrics: list[Metric] = ["nominal", "ordinal", "interval", "ratio"]
    compared = 0
    while compared < 1000:
        metric = metrics[compared % 4]
        shape = made.integers(2, 7), made.integers(2, 31)
        values = made.choice(np.arange(1, 20), made.integers(2, 7), replace=False)
        cells = made.choice(values, shape).astype(float)
        cells[made.random(shape) < made.random() * 0.6] = np.nan
        table = [[None if np.isnan(v) else float(v) for v in row] for row in cells]
        ours = krippendorff_alpha(table, metric)
        if ours.value is None:
            continue
        theirs = krippendorff.alpha(reliability_data=cells, level_of_measurement=metric)
        assert ours.value == pytest.approx(theirs, abs=1e-9)
        compared += 1


def test_units_rated_once_do_not_count() -> None:
    # of twelve units the last has one value
    assert krippendorff_alpha(_reference()["krippendorff_2011_4x12"]["ratings"]).n == 11
    assert fleiss_kappa([[2, 0], [1, 1], [0, 1], [0, 0]]).n == 2


def test_figures_without_meaning_say_why() -> None:
    once = krippendorff_alpha([["a", None], [None, "b"]])
    assert (once.value, once.undefined) == (None, "no unit was rated twice")
    same = krippendorff_alpha([["a", "a"], ["a", "a"]])
    assert same.value is None
    assert "only one value" in str(same)
    assert krippendorff_alpha([]).value is None
    assert cohen_kappa(["a", None], [None, "a"]).undefined == "no item was rated by both"
    assert cohen_kappa(["a", "a"], ["a", "a"]).value is None
    assert fleiss_kappa([[1, 0], [0, 1]]).undefined == "no item was rated twice"
    assert fleiss_kappa([[3, 0], [3, 0]]).value is None


def test_cohen_where_the_two_use_the_values_unequally() -> None:
    # po = 2/4; pe = 3/4 * 1/4 + 1/4 * 3/4 = 3/8: kappa (1/8) / (5/8)
    assert cohen_kappa(["a", "a", "a", "b"], ["a", "b", "b", "b"]).value == pytest.approx(1 / 5)


def test_perfect_and_opposite() -> None:
    assert krippendorff_alpha([["a", "b"], ["a", "b"]]).value == 1
    assert cohen_kappa(["a", "b"], ["b", "a"]).value == -1
    # one item: po = 0 and pe = 0
    assert cohen_kappa(["a"], ["b"]).value == 0


def test_order_of_coders_units_and_values_never_matters() -> None:
    table = _reference()["krippendorff_2011_4x12"]["ratings"]
    expected = krippendorff_alpha(table).value
    backwards = [row[::-1] for row in table[::-1]]
    renamed = [[None if v is None else "zyxwv"[v - 1] for v in row] for row in table]
    assert krippendorff_alpha(backwards).value == pytest.approx(expected, abs=1e-12)
    assert krippendorff_alpha(renamed).value == pytest.approx(expected, abs=1e-12)
