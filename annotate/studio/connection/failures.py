"""What went wrong on the way to Label Studio -> an error in plain words, and whether to wait.

A failure that may be over a moment later is `Passing`: it carries how long the
server asked to be left alone, and whether the request can have had an effect.
No error repeats the words of a transport, which may hold the key; what a server
says is repeated without it.
"""

from __future__ import annotations

import email.utils
import json
import ssl
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from annotate.errors import AnnotateError, InputError, StateError, Unreachable
from annotate.studio.connection.server import Server

if TYPE_CHECKING:
    import httpx

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds between attempts; together a minute, which is longer than a server's restart."""

LONGEST_WAIT = 120.0
"""Seconds that a server may ask for before a command ends instead of waiting."""

_GATEWAY_FAILED = (502, 503, 504)
_AGAIN = "do the same again; what is done already is not done twice"


class Passing(Unreachable):
    """A failure that may be over a moment later."""

    wait: float = 0.0
    """Seconds that the server asked for."""
    never_sent: bool = False
    """Whether the request had no effect for certain."""


class TooSlow(Passing):
    """The server or a gateway ran out of time: less at once may go through."""


class GoneError(StateError):
    """What was asked for does not exist (any more)."""


def proxy_unusable(server: Server) -> StateError:
    """The error for a proxy of the environment that is none of HTTP."""
    return StateError(
        "a proxy of the environment cannot be used",
        where=server.url,
        do="let HTTP_PROXY, HTTPS_PROXY and ALL_PROXY name an HTTP proxy (http://HOST:PORT), "
        "or name the server's host in NO_PROXY",
    )


def certificates_unreadable(server: Server) -> StateError:
    """The error for certificates of the environment that are none."""
    return StateError(
        "the certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read",
        where=server.url,
        do="name a file in PEM, or unset it",
    )


def transport_failed(server: Server, error: httpx.RequestError, seconds: float) -> AnnotateError:
    """The error for a request that got no answer within `seconds`, or half of one."""
    import httpx

    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        tls = _tls_error(error)
        if isinstance(tls, ssl.SSLCertVerificationError):
            return Unreachable(
                f"the certificate of the server is not trusted: {tls.verify_message}",
                where=server.url,
                do="check the address; where it is right, set SSL_CERT_FILE to a file with "
                "the certificate that the server's own is signed with",
            )
        do = "check the address, or start it: `annotate studio start`"
        if tls is not None:
            do = "check whether the address begins with http:// or with https://"
        failure = Passing("Label Studio does not answer", where=server.url, do=do)
        failure.never_sent = True
        return failure
    if isinstance(error, httpx.ProxyError):
        return _not_let_through(server, error)
    if isinstance(error, httpx.TimeoutException):
        return too_slow(server, seconds)
    if isinstance(error, httpx.UnsupportedProtocol):
        return InputError("not the address of a server", where=server.url)
    return Passing("the connection to Label Studio broke", where=server.url, do=_AGAIN)


def _not_let_through(server: Server, error: httpx.ProxyError) -> Passing:
    """The error for a proxy that makes no connection; of its words, the status alone."""
    status = str(error)[:3]
    failure = Passing(
        "a proxy of the environment does not let through to Label Studio"
        + (f" (status {status})" if status.isdecimal() else ""),
        where=server.url,
        do="check HTTPS_PROXY and ALL_PROXY, or name the server's host in NO_PROXY",
    )
    failure.never_sent = True
    return failure


def _tls_error(error: BaseException | None) -> ssl.SSLError | None:
    """What TLS found wrong, where that is the cause of `error`."""
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error


def refused(server: Server, response: httpx.Response, path: str) -> AnnotateError:
    """The error for an answer that is no success."""
    status = response.status_code
    if status == 429:
        return _too_many(server, response)
    if status in _GATEWAY_FAILED or status == 500:
        return _server_failed(server, status, path)
    if 300 <= status < 400:
        return _redirected(server, response, path)
    body = _body(response)
    if status == 404 and body is None:
        return _not_there(server, path)
    detail = _detail(server, response, body)
    said = f": {detail}" if detail else ""
    if status == 401:
        return StateError(
            f"Label Studio refuses the API key (status 401){said}",
            where=server.url,
            do=_advice(detail),
        )
    if status == 403:
        return StateError(
            f"the owner of the API key may not do this (status 403 for {path}){said}",
            where=server.url,
            do="use the key of somebody who may: an administrator or manager",
        )
    kind = GoneError if status == 404 else StateError
    return kind(f"Label Studio refuses {path} (status {status}){said}", where=server.url)


def token_refused(server: Server) -> StateError:
    """The error for a personal access token that gives no access any more."""
    return StateError(
        "the personal access token has expired or was revoked",
        where=server.url,
        do="make a new one on the account page and set LABEL_STUDIO_API_KEY; "
        "what is done already is not done twice",
    )


def unexpected(server: Server, path: str) -> StateError:
    """The error for an answer that Label Studio would not give."""
    return StateError(
        f"the answer to {path} is not one of Label Studio",
        where=server.url,
        do="check that the address is that of Label Studio itself",
    )


def stale(server: Server, path: str) -> Passing:
    """The error for the answer to another question, as a broken cache gives it."""
    return Passing(
        f"the answer to {path} belongs to another request",
        where=server.url,
        do="check the gateway before Label Studio; it must not cache /api",
    )


def endless(server: Server, given: int, there: int) -> StateError:
    """The error for a list of tasks that goes on beyond what the project has."""
    return StateError(
        f"the server lists {given} tasks and goes on, where the project has {there}",
        where=server.url,
        do="check that the address is that of Label Studio itself",
    )


def halved(server: Server, path: str) -> Passing:
    """The error for JSON that ends too early."""
    return Passing(f"the answer to {path} is not whole", where=server.url, do=_AGAIN)


def too_slow(server: Server, seconds: float) -> TooSlow:
    """The error for an answer that is not there, or not whole, after `seconds`."""
    said = f"Label Studio did not answer within {seconds:.0f} s"
    return TooSlow(said, where=server.url, do="try again later")


def too_large(server: Server, path: str) -> StateError:
    """The error for an answer that grows beyond what is ever asked for at once."""
    return StateError(
        f"the answer to {path} is larger than any of Label Studio",
        where=server.url,
        do="check that the address is that of Label Studio itself",
    )


def _too_many(server: Server, response: httpx.Response) -> AnnotateError:
    wait = _retry_after(response.headers.get("retry-after", ""))
    if wait > LONGEST_WAIT:
        return Unreachable(
            f"the server asks to be left alone for {wait:.0f} s (status 429)",
            where=server.url,
            do=f"then {_AGAIN}",
        )
    failure = Passing("too many requests (status 429)", where=server.url, do=_AGAIN)
    failure.wait, failure.never_sent = wait, True
    return failure


def _server_failed(server: Server, status: int, path: str) -> Passing:
    if status == 500:
        return Passing(
            f"Label Studio failed over {path} (status 500)",
            where=server.url,
            do=f"{_AGAIN}; if it stays, see the server's log: "
            "one task with half of a character makes its whole project unreadable",
        )
    kind = TooSlow if status == 504 else Passing
    return kind(
        f"a gateway before Label Studio failed (status {status})", where=server.url, do=_AGAIN
    )


def _redirected(server: Server, response: httpx.Response, path: str) -> StateError:
    try:
        meant = urlsplit(response.headers.get("location", ""))
        port = f":{meant.port}" if meant.port else ""
    except ValueError:
        meant, port = urlsplit(""), ""
    here = urlsplit(server.url)
    # the rest of the address may carry what nobody should see
    there = f"{meant.scheme}://{meant.hostname}{port}" if meant.scheme and meant.hostname else ""
    if meant.hostname and meant.hostname != here.hostname:
        return StateError(
            f"{path} is redirected to another host, {there}, which is not given the key",
            where=server.url,
            do="if that is the server, set LABEL_STUDIO_URL to its own address",
        )
    return StateError(
        f"{path} is redirected (status {response.status_code})",
        where=server.url,
        do="set LABEL_STUDIO_URL to the address that it is redirected to"
        + (f" ({there}…)" if there else ""),
    )


def _not_there(server: Server, path: str) -> StateError:
    """The error where even the words of Label Studio for what does not exist are missing."""
    address = urlsplit(server.url)
    do = "check that the address is that of Label Studio itself"
    if address.path:
        start = f"{address.scheme}://{address.netloc}"
        do = f"set LABEL_STUDIO_URL to {start}, without the path of a page"
        do += "; where Label Studio is served beneath a path, with that path alone"
    return StateError(f"no Label Studio is there (status 404 for {path})", where=server.url, do=do)


def _advice(detail: str) -> str:
    if "legacy" in detail.lower():
        return (
            "make a personal access token on the account page, "
            "or let the organisation allow legacy tokens"
        )
    return "check LABEL_STUDIO_API_KEY against the account page of Label Studio"


def _retry_after(value: str) -> float:
    """Seconds of the header Retry-After (RFC 9110, 10.2.3); 0 where there is none."""
    if value.strip().isdecimal():
        return float(value)
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return 0.0
    return max(0.0, moment.timestamp() - time.time())


def _body(response: httpx.Response) -> dict[str, Any] | None:
    """The JSON object of an answer; None for anything else, such as a page of HTML."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _detail(server: Server, response: httpx.Response, body: dict[str, Any] | None) -> str:
    """What Label Studio says is wrong, without the key."""
    if body is None:
        return ""
    said = body.get("validation_errors") or body.get("detail") or ""
    words = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    shown = response.request.headers.get("authorization", "").rpartition(" ")[2]
    for secret in filter(None, (server.api_key, shown)):
        # a key with a quotation mark stands in JSON in other characters
        for form in (secret, json.dumps(secret)[1:-1]):
            words = words.replace(form, "…")
    return words[:300]
