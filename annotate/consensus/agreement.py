"""Gathered tasks -> how far the annotators agree, as plain data.

Figures of all annotators together, of each annotator with the others, and of
each pair, each with a 95 % interval from a seeded bootstrap over tasks. A
figure without meaning is null, with the reason under `undefined`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from annotate.annotations.gather import GatheredTask
from annotate.consensus.answer_agreement import confusion, measure_answers, read_answers
from annotate.consensus.bootstrap import Bootstrap
from annotate.consensus.figure import Figure
from annotate.consensus.frame_agreement import measure_frames
from annotate.consensus.measure import Measure, Pairs, measure_all, measure_some
from annotate.consensus.span_agreement import measure_spans
from annotate.schemes.base import Scheme


def agreement_report(
    tasks: Sequence[GatheredTask], scheme: Scheme[Any], *, seed: int = 0, replicates: int = 1000
) -> dict[str, Any]:
    """Measure the agreement of all annotators of `tasks`.

    The document: `scheme`, `tasks`, `tasks_compared` (with two annotators or
    more), `annotators`, `figures` (each `name`, `of`, `value`, `low`, `high`,
    `n`, `undefined`), `by_annotator`, `by_pair` (the same, with who), and
    `confusion` by question. `replicates=0` leaves the intervals out. What was
    decided in an adjudication is left out: whoever decides has seen the others'
    work. The order of tasks and of annotations does not matter.
    """
    ordered = sorted(judged_tasks(tasks), key=lambda task: task.data.unit_key)
    names = sorted({a.annotator for task in ordered for a in task.annotations})
    pairs = find_pairs(ordered, names)
    measures = _measures(ordered, pairs, scheme)
    bootstrap = Bootstrap(len(ordered), replicates=replicates, seed=seed)
    answers = read_answers(ordered, scheme)
    return {
        "scheme": scheme.name,
        "tasks": len(ordered),
        "tasks_compared": len(np.unique(pairs.task)),
        "annotators": len(names),
        "figures": [_entry(m, measure_all(m, bootstrap)) for m in measures if m.wide],
        "by_annotator": _by_annotator(measures, names, bootstrap),
        "by_pair": _by_pair(measures, names, bootstrap),
        "confusion": {question: confusion(found) for question, found in answers.items()},
    }


def overall_figures(
    tasks: Sequence[GatheredTask], scheme: Scheme[Any], *, seed: int = 0, replicates: int = 1000
) -> list[dict[str, Any]]:
    """The `figures` of the report alone, without those of single targets."""
    ordered = sorted(judged_tasks(tasks), key=lambda task: task.data.unit_key)
    names = sorted({a.annotator for task in ordered for a in task.annotations})
    bootstrap = Bootstrap(len(ordered), replicates=replicates, seed=seed)
    measures = _measures(ordered, find_pairs(ordered, names), scheme)
    return [_entry(m, measure_all(m, bootstrap)) for m in measures if m.wide and not m.stratum]


def judged_tasks(tasks: Iterable[GatheredTask]) -> list[GatheredTask]:
    """The tasks with the annotations that are judgements of their own, at least one."""
    own = (GatheredTask(t.data, [a for a in t.annotations if not a.decides]) for t in tasks)
    return [task for task in own if task.annotations]


def _measures(tasks: Sequence[GatheredTask], pairs: Pairs, scheme: Scheme[Any]) -> list[Measure]:
    return [
        *measure_answers(tasks, pairs, scheme),
        *measure_frames(tasks, pairs, scheme),
        *measure_spans(tasks, pairs, scheme),
    ]


def find_pairs(tasks: Sequence[GatheredTask], names: Sequence[str]) -> Pairs:
    """Each two annotations of each task, in the order of the tasks and of `names`."""
    number = {name: n for n, name in enumerate(names)}
    found: list[tuple[int, int, int, int, int, float]] = []
    before = 0
    for place, task in enumerate(tasks):
        who = sorted((number[a.annotator], n) for n, a in enumerate(task.annotations, before))
        before += len(who)
        found += [
            (place, first, second, one, other, 1 / (len(who) - 1))
            for (first, one), (second, other) in combinations(who, 2)
        ]
    columns = np.array(found, np.float64).reshape(len(found), 6).T
    return Pairs._make([*columns[:5].astype(np.int64), columns[5]])


def _entry(measure: Measure, figure: Figure) -> dict[str, Any]:
    return {"name": measure.name, "of": measure.of, **figure._asdict()}


def _by_annotator(
    measures: Sequence[Measure], names: Sequence[str], bootstrap: Bootstrap
) -> list[dict[str, Any]]:
    found = []
    for n, name in enumerate(names):
        for measure in measures:
            rows = measure.rows
            own = rows.only((rows.first == n) | (rows.second == n))
            if measure.narrow and measure.wide and not measure.mean_of_pairs and len(own.task):
                figure = measure_some(measure, own, bootstrap)
                found.append({"annotator": name, **_entry(measure, figure)})
    return found


def _by_pair(
    measures: Sequence[Measure], names: Sequence[str], bootstrap: Bootstrap
) -> list[dict[str, Any]]:
    found = []
    for measure in (m for m in measures if m.narrow):
        rows = measure.rows
        for first, second in sorted(
            set(zip(rows.first.tolist(), rows.second.tolist(), strict=True))
        ):
            own = rows.only((rows.first == first) & (rows.second == second))
            figure = measure_some(measure, own, bootstrap)
            who = {"first": names[first], "second": names[second]}
            found.append({**who, **_entry(measure, figure)})
    return sorted(found, key=lambda entry: (entry["first"], entry["second"]))
