"""A Label Studio server, as the rest of the project names it: an address and a key.

Refused: an address that is not http(s), that has no host or that carries a
password, a query or a fragment, a key that cannot stand in an HTTP header, and one
that ends within minutes. No message shows the key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from annotate.errors import InputError
from annotate.studio.connection.token import is_access_token

_KEY = re.compile(r"[!-~]+")
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class Server:
    """Address and API key (a legacy token or a personal access token) of a server.

    Raises InputError when one of them cannot be used at all.
    """

    url: str
    api_key: str = field(repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", self.url.strip().rstrip("/"))
        object.__setattr__(self, "api_key", self.api_key.strip())
        _check_url(self.url)
        if not _KEY.fullmatch(self.api_key):
            raise InputError(
                "the API key is empty or holds a character that no key has",
                where=self.url,
                do="copy it again from the account page of Label Studio",
            )
        if is_access_token(self.api_key):
            raise InputError(
                "the API key is an access token, which ends within minutes",
                where=self.url,
                do="give the personal access token that it was made of, from the account page",
            )

    @property
    def is_local(self) -> bool:
        """Whether the address is this machine's own."""
        return urlsplit(self.url).hostname in _LOOPBACK


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise InputError("the address of Label Studio is not a URL") from None
    if parts.username or parts.password:
        raise InputError(
            "the address of Label Studio carries a user name or password",
            do="give the address without it, and the API key in LABEL_STUDIO_API_KEY",
        )
    if "?" in url or "#" in url:
        raise InputError(
            "the address of Label Studio carries a query or a fragment",
            do="give the address alone, and the API key in LABEL_STUDIO_API_KEY",
        )
    if not usable or any(character.isspace() for character in url):
        raise InputError(
            f"not the address of a server: {url!r}", do="it looks like http://127.0.0.1:8080"
        )
