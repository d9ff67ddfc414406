"""The environment, or the local server that runs -> the server to work with."""

from __future__ import annotations

import os

from annotate.errors import StateError, Unreachable
from annotate.studio.connection.server import Server
from annotate.studio.local.run import local_status


def find_server() -> Server:
    """The server to work with: of LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY, or the local one.

    Raises Unreachable when there is neither, and StateError when only one of
    the variables is set.
    """
    url, api_key = os.environ.get("LABEL_STUDIO_URL"), os.environ.get("LABEL_STUDIO_API_KEY")
    if url and api_key:
        return Server(url=url, api_key=api_key)
    if url or api_key:
        there, missing = "LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY"
        if api_key:
            there, missing = missing, there
        raise StateError(f"{there} is set, but {missing} is not", do="set both, or neither")
    local = local_status()
    if local is None:
        raise Unreachable(
            "no Label Studio server",
            do="start one with `annotate studio start`, "
            "or set LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY",
        )
    return local.server
