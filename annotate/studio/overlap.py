"""How many annotators a task wants, where that is another number than its project's.

Label Studio keeps the number with each task and offers the task until so many people have
annotated it. Community has no page to set it, but takes it over the API (seen on 1.23.2).
What it derives from it, whether a task is finished, it derives only when somebody
annotates, so that is sent along.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotate.studio.client import Studio
from annotate.studio.known import Known


def find_differing(
    kept: Mapping[str, Known], packed: Mapping[str, dict[str, Any]], annotators: int | None
) -> list[Known]:
    """The calibration tasks of `kept` (by unit key) that do not want `annotators` people."""
    if annotators is None:
        return []
    return [
        task
        for key, task in sorted(kept.items())
        if packed[key]["data"].get("calibration") and task.overlap != annotators
    ]


def set_annotators(studio: Studio, task: Known, annotators: int) -> None:
    """Have a task offered until `annotators` people have annotated it."""
    finished = task.annotations >= annotators
    studio.patch(f"api/tasks/{task.id}/", {"overlap": annotators, "is_labeled": finished})


def offer_first(studio: Studio, project: int) -> None:
    """Have a project offer the tasks that several people annotate before all others."""
    studio.patch(f"api/projects/{project}/", {"show_overlap_first": True})
