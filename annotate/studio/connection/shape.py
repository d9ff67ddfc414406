"""What a server answers -> whether it has the shape that Label Studio gives it.

Only what is counted, compared or kept here is looked at, and where it is there at all.
"""

from __future__ import annotations

import sys
from typing import Any

_COUNTS = ("total_annotations", "cancelled_annotations", "total_predictions", "overlap")
_ENTRIES = ("annotations", "predictions", "drafts")


def is_task(row: Any) -> bool:
    """Whether `row` is a task of the list or one with all its fields."""
    return (
        _has_id(row)
        and isinstance(row.get("data") or {}, dict)
        and all(is_count(row.get(name)) for name in _COUNTS)
        and isinstance(row.get("annotators") or [], list)
        and all(_are_entries(row.get(name, [])) for name in _ENTRIES)
    )


def is_count(value: Any) -> bool:
    """Whether `value` is a whole number from 0, or not told."""
    return value is None or (_is_whole(value) and value >= 0)


def _are_entries(entries: Any) -> bool:
    return isinstance(entries, list) and all(
        _has_id(entry) and _is_duration(entry.get("lead_time")) for entry in entries
    )


def _has_id(entry: Any) -> bool:
    return isinstance(entry, dict) and _is_whole(entry.get("id"))


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_duration(value: Any) -> bool:
    if value is None:
        return True
    return (_is_whole(value) or isinstance(value, float)) and abs(value) <= sys.float_info.max
