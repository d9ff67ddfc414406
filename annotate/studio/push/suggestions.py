"""Suggestions of tasks that are there already: found where they differ, then changed.

A suggestion is known by the name of what made it (`model_version`); those of
other names are left alone, unless a task shall have no others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from annotate.studio.connection.client import Studio
from annotate.studio.connection.query import fetch_full_tasks
from annotate.studio.connection.reconcile import send_until_there

_PAGE = 100


class Change(NamedTuple):
    """One suggestion to make, to change or to remove."""

    task: int
    prediction: int | None
    """The one to change or remove; None where there is none of that name yet."""
    wanted: dict[str, Any] | None
    """What it shall be; None where it is one too many."""


def find_changes(
    studio: Studio,
    project: int,
    wanted: Mapping[int, Sequence[dict[str, Any]]],
    *,
    no_others: bool = False,
) -> list[Change]:
    """What to do so that each task of `wanted` (by task id) has those suggestions.

    With `no_others`, it has none of other names.
    """
    ids, changes = sorted(wanted), list[Change]()
    for start in range(0, len(ids), _PAGE):
        for task in fetch_full_tasks(studio, project, ids[start : start + _PAGE]):
            there = task.get("predictions") or []
            changes += _changes(task["id"], wanted[task["id"]], there)
            if no_others:
                changes += _others(task["id"], wanted[task["id"]], there)
    return changes


def make_change(studio: Studio, project: int, change: Change) -> None:
    """Carry out one change; one that a break left open is looked at and done again."""
    path = f"api/predictions/{change.prediction}/"
    if change.wanted is None:
        studio.delete(path)
    elif change.prediction is not None:
        studio.patch(path, change.wanted)
    else:
        _make(studio, project, change.task, change.wanted)


def show_all_suggestions(studio: Studio, project: int) -> None:
    """Show annotators the suggestions of every name.

    Label Studio shows one name alone, the last that was imported.
    """
    studio.patch(f"api/projects/{project}/", {"model_version": "", "show_collab_predictions": True})


def _make(studio: Studio, project: int, task: int, wanted: dict[str, Any]) -> None:
    def left(bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
        # one that is there twice by now is the next comparison's to remove
        changes = find_changes(studio, project, {task: [wanted]})
        return bodies if any(change.prediction is None for change in changes) else []

    send_until_there(
        lambda bodies: [studio.post("api/predictions/", body) for body in bodies],
        left,
        [wanted | {"task": task}],
    )


def _changes(
    task: int, wanted: Sequence[dict[str, Any]], there: Sequence[dict[str, Any]]
) -> list[Change]:
    changes = []
    for suggestion in wanted:
        named = [p for p in there if p.get("model_version") == suggestion["model_version"]]
        named.sort(key=lambda p: not _equal(p, suggestion))
        if not named:
            changes.append(Change(task, None, suggestion))
        elif not _equal(named[0], suggestion):
            changes.append(Change(task, named[0]["id"], suggestion))
        changes += [Change(task, other["id"], None) for other in named[1:]]
    return changes


def _others(
    task: int, wanted: Sequence[dict[str, Any]], there: Sequence[dict[str, Any]]
) -> list[Change]:
    names = {suggestion["model_version"] for suggestion in wanted}
    return [Change(task, p["id"], None) for p in there if p.get("model_version") not in names]


def _equal(there: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(there.get(name) == wanted.get(name) for name in ("result", "score"))
