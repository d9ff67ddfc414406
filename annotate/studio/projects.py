"""Projects of a server, by their exact title.

Refused: two projects of one title, a title that Label Studio would not take,
and a label config that is not XML or differs from that of the existing project.
"""

from __future__ import annotations

import hashlib
from typing import Any, Literal, NamedTuple
from xml.etree.ElementTree import ParseError, canonicalize

from annotate.errors import ConfigError, InputError, StateError
from annotate.studio.connection.client import Studio, connect
from annotate.studio.connection.failures import stale
from annotate.studio.connection.reconcile import send_until_there
from annotate.studio.connection.server import Server
from annotate.text import forbidden_character

Sampling = Literal["sequential", "uniform", "uncertainty"]
_TITLE_LENGTHS = range(3, 51)
_PAGE = 100


class Project(NamedTuple):
    """A project as far as this package needs it."""

    id: int
    title: str
    label_config: str
    tasks: int
    overlap: int
    """Annotations after which a task is offered to nobody else."""
    url: str


class Settings(NamedTuple):
    """How a project asks its annotators."""

    instruction: str = ""
    """HTML, shown before the first task and on request."""
    overlap: int = 1
    """Annotations after which a task is offered to nobody else; at least 1."""
    sampling: Sampling = "sequential"

    def fields(self) -> dict[str, Any]:
        """The settings in Label Studio's words."""
        return {
            "expert_instruction": self.instruction,
            "show_instruction": bool(self.instruction),
            "maximum_annotations": self.overlap,
            "sampling": f"{self.sampling.capitalize()} sampling",
        }


def list_projects(server: Server) -> list[Project]:
    """All projects that the key may see, in the order of their ids."""
    with connect(server) as studio:
        return _list(studio)


def find_project(server: Server, title: str) -> Project | None:
    """The project of that very title, or None. Raises StateError when there are two."""
    with connect(server) as studio:
        return find(studio, title)


def create_project(
    server: Server, *, title: str, label_config: str, settings: Settings | None = None
) -> Project:
    """Make a project. Raises StateError when one of that title exists."""
    with connect(server) as studio:
        if find(studio, title) is not None:
            raise StateError(f"a project {title!r} exists already", where=server.url)
        return create(
            studio, title=title, label_config=label_config, settings=settings or Settings()
        )


def find(studio: Studio, title: str) -> Project | None:
    """As `find_project`, over an open connection; InputError for what can be no title."""
    problem = forbidden_character(title)
    if problem:
        raise InputError(f"not a title for a project: {title!r}, {problem}")
    found = [project for project in _list(studio, title=title) if project.title == title]
    if len(found) > 1:
        ids = ", ".join(str(project.id) for project in found)
        raise StateError(
            f"{len(found)} projects are called {title!r} (numbers {ids})",
            where=studio.server.url,
            do="rename all but one",
        )
    return found[0] if found else None


def require(studio: Studio, title: str) -> Project:
    """The project of that very title. Raises StateError when there is none."""
    project = find(studio, title)
    if project is None:
        raise StateError(
            f"no project is called {title!r}",
            where=studio.server.url,
            do="`annotate project list` shows the titles",
        )
    return project


def create(studio: Studio, *, title: str, label_config: str, settings: Settings) -> Project:
    """As `create_project`, over an open connection and without a look at what exists."""
    canonical_config(label_config)
    if len(title) not in _TITLE_LENGTHS or title != title.strip():
        raise InputError(
            f"not a title for a project: {title!r}",
            do="use 3 to 50 characters, without a space at the ends",
        )
    fields = {"title": title, "label_config": label_config} | settings.fields()
    made: list[Project] = []

    def send(wanted: list[dict[str, Any]]) -> None:
        for body in wanted:
            made.append(_project(studio, studio.post("api/projects/", body)))

    def left(wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
        there = find(studio, title)
        made.extend([there] if there else [])
        return [] if there else wanted

    send_until_there(send, left, [fields])
    return made[0]


def find_fitting(studio: Studio, title: str, label_config: str) -> Project | None:
    """The project of that title, or None.

    Raises StateError when it exists with another label config.
    """
    wanted = canonical_config(label_config)
    project = find(studio, title)
    if project is not None and canonical_config(project.label_config) != wanted:
        raise StateError(
            f"project {title!r} has another label config",
            where=project.url,
            do="push to a project of another title, or give the config of this one",
        )
    return project


def canonical_config(label_config: str) -> str:
    """`label_config` in canonical XML, without comments and white space between tags.

    As annotations are read by it: what else there is, as `<?…?>`, stays.

    Raises ConfigError when it is not XML.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        fromstring(label_config)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise ConfigError(f"the label config is not usable XML: {error}") from None
    return canonicalize(label_config, strip_text=True)


def config_digest(label_config: str) -> str:
    """SHA-256 of the canonical label config, which names it wherever it goes."""
    return hashlib.sha256(canonical_config(label_config).encode("utf-8")).hexdigest()


def _list(studio: Studio, **wanted: str) -> list[Project]:
    path, projects, page = "api/projects/", dict[int, Project](), 1
    while True:
        shown = {
            "include": "id,title,label_config,task_number,maximum_annotations",
            "ordering": "id",
        }
        answer = studio.get(path, {"page": page, "page_size": _PAGE} | shown | wanted)
        if not isinstance(answer, dict) or not isinstance(answer.get("results"), list):
            raise studio.unexpected(path)
        found = {one.id: one for one in (_project(studio, entry) for entry in answer["results"])}
        if answer.get("next") and found.keys() <= projects.keys():
            # a page that adds nothing could follow on itself without end
            raise stale(studio.server, path)
        projects |= found
        if not answer.get("next"):
            return [projects[number] for number in sorted(projects)]
        page += 1


def _project(studio: Studio, entry: Any) -> Project:
    try:
        return Project(
            id=int(entry["id"]),
            title=str(entry["title"]),
            label_config=str(entry["label_config"]),
            tasks=int(entry.get("task_number") or 0),
            overlap=int(entry.get("maximum_annotations") or 1),
            url=f"{studio.server.url}/projects/{int(entry['id'])}",
        )
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
        raise studio.unexpected("api/projects/") from None
