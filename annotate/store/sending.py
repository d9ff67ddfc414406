"""A file system of s3fs -> the same, whose uploads are given up where S3 takes nothing more.

aiohttp bounds what it waits for an answer, but neither how long it waits for the leave to
send a body (`Expect: 100-continue`, which botocore adds) nor how long it sends one.
"""

from __future__ import annotations

import socket
from typing import Any

_UNSENT = 15.0
"""Seconds in which the other side must take something of what is sent, as s3fs has for answers."""


def bound_sending(files: Any) -> None:
    """Bound the uploads of `files`, of which nothing has been asked yet."""
    connector = {**files.config_kwargs.get("connector_args", {}), "socket_factory": _open_socket}
    files.config_kwargs = {**files.config_kwargs, "connector_args": connector}
    files.s3.meta.events.register_last(
        "before-call.s3", _send_at_once, unique_id="annotate-send-at-once"
    )


def _send_at_once(params: dict[str, Any], **_: Any) -> None:
    """Send the body with its header, and do not ask for the leave to."""
    params["headers"].pop("Expect", None)


def _open_socket(address: tuple[Any, ...]) -> socket.socket:
    """A socket that breaks where what it sends is not taken; where the system can, as Linux."""
    opened = socket.socket(*address[:3])
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(_UNSENT * 1000))
    return opened
