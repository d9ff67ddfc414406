"""Tasks and a project -> what a push would do, without doing it.

Refused, all at once: a task whose text the project has otherwise, since the
annotations there belong to the text they were made on; a task without a key;
a character that would make the project unreadable; two suggestions of one name.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import TYPE_CHECKING, Any, NamedTuple

from annotate.errors import InputError, StateError
from annotate.studio.connection.client import Studio
from annotate.studio.projects import Project
from annotate.studio.push.known import (
    Known,
    find_known,
    find_untouched,
    place_of,
    without_draft,
)
from annotate.studio.push.overlap import Offer, find_differing
from annotate.studio.push.suggestions import Change, find_changes
from annotate.text import forbidden_character, text_sha256

if TYPE_CHECKING:
    from annotate.models import Task


class Plan(NamedTuple):
    """What is left to do until the project has every task once, with its suggestions."""

    missing: list[str]
    """Unit keys of the tasks to send."""
    present: int
    changes: list[Change]
    """Suggestions that differ from those of the project."""
    surplus: list[int]
    """Tasks that nobody has worked on and that are there another time, or not wanted any more."""
    offers: list[Offer]
    """Tasks that are to be offered to another number of people, for calibration or no more."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to do."""
        return not (self.missing or self.changes or self.surplus or self.offers)


def pack_tasks(tasks: Iterable[Task], config_digest: str) -> tuple[dict[str, dict[str, Any]], int]:
    """What is sent for each unit key, and how many tasks came with a key of one before.

    The digest of the label config travels with each task. Raises InputError for
    a task that cannot be sent.
    """
    packed: dict[str, dict[str, Any]] = {}
    repeated = 0
    for place, task in enumerate(tasks, start=1):
        key = _checked_key(task, place)
        repeated += key in packed
        if key not in packed:
            packed[key] = task.model_dump(mode="json", exclude_defaults=True)
            packed[key]["data"]["config_digest"] = config_digest
    return packed, repeated


def make_plan(
    studio: Studio,
    project: Project | None,
    packed: dict[str, dict[str, Any]],
    annotators: int | None = None,
    *,
    settled: Set[str] | None = None,
) -> Plan:
    """Compare `packed` with the project. Raises StateError where a text has changed.

    `annotators` is how many people a calibration task is for; None leaves it to the project.
    `settled` is that of `push_tasks`.
    """
    if project is None:
        return Plan(list(packed), 0, [], [], [])
    data = {key: task["data"] for key, task in packed.items()}
    known = find_known(studio, project.id, project.tasks, data)
    _refuse_changed_texts(project, known, data)
    ids: dict[str, list[Known]] = {}
    for task in known:
        ids.setdefault(task.key, []).append(task)
    kept = dict[str, Known]()
    surplus = find_untouched(studio, project.id, settled) if settled else []
    for key in packed.keys() & ids.keys():
        kept[key], *others = sorted(ids[key], key=lambda task: (not task.annotated, task.id))
        surplus += [task.id for task in others if not task.annotated]
    suggested = {
        kept[key].id: task["predictions"]
        for key, task in packed.items()
        if key in kept and task.get("predictions")
    }
    return Plan(
        [key for key in packed if key not in kept],
        len(kept),
        find_changes(studio, project.id, suggested, no_others=settled is not None),
        without_draft(studio, project.id, surplus),
        find_differing(kept, packed, annotators, project.overlap),
    )


def _refuse_changed_texts(
    project: Project, known: list[Known], data: dict[str, dict[str, Any]]
) -> None:
    """Another text makes another task; at the same place of an article it is refused."""
    wanted = {place: (key, _hash(item)) for key, item in data.items() if (place := place_of(item))}
    changed = []
    for task in known:
        if task.key in data:
            key, sha = task.key, _hash(data[task.key])
        elif task.place in wanted:
            key, sha = wanted[task.place]
        else:
            continue
        if task.text_sha256 != sha:
            changed.append((key, task.id))
    if changed:
        key, number = changed[0]
        title = data[key].get("title") or data[key].get("url") or key
        raise StateError(
            f"the text of {len(changed)} tasks is another one than in the project; "
            f"the first is task {number} there ({title})",
            where=project.url,
            do="push the text as it was, or push to a project of another title: "
            "annotations belong to the text that they were made on",
        )


def _hash(data: dict[str, Any]) -> str:
    return text_sha256(str(data.get("text", "")))


def _checked_key(task: Task, place: int) -> str:
    key = task.data.get("unit_key")
    where = f"task {place}"
    if not isinstance(key, str) or not key:
        raise InputError("has no unit_key", where=where)
    for field, value in task.data.items():
        problem = forbidden_character(value) if isinstance(value, str) else None
        if problem:
            raise InputError(f"{problem} in {field}", where=f"{where} ({key})")
    names = [suggestion.model_version for suggestion in task.predictions]
    if len(set(names)) < len(names):
        raise InputError(
            "has two suggestions of one name, which would take each other's place",
            where=f"{where} ({key})",
            do="give each a model_version of its own",
        )
    return key
