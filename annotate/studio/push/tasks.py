"""Tasks -> a project of a server; each unit key once, however often it is pushed.

The project is compared with the tasks, what is missing is sent, and both are
compared again until nothing is left to do. So it is the server's own list that
says what arrived, after a break of the line and after a start anew.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import suppress
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from annotate.errors import StateError
from annotate.studio import projects
from annotate.studio.connection.client import Studio, connect
from annotate.studio.connection.failures import GoneError
from annotate.studio.connection.reconcile import send_until_there
from annotate.studio.connection.server import Server
from annotate.studio.progress import Progress
from annotate.studio.projects import Project, Settings
from annotate.studio.push.known import find_idle, find_ids
from annotate.studio.push.overlap import Offer, offer_first, set_annotators
from annotate.studio.push.plan import Plan, make_plan, pack_tasks
from annotate.studio.push.suggestions import make_change, show_all_suggestions

if TYPE_CHECKING:
    from annotate.models import Task

_BATCH_TASKS = 100
_BATCH_BYTES = 8_000_000
_REMOVED_AT_ONCE = 10
_ROUNDS = 8
_SETTLE_SECONDS = 3.0


class PushResult(NamedTuple):
    """What a push did, or under `dry_run` would do."""

    project_id: int | None
    """None where the project would be made."""
    created: int
    present: int
    """Tasks that were not sent, since their key was there or came before in the same push."""
    updated: int
    """Suggestions that were made, changed or removed on tasks that were there."""
    removed: int
    """Tasks that nobody had worked on: settled ones, and copies that a broken line had made."""
    url: str
    offered: int = 0
    """Tasks that were there and are offered to another number of people from now on."""


def push_tasks(
    server: Server,
    tasks: Iterable[Task],
    *,
    project: str,
    label_config: str,
    settings: Settings | None = None,
    annotators: int | None = None,
    settled: Set[str] | None = None,
    dry_run: bool = False,
    on_progress: Callable[[str], None],
) -> PushResult:
    """Bring `tasks` into the project of title `project`, which is made where missing.

    What is there already is left as it is, but for suggestions that have
    changed. Calibration tasks are offered first, to `annotators` people each, and
    all others of `tasks` to as many as the project says; where it is None, nothing
    about that changes. With `settled`, for an adjudication
    project, tasks have no suggestions but theirs, and those of the unit keys in it
    are removed where nobody has worked on them. After an error the same push can
    be done again. Raises StateError where the project has another label config or
    another text of a task.
    """
    packed, repeated = pack_tasks(tasks, projects.config_digest(label_config))
    with connect(server) as studio:
        target = projects.find_fitting(studio, project, label_config)
        plan = make_plan(studio, target, packed, annotators, settled=settled)
        present, created = plan.present + repeated, len(plan.missing)
        updated, offered = len(plan.changes), len(plan.offers)
        if dry_run:
            number, url = (target.id, target.url) if target else (None, server.url)
            removed = len(plan.surplus)
            return PushResult(number, created, present, updated, removed, url, offered)
        target = target or projects.create(
            studio, title=project, label_config=label_config, settings=settings or Settings()
        )
        removed = 0
        for _ in range(_ROUNDS):
            if plan.is_empty and not studio.in_doubt:
                if _has_several_sources(packed):
                    show_all_suggestions(studio, target.id)
                done = (created, present, updated, removed, target.url, offered)
                return PushResult(target.id, *done)
            _carry_out(studio, target, plan, packed, on_progress)
            removed += _remove(studio, target, plan.surplus)
            if plan.offers:
                _calibrate(studio, target, plan.offers)
            _settle(studio)
            target = projects.require(studio, project)
            plan = make_plan(studio, target, packed, annotators, settled=settled)
    raise StateError(
        f"{len(plan.missing)} tasks and {len(plan.changes)} suggestions do not arrive, "
        f"however often they are sent",
        where=target.url,
        do="do not push to one project twice at the same time; then push again",
    )


def _calibrate(studio: Studio, target: Project, offers: Iterable[Offer]) -> None:
    for offer in offers:
        with suppress(GoneError):
            set_annotators(studio, offer)
    offer_first(studio, target.id)


def _settle(studio: Studio) -> None:
    """Wait for what a gateway has given up, but the server may still be at work on."""
    if studio.in_doubt:
        studio.in_doubt = False
        time.sleep(_SETTLE_SECONDS)


def _carry_out(
    studio: Studio,
    target: Project,
    plan: Plan,
    packed: dict[str, dict[str, Any]],
    on_progress: Callable[[str], None],
) -> None:
    sending = Progress("pushed", len(plan.missing), on_progress)
    for batch in _batches({key: packed[key] for key in plan.missing}):
        _import(studio, target, batch)
        sending.add(len(batch))
    of_tasks = [list(changes) for _, changes in groupby(plan.changes, key=lambda one: one.task)]
    updating = Progress("updated suggestions of", len(of_tasks), on_progress)
    for changes in of_tasks:
        for change in changes:
            # of what was deleted meanwhile the next comparison says what is left
            with suppress(GoneError):
                make_change(studio, target.id, change)
        updating.add(1)


def _remove(studio: Studio, target: Project, surplus: Sequence[int]) -> int:
    """Delete tasks and return how many; somebody may have begun on one since it was planned."""
    removed = 0
    for start in range(0, len(surplus), _REMOVED_AT_ONCE):
        for number in find_idle(studio, target.id, surplus[start : start + _REMOVED_AT_ONCE]):
            studio.delete(f"api/tasks/{number}/")
            removed += 1
    return removed


def _import(studio: Studio, target: Project, batch: dict[str, dict[str, Any]]) -> None:
    path = f"api/projects/{target.id}/import"

    def left(sent: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        arrived = find_ids(studio, target.id, sent)
        return {key: task for key, task in sent.items() if key not in arrived}

    send_until_there(
        lambda tasks: studio.post(path, list(tasks.values()), tasks=len(tasks)), left, batch
    )


def _has_several_sources(packed: dict[str, dict[str, Any]]) -> bool:
    suggestions = (one for task in packed.values() for one in task.get("predictions", []))
    return len({suggestion["model_version"] for suggestion in suggestions}) > 1


def _batches(tasks: dict[str, dict[str, Any]]) -> Iterator[dict[str, dict[str, Any]]]:
    """`tasks` in parts that one request can carry."""
    batch: dict[str, dict[str, Any]] = {}
    size = 0
    for key, task in tasks.items():
        weight = len(json.dumps(task))
        if batch and (len(batch) == _BATCH_TASKS or size + weight > _BATCH_BYTES):
            yield batch
            batch, size = {}, 0
        batch[key] = task
        size += weight
    if batch:
        yield batch
