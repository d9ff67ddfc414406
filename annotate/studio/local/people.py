"""Further users of the local server, each with a password and an API key.

They sign up over the invitation of the organisation, as a person would; the
server offers no other way to get the key of somebody else.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from annotate.errors import InputError, StateError, Unreachable
from annotate.studio.connection.client import connect
from annotate.studio.connection.server import Server
from annotate.studio.local.state import Account, read_accounts, save_account

if TYPE_CHECKING:
    import httpx

    from annotate.studio.local.run import LocalStudio

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def make_annotator(local: LocalStudio, username: str) -> Server:
    """Return the local server as seen by `username`, who is made where missing.

    The name becomes an address under `annotate.localhost`. Raises InputError
    for a name that cannot be one.
    """
    if not _NAME.fullmatch(username):
        raise InputError(
            f"not a name for an annotator: {username!r}",
            do="use small letters, digits, dots and hyphens",
        )
    address = f"{username}@annotate.localhost"
    account = read_accounts(local.data_dir).get(address)
    if account is None:
        account = _sign_up(local, address)
        save_account(local.data_dir, account)
    return Server(url=local.url, api_key=account.api_key)


def invitation(server: Server, *, renew: bool = False) -> str:
    """The address where a person signs up as an annotator of `server`.

    Whoever has it can sign up; `renew` makes every older one worthless. In the
    Community edition everybody who signs up sees every project.
    """
    path = "api/invite/reset-token" if renew else "api/invite"
    with connect(server) as studio:
        answer = studio.post(path, {}) if renew else studio.get(path)
        token = answer.get("token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token:
            raise studio.unexpected(path)
    return f"{server.url}/user/signup/?token={token}"


def _sign_up(local: LocalStudio, address: str) -> Account:
    import httpx

    admin = {"Authorization": f"Token {local.api_key}"}
    password = secrets.token_urlsafe(18)
    try:
        with httpx.Client(base_url=local.url, timeout=30, trust_env=False) as browser:
            invitation = _json(browser.get("/api/invite", headers=admin))["token"]
            _fill_form(browser, invitation, address, password)
            api_key = _json(browser.get("/api/current-user/token"))["token"]
        # the invitation stands in the server's log, so it must not open anything any more
        httpx.post(
            f"{local.url}/api/invite/reset-token", headers=admin, timeout=30, trust_env=False
        )
    except httpx.TransportError:
        raise Unreachable("Label Studio does not answer", where=local.url) from None
    return Account(address, password, api_key)


def _fill_form(browser: httpx.Client, invitation: str, address: str, password: str) -> None:
    page = "/user/signup/"
    browser.get(page, params={"token": invitation})
    answer = browser.post(
        page,
        params={"token": invitation},
        data={
            "email": address,
            "password": password,
            "csrfmiddlewaretoken": browser.cookies.get("csrftoken", ""),
        },
    )
    if answer.status_code != 302:
        raise StateError(
            f"{address} could not sign up (status {answer.status_code})",
            where=str(browser.base_url),
            do="an account of that name may exist that was not made by annotate",
        )


def _json(answer: httpx.Response) -> dict[str, str]:
    if answer.status_code != 200:
        raise StateError(
            f"status {answer.status_code} for {answer.url.path}", where=str(answer.url.host)
        )
    found: dict[str, str] = answer.json()
    return found
