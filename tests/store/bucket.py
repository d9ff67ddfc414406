"""An S3 server on loopback (moto's), with what a real one may do in between."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import httpx
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
Between = Callable[[dict[str, Any], Any, Application], Iterable[bytes]]


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def serve(between: Between | None = None) -> Iterator[str]:
    """Serve on a free port; `between` sees each request. Gives the address."""
    moto: Application = DomainDispatcherApplication(create_backend_app)

    def application(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        return moto(environ, start) if between is None else between(environ, start, moto)

    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    # moto keeps what it holds as long as the process lives
    httpx.post(f"{address}/moto-api/reset", timeout=60).raise_for_status()
    try:
        yield address
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ignore_conditions(environ: dict[str, Any], start: Any, moto: Application) -> Iterable[bytes]:
    """A store that has never heard of conditional writes."""
    environ.pop("HTTP_IF_NONE_MATCH", None)
    return moto(environ, start)


def answer(status: str, code: str, start: Any) -> list[bytes]:
    """An S3 error."""
    start(status, [("Content-Type", "application/xml")])
    return [f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()]


class Conflicts:
    """Answers 409 to the first conditional writes, as S3 does while another one is under way."""

    def __init__(self, count: int) -> None:
        self.left = self.count = count

    def __call__(self, environ: dict[str, Any], start: Any, moto: Application) -> Iterable[bytes]:
        if "HTTP_IF_NONE_MATCH" in environ and self.left:
            self.left -= 1
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            return answer("409 Conflict", "ConditionalRequestConflict", start)
        return moto(environ, start)


class Requests:
    """Notes the requests."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        """(method, path) of each."""

    def __call__(self, environ: dict[str, Any], start: Any, moto: Application) -> Iterable[bytes]:
        self.seen.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        return moto(environ, start)


class Answers:
    """Where it is given one (status, type, body), it answers everything with that."""

    def __init__(self) -> None:
        self.now: tuple[str, str, bytes] | None = None

    def __call__(self, environ: dict[str, Any], start: Any, moto: Application) -> Iterable[bytes]:
        if self.now is None:
            return moto(environ, start)
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        status, kind, body = self.now
        start(status, [("Content-Type", kind)])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


class CutsShort:
    """Sends half of each object once it is told to, and breaks the connection."""

    def __init__(self) -> None:
        self.cuts = False

    def __call__(self, environ: dict[str, Any], start: Any, moto: Application) -> Iterable[bytes]:
        if not (self.cuts and environ["REQUEST_METHOD"] == "GET" and not environ["QUERY_STRING"]):
            return moto(environ, start)
        body = b"".join(moto(environ, start))
        return [body[: len(body) // 2]]


def deny_removal(environ: dict[str, Any], start: Any, moto: Application) -> Iterable[bytes]:
    """A store where a policy denies `s3:DeleteObject`."""
    if environ["REQUEST_METHOD"] == "DELETE":
        return answer("403 Forbidden", "AccessDenied", start)
    if environ["REQUEST_METHOD"] == "POST" and environ["QUERY_STRING"] == "delete":
        # to S3 the removal of many has succeeded, with what was denied named in its answer
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        start("200 OK", [("Content-Type", "application/xml")])
        denied = b"<Error><Key>k</Key><Code>AccessDenied</Code></Error>"
        return [b"<DeleteResult>" + denied + b"</DeleteResult>"]
    return moto(environ, start)


def without_tags(environ: dict[str, Any], start: Any, moto: Application) -> Iterable[bytes]:
    """A store whose lists name no ETags."""
    if "list-type" not in environ["QUERY_STRING"]:
        return moto(environ, start)
    listed = b"".join(moto(environ, lambda status, *_: start(status, [])))
    return [re.sub(rb"<ETag>[^<]*</ETag>", b"", listed)]


class LostAnswers:
    """Does what was asked, once for each log entry, and then says 500: the client asks again."""

    def __init__(self) -> None:
        self.lost: set[str] = set()

    def __call__(self, environ: dict[str, Any], start: Any, moto: Application) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if "HTTP_IF_NONE_MATCH" in environ and "/log/" in path and path not in self.lost:
            self.lost.add(path)
            list(moto(environ, lambda *_: None))
            return answer("500 Internal Server Error", "InternalError", start)
        return moto(environ, start)


class Line:
    """A TCP line to a server; it takes and gives nothing from the first request like `until` on."""

    def __init__(self, server: str, until: bytes) -> None:
        self.asked: list[bytes] = []
        """The first line of each request that nothing answers."""
        self._server = urlsplit(server)
        self._until = re.compile(until)
        self._listens = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.address = f"http://127.0.0.1:{self._listens.getsockname()[1]}"
        self._open = [self._listens]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Close every connection."""
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listens.accept()
                server = socket.create_connection((self._server.hostname, self._server.port))
                self._open += [client, server]
                for ends in ((client, server), (server, client)):
                    threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, here: socket.socket, there: socket.socket) -> None:
        with suppress(OSError):
            while data := here.recv(65536):
                asked = re.match(rb"[A-Z]+ /[^\r]*", data)
                if asked and (self.asked or self._until.match(asked[0])):
                    self.asked.append(asked[0])
                if self.asked:
                    return
                there.sendall(data)
            there.shutdown(socket.SHUT_WR)
