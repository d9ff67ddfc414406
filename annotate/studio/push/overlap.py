"""How many annotators a task wants, where that is another number than its project's.

Label Studio keeps the number with each task and offers the task until so many people have
annotated it. Community has no page to set it, but takes it over the API (seen on 1.23.2).
What it derives from it, whether a task is finished, it derives only when somebody
annotates, so that is sent along.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from annotate.studio.connection.client import Studio
from annotate.studio.push.known import Known


class Offer(NamedTuple):
    """A task that is to be offered until `annotators` people have annotated it."""

    task: Known
    annotators: int


def find_differing(
    kept: Mapping[str, Known],
    packed: Mapping[str, dict[str, Any]],
    annotators: int | None,
    project_overlap: int,
) -> list[Offer]:
    """The tasks of `kept` (by unit key) that want another number of people than they should.

    Calibration tasks should want `annotators`; where that is None, nothing differs. Others should
    not want more than their project, as those do that an earlier push had for calibration. One
    that has enough and is not finished was annotated while its number was set: as long as it
    stays so, Label Studio offers nothing else to those to whom it does not offer this one.
    """
    if annotators is None:
        return []
    differing = []
    for key, task in sorted(kept.items()):
        is_shared = packed[key]["data"].get("calibration")
        wanted = annotators if is_shared else min(task.overlap, project_overlap)
        if task.overlap != wanted or (task.annotations >= wanted and not task.finished):
            differing.append(Offer(task, wanted))
    return differing


def set_annotators(studio: Studio, offer: Offer) -> None:
    """Have a task offered until enough people have annotated it."""
    finished = offer.task.annotations >= offer.annotators
    changes = {"overlap": offer.annotators, "is_labeled": finished}
    studio.patch(f"api/tasks/{offer.task.id}/", changes)


def offer_first(studio: Studio, project: int) -> None:
    """Have a project offer the tasks that several people annotate before all others."""
    studio.patch(f"api/projects/{project}/", {"show_overlap_first": True})
