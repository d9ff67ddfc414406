"""A connection to a Label Studio server: JSON in, raw JSON out, errors in plain words.

The SDK does the tokens (legacy, or personal access tokens that must be
refreshed) and the transport; its models are not used, since they are unchecked.
A request that changes something is sent once: the SDK's own retries import
tasks twice. Reads are repeated when a gateway or the line fails.

No error shows the API key. Redirects are refused, since a redirected POST
becomes a GET.
"""

from __future__ import annotations

import json
import os
import time
import warnings
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from annotate.errors import AnnotateError, InputError, StateError, Unreachable
from annotate.studio.server import Server

if TYPE_CHECKING:
    import httpx

_CONNECT_SECONDS = 10
_ANSWER_SECONDS = 180
_PAUSES = (0.5, 2.0)
_GATEWAY_FAILED = (502, 503, 504)


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
    from annotate.studio.local import local_status

    local = local_status()
    if local is None:
        raise Unreachable(
            "no Label Studio server",
            do="start one with `annotate studio start`, "
            "or set LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY",
        )
    return local.server


def connect(server: Server) -> Studio:
    """Open a connection to `server`; nothing is sent yet. Use it in a `with` block."""
    return Studio(server)


class Studio:
    """An open connection to one server."""

    def __init__(self, server: Server) -> None:
        import httpx
        from label_studio_sdk import LabelStudio
        from label_studio_sdk.core.api_error import ApiError

        self.server = server
        self._timeout = httpx.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS)
        self._http = httpx.Client(
            timeout=self._timeout,
            follow_redirects=False,
            # a proxy of the environment cannot reach this machine's own server
            trust_env=not server.is_local,
        )
        try:
            sdk: Any = LabelStudio(  # type: ignore[no-untyped-call]
                # without the slash, tokens are refreshed outside of the address's path
                base_url=f"{server.url}/",
                api_key=server.api_key,
                httpx_client=self._http,
            )
        except ApiError as error:
            self._http.close()
            raise _refused(server, error.status_code, "") from None
        # private, but what the SDK offers in public goes through its unchecked models
        self._transport = sdk._client_wrapper.httpx_client

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def get(self, path: str, **params: str | int) -> Any:
        """The answer to a read of `path`; it is tried three times in all."""
        for pause in _PAUSES:
            try:
                return self._send("GET", path, params=params)
            except _Passing:
                time.sleep(pause)
        return self._send("GET", path, params=params)

    def post(self, path: str, body: Any, **params: str | int) -> Any:
        """The answer to `body` posted to `path`, once."""
        return self._send("POST", path, params=params, body=body)

    def patch(self, path: str, body: Any) -> Any:
        """The answer to a change of `path` by `body`, once."""
        return self._send("PATCH", path, body=body)

    def delete(self, path: str) -> None:
        """Delete `path`, once."""
        self._send("DELETE", path)

    def unexpected(self, path: str) -> StateError:
        """The error for an answer to `path` that Label Studio would not give."""
        return StateError(
            f"the answer to {path} is not one of Label Studio",
            where=self.server.url,
            do="check that the address is that of Label Studio itself",
        )

    def _send(
        self, method: str, path: str, *, params: dict[str, Any] | None = None, body: Any = None
    ) -> Any:
        import httpx
        from label_studio_sdk.core.api_error import ApiError

        try:
            with warnings.catch_warnings():
                # of the SDK itself, when it refreshes a personal access token
                warnings.filterwarnings("ignore", "The `parse_obj` method", DeprecationWarning)
                response = self._transport.request(
                    path,
                    method=method,
                    params=params,
                    content=None if body is None else _encode(body),
                    headers=None if body is None else {"content-type": "application/json"},
                    request_options={"max_retries": 0, "timeout": self._timeout},
                )
        except ApiError as error:
            raise _refused(self.server, error.status_code or 0, path) from None
        except httpx.InvalidURL:
            raise InputError("not the address of a server", where=self.server.url) from None
        except httpx.RequestError as error:
            raise _transport_failed(self.server, error) from None
        except ValueError:
            raise self.unexpected("api/token/refresh/") from None
        return self._read(response, path)

    def _read(self, response: httpx.Response, path: str) -> Any:
        if not response.is_success:
            raise _refused(self.server, response.status_code, path, _detail(response))
        if not response.content:
            return None
        try:
            return response.json()
        except ValueError:
            raise self.unexpected(path) from None


class _Passing(Unreachable):
    """A failure that may be over a second later."""


def _encode(body: Any) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except UnicodeEncodeError:
        # one such character makes every later read of the project fail
        raise InputError("a lone surrogate cannot be sent to Label Studio") from None
    except ValueError:
        raise InputError("a number that is not finite cannot be sent to Label Studio") from None


def _transport_failed(server: Server, error: httpx.RequestError) -> AnnotateError:
    import httpx

    # the words of these errors may hold headers, so none is repeated
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return Unreachable(
            "Label Studio does not answer",
            where=server.url,
            do="check the address, or start it: `annotate studio start`",
        )
    if isinstance(error, httpx.TimeoutException):
        return Unreachable(
            f"Label Studio did not answer within {_ANSWER_SECONDS} s",
            where=server.url,
            do="try again later",
        )
    return _Passing(
        "the connection to Label Studio broke", where=server.url, do="do the same again"
    )


def _refused(server: Server, status: int | None, path: str, detail: str = "") -> AnnotateError:
    said = f": {detail}" if detail else ""
    if status in (401, 403):
        return StateError(
            f"Label Studio refuses the API key (status {status}) or what it was asked{said}",
            where=server.url,
            do="check LABEL_STUDIO_API_KEY; a legacy token must be allowed by the organisation",
        )
    if status in _GATEWAY_FAILED:
        return _Passing(
            f"a gateway before Label Studio failed (status {status})",
            where=server.url,
            do="do the same again",
        )
    if status is not None and 300 <= status < 400:
        return StateError(
            f"{path} is redirected (status {status})",
            where=server.url,
            do="give the address that it is redirected to",
        )
    return StateError(f"Label Studio refuses {path} (status {status}){said}", where=server.url)


def _detail(response: httpx.Response) -> str:
    """What Label Studio says is wrong; nothing for a page of HTML."""
    try:
        body = response.json()
    except ValueError:
        return ""
    if not isinstance(body, dict):
        return ""
    said = body.get("validation_errors") or body.get("detail") or ""
    words = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    return words[:300]
