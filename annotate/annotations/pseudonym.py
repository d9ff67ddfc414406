"""A person's number -> a pseudonym that only the holder of the key can undo.

The pseudonym is an HMAC of the number that Label Studio gives its user. Names
and emails are never read. The key comes from ANNOTATE_PSEUDONYM_KEY or from a
file in the user's state folder that only the user can read; it is never put
in a store, only its fingerprint is.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from platformdirs import user_state_path

from annotate.errors import StateError

_VARIABLE = "ANNOTATE_PSEUDONYM_KEY"
_MOST_USERS = 1_000_000


class PseudonymKey:
    """The secret behind the pseudonyms; its text form does not show it."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._known: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"PseudonymKey({self.fingerprint})"

    @property
    def fingerprint(self) -> str:
        """Names the key without giving it away: 16 hexadecimal digits."""
        return hashlib.sha256(b"annotate fingerprint " + self._secret).hexdigest()[:16]

    def pseudonym(self, person: str) -> str:
        """The pseudonym of a person; 12 hexadecimal digits after `p-`."""
        known = self._known.get(person)
        if known is None:
            code = hmac.new(self._secret, person.encode("utf-8"), hashlib.sha256)
            known = self._known[person] = f"p-{code.hexdigest()[:12]}"
        return known


def key_path() -> Path:
    """Where the key file is."""
    return user_state_path("annotate") / "pseudonym.key"


def load_key() -> PseudonymKey:
    """The key of the environment or of the state folder; made there the first time.

    Raises StateError for a key that is too short and for a file that others
    can read.
    """
    given = os.environ.get(_VARIABLE)
    if given is not None:
        return _make_key(given, f"the variable {_VARIABLE}")
    path = key_path()
    if not path.exists():
        _create_key(path)
    if path.stat().st_mode & 0o077:
        raise StateError(
            "others can read the pseudonym key", where=str(path), do=f"chmod 600 {path}"
        )
    return _make_key(path.read_text(encoding="utf-8").strip(), str(path))


def back_up_key(path: Path) -> None:
    """Copy the key to a new file that only the user can read; StateError where it exists."""
    load_key()
    text = os.environ.get(_VARIABLE) or key_path().read_text(encoding="utf-8")
    if not _write_new(path, text.strip()):
        raise StateError("exists already", where=str(path), do="name a new file")


def find_person(key: PseudonymKey, pseudonym: str) -> str:
    """The person behind a pseudonym: `user 3`, or `annotation 17` of a user unknown.

    Numbers up to a million are tried. Raises StateError where none fits, which
    with a right pseudonym means another key.
    """
    for number in range(_MOST_USERS):
        for person, said in ((str(number), "user"), (f"annotation {number}", "annotation")):
            if key.pseudonym(person) == pseudonym:
                return f"{said} {number}"
    raise StateError(
        f"no user is {pseudonym} under the key {key.fingerprint}",
        do="look with the key it was made with",
    )


def _make_key(text: str, where: str) -> PseudonymKey:
    if len(text) < 16:
        raise StateError("the pseudonym key has fewer than 16 characters", where=where)
    return PseudonymKey(text.encode("utf-8"))


def _create_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_new(path, secrets.token_hex(32))


def _write_new(path: Path, text: str) -> bool:
    """Write a file of mode 0600 that appears whole; false where the name is taken."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(partial, path)
    except FileExistsError:
        return False
    finally:
        partial.unlink()
    return True
