"""What the server's list says of a task, and what it would say of a task of a file.

Where the two differ, the task has changed. `updated_at` alone does not tell: suggestions in
bulk, the deletion of a person and the actions that write into the data of many tasks (*Add Or
Modify Data Field*, *Cache Labels*) leave it as it was (seen on 1.23.2). Not to be
seen: suggestions that were deleted and imported anew in bulk, as many as before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, NamedTuple

from annotate.studio.connection.client import Studio
from annotate.studio.connection.query import Filter, iterate_tasks
from annotate.studio.pull.fields import encode_task, person_number

_INCLUDE = "updated_at,total_annotations,cancelled_annotations,total_predictions"
# fits every task; the server tells annotators only where a filter names them
_ANYBODY = Filter("annotators", "not_contains", "List", 0)


class Totals(NamedTuple):
    """How much there is on a task."""

    annotations: int
    """Without those that skip."""
    skipped: int
    suggestions: int


class Listed(NamedTuple):
    """A task in the server's list."""

    updated_at: Any
    totals: Totals
    rest: tuple[frozenset[int], bytes] | None
    """Who annotated or skipped it, and a digest of its data; None where that was not asked for."""


def list_tasks(studio: Studio, project: int, *, with_rest: bool) -> dict[int, Listed]:
    """Every task of a project by its id.

    `with_rest` costs the server a tenth more, since it reads data and annotations for
    its list in any case, and brings every text.
    """
    if with_rest:
        rows = iterate_tasks(
            studio, project, include=f"{_INCLUDE},annotators,data", where=[_ANYBODY]
        )
    else:
        rows = iterate_tasks(studio, project, include=_INCLUDE)
    return {
        row["id"]: Listed(
            row.get("updated_at"),
            _totals(row, row.get("total_predictions")),
            _rest(row, row.get("annotators") or []) if with_rest else None,
        )
        for row in rows
    }


def as_listed(task: dict[str, Any], *, with_rest: bool) -> Listed:
    """What the list says where a task is as here; of `task` only the kept fields are left."""
    people = [annotation.get("completed_by") for annotation in task["annotations"]]
    totals = _totals(task, len(task["predictions"]))
    return Listed(task.get("updated_at"), totals, _rest(task, people) if with_rest else None)


def _totals(task: dict[str, Any], suggestions: Any) -> Totals:
    annotations, skipped = task.get("total_annotations"), task.get("cancelled_annotations")
    return Totals(annotations or 0, skipped or 0, suggestions or 0)


def _rest(task: dict[str, Any], people: Iterable[Any]) -> tuple[frozenset[int], bytes]:
    known = frozenset(n for person in people if (n := person_number(person)) is not None)
    return known, hashlib.blake2b(encode_task(task.get("data")), digest_size=16).digest()
