"""An adjudication project: told from one that annotators work in."""

from __future__ import annotations

from annotate.errors import StateError
from annotate.studio import projects
from annotate.studio.connection.client import connect
from annotate.studio.connection.query import iterate_tasks
from annotate.studio.connection.server import Server


def refuse_working_project(server: Server, title: str, *, mark: str) -> None:
    """Raise StateError where the project of that title holds a task without `mark` in its data.

    Everybody's work would be shown there as suggestions to those who work.
    """
    with connect(server) as studio:
        project = projects.find(studio, title)
        if project is None:
            return
        for row in iterate_tasks(studio, project.id, include="data"):
            if not (row.get("data") or {}).get(mark):
                raise StateError(
                    f"project {title!r} is one that annotators work in, not one to decide in",
                    where=project.url,
                    do="give --project another title; it is made where missing",
                )
