"""A connection to a Label Studio server: JSON in, raw JSON out, errors in plain words.

Reads are repeated while the server, a gateway or the line fails, for a minute
at most; a request that changes something is repeated only where it had no
effect for certain (it was never sent, or was refused with 429 or 401).
Whoever sends it reconciles.

Redirects are refused: a redirected POST becomes a GET, and another host must
not see the key. No error shows the key.
"""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self

from annotate.errors import InputError, StateError
from annotate.studio.connection import failures
from annotate.studio.connection.deadline import Deadline
from annotate.studio.connection.failures import (
    GoneError,
    Passing,
    TooSlow,
    certificates_unreadable,
    halved,
    proxy_unusable,
    refused,
    token_refused,
    too_large,
    too_slow,
    transport_failed,
    unexpected,
)
from annotate.studio.connection.server import Server
from annotate.studio.connection.token import Authorization

if TYPE_CHECKING:
    import httpx

_CONNECT_SECONDS = 10
_ANSWER_SECONDS = 60
_SECONDS_A_TASK = 1
_BYTES_A_SECOND = 100_000
_SLOWEST_BYTES_A_SECOND = 10_000
_MOST_BYTES = 1 << 30
_PATIENCE = 300


def connect(server: Server) -> Studio:
    """Open a connection to `server`; nothing is sent yet. Use it in a `with` block."""
    return Studio(server)


class Studio:
    """An open connection to one server."""

    def __init__(self, server: Server) -> None:
        import httpx

        self.server = server
        self.authorization = Authorization(server.api_key, self._refresh)
        # one answer a connection: what a gateway sends twice is never read as the next one
        limits, own = httpx.Limits(max_keepalive_connections=0), None
        try:
            if server.is_local:
                # a proxy of the environment cannot reach it; certificates of the environment hold
                own = httpx.HTTPTransport(limits=limits, trust_env=server.url.startswith("https"))
            self._http = httpx.Client(
                follow_redirects=False,
                transport=own,
                limits=limits,
                headers={"Cache-Control": "no-cache"},
            )
        except (ImportError, ValueError, httpx.InvalidURL):
            raise proxy_unusable(server) from None
        except OSError:
            raise certificates_unreadable(server) from None
        self._answered = False
        """Whether the server answered once: then it is there, and a silence may pass."""
        self.in_doubt = False
        """Whether a change was sent of which nobody knows yet whether it arrived."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        *,
        tasks: int = 0,
        check: Callable[[Any], None] = lambda _: None,
    ) -> Any:
        """The answer to a read of `path`, with time for as many `tasks`; repeated on failure.

        `check` raises where the answer is not one to `path`; a `Passing` error
        has it asked for again.
        """

        def ask() -> Any:
            answer = self._send("GET", path, params=params, tasks=tasks)
            check(answer)
            return answer

        # a page that took too long is halved by the caller rather than asked for again
        return self._persist(ask, may_repeat=True, give_up=TooSlow if tasks > 1 else ())

    def post(self, path: str, body: Any, *, tasks: int = 0) -> Any:
        """The answer to `body` posted to `path`; a `Passing` failure may have had its effect."""
        packed = _encode(body)
        return self._persist(lambda: self._send("POST", path, packed=packed, tasks=tasks))

    def patch(self, path: str, body: Any) -> Any:
        """The answer to a change of `path`, which leads to one state however often it is sent."""
        packed = _encode(body)
        return self._persist(lambda: self._send("PATCH", path, packed=packed), may_repeat=True)

    def delete(self, path: str) -> None:
        """Delete `path`; that it is gone already is no error."""
        with contextlib.suppress(GoneError):
            self._persist(lambda: self._send("DELETE", path), may_repeat=True)

    def unexpected(self, path: str) -> StateError:
        """The error for an answer to `path` that Label Studio would not give."""
        return unexpected(self.server, path)

    def _persist(
        self,
        send: Callable[[], Any],
        *,
        may_repeat: bool = False,
        give_up: type[Passing] | tuple[()] = (),
    ) -> Any:
        begun, pauses = time.monotonic(), iter(failures.PAUSES)
        while True:
            try:
                return send()
            except Passing as failure:
                pause = max(next(pauses, math.inf), failure.wait)
                unheard = failure.never_sent or isinstance(failure, TooSlow)
                hopeless = unheard and not self._answered and not failure.wait
                doubtful = not (may_repeat or failure.never_sent)
                self.in_doubt |= doubtful
                final = hopeless or doubtful
                if final or isinstance(failure, give_up):
                    raise
                if time.monotonic() - begun + pause > _PATIENCE:
                    raise
                time.sleep(pause)

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        packed: bytes | None = None,
        tasks: int = 0,
    ) -> Any:
        seconds = _ANSWER_SECONDS + _SECONDS_A_TASK * tasks + len(packed or b"") / _BYTES_A_SECOND
        shown = self.authorization.header()
        response = self._ask(method, path, params, packed, seconds, shown)
        if response.status_code == 401 and self.authorization.is_renewable:
            self.authorization.renew()
            shown = self.authorization.header()
            response = self._ask(method, path, params, packed, seconds, shown)
        return self._read(response, path)

    def _ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None,
        packed: bytes | None,
        seconds: float,
        authorization: str | None,
    ) -> httpx.Response:
        import httpx

        headers = {} if authorization is None else {"Authorization": authorization}
        if packed is not None:
            headers["Content-Type"] = "application/json"
        deadline = Deadline(seconds)
        try:
            request = self._http.build_request(
                method,
                f"{self.server.url}/{path}",
                params=params,
                content=packed,
                headers=headers,
                timeout=httpx.Timeout(seconds, connect=_CONNECT_SECONDS),
                extensions={"trace": deadline.trace},
            )
            with deadline:
                response = self._http.send(request, stream=True)
            with contextlib.closing(response):
                received = self._receive(response, path, seconds)
        except (httpx.InvalidURL, UnicodeError):
            raise InputError("not the address of a server", where=self.server.url) from None
        except httpx.RequestError as error:
            if deadline.is_over:
                raise too_slow(self.server, seconds) from None
            raise transport_failed(self.server, error, seconds) from None
        self._answered = True
        return received

    def _receive(self, response: httpx.Response, path: str, seconds: float) -> httpx.Response:
        """The answer with its content; httpx itself has limits neither for the whole of it."""
        import httpx

        if "," in response.headers.get("content-encoding", ""):
            raise self.unexpected(path)  # packed twice, some bytes become gigabytes at once
        begun, content = time.monotonic(), bytearray()
        for part in response.iter_bytes():
            content += part
            if len(content) > _MOST_BYTES:
                raise too_large(self.server, path)
            allowed = seconds + response.num_bytes_downloaded / _SLOWEST_BYTES_A_SECOND
            if time.monotonic() - begun > allowed:
                raise too_slow(self.server, allowed)
        packing = ("content-encoding", "content-length", "transfer-encoding")
        headers = [(name, value) for name, value in response.headers.items() if name not in packing]
        return httpx.Response(
            response.status_code, headers=headers, content=bytes(content), request=response.request
        )

    def _read(self, response: httpx.Response, path: str) -> Any:
        if not response.is_success:
            raise refused(self.server, response, path)
        if not response.content:
            return None
        try:
            return response.json()
        except ValueError:
            if response.headers.get("content-type", "").startswith("application/json"):
                raise halved(self.server, path) from None
            raise self.unexpected(path) from None
        except RecursionError:
            raise self.unexpected(path) from None

    def _refresh(self, api_key: str) -> str:
        """An access token for a personal access token; asking twice does no harm."""
        path = "api/token/refresh/"
        packed = _encode({"refresh": api_key})
        try:
            response = self._ask("POST", path, None, packed, _ANSWER_SECONDS, None)
            if response.status_code == 401:
                raise token_refused(self.server)
            answer = self._read(response, path)
        except Passing as failure:
            # what the token is for had no effect: that is sent again, and asks for it again,
            # also where the answer broke: then somebody is there
            self._answered |= not (failure.never_sent or isinstance(failure, TooSlow))
            failure.never_sent = True
            raise
        if not isinstance(answer, dict) or not isinstance(answer.get("access"), str):
            raise self.unexpected(path)
        return str(answer["access"])


def _encode(body: Any) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except UnicodeEncodeError:
        # one such character makes every later read of the project fail
        raise InputError("a lone surrogate cannot be sent to Label Studio") from None
    except ValueError:
        raise InputError("a number that is not finite cannot be sent to Label Studio") from None
