"""What the server's list says of a task, and what it would say of a task of a file.

Where the two differ, the task has changed. `updated_at` alone does not tell: suggestions in
bulk, the deletion of a person and the actions that write into the data of many tasks
(*Add Or Remove Data Field*, *Cache labels*) leave it as it was (seen on 1.23.2).

The server reads data and annotations of a task for its list whatever is asked for, so
that both cost it no more. Not to be seen: suggestions that were deleted and imported anew
in bulk, as many as before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, NamedTuple

from annotate.studio.client import Studio
from annotate.studio.fields import encode_task, person_number
from annotate.studio.query import Filter, iterate_tasks

_INCLUDE = "updated_at,total_annotations,cancelled_annotations,total_predictions,annotators,data"
# fits every task; the server tells annotators only where a filter names them
_ANYBODY = Filter("annotators", "not_contains", "List", 0)


class Signs(NamedTuple):
    """What tells that a task has changed where `updated_at` does not."""

    annotations: int
    """Without those that skip."""
    skipped: int
    suggestions: int
    people: frozenset[int]
    """Who annotated or skipped it."""
    data: bytes
    """A digest."""


class Listed(NamedTuple):
    """A task in the server's list."""

    updated_at: Any
    signs: Signs


def list_tasks(studio: Studio, project: int) -> dict[int, Listed]:
    """Every task of a project by its id."""
    return {
        row["id"]: _listed(row, row.get("total_predictions"), row.get("annotators") or [])
        for row in iterate_tasks(studio, project, include=_INCLUDE, where=[_ANYBODY])
    }


def as_listed(task: dict[str, Any]) -> Listed:
    """What the list says where a task is as here; of `task` only the kept fields are left."""
    people = [annotation.get("completed_by") for annotation in task["annotations"]]
    return _listed(task, len(task["predictions"]), people)


def _listed(task: dict[str, Any], suggestions: Any, people: Iterable[Any]) -> Listed:
    signs = Signs(
        task.get("total_annotations") or 0,
        task.get("cancelled_annotations") or 0,
        suggestions or 0,
        frozenset(n for person in people if (n := person_number(person)) is not None),
        hashlib.blake2b(encode_task(task.get("data")), digest_size=16).digest(),
    )
    return Listed(task.get("updated_at"), signs)
