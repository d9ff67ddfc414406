"""Gathered tasks -> gold rows: one record a task, with votes and voters."""

from __future__ import annotations

from typing import Any, NamedTuple

from annotate.annotations.gather import Annotation, GatheredTask
from annotate.consensus.policy import Majority, PolicyName, Ties, Union
from annotate.errors import StateError
from annotate.schemes.base import Scheme, Vote


class Gold(NamedTuple):
    """The records of a task resolved into one."""

    values: tuple[Any, ...]
    """In the order of the scheme's gold columns."""
    policy: str
    """What decided: `adjudicated` where a ground truth did, else the policy's name."""
    annotators: list[str]
    """Those asked, sorted."""
    ties: int


def resolve_task(
    task: GatheredTask, scheme: Scheme[Any], *, policy: PolicyName, ties: Ties = "drop"
) -> Gold:
    """Resolve one task.

    Raises StateError for a second annotator under `single`, and for a tie
    under `ties="error"`.
    """
    asked = task.annotations
    if policy == "single" and len(asked) > 1:
        raise StateError(
            f"{len(asked)} annotators under the policy single",
            where=f"task {task.data.unit_key}",
            do="choose majority, adjudicated or union with --policy",
        )
    deciding = _ground_truth(asked) if policy == "adjudicated" else []
    votes = [Vote(a.annotator, a.record) for a in deciding or asked]
    rule = Union() if policy == "union" else Majority()
    values, tied = scheme.resolve(task.data.unit_key, task.data.text, votes, rule)
    if tied and ties == "error":
        raise StateError(
            f"{tied} labels are tied among {len(votes)} annotators",
            where=f"task {task.data.unit_key} ({task.data.title})",
            do="let another annotator decide, or use --ties drop",
        )
    decided = "majority" if policy == "adjudicated" and not deciding else policy
    return Gold(values, decided, [a.annotator for a in asked], tied)


def _ground_truth(annotations: list[Annotation]) -> list[Annotation]:
    """The newest ground truth, alone; nothing where there is none."""
    truths = [annotation for annotation in annotations if annotation.ground_truth]
    return [max(truths, key=lambda a: (a.created_at or "", a.annotator))] if truths else []
