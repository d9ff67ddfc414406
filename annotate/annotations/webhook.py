"""Webhook payloads -> the tasks that they tell of, in their last state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import msgspec

from annotate.errors import ExportError

_Item: TypeAlias = dict[str, Any]


class _Event(msgspec.Struct):
    """One payload; fields that say nothing of annotations are not decoded."""

    action: str
    task: _Item | list[_Item] | None = None
    annotation: _Item | list[_Item] | None = None
    """Annotations that were made of suggestions come in one payload, with the task of each."""
    tasks: list[_Item] = []
    annotations: list[_Item] = []


class Events:
    """Folds payloads, in their order, into tasks with their annotations."""

    def __init__(self) -> None:
        self._tasks: dict[Any, _Item] = {}
        self._annotations: dict[Any, dict[Any, _Item]] = {}

    def add(self, payload: Any, where: str) -> None:
        """Take one payload; those about projects and the like change nothing here.

        Raises ExportError for one that is not as Label Studio sends it.
        """
        try:
            event = msgspec.convert(payload, _Event)
        except msgspec.ValidationError as error:
            raise ExportError(f"is not a webhook payload: {error}", where=where) from None
        if event.action == "ANNOTATIONS_DELETED":
            self._delete({_id(item, where) for item in event.annotations})
        elif event.action == "TASKS_DELETED":
            for item in event.tasks:
                self._tasks.pop(_id(item, where), None)
                self._annotations.pop(_id(item, where), None)
        elif event.action == "TASKS_CREATED":
            for task in event.tasks:
                self._tasks[_id(task, where)] = task
        elif event.annotation is not None:
            self._put(_several(event.annotation), _several(event.task), event.action, where)

    def tasks(self) -> Iterator[bytes]:
        """Each task as JSON, with the annotations that were not deleted."""
        for name, task in self._tasks.items():
            kept = list(self._annotations.get(name, {}).values())
            yield msgspec.json.encode({**task, "annotations": kept})

    def _put(self, annotations: list[_Item], tasks: list[_Item], action: str, where: str) -> None:
        if len(tasks) != len(annotations) or not all("data" in task for task in tasks):
            raise ExportError(f"the event {action} has no task", where=where)
        for annotation, task in zip(annotations, tasks, strict=True):
            name = _id(task, where)
            self._tasks[name] = task
            self._annotations.setdefault(name, {})[_id(annotation, where)] = annotation

    def _delete(self, names: set[Any]) -> None:
        for known in self._annotations.values():
            for name in names & known.keys():
                del known[name]


def _several(found: _Item | list[_Item] | None) -> list[_Item]:
    return found if isinstance(found, list) else [found] if found is not None else []


def _id(item: _Item, where: str) -> int | str:
    """What later payloads name a task or an annotation by."""
    name = item.get("id")
    if not isinstance(name, int | str):
        raise ExportError(f"is not a webhook payload: an id is {name!r}"[:200], where=where)
    return name
