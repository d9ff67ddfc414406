"""Annotations of the person whose key is used -> a task of a server.

For the demonstration and the tests: annotators use the browser.
"""

from __future__ import annotations

from typing import Any

from annotate.studio.connection.client import connect
from annotate.studio.connection.server import Server


def submit_annotation(
    server: Server,
    task_id: int,
    result: list[dict[str, Any]],
    *,
    lead_time: float | None = None,
    was_cancelled: bool = False,
) -> int:
    """Submit `result`, Label Studio's list of regions, and return the annotation's id.

    `lead_time` is in seconds; `was_cancelled` skips the task.
    """
    body = {
        "result": result,
        "lead_time": lead_time,
        "was_cancelled": was_cancelled,
        "ground_truth": False,
    }
    path = f"api/tasks/{task_id}/annotations/"
    with connect(server) as studio:
        answer = studio.post(path, body)
        if not isinstance(answer, dict) or not isinstance(answer.get("id"), int):
            raise studio.unexpected(path)
        return int(answer["id"])


def update_annotation(server: Server, annotation_id: int, result: list[dict[str, Any]]) -> None:
    """Replace the regions of an annotation; all else stays as it was."""
    with connect(server) as studio:
        studio.patch(f"api/annotations/{annotation_id}/", {"result": result})
