"""What a project already has of some tasks.

A large part of a project is found by reading all of it, a small part by its
keys; the server takes half a second for a hundred keys, and two for a thousand
tasks of 8 kB.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, NamedTuple

from annotate.studio.connection.client import Studio
from annotate.studio.connection.query import Filter, fetch_full_tasks, iterate_tasks
from annotate.text import text_sha256

_INCLUDE = "data,total_annotations,cancelled_annotations,overlap,is_labeled"
_SHARE = 10
# 100 keys make an address of 4.5 kB, where gateways begin to refuse at 8 kB
_KEYS = 100


class Known(NamedTuple):
    """A task of the project."""

    id: int
    key: str
    place: tuple[Any, ...] | None
    """Article, unit, start and target; None for a task that does not say."""
    text_sha256: str
    annotated: bool
    """Whether anybody has worked on it, be it only to skip it."""
    annotations: int
    """Without those that skip."""
    overlap: int
    """Annotators that it wants."""
    finished: bool
    """Whether it is offered to nobody any more."""


def find_known(
    studio: Studio, project: int, tasks: int, wanted: Mapping[str, dict[str, Any]]
) -> list[Known]:
    """The project's tasks with a key of `wanted`, or of an article that `wanted` has tasks of.

    `wanted` is task data by unit key, `tasks` the number of tasks in the project.
    """
    if not wanted or not tasks:
        return []
    if len(wanted) * _SHARE >= tasks:
        rows = iterate_tasks(studio, project, include=_INCLUDE)
    else:
        rows = _by_filter(studio, project, wanted)
    articles = {article_of(data) for data in wanted.values()} - {None}
    found = (describe(row) for row in rows)
    near = {
        known.id: known
        for known in found
        if known.key in wanted or (known.place is not None and known.place[0] in articles)
    }
    return [near[number] for number in sorted(near)]


def find_untouched(studio: Studio, project: int, keys: Set[str]) -> list[int]:
    """The project's tasks with one of `keys` that nobody has annotated or skipped."""
    found = map(describe, iterate_tasks(studio, project, include=_INCLUDE))
    return [known.id for known in found if known.key in keys and not known.annotated]


def without_draft(studio: Studio, project: int, tasks: Iterable[int]) -> list[int]:
    """Those of `tasks` (ids) on which nobody has a draft."""
    left = set(tasks)
    if left:
        has_draft = Filter("draft_exists", "equal", "Boolean", True)
        rows = iterate_tasks(studio, project, include="id", where=[has_draft])
        left -= {row["id"] for row in rows}
    return sorted(left)


def find_idle(studio: Studio, project: int, tasks: Iterable[int]) -> list[int]:
    """Those of `tasks` (ids) without annotation, skip or draft at this moment."""
    undrafted = without_draft(studio, project, tasks)
    rows = fetch_full_tasks(studio, project, undrafted) if undrafted else []
    return [row["id"] for row in rows if not row.get("annotations")]


def find_ids(studio: Studio, project: int, keys: Iterable[str]) -> dict[str, list[int]]:
    """Task ids by unit key, for those of `keys` that the project has."""
    found: dict[str, list[int]] = {}
    for row in _having(studio, project, "data.unit_key", list(keys), "data"):
        found.setdefault(str(row["data"]["unit_key"]), []).append(row["id"])
    return found


def describe(row: dict[str, Any]) -> Known:
    """A row of the task list, as far as it matters here."""
    data = row.get("data") or {}
    counts = (row.get("total_annotations"), row.get("cancelled_annotations"))
    return Known(
        row["id"],
        str(data.get("unit_key", "")),
        place_of(data),
        text_sha256(str(data.get("text", "")).encode("utf-8", "replace").decode("utf-8")),
        any(counts),
        int(row.get("total_annotations") or 0),
        int(row.get("overlap") or 1),
        bool(row.get("is_labeled")),
    )


def article_of(data: Mapping[str, Any]) -> str | None:
    """The article that a task is of, where it says so."""
    article = data.get("article_id")
    return article if isinstance(article, str) and article else None


def place_of(data: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """What a task asks about, whatever its text."""
    article = article_of(data)
    if article is None:
        return None
    asked = (data.get("target"), data.get("target_kind"), data.get("holder"))
    return (article, data.get("unit"), data.get("unit_start"), *(part or None for part in asked))


def _by_filter(
    studio: Studio, project: int, wanted: Mapping[str, dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    yield from _having(studio, project, "data.unit_key", list(wanted), _INCLUDE)
    articles = {article_of(data): None for data in wanted.values()}
    named = [article for article in articles if article is not None]
    yield from _having(studio, project, "data.article_id", named, _INCLUDE)


def _having(
    studio: Studio, project: int, column: str, values: Sequence[str], include: str
) -> Iterator[dict[str, Any]]:
    for start in range(0, len(values), _KEYS):
        among = Filter(column, "in_list", "List", values[start : start + _KEYS])
        yield from iterate_tasks(studio, project, include=include, where=[among])
