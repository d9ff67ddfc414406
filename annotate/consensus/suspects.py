"""Gathered tasks -> labels worth another look, and what they say of people and guideline."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Any

from annotate.annotations.gather import GatheredTask
from annotate.annotations.taskdata import TaskData
from annotate.consensus.ballots import Ballots, ballots_of
from annotate.consensus.judge import Judge, Judged
from annotate.consensus.learned import Learned, learn
from annotate.consensus.reliability import (
    Work,
    find_speed_outliers,
    measure_drift,
    measure_reliability,
)
from annotate.consensus.tags import sharing
from annotate.consensus.ties import Tie, tie_order, ties_of
from annotate.schemes.base import Scheme

_WORDS = 5


def suspects_report(tasks: Iterable[GatheredTask], scheme: Scheme[Any]) -> dict[str, Any]:
    """Judge everybody's labels by Dawid and Skene's model of all tasks.

    The document: `suspects` (likely errors, the surest first; `likely_start` and
    `likely_end` are where what is likelier is), `annotators`
    (reliability), `drift`, `speed`, `confused` (pairs of labels, with the words
    they were put on), `ties` (questions that the majority leaves open) and `next`
    (tasks where one more annotation would change most). The order of tasks and of
    annotations does not matter. They are gone through twice, and none is held;
    TypeError where they can be gone through only once.
    """
    if isinstance(tasks, Iterator):
        raise TypeError("suspects go through the tasks twice; give a list or a TaskStream")
    learned = learn(tasks, scheme)
    findings = _Findings(learned, scheme)
    for task in tasks:
        findings.add(task)
    return findings.report()


class _Findings:
    """What is found task by task."""

    def __init__(self, learned: Learned, scheme: Scheme[Any]) -> None:
        self._learned, self._scheme = learned, scheme
        self._judge = Judge(learned)
        self._suspects: list[dict[str, Any]] = []
        self._work: list[Work] = []
        self._confused = _Confused()
        self._ties: list[Tie] = []
        self._next: list[dict[str, Any]] = []

    def add(self, task: GatheredTask) -> None:
        """Judge a task."""
        data = task.data
        ballots = ballots_of(task, self._scheme)
        judged = self._judge.judge(ballots)
        self._suspects += (_suspect(data, one) for one in judged.said if one.is_suspect)
        self._work += _work(task, judged.said)
        self._confused.add(ballots, data, self._scheme)
        self._ties += ties_of(task, self._scheme)
        self._next.append(
            {
                "unit_key": data.unit_key,
                "title": data.title,
                "annotators": sorted(a.annotator for a in task.annotations),
                "expected_changes": judged.changes,
            }
        )

    def report(self) -> dict[str, Any]:
        """The document."""
        return {
            "scheme": self._scheme.name,
            "tasks": len(self._next),
            "suspects": sorted(self._suspects, key=_surest_first),
            "annotators": measure_reliability(self._learned),
            "drift": measure_drift(self._work),
            "speed": find_speed_outliers(self._work),
            "confused": self._confused.pairs(),
            "ties": [tie._asdict() for tie in sorted(self._ties, key=tie_order)],
            "next": sorted(self._next, key=_most_changed_first),
        }


def _suspect(data: TaskData, one: Judged) -> dict[str, Any]:
    start, end = one.place
    return {
        "unit_key": data.unit_key,
        "title": data.title,
        "annotator": one.annotator,
        "question": one.question,
        "start": start,
        "end": end,
        "text": data.text[start:end],
        "said": one.said,
        "likely": one.likely,
        "likely_start": one.likely_place[0],
        "likely_end": one.likely_place[1],
        "chance_of_error": 1 - one.right,
    }


def _surest_first(entry: dict[str, Any]) -> tuple[Any, ...]:
    where = entry["unit_key"], entry["start"], entry["end"], entry["question"]
    return (-round(entry["chance_of_error"], 9), *where, entry["annotator"])


def _most_changed_first(entry: dict[str, Any]) -> tuple[float, str]:
    return -round(entry["expected_changes"], 9), entry["unit_key"]


def _work(task: GatheredTask, judged: Iterable[Judged]) -> Iterator[Work]:
    """Each annotation with how it was judged."""
    chances: dict[str, list[float]] = defaultdict(list)
    for one in judged:
        chances[one.annotator].append(one.right)
    for a in task.annotations:
        own = chances.get(a.annotator)
        right = sum(own) / len(own) if own else None
        size = len(task.data.text)
        yield Work(task.data.unit_key, a.annotator, a.created_at, a.lead_time, size, right)


class _Confused:
    """Pairs of labels that two annotators gave to one thing, with the words they gave them to."""

    def __init__(self) -> None:
        self._words: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)

    def add(self, ballots: Ballots, data: TaskData, scheme: Scheme[Any]) -> None:
        """Count those of a task."""
        for question, one, other, word in (
            *_confused_answers(ballots, data, scheme),
            *_confused_spans(ballots, data.text),
        ):
            first, second = sorted((one, other))
            self._words[question, first, second][word] += 1

    def pairs(self) -> list[dict[str, Any]]:
        """All pairs, the most frequent first."""
        counts = {key: words.total() for key, words in self._words.items()}
        return [
            {
                "question": question,
                "first": first,
                "second": second,
                "count": counts[question, first, second],
                "words": [
                    [word, n]
                    for word, n in sorted(
                        self._words[question, first, second].items(),
                        key=lambda item: (-item[1], item[0]),
                    )[:_WORDS]
                ],
            }
            for question, first, second in sorted(counts, key=lambda key: (-counts[key], key))
        ]


def _confused_answers(
    ballots: Ballots, data: TaskData, scheme: Scheme[Any]
) -> Iterator[tuple[str, str, str, str]]:
    """(question, two labels, the words) of answers."""
    stratum = scheme.stratum(data.context) if data.context else None
    for question, found in ballots.plain.items():
        for ballot in found:
            word = data.text[slice(*ballot.place)].lower() or stratum or data.title or ""
            for one, other in combinations(ballot.given.values(), 2):
                if one != other and not isinstance(one, bool):
                    yield question, str(one), str(other), word


def _confused_spans(ballots: Ballots, text: str) -> Iterator[tuple[str, str, str, str]]:
    """(question, two labels, the words) of spans."""
    for question, found in ballots.drawn.items():
        for ballot in found:
            for mine, theirs in combinations(map(sorted, ballot.layer.runs.values()), 2):
                for one in mine:
                    for other in sharing(theirs, one.first, one.last):
                        if one.label != other.label:
                            common = max(one.first, other.first), min(one.last, other.last)
                            start, end = ballot.place(*common)
                            yield question, one.label, other.label, text[start:end].lower()
