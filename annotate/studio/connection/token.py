"""An API key -> the Authorization header of each request.

A legacy token is shown as it is. A personal access token is only good for
getting access tokens, which live some minutes: a new one is asked for shortly
before the old one ends, by its own life span, so that a wrong clock does no
harm, and once more when the server refuses the one at hand.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_LEGACY, _PERSONAL = "legacy token", "personal access token"
_UNKNOWN_LIFE = 240.0


class Authorization:
    """The header for one key; `refresh` trades a personal access token for an access token."""

    def __init__(self, api_key: str, refresh: Callable[[str], str]) -> None:
        self._api_key, self._refresh = api_key, refresh
        self._access, self._ends = "", 0.0

    @property
    def kind(self) -> str:
        """`legacy token` or `personal access token`."""
        return key_kind(self._api_key)

    @property
    def is_renewable(self) -> bool:
        """Whether a refused request may be sent again with a newer access token."""
        return self.kind == _PERSONAL

    def header(self) -> str:
        """The value for this moment; may ask the server for a new access token."""
        if not self.is_renewable:
            return f"Token {self._api_key}"
        if time.monotonic() >= self._ends:
            self.renew()
        return f"Bearer {self._access}"

    def renew(self) -> None:
        """Ask for a new access token."""
        asked = time.monotonic()
        self._access = self._refresh(self._api_key)
        life = _life(self._access)
        # a tenth before its end, so that it does not end on the way
        self._ends = asked + 0.9 * life


def key_kind(api_key: str) -> str:
    """What `api_key` is, by its form."""
    claims = _claims(api_key)
    return _LEGACY if claims is None else _PERSONAL


def is_access_token(key: str) -> bool:
    """Whether a key is what a personal access token is traded for: good for some minutes."""
    return (_claims(key) or {}).get("token_type") == "access"


def _life(access: str) -> float:
    claims = _claims(access) or {}
    begins, ends = claims.get("iat"), claims.get("exp")
    if isinstance(begins, int | float) and isinstance(ends, int | float) and ends > begins:
        with suppress(OverflowError):
            return float(ends - begins)
    return _UNKNOWN_LIFE


def _claims(token: str) -> dict[str, Any] | None:
    """What a JSON web token (RFC 7519) says of itself; None for anything else."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        packed = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        claims = json.loads(packed)
    except (ValueError, RecursionError):
        return None
    return claims if isinstance(claims, dict) else None
