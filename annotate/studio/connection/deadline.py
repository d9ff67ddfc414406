"""A request that was sent -> its end, where the answer has not begun in time.

httpx limits each read of a connection alone: a server whose header comes byte by byte
would hold a request without end.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any, Self


class Deadline:
    """A block in which a header may take `seconds`; then the connection is cut.

    `trace` is for httpx's extension of that name, which tells how far a request is.
    """

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._seconds = seconds
        self._stream: Any = None
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Take note of the connection, and of what TLS makes of it; begin when all is sent."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._stream = info["return_value"]
        elif event.endswith(".receive_response_headers.started"):
            self.__exit__()  # a proxy was asked for the connection before
            self._timer = threading.Timer(self._seconds, self._cut)
            self._timer.daemon = True
            self._timer.start()

    def _cut(self) -> None:
        self.is_over = True
        with contextlib.suppress(OSError):
            # that of TLS would say goodbye first, and wait for the answer
            socket.socket.shutdown(self._stream.get_extra_info("socket"), socket.SHUT_RDWR)
