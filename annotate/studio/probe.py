"""A server -> what it is, for whom the key speaks, and what does not fit."""

from __future__ import annotations

from typing import Any, NamedTuple

from annotate.studio.connection.client import connect
from annotate.studio.connection.server import Server
from annotate.studio.connection.shape import is_count
from annotate.studio.local.places import VERSION


class Probed(NamedTuple):
    """What a server says of itself."""

    version: str
    key: str
    """`legacy token` or `personal access token`."""
    projects: int

    @property
    def is_tested(self) -> bool:
        """Whether it is of the release line that this package is tested with."""
        return self.version.split(".")[:2] == VERSION.split(".")[:2]


def probe_server(server: Server) -> Probed:
    """Ask `server` who it is. Raises what any command would meet there."""
    with connect(server) as studio:
        projects: Any = studio.get("api/projects/", {"page_size": 1, "include": "id"})
        told: Any = studio.get("api/version")
        if not isinstance(projects, dict) or not is_count(projects.get("count")):
            raise studio.unexpected("api/projects/")
        if not isinstance(told, dict):
            raise studio.unexpected("api/version")
        return Probed(
            str(told.get("release", "unknown")),
            studio.authorization.kind,
            projects.get("count") or 0,
        )
