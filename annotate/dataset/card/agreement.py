"""Rows of a version -> the agreement that its card states.

The figures are those of `annotate agreement` over all annotators. So that a
large project costs no more than a small one, at most 500 tasks are read:
of a larger project those with two annotations or more that come first by a
hash of their ids, which is as good as chance and always the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from heapq import nsmallest
from typing import Any

from annotate.consensus.agreement import overall_figures
from annotate.dataset.card.records import read_records
from annotate.dataset.manifest import Agreement, AgreementFigure
from annotate.identity import digest
from annotate.schemes.base import Scheme

MOST_TASKS = 500
REPLICATES = 1000
_DIGITS = 6


def deciding_units(
    said: Iterable[tuple[str, str]], asked: Mapping[str, Collection[str]]
) -> Iterator[str]:
    """The task of each annotation (task, annotator) by who decided, not by somebody asked.

    `asked` is task -> the `annotators` of its gold row, of tasks that were adjudicated.
    """
    return (unit for unit, annotator in said if annotator not in asked.get(unit, (annotator,)))


def choose_compared(counts: Iterable[tuple[str, int]]) -> tuple[set[str], int]:
    """The tasks to read, and how many have two annotations or more.

    `counts` is each task once, with the number of its annotations. A task with one tells
    nothing, but belongs to what the bootstrap draws from.
    """
    tasks = several = 0
    few = set[str]()

    def compared() -> Iterator[str]:
        nonlocal tasks, several
        for unit, n in counts:
            tasks += 1
            if tasks <= MOST_TASKS:
                few.add(unit)
            if n > 1:
                several += 1
                yield unit

    chosen = nsmallest(MOST_TASKS, compared(), key=lambda unit: digest("agreement", unit))
    return few if tasks <= MOST_TASKS else set(chosen), several


def measure_agreement(
    gold: Iterable[Mapping[str, Any]],
    annotations: Iterable[Mapping[str, Any]],
    scheme: Scheme[Any],
    *,
    of: int,
) -> Agreement:
    """Measure the agreement on the rows of the chosen tasks; labels are names.

    `of` is how many tasks have two annotations or more. Values and ends of
    intervals are rounded to six digits.
    """
    tasks = read_records(gold, annotations, scheme)
    compared = sum(sum(not a.decides for a in task.annotations) > 1 for task in tasks)
    figures = overall_figures(tasks, scheme, replicates=REPLICATES) if compared else []
    return Agreement(
        tasks=of,
        compared=compared,
        replicates=REPLICATES,
        figures=[AgreementFigure(**_rounded(figure)) for figure in figures],
    )


def _rounded(figure: Mapping[str, Any]) -> dict[str, Any]:
    # + 0.0 makes a negative zero an ordinary one
    return {
        name: round(value, _DIGITS) + 0.0 if isinstance(value, float) else value
        for name, value in figure.items()
    }
