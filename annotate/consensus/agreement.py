"""Gathered tasks -> how far the annotators agree, as plain data.

Figures of all annotators together, of each annotator with the others, and of
each pair, each with a 95 % interval from a seeded bootstrap over tasks. A
figure without meaning is null, with the reason under `undefined`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from annotate.annotations.gather import GatheredTask
from annotate.consensus.answer_agreement import confusion, measure_answers, read_answers
from annotate.consensus.bootstrap import Bootstrap
from annotate.consensus.figure import Figure
from annotate.consensus.frame_agreement import measure_frames
from annotate.consensus.measure import Measure, measure_all, measure_some
from annotate.consensus.said import Said, read_said
from annotate.consensus.span_agreement import measure_spans
from annotate.schemes.base import Scheme


def agreement_report(
    tasks: Iterable[GatheredTask], scheme: Scheme[Any], *, seed: int = 0, replicates: int = 1000
) -> dict[str, Any]:
    """Measure the agreement of all annotators of `tasks`.

    The document: `scheme`, `tasks`, `tasks_compared` (with two annotators or
    more), `annotators`, `figures` (each `name`, `of`, `value`, `low`, `high`,
    `n`, `undefined`), `by_annotator`, `by_pair` (the same, with who), and
    `confusion` by question. `replicates=0` leaves the intervals out. What was
    decided in an adjudication is left out (`read_said`). The order of tasks and
    of annotations does not matter.
    """
    said = read_said(tasks, scheme)
    measures = _measures(said)
    bootstrap = Bootstrap(len(said.answers), replicates=replicates, seed=seed)
    return {
        "scheme": scheme.name,
        "tasks": len(said.answers),
        "tasks_compared": len(np.unique(said.pairs.task)),
        "annotators": len(said.names),
        "figures": [_entry(m, measure_all(m, bootstrap)) for m in measures if m.wide],
        "by_annotator": _by_annotator(measures, said.names, bootstrap),
        "by_pair": _by_pair(measures, said.names, bootstrap),
        "confusion": {name: confusion(found) for name, found in read_answers(said).items()},
    }


def overall_figures(
    tasks: Iterable[GatheredTask], scheme: Scheme[Any], *, replicates: int = 1000
) -> list[dict[str, Any]]:
    """The `figures` of the report alone, without those of single targets."""
    said = read_said(tasks, scheme)
    bootstrap = Bootstrap(len(said.answers), replicates=replicates)
    measures = (m for m in _measures(said) if m.wide and not m.stratum)
    return [_entry(measure, measure_all(measure, bootstrap)) for measure in measures]


def _measures(said: Said) -> list[Measure]:
    answers = list(measure_answers(said))
    spans = said.spans.labels or not answers  # where nobody said anything, that is shown
    return [
        *answers,
        *measure_frames(said.frames, said.pairs),
        *(measure_spans(said.spans, said.pairs) if spans else ()),
    ]


def _entry(measure: Measure, figure: Figure) -> dict[str, Any]:
    return {"name": measure.name, "of": measure.of, **figure._asdict()}


def _by_annotator(
    measures: Sequence[Measure], names: Sequence[str], bootstrap: Bootstrap
) -> list[dict[str, Any]]:
    shown = [m for m in measures if m.narrow and m.wide and not m.mean_of_pairs]
    rows = [measure.rows.by_annotator() for measure in shown]
    return [
        {"annotator": name, **_entry(measure, measure_some(measure, own[n], bootstrap))}
        for n, name in enumerate(names)
        for measure, own in zip(shown, rows, strict=True)
        if n in own
    ]


def _by_pair(
    measures: Sequence[Measure], names: Sequence[str], bootstrap: Bootstrap
) -> list[dict[str, Any]]:
    found = []
    for measure in (m for m in measures if m.narrow):
        for (first, second), own in measure.rows.by_pair():
            figure = measure_some(measure, own, bootstrap)
            who = {"first": names[first], "second": names[second]}
            found.append({**who, **_entry(measure, figure)})
    return sorted(found, key=lambda entry: (entry["first"], entry["second"]))
