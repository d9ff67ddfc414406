"""A gathered task -> every question on which the majority decides nothing.

A scheme asks a rule its questions; this one answers as the majority does and
writes down each that is tied, with its place and who said what.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from annotate.annotations.gather import GatheredTask
from annotate.consensus.policy import Majority
from annotate.schemes.base import Place, Scheme, Span, StoodSpan, Verdict, Vote


class Tie(NamedTuple):
    """A question without a majority."""

    unit_key: str
    title: str | None
    question: str
    label: str | None
    """The label that half of them drew; None where nothing was drawn."""
    start: int
    end: int
    """Code points; 0 to 0 is the whole task."""
    text: str
    answers: dict[str, list[str]]
    """What was said -> by whom; drawn or not is `yes` and `no`."""


class _Watching(Majority):
    """The majority, with a list of what it could not decide."""

    def __init__(self) -> None:
        self.tied: list[tuple[str, str | None, Place, dict[str, list[str]]]] = []

    def accept(
        self, question: str, voters: Collection[str], asked: Collection[str], place: Place
    ) -> Verdict:
        verdict = super().accept(question, voters, asked, place)
        if verdict.tied and asked:
            answers = {"yes": sorted(voters), "no": sorted(set(asked) - set(voters))}
            self.tied.append((question, None, place, answers))
        return verdict

    def spans(
        self, question: str, text: str, drawn: Mapping[str, Sequence[Span]]
    ) -> tuple[list[StoodSpan], int]:
        before = len(self.tied)
        stood = super().spans(question, text, drawn)
        waiting: dict[tuple[Place, tuple[str, ...]], list[str]] = {}
        drew: dict[Span, Counter[str]] = {}
        for name in sorted(drawn):
            for span in drawn[name]:
                drew.setdefault(span, Counter())[name] += 1
        for (start, end, label), times in sorted(drew.items(), key=itemgetter(0)):
            for copy in range(max(times.values())):
                who = tuple(name for name, n in times.items() if n > copy)
                waiting.setdefault(((start, end), who), []).append(label)
        for number, (_, _, place, answers) in enumerate(self.tied[before:], before):
            labels = waiting.get((place, tuple(answers["yes"])), [])
            self.tied[number] = (question, labels.pop(0) if labels else None, place, answers)
        return stood

    def choose(self, question: str, given: Mapping[str, Any], place: Place) -> Verdict:
        verdict = super().choose(question, given, place)
        if verdict.tied:
            answers: dict[str, list[str]] = {}
            for who, value in sorted(given.items(), key=lambda item: (str(item[1]), item[0])):
                answers.setdefault(_name(value), []).append(who)
            self.tied.append((question, None, place, answers))
        return verdict


def ties_of(task: GatheredTask, scheme: Scheme[Any]) -> Iterator[Tie]:
    """The tied questions of one task, as they are asked.

    It is what `--ties drop` leaves out and `annotate adjudicate` would put
    before somebody; a task with a ground truth is decided.
    """
    if any(annotation.ground_truth for annotation in task.annotations):
        return
    data, rule = task.data, _Watching()
    votes = [Vote(a.annotator, a.record) for a in task.annotations]
    scheme.resolve(data.unit_key, data.text, votes, rule)
    for question, label, (start, end), answers in rule.tied:
        place = (start, end, data.text[start:end])
        yield Tie(data.unit_key, data.title, question, label, *place, answers)


def tie_order(tie: Tie) -> tuple[Any, ...]:
    """Sorts ties by task, place and question."""
    return tie.unit_key, tie.start, tie.end, tie.question, tie.label or ""


def _name(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
