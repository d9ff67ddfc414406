"""A project -> what its own counters say of its tasks and annotations."""

from __future__ import annotations

from typing import NamedTuple

from annotate.errors import StateError
from annotate.studio.connection.client import Studio
from annotate.studio.connection.shape import is_count


class Counters(NamedTuple):
    """What a project says of itself."""

    tasks: int
    annotations: int
    """Without those that skip."""
    skipped: int


def read_counters(studio: Studio, project: int) -> Counters:
    """What the project's own counters say."""
    path = "api/projects/"
    names = ("task_number", "total_annotations_number", "skipped_annotations_number")
    answer = studio.get(path, {"ids": project, "include": ",".join(("id", *names))})
    found = answer.get("results") if isinstance(answer, dict) else None
    if found == []:
        raise StateError("the project was deleted meanwhile", where=studio.server.url)
    if not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], dict):
        raise studio.unexpected(path)
    counts = [found[0].get(name) for name in names]
    if found[0].get("id") != project or not all(map(is_count, counts)):
        raise studio.unexpected(path)
    return Counters(*(counted or 0 for counted in counts))
