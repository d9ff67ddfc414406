"""Tasks of a project by filter, page by page.

Rows are asked for in the order of their ids, each page beginning after the
last id of the page before: tasks that are deleted meanwhile shift no page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from annotate.studio.client import Studio

_PAGE = 1000


class Filter(NamedTuple):
    """One condition of Label Studio's data manager, e.g. ("id", "greater", "Number", 7)."""

    column: str
    operator: str
    kind: str
    value: Any


def iterate_tasks(
    studio: Studio, project: int, *, include: str, where: Sequence[Filter] = ()
) -> Iterator[dict[str, Any]]:
    """Rows of the tasks that fit every filter, with the fields named in `include` and `id`."""
    last = -1
    while True:
        after = Filter("id", "greater", "Number", last)
        rows = _fetch(
            studio,
            project,
            {"filters": _conjunction([after, *where])},
            page_size=_PAGE,
            include=f"id,{include}",
        )
        yield from rows
        if len(rows) < _PAGE:
            return
        last = rows[-1]["id"]


def fetch_full_tasks(studio: Studio, project: int, ids: Sequence[int]) -> list[dict[str, Any]]:
    """The tasks of `ids` with annotations, predictions and the caller's drafts.

    A task that is gone is left out.
    """
    chosen = {"selectedItems": {"all": False, "included": list(ids)}}
    # task data stays as it is stored: resolved addresses would differ with each pull
    return _fetch(studio, project, chosen, page_size=len(ids), fields="all", resolve_uri="false")


def _fetch(
    studio: Studio, project: int, query: dict[str, Any], **params: str | int
) -> list[dict[str, Any]]:
    path = "api/tasks/"
    asked = json.dumps(query | {"ordering": ["tasks:id"]}, separators=(",", ":"))
    answer = studio.get(path, project=project, query=asked, **params)
    rows = answer.get("tasks") if isinstance(answer, dict) else None
    if not isinstance(rows, list) or not all(_has_id(row) for row in rows):
        raise studio.unexpected(path)
    return rows


def _has_id(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("id"), int)


def _conjunction(filters: Sequence[Filter]) -> dict[str, Any]:
    return {
        "conjunction": "and",
        "items": [
            {
                "filter": f"filter:tasks:{one.column}",
                "operator": one.operator,
                "type": one.kind,
                "value": one.value,
            }
            for one in filters
        ],
    }
