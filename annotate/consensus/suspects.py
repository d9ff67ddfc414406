"""Gathered tasks -> labels worth another look, and what they say of people and guideline."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any

from annotate.annotations.gather import GatheredTask
from annotate.consensus.ballots import Ballots, ask_all
from annotate.consensus.judge import Judged, expected_changes, judge
from annotate.consensus.learned import Learned
from annotate.consensus.reliability import (
    find_speed_outliers,
    measure_drift,
    measure_reliability,
)
from annotate.consensus.ties import find_ties
from annotate.schemes.base import Scheme

_LIKELY = 0.5
_WORDS = 5


def suspects_report(tasks: Sequence[GatheredTask], scheme: Scheme[Any]) -> dict[str, Any]:
    """Judge everybody's labels by Dawid and Skene's model of all tasks.

    The document: `suspects` (likely errors, the surest first), `annotators`
    (reliability), `drift`, `speed`, `confused` (pairs of labels, with the words
    they were put on), `ties` (questions that the majority leaves open) and `next`
    (tasks where one more annotation would change most). The order of tasks and of
    annotations does not matter.
    """
    ordered = [
        GatheredTask(task.data, sorted(task.annotations, key=lambda a: a.annotator))
        for task in sorted(tasks, key=lambda task: task.data.unit_key)
    ]
    ballots = ask_all(ordered, scheme, Ballots())
    learned = Learned(ballots)
    judged = list(judge(ballots, learned))
    return {
        "scheme": scheme.name,
        "tasks": len(ordered),
        "suspects": _suspects(judged, ordered),
        "annotators": measure_reliability(ballots, learned),
        "drift": measure_drift(judged, ordered),
        "speed": find_speed_outliers(ordered),
        "confused": _confused(ballots, ordered, scheme),
        "ties": [tie._asdict() for tie in find_ties(ordered, scheme)],
        "next": _next(ballots, learned, ordered),
    }


def _suspects(judged: Iterable[Judged], tasks: Sequence[GatheredTask]) -> list[dict[str, Any]]:
    found = []
    for item in judged:
        data = tasks[item.task].data
        if item.right < _LIKELY and len(tasks[item.task].annotations) > 1:
            start, end = item.place
            found.append(
                {
                    "unit_key": data.unit_key,
                    "title": data.title,
                    "annotator": item.annotator,
                    "question": item.question,
                    "start": start,
                    "end": end,
                    "text": data.text[start:end],
                    "said": item.said,
                    "likely": item.likely,
                    "chance_of_error": 1 - item.right,
                }
            )
    return sorted(found, key=_surest_first)


def _surest_first(entry: dict[str, Any]) -> tuple[Any, ...]:
    where = entry["unit_key"], entry["start"], entry["end"], entry["question"]
    return (-round(entry["chance_of_error"], 9), *where, entry["annotator"])


def _confused(
    ballots: Ballots, tasks: Sequence[GatheredTask], scheme: Scheme[Any]
) -> list[dict[str, Any]]:
    """Pairs of labels that two annotators gave to one thing, most frequent first."""
    counts: Counter[tuple[str, str, str]] = Counter()
    words: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for question, one, other, word in (
        *_confused_answers(ballots, tasks, scheme),
        *_confused_spans(ballots, tasks),
    ):
        key = question, *sorted((one, other))
        counts[key[0], key[1], key[2]] += 1
        words[key[0], key[1], key[2]][word] += 1
    return [
        {
            "question": question,
            "first": first,
            "second": second,
            "count": counts[question, first, second],
            "words": [
                [word, n]
                for word, n in sorted(
                    words[question, first, second].items(), key=lambda item: (-item[1], item[0])
                )[:_WORDS]
            ],
        }
        for question, first, second in sorted(counts, key=lambda key: (-counts[key], key))
    ]


def _confused_answers(
    ballots: Ballots, tasks: Sequence[GatheredTask], scheme: Scheme[Any]
) -> Iterator[tuple[str, str, str, str]]:
    for question, found in ballots.plain.items():
        for ballot in found:
            data = tasks[ballot.task].data
            stratum = scheme.stratum(data.context) if data.context else None
            word = data.text[slice(*ballot.place)].lower() or stratum or data.title or ""
            for one, other in combinations(ballot.given.values(), 2):
                if one != other and not isinstance(one, bool):
                    yield question, str(one), str(other), word


def _confused_spans(
    ballots: Ballots, tasks: Sequence[GatheredTask]
) -> Iterator[tuple[str, str, str, str]]:
    for question, found in ballots.drawn.items():
        for ballot in found:
            text = tasks[ballot.task].data.text
            for mine, theirs in combinations(ballot.layer.runs.values(), 2):
                for one in mine:
                    for other in theirs:
                        common = max(one.first, other.first), min(one.last, other.last)
                        if one.label != other.label and common[0] <= common[1]:
                            start, end = ballot.place(*common)
                            yield question, one.label, other.label, text[start:end].lower()


def _next(
    ballots: Ballots, learned: Learned, tasks: Sequence[GatheredTask]
) -> list[dict[str, Any]]:
    """Tasks by how many answers one more annotation would change, as expected."""
    changes = expected_changes(ballots, learned, len(tasks))
    ranked = sorted(
        zip(changes, tasks, strict=True), key=lambda c: (-round(c[0], 9), c[1].data.unit_key)
    )
    return [
        {
            "unit_key": task.data.unit_key,
            "title": task.data.title,
            "annotators": [a.annotator for a in task.annotations],
            "expected_changes": change,
        }
        for change, task in ranked
    ]
