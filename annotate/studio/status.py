"""How far a project is: what is done, by whom, how fast, and what is left.

Times are Label Studio's lead times, the seconds that a task was open before it
was submitted; their median is used, since a task that stays open over lunch is
no slow task. Skipped tasks count for themselves. An annotation that names nobody, since
its account was deleted, counts as one by a person of its own, as in a gathering; what is
said of people has all of these together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from statistics import median
from typing import Any, NamedTuple

from annotate.studio import projects
from annotate.studio.connection.client import connect
from annotate.studio.connection.query import fetch_full_tasks, iterate_tasks
from annotate.studio.connection.server import Server
from annotate.studio.progress import Progress
from annotate.studio.pull.fields import encode_task, keep_fields

_PAGE = 100


class AnnotatorStatus(NamedTuple):
    """What one person has done in a project."""

    person: int | None
    """The person's number on the server; None for annotations that name nobody."""
    annotated: int
    """Tasks."""
    skipped: int
    seconds: float | None
    """Median for one task; None where none was measured."""
    left: int
    """Tasks that this person has not touched and that still want an annotation; none for nobody."""
    newest: str
    """When the person last submitted something, as the server says it."""

    @property
    def hours_left(self) -> float | None:
        """What is left, at the person's own speed."""
        return None if self.seconds is None else self.left * self.seconds / 3600


class ProjectStatus(NamedTuple):
    """How far a project is."""

    title: str
    url: str
    label_config: str
    tasks: int
    overlap: int
    """Annotations wanted for each task but those of the calibration."""
    done: int
    """Tasks with as many annotations as are wanted, or more."""
    begun: int
    """Tasks with some, but fewer."""
    shared: int
    """Tasks that two or more people annotated: what agreement is measured on."""
    annotations_left: int
    seconds: float | None
    """Median for one annotation, over everybody."""
    annotators: list[AnnotatorStatus]

    @property
    def hours_left(self) -> float | None:
        """What is left, at everybody's speed."""
        return None if self.seconds is None else self.annotations_left * self.seconds / 3600


class _Work(NamedTuple):
    """One annotation."""

    task: int
    person: int | str
    """The person's number on the server; a name of its own where an annotation names nobody."""
    skipped: bool
    seconds: float | None
    at: str


def project_status(
    server: Server,
    title: str,
    *,
    keep: Callable[[bytes], object],
    on_progress: Callable[[str], None],
) -> ProjectStatus:
    """The status of the project of that title. Raises StateError when there is none.

    `keep` is given each task that somebody annotated or skipped, as a line of
    a pulled file.
    """
    with connect(server) as studio:
        project = projects.require(studio, title)
        wanted, touched = dict[int, int](), []
        for row in iterate_tasks(
            studio, project.id, include="total_annotations,cancelled_annotations,overlap"
        ):
            wanted[row["id"]] = int(row.get("overlap") or project.overlap)
            if row.get("total_annotations") or row.get("cancelled_annotations"):
                touched.append(row["id"])
        progress = Progress("read", len(touched), on_progress)
        work: list[_Work] = []
        for start in range(0, len(touched), _PAGE):
            page = touched[start : start + _PAGE]
            for task in fetch_full_tasks(studio, project.id, page):
                kept = keep_fields(task)
                work += _work(kept)
                keep(encode_task(kept))
            progress.add(len(page))
    return summarise(project, wanted, work)


def summarise(
    project: projects.Project, wanted: Mapping[int, int], work: Iterable[_Work]
) -> ProjectStatus:
    """Count what was done on the tasks of `wanted`, each with the annotations that it wants."""
    work = list(work)
    people: dict[int | None, list[_Work]] = {}
    annotators: dict[int, set[int | str]] = {number: set() for number in wanted}
    for one in work:
        named = one.person if isinstance(one.person, int) else None
        people.setdefault(named, []).append(one)
        if not one.skipped:
            annotators[one.task].add(one.person)
    wanting = {n for n, who in annotators.items() if len(who) < wanted[n]}
    return ProjectStatus(
        title=project.title,
        url=project.url,
        label_config=project.label_config,
        tasks=len(wanted),
        overlap=project.overlap,
        done=len(wanted) - len(wanting),
        begun=sum(bool(annotators[number]) for number in wanting),
        shared=sum(len(who) > 1 for who in annotators.values()),
        annotations_left=sum(wanted[number] - len(annotators[number]) for number in wanting),
        seconds=_median(work),
        annotators=[
            _annotator(person, people[person], wanting)
            for person in sorted(people, key=lambda person: (person is None, person or 0))
        ],
    )


def _annotator(person: int | None, work: list[_Work], wanting: set[int]) -> AnnotatorStatus:
    return AnnotatorStatus(
        person=person,
        annotated=len({one.task for one in work if not one.skipped}),
        skipped=len({one.task for one in work if one.skipped}),
        seconds=_median(work),
        left=0 if person is None else len(wanting - {one.task for one in work}),
        newest=max(one.at for one in work),
    )


def _median(work: Iterable[_Work]) -> float | None:
    measured = [one.seconds for one in work if one.seconds is not None and not one.skipped]
    return round(median(measured), 1) if measured else None


def _work(task: dict[str, Any]) -> list[_Work]:
    return [
        _Work(
            task["id"],
            f"annotation {annotation['id']}" if person is None else person,
            bool(annotation.get("was_cancelled")),
            annotation.get("lead_time"),
            str(annotation.get("created_at") or ""),
        )
        for annotation in task["annotations"]
        for person in [annotation.get("completed_by")]
    ]
