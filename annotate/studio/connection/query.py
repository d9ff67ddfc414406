"""Tasks of a project by filter, page by page.

Rows are asked for in the order of their ids, each page beginning after the
last id of the page before: tasks that are deleted meanwhile shift no page. A server may
give fewer than it is asked for (its TASK_API_PAGE_SIZE_MAX): by its total more are left.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

from annotate.studio.connection.client import Studio
from annotate.studio.connection.counters import read_counters
from annotate.studio.connection.failures import TooSlow, endless, stale
from annotate.studio.connection.shape import is_count, is_task

_PAGE = 1000


class Filter(NamedTuple):
    """One condition of Label Studio's data manager, e.g. ("id", "greater", "Number", 7)."""

    column: str
    operator: str
    kind: str
    value: Any


class _Page(NamedTuple):
    """What a server gave at once."""

    rows: list[dict[str, Any]]
    is_cut: bool
    """Whether more tasks fit than it gave."""


def iterate_tasks(
    studio: Studio, project: int, *, include: str, where: Sequence[Filter] = ()
) -> Iterator[dict[str, Any]]:
    """Rows of the tasks that fit every filter, with the fields named in `include` and `id`.

    Raises StateError where they go on beyond what the project says it has.
    """
    last, given, there = -1, 0, 0
    while True:
        after = Filter("id", "greater", "Number", last)
        rows, is_cut = _fetch(
            studio,
            {"filters": _conjunction([after, *where])},
            {"project": project, "page_size": _PAGE, "include": f"id,{include}"},
            fits=partial(_ascends_from, last),
        )
        yield from rows
        if not rows or (len(rows) < _PAGE and not is_cut):
            return
        last, given = rows[-1]["id"], given + len(rows)
        if given > there + _PAGE:  # a page may come while the list is read
            there = max(there, read_counters(studio, project).tasks)
            if given > there + _PAGE:
                raise endless(studio.server, given, there)


def fetch_full_tasks(studio: Studio, project: int, ids: Sequence[int]) -> list[dict[str, Any]]:
    """The tasks of `ids` with annotations, predictions and the caller's drafts.

    A task that is gone is left out. A page that a server or gateway cannot give
    in time is asked for in halves.
    """
    try:
        return _fetch_page(studio, project, ids)
    except TooSlow:
        if len(ids) == 1:
            raise
    middle = len(ids) // 2
    return [
        *fetch_full_tasks(studio, project, ids[:middle]),
        *fetch_full_tasks(studio, project, ids[middle:]),
    ]


def _fetch_page(studio: Studio, project: int, ids: Sequence[int]) -> list[dict[str, Any]]:
    params: dict[str, str | int] = {"project": project, "page_size": len(ids), "fields": "all"}
    rows, is_cut = _fetch(
        studio,
        {"selectedItems": {"all": False, "included": list(ids)}},
        params,
        fits=partial(_is_among, ids),
        tasks=len(ids),
    )
    left = [number for number in ids if number > rows[-1]["id"]] if is_cut and rows else []
    return rows + fetch_full_tasks(studio, project, left) if left else rows


def _fetch(
    studio: Studio,
    query: dict[str, Any],
    params: dict[str, str | int],
    *,
    fits: Callable[[list[int]], bool],
    tasks: int = 0,
) -> _Page:
    path = "api/tasks/"
    asked = json.dumps(query | {"ordering": ["tasks:id"]}, separators=(",", ":"))

    def check(answer: Any) -> None:
        rows = answer.get("tasks") if isinstance(answer, dict) else None
        if not isinstance(rows, list) or not all(is_task(row) for row in rows):
            raise studio.unexpected(path)
        if not is_count(answer.get("total")):
            raise studio.unexpected(path)
        if not fits([row["id"] for row in rows]):
            raise stale(studio.server, path)

    # data stays as it is stored: resolved addresses would differ with each answer
    params = params | {"query": asked, "resolve_uri": "false"}
    answer = studio.get(path, params, tasks=tasks, check=check)
    found: list[dict[str, Any]] = answer["tasks"]
    return _Page(found, len(found) < (answer.get("total") or 0))


def _ascends_from(last: int, ids: list[int]) -> bool:
    return all(before < after for before, after in pairwise([last, *ids]))


def _is_among(wanted: Sequence[int], ids: list[int]) -> bool:
    return set(ids) <= set(wanted) and _ascends_from(-1, ids)


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
