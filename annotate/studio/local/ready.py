"""Wait until a server that was just started answers, and is the one that was started.

Label Studio silently moves to the next port when its own is taken. The key is
therefore shown to the port only after the server's own log has named it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from annotate.errors import StateError, Unreachable
from annotate.studio.connection.server import Server
from annotate.studio.local.process import birth, last_lines
from annotate.studio.local.state import Running

_ANNOUNCED = re.compile(r"Starting development server at (http://\S+?)/?\s")
_PATIENCE = 300
_REFUSED = (
    "the administrator's API key is no longer accepted: on the pages of Label Studio it was "
    "renewed, or legacy tokens were forbidden; log in there and allow them again, "
    "or set LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY"
)


def await_ready(
    server: Server, running: Running, *, log: Path, on_progress: Callable[[str], None]
) -> None:
    """Return once `running` answers at `server`; say where it does not accept the key.

    Raises StateError when it ends or moves, and Unreachable after five minutes.
    """
    begun, told = time.monotonic(), -2.0
    while (gone := time.monotonic() - begun) < _PATIENCE:
        if birth(running.pid) != running.born:
            raise StateError(
                f"Label Studio ended while it started: {last_lines(log)}",
                where=str(log),
                do="see the log",
            )
        if _has_announced(server, log) and (accepted := _accepts_key(server)) is not None:
            if not accepted:
                on_progress(_REFUSED)
            return
        if gone - told >= 1.5:
            told = gone
            on_progress(f"starting Label Studio at {server.url}: {gone:.0f} s")
        time.sleep(0.2)
    raise Unreachable(
        f"Label Studio did not answer within {_PATIENCE} s: {last_lines(log)}",
        where=server.url,
        do=f"see {log}",
    )


def _has_announced(server: Server, log: Path) -> bool:
    found = _ANNOUNCED.search(log.read_text(encoding="utf-8", errors="replace"))
    if found is None:
        return False
    if found.group(1) != server.url:
        taken = urlsplit(server.url).port
        raise StateError(
            f"port {taken} was taken by another program while Label Studio started",
            where=server.url,
            do="start again, or choose another port",
        )
    return True


def _accepts_key(server: Server) -> bool | None:
    """Whether the key is accepted; None where the server does not say yet."""
    import httpx

    try:
        answer = httpx.get(
            f"{server.url}/api/current-user/whoami",
            headers={"Authorization": f"Token {server.api_key}"},
            timeout=10,
            trust_env=False,
        )
    except httpx.TransportError:
        return None
    return {200: True, 401: False, 403: False}.get(answer.status_code)
