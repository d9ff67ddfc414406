"""A person's number -> a pseudonym that only the holder of the key can undo.

The pseudonym is an HMAC of the number that Label Studio gives its user. Names
and emails are never read. The key comes from ANNOTATE_PSEUDONYM_KEY, without
line ends after it, or from a file in the user's state folder that only the user
can read, without white space round it; it is never put in a store, only its
fingerprint is.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path

from platformdirs import user_state_path

from annotate.errors import InputError, StateError

_VARIABLE = "ANNOTATE_PSEUDONYM_KEY"
_MOST_USERS = 1_000_000
_PSEUDONYM = re.compile("p-[0-9a-f]{12}")


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
            known = self._known[person] = self.code(person)
        return known

    def code(self, person: str) -> str:
        """The same, and not kept: of a million people nobody asks for one again."""
        code = hmac.new(self._secret, person.encode("utf-8"), hashlib.sha256)
        return f"p-{code.hexdigest()[:12]}"


def key_path() -> Path:
    """Where the key file is."""
    return user_state_path("annotate") / "pseudonym.key"


def key_place() -> str:
    """Where the key is: the variable, or the file."""
    return str(key_path()) if os.environ.get(_VARIABLE) is None else f"the variable {_VARIABLE}"


def load_key() -> PseudonymKey:
    """The key of the environment or of the state folder; made there the first time.

    Raises StateError for a key that is too short or not UTF-8, for a file that others
    can read, and where none can be made.
    """
    return PseudonymKey(_read_secret().encode("utf-8"))


def has_key() -> bool:
    """Whether there is a key, sound or not: a variable that is set, if to nothing, or a file."""
    # no error where the folder cannot be looked into
    return os.environ.get(_VARIABLE) is not None or os.access(key_path(), os.F_OK)


def find_key() -> PseudonymKey:
    """The key that there is; StateError where there is none, and otherwise as `load_key`."""
    if not has_key():
        raise StateError(
            "there is no pseudonym key yet",
            where=str(key_path()),
            do=f"the first annotations that are read make one; or put one back, or set {_VARIABLE}",
        )
    return load_key()


def back_up_key(path: Path) -> None:
    """Copy the key to a new file that only the user can read.

    Raises StateError where it exists, and for a key that a file cannot hold.
    """
    secret = _read_secret()
    if secret != secret.strip():
        raise StateError(
            "the pseudonym key begins or ends with white space, which a file of it does not keep",
            where=key_place(),
            do="keep it where the variable is set from",
        )
    if not _write_new(path, secret):
        raise StateError("exists already", where=str(path), do="name a new file")


def find_person(key: PseudonymKey, pseudonym: str) -> str:
    """The person behind a pseudonym: `user 3`, or `annotation 17` of a user unknown.

    Numbers up to a million are tried. Raises StateError where none fits, which
    with a right pseudonym means another key, and InputError for what is no pseudonym.
    """
    if not _PSEUDONYM.fullmatch(pseudonym):
        do = "take one from a dataset, as p-0a5fd3be841f"
        raise InputError("is no pseudonym", where=pseudonym, do=do)
    for number in range(_MOST_USERS):
        for person, said in ((str(number), "user"), (f"annotation {number}", "annotation")):
            if key.code(person) == pseudonym:
                return f"{said} {number}"
    raise StateError(
        f"no user is {pseudonym} under the key {key.fingerprint}",
        do="look with the key it was made with",
    )


def _read_secret() -> str:
    given = os.environ.get(_VARIABLE)
    data = _read_file() if given is None else os.fsencode(given)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise StateError(
            "the pseudonym key is not UTF-8", where=key_place(), do="put back the key that was"
        ) from None
    secret = text.strip() if given is None else text.rstrip("\r\n")
    if len(secret) < 16:
        do = "put back the key that was; where nothing was made with it yet, remove it"
        raise StateError("the pseudonym key has fewer than 16 characters", where=key_place(), do=do)
    return secret


def _read_file() -> bytes:
    path = key_path()
    if not path.exists():
        _create_key(path)
    if path.stat().st_mode & 0o077:
        raise StateError(
            "others can read the pseudonym key", where=str(path), do=f"chmod 600 {path}"
        )
    return path.read_bytes()


def _create_key(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_new(path, secrets.token_hex(32))
    except OSError as error:
        what = f"a pseudonym key cannot be made there: {error.strerror}"
        do = f"set {_VARIABLE}, to the same whenever a dataset goes on"
        raise StateError(what, where=str(path), do=do) from None


def _write_new(path: Path, text: str) -> bool:
    """Write a file of mode 0600 that appears whole; false where the name is taken.

    A file system without hard links, as of many a USB stick, gets it in one write.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    _write_private(partial, text)
    try:
        os.link(partial, path)
    except FileExistsError:
        return False
    except OSError:
        try:
            _write_private(path, text)
        except FileExistsError:
            return False
    finally:
        partial.unlink()
    return True


def _write_private(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink()
        raise
