"""A reverse proxy before the real server that fails as lines, gateways and caches do."""

from __future__ import annotations

import http.client
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import urlsplit

BEFORE = ("drop", "reset", "429", "500", "502", "504")
"""The request never reaches the server."""
AFTER = ("lost", "cut", "halved", "twice", "500 after", "502 after", "504 after", "delayed")
"""The server does what it was asked; the answer fails."""
ODD = ("repeated", "late", "stale")
"""The request reaches the server twice, or later than the answer; an old answer is given."""


class Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class FaultyProxy(ThreadingHTTPServer):
    """Forwards to `upstream`; `choose` names the fault of each request, None for none."""

    daemon_threads = True

    def __init__(self, upstream: str, prefix: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.host = urlsplit(upstream).netloc
        self.prefix = prefix
        self.choose: Callable[[str, str], str | None] = lambda _method, _path: None
        self.watch: Callable[[str, str, str], None] = lambda _when, _method, _path: None
        self.edit: Callable[[str, Answer], Answer] = lambda _path, answer: answer
        self.retry_after = "1"
        self.faults: Counter[str] = Counter()
        self.asked: list[tuple[str, str]] = []
        self.seen: list[str] = []
        """Every header value and body that came in, for canaries."""
        self.last: dict[str, Answer] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}{self.prefix}"

    def fail_at_random(self, seed: int, share: float, kinds: tuple[str, ...]) -> None:
        """Let that share of the requests fail, each in one of those ways."""
        chance = random.Random(seed)  # noqa: S311
        lock = threading.Lock()

        def choose(_method: str, _path: str) -> str | None:
            with lock:
                return chance.choice(kinds) if chance.random() < share else None

        self.choose = choose

    def forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        upstream = http.client.HTTPConnection(self.host, timeout=120)
        try:
            upstream.request(method, path, body=body or None, headers=headers)
            response = upstream.getresponse()
            return Answer(response.status, response.getheaders(), response.read())
        finally:
            upstream.close()


class _Handler(BaseHTTPRequestHandler):
    server: FaultyProxy
    protocol_version = "HTTP/1.1"

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.asked.append((self.command, self.path))
        self.server.seen += [*self.headers.values(), body.decode("utf-8", "replace")]
        if not self.path.startswith(self.server.prefix + "/"):
            self._send(Answer(404, [], b"nothing here"))
            return
        path = self.path.removeprefix(self.server.prefix)
        fault = self.server.choose(self.command, path)
        self.server.faults[fault or "none"] += 1
        self.server.watch("before", self.command, path)
        if fault is None or not self._fail_before(fault):
            self._forward(path, body, fault)

    do_GET = do_POST = do_PATCH = do_DELETE = _handle  # noqa: N815

    def _fail_before(self, fault: str) -> bool:
        if fault in ("drop", "reset"):
            self._hang_up(reset=fault == "reset")
        elif fault == "429":
            self._send(
                Answer(429, [("Retry-After", self.server.retry_after)], b'{"detail": "slow down"}')
            )
        elif fault in ("500", "502", "504"):
            self._send(Answer(int(fault), [], b"<html>gateway</html>"))
        elif fault == "elsewhere":
            self._send(Answer(302, [("Location", "http://localhost:1/api/?token=canary")], b""))
        elif fault == "stale" and self.command in self.server.last:
            self._send(self.server.last[self.command])
        else:
            return False
        return True

    def _forward(self, path: str, body: bytes, fault: str | None) -> None:
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")}
        headers["Host"] = self.server.host
        if fault == "late":
            self._send(Answer(504, [], b""))
            time.sleep(1)
        if fault == "repeated":
            self.server.forward(self.command, path, headers, body)
        answer = self.server.forward(self.command, path, headers, body)
        answer = self.server.edit(path, answer)
        self.server.watch("after", self.command, path)
        if fault != "late":
            self.server.last[self.command] = answer
            self._answer(answer, fault)

    def _answer(self, answer: Answer, fault: str | None) -> None:
        half = answer.body[: len(answer.body) // 2]
        if fault == "lost":
            self._hang_up(reset=True)
        elif fault == "cut":
            self._send(answer._replace(body=half), length=len(answer.body))
        elif fault == "halved":
            self._send(answer._replace(body=half))
        elif fault in ("500 after", "502 after", "504 after"):
            self._send(Answer(int(fault[:3]), [], b""))
        else:
            if fault == "delayed":
                time.sleep(0.5)
            self._send(answer, times=2 if fault == "twice" else 1)

    def _send(self, answer: Answer, *, length: int | None = None, times: int = 1) -> None:
        kept = ("content-type", "location", "retry-after", "www-authenticate")
        lines = [f"HTTP/1.1 {answer.status} X"]
        lines += [f"{name}: {value}" for name, value in answer.headers if name.lower() in kept]
        lines.append(f"Content-Length: {len(answer.body) if length is None else length}")
        packed = "\r\n".join([*lines, "", ""]).encode("latin-1") + answer.body
        self.wfile.write(packed * times)
        if length is not None:
            self._hang_up(reset=False)

    def _hang_up(self, *, reset: bool) -> None:
        self.close_connection = True
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, *_: object) -> None:
        pass

    def handle(self) -> None:
        # whoever asked may be gone, or this handler hung up on it
        with suppress(OSError, ValueError):
            super().handle()

    def finish(self) -> None:
        with suppress(OSError, ValueError):
            super().finish()


@contextmanager
def faulty_proxy(upstream: str, prefix: str = "") -> Iterator[FaultyProxy]:
    """A proxy before `upstream`, until the block ends."""
    with FaultyProxy(upstream, prefix) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield proxy
        proxy.shutdown()
        thread.join()
