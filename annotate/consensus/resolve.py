"""Gathered tasks -> gold rows: one record a task, with votes and voters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from annotate.annotations.gather import Annotation, GatheredTask
from annotate.consensus.learned import learn
from annotate.consensus.policy import Majority, PolicyName, Ties, Union
from annotate.errors import StateError
from annotate.schemes.base import Rule, Scheme, Vote
from annotate.text import moment_order


class Gold(NamedTuple):
    """The records of a task resolved into one."""

    values: tuple[Any, ...]
    """In the order of the scheme's gold columns."""
    policy: str
    """What decided: `adjudicated` where a ground truth did, else the policy's name."""
    annotators: list[str]
    """Those asked, sorted; who decided over them in an adjudication is not one of them."""
    ties: int
    """Labels that stay out because votes for and against are equal."""


class Resolved(NamedTuple):
    """A task and what became of its annotations."""

    task: GatheredTask
    gold: Gold


def resolve_tasks(
    tasks: Iterable[GatheredTask], scheme: Scheme[Any], *, policy: PolicyName, ties: Ties = "drop"
) -> Iterator[Resolved]:
    """Resolve tasks, in their order, one at a time.

    A policy that learns goes through all tasks first; TypeError where `tasks` can be gone
    through only once. With `ties` drop and adjudicate a tied label stays out;
    `ties.ties_of` lists where. Raises StateError for a second annotator under `single`,
    and for a tie under `ties="error"`.
    """
    if learns(policy) and isinstance(tasks, Iterator):
        raise TypeError(f"{policy} goes through the tasks twice; give a list or a TaskStream")
    rule = learn(tasks, scheme) if learns(policy) else plain_rule(policy)
    for task in tasks:
        yield Resolved(task, resolve_task(task, scheme, rule, policy=policy, ties=ties))


def refuse_unresolved(
    tasks: Iterable[GatheredTask], scheme: Scheme[Any], *, policy: PolicyName, ties: Ties
) -> Iterable[GatheredTask]:
    """The tasks as they are; raises as `resolve_tasks` does where a policy refuses one."""
    if policy != "single" and ties != "error":
        return tasks
    return (one.task for one in resolve_tasks(tasks, scheme, policy=policy, ties=ties))


def learns(policy: PolicyName) -> bool:
    """Whether a policy must have seen all tasks before it can resolve the first."""
    return policy == "dawid-skene"


def plain_rule(policy: PolicyName) -> Rule:
    """The rule of a policy that learns nothing."""
    return Union() if policy == "union" else Majority()


def resolve_task(
    task: GatheredTask, scheme: Scheme[Any], rule: Rule, *, policy: PolicyName, ties: Ties
) -> Gold:
    """Resolve one task by the rule of its policy; raises as `resolve_tasks` does."""
    asked = task.annotations
    if policy == "single" and len(asked) > 1:
        raise StateError(
            f"{len(asked)} annotators under the policy single",
            where=_place(task),
            do="choose majority, adjudicated, dawid-skene or union with --policy",
        )
    deciding = _ground_truth(asked) if policy == "adjudicated" else []
    votes = [Vote(a.annotator, a.record) for a in deciding or asked]
    values, tied = scheme.resolve(task.data.unit_key, task.data.text, votes, rule)
    if tied and ties == "error":
        labels = "1 label is" if tied == 1 else f"{tied} labels are"
        raise StateError(
            f"{labels} tied among {len(votes)} annotators",
            where=_place(task),
            do="let another annotator decide, or use --ties drop or adjudicate",
        )
    decided = "majority" if policy == "adjudicated" and not deciding else policy
    judged = [a for a in asked if not a.decides] if deciding else asked
    return Gold(values, decided, sorted(a.annotator for a in judged or asked), tied)


def _place(task: GatheredTask) -> str:
    """Where a task stands and what it is, for a person."""
    key, title = f"unit_key {task.data.unit_key}", task.data.title
    return (f"{task.where}, {key}" if task.where else key) + (f" ({title})" if title else "")


def _ground_truth(annotations: list[Annotation]) -> list[Annotation]:
    """The ground truth that counts, alone; nothing where there is none.

    A decision over others comes before what was flagged by hand, then the newest, then
    what it says decides: pseudonyms depend on a key, gold must not.
    """
    truths = [annotation for annotation in annotations if annotation.ground_truth]
    return [max(truths, key=_weight)] if truths else []


def _weight(truth: Annotation) -> tuple[bool, str, str]:
    return truth.decides, moment_order(truth.created_at or ""), str(truth.record)
