"""Gathered tasks made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotate.annotations.gather import Annotation, GatheredTask
from annotate.annotations.taskdata import TaskData


def gathered(
    key: str,
    text: str,
    records: Mapping[str, Any],
    *,
    target: str | None = None,
    truth: str | None = None,
    seconds: Mapping[str, float] | None = None,
    days: Mapping[str, str] | None = None,
) -> GatheredTask:
    """A task with a record of each annotator; `truth` is who made the ground truth."""
    context = {"target": target, "target_kind": None, "holder": None}
    data = TaskData(
        key, key, key, "article", 0, key, None, None, None, text, "", context if target else {}
    )
    annotations = [
        Annotation(who, record, who == truth, (days or {}).get(who), (seconds or {}).get(who))
        for who, record in records.items()
    ]
    return GatheredTask(data, annotations)
