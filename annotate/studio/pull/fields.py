"""A task as the server tells it -> the fields that are kept on disk.

Names and addresses of people, and whatever a later Label Studio may add, are
left behind: only what is listed here is kept. A person is a number.
"""

from __future__ import annotations

import json
from typing import Any

_TASK = [
    "id",
    "inner_id",
    "project",
    "data",
    "meta",
    "created_at",
    "updated_at",
    "total_annotations",
    "cancelled_annotations",
]
_ANNOTATION = [
    "id",
    "completed_by",
    "result",
    "was_cancelled",
    "ground_truth",
    "created_at",
    "updated_at",
    "draft_created_at",
    "lead_time",
    "parent_prediction",
    "parent_annotation",
    "unique_id",
]
_PREDICTION = ["id", "model_version", "score", "result", "created_at"]
_DRAFT = ["id", "annotation", "user", "result", "lead_time", "created_at", "updated_at"]


def keep_fields(task: dict[str, Any]) -> dict[str, Any]:
    """`task` in the shape of a Label Studio export, reduced to the fields that are kept.

    Annotations, predictions and drafts are in the order of their ids.
    """
    kept = _only(task, _TASK)
    kept["annotations"] = _entries(task, "annotations", _ANNOTATION)
    kept["predictions"] = _entries(task, "predictions", _PREDICTION)
    kept["drafts"] = _entries(task, "drafts", _DRAFT)
    return kept


def encode_task(task: Any) -> bytes:
    """The one line that stands for the kept fields of `task`, or for a part of them."""
    try:
        return _dump(task, ensure_ascii=False)
    except UnicodeEncodeError:
        # a lone surrogate, which a later stage reports with its place
        return _dump(task, ensure_ascii=True)


def _dump(task: Any, *, ensure_ascii: bool) -> bytes:
    return json.dumps(task, ensure_ascii=ensure_ascii, separators=(",", ":")).encode("utf-8")


def _entries(task: dict[str, Any], name: str, fields: list[str]) -> list[dict[str, Any]]:
    entries = task.get(name)
    if not isinstance(entries, list):
        return []
    kept = [_only(entry, fields) for entry in entries if isinstance(entry, dict)]
    return sorted(kept, key=lambda entry: int(entry.get("id") or 0))


def _only(entry: dict[str, Any], fields: list[str]) -> dict[str, Any]:
    kept = {field: entry[field] for field in fields if field in entry}
    for person in ("completed_by", "user"):
        if person in kept:
            kept[person] = person_number(kept[person])
            if kept[person] is None and person == "user":
                del kept[person]
    return kept


def person_number(person: Any) -> int | None:
    """The number of a person that is told as a number or as an object; an address is nobody."""
    if isinstance(person, dict):
        person = person.get("id")
    return person if isinstance(person, int) and not isinstance(person, bool) else None
