"""Tasks -> a project of a server; each unit key once, however often it is pushed.

Before each batch the server is asked which keys it has, after it whether the
batch arrived, once. Refused: a task without a key, a character that would make
the project unreadable, a project with another label config.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from annotate.errors import InputError, StateError
from annotate.studio import projects
from annotate.studio.client import Studio, connect
from annotate.studio.query import Filter, iterate_tasks
from annotate.studio.server import Server
from annotate.text import forbidden_character

if TYPE_CHECKING:
    from annotate.models import Task

# 100 keys make an address of 4.5 kB, where gateways begin to refuse at 8 kB
_BATCH_TASKS = 100
_BATCH_BYTES = 8_000_000


class PushResult(NamedTuple):
    """What a push did."""

    project_id: int
    created: int
    present: int
    """Tasks that were not sent, since their key was there or came before in the same push."""
    url: str


def push_tasks(
    server: Server,
    tasks: Iterable[Task],
    *,
    project: str,
    label_config: str,
    instruction: str = "",
    on_progress: Callable[[str], None],
) -> PushResult:
    """Bring `tasks` into the project of title `project`, which is made where missing.

    What is there already is left as it is. After an error the same push can be
    done again.
    """
    created = present = 0
    seen: set[str] = set()
    with connect(server) as studio:
        target = projects.ensure(
            studio, title=project, label_config=label_config, instruction=instruction
        )
        for batch in _batches(tasks):
            fresh = {key: task for key, task in batch if key not in seen}
            seen.update(fresh)
            known = _present(studio, target.id, fresh)
            missing = {key: task for key, task in fresh.items() if key not in known}
            if missing:
                _import(studio, target, missing)
            created += len(missing)
            present += len(batch) - len(missing)
            on_progress(f"pushed {created} tasks, {present} were there")
    return PushResult(target.id, created, present, target.url)


def _import(studio: Studio, target: projects.Project, tasks: dict[str, dict[str, Any]]) -> None:
    studio.post(f"api/projects/{target.id}/import", list(tasks.values()))
    arrived = _present(studio, target.id, tasks)
    lost = [key for key in tasks if key not in arrived]
    twice = [key for key, ids in arrived.items() if len(ids) > 1]
    if lost:
        raise StateError(
            f"{len(lost)} of {len(tasks)} tasks did not arrive, the first is {lost[0]}",
            where=target.url,
            do="push again; what has arrived is not sent twice",
        )
    if twice:
        raise StateError(
            f"{len(twice)} tasks are there more than once: task "
            + ", ".join(str(number) for number in arrived[twice[0]]),
            where=target.url,
            do="delete the later ones; do not push to one project twice at the same time",
        )


def _present(studio: Studio, project: int, keys: Iterable[str]) -> dict[str, list[int]]:
    """Task ids by unit key, for those of `keys` that the project has."""
    wanted = list(keys)
    found: dict[str, list[int]] = {}
    if not wanted:
        return found
    among = Filter("data.unit_key", "in_list", "List", wanted)
    for row in iterate_tasks(studio, project, include="data", where=[among]):
        found.setdefault(str(row["data"]["unit_key"]), []).append(row["id"])
    return found


def _batches(tasks: Iterable[Task]) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Pairs of key and payload, in batches that one request can carry."""
    batch: list[tuple[str, dict[str, Any]]] = []
    size = 0
    for place, task in enumerate(tasks, start=1):
        key, payload = _checked_key(task, place), _payload(task)
        weight = len(json.dumps(payload))
        if batch and (len(batch) == _BATCH_TASKS or size + weight > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((key, payload))
        size += weight
    if batch:
        yield batch


def _payload(task: Task) -> dict[str, Any]:
    return task.model_dump(mode="json", exclude={} if task.predictions else {"predictions"})


def _checked_key(task: Task, place: int) -> str:
    key = task.data.get("unit_key")
    where = f"task {place}"
    if not isinstance(key, str) or not key:
        raise InputError("has no unit_key", where=where)
    for field, value in task.data.items():
        problem = forbidden_character(value) if isinstance(value, str) else None
        if problem:
            raise InputError(f"{problem} in {field}", where=f"{where} ({key})")
    return key
