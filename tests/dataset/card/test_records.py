"""Rows back to the records that annotators made, and the agreement measured on them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from annotate.annotations.gather import GatheredTask
from annotate.annotations.pseudonym import PseudonymKey
from annotate.consensus.agreement import agreement_report
from annotate.dataset.card import agreement
from annotate.dataset.card.agreement import choose_compared, measure_agreement
from annotate.dataset.card.records import read_records
from annotate.dataset.rows import make_schemas, named_row
from annotate.pipeline import read_annotations
from annotate.schemes import load_scheme
from annotate.schemes.label_config import shipped_config

_EXPORTS = Path(__file__).resolve().parents[3] / "seeds" / "exports"
_KEY = PseudonymKey(b"a key for the tests alone")


def _rows(name: str) -> tuple[list[GatheredTask], list[dict[str, Any]], list[dict[str, Any]]]:
    """The gathered tasks of the seeds, and the rows that a version has of them."""
    scheme = load_scheme(name)
    tasks = read_annotations(name, [str(_EXPORTS / f"{name}.round2.json")], key=_KEY).tasks
    columns = make_schemas(scheme, shipped_config(name), {})["annotations"][:-1]
    gold, annotations = [], []
    for task in tasks:
        data = task.data
        fields = {f: getattr(data, f) for f in data.__struct_fields__ if f != "context"}
        asked = {"annotators": [a.annotator for a in task.annotations]}
        gold.append(fields | data.context | asked | {"id": data.unit_key})
        annotations += [
            named_row(
                columns,
                (
                    data.unit_key,
                    a.annotator,
                    *scheme.values(data.unit_key, data.text, a.record),
                    a.lead_time,
                    a.created_at,
                ),
            )
            for a in task.annotations
        ]
    return tasks, gold, annotations


@pytest.mark.parametrize("name", ["entities", "stance", "claims"])
def test_records_come_back_from_rows(name: str) -> None:
    tasks, gold, annotations = _rows(name)
    found = read_records(gold, annotations, load_scheme(name))
    assert [task.data for task in found] == [task.data for task in tasks]
    assert [[(a.annotator, a.record) for a in task.annotations] for task in found] == [
        [(a.annotator, a.record) for a in task.annotations] for task in tasks
    ]


@pytest.mark.parametrize("name", ["entities", "stance", "claims"])
def test_the_figures_are_those_of_annotate_agreement(name: str) -> None:
    tasks, gold, annotations = _rows(name)
    report = agreement_report(tasks, load_scheme(name))
    wanted, several = choose_compared(Counter(row["id"] for row in annotations).items())
    assert wanted == {row["id"] for row in gold}
    made = measure_agreement(gold, annotations, load_scheme(name), of=several)
    targets = {
        f"stance, {load_scheme(name).stratum(t.data.context)}" for t in tasks if t.data.context
    }
    expected = [figure for figure in report["figures"] if figure["of"] not in targets]
    assert len(made.figures) == len(expected) > 5
    for figure, other in zip(made.figures, expected, strict=True):
        assert (figure.name, figure.of, figure.n) == (other["name"], other["of"], other["n"])
        for field in ("value", "low", "high"):
            assert getattr(figure, field) == pytest.approx(other[field], abs=1e-6)
    assert (made.tasks, made.compared) == (report["tasks_compared"], report["tasks_compared"])


def test_a_large_project_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "MOST_TASKS", 10)
    counts = {f"u{n}": 2 if n < 30 else 1 for n in range(40)}
    chosen, several = choose_compared(counts.items())
    assert several == 30
    assert len(chosen) == 10
    assert chosen < {f"u{n}" for n in range(30)}, "those with two annotations alone"
    assert choose_compared(reversed(counts.items())) == (chosen, several)
    assert choose_compared([("u1", 1)]) == ({"u1"}, 0)
