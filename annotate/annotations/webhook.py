"""Webhook payloads -> the tasks that they tell of, in their last state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from annotate.errors import ExportError


class Event(msgspec.Struct):
    """One payload; fields that say nothing of annotations are not decoded."""

    action: str
    task: dict[str, Any] | None = None
    annotation: dict[str, Any] | None = None
    tasks: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []


class Events:
    """Folds payloads, in their order, into tasks with their annotations."""

    def __init__(self) -> None:
        self._tasks: dict[Any, dict[str, Any]] = {}
        self._annotations: dict[Any, dict[Any, dict[str, Any]]] = {}

    def add(self, event: Event, where: str) -> None:
        """Take one payload; those about projects and the like change nothing here."""
        if event.action == "ANNOTATIONS_DELETED":
            self._delete({item.get("id") for item in event.annotations})
        elif event.action == "TASKS_DELETED":
            for item in event.tasks:
                self._tasks.pop(item.get("id"), None)
                self._annotations.pop(item.get("id"), None)
        elif event.action == "TASKS_CREATED":
            for task in event.tasks:
                self._tasks[task.get("id")] = task
        elif event.annotation is not None:
            if event.task is None or "data" not in event.task:
                raise ExportError(f"the event {event.action} has no task", where=where)
            name = event.task.get("id")
            self._tasks[name] = event.task
            self._annotations.setdefault(name, {})[event.annotation.get("id")] = event.annotation

    def tasks(self) -> Iterator[bytes]:
        """Each task as JSON, with the annotations that were not deleted."""
        for name, task in self._tasks.items():
            kept = list(self._annotations.get(name, {}).values())
            yield msgspec.json.encode({**task, "annotations": kept})

    def _delete(self, names: set[Any]) -> None:
        for known in self._annotations.values():
            for name in names & known.keys():
                del known[name]
