"""What is remembered between commands: which server runs, and who may log in to it.

`studio.json` in the state folder names the running process; `accounts.json` in
a data folder holds the accounts that were made here, next to the database that
knows them. Both are readable by their owner alone. A file that cannot be read
counts as absent.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from annotate.studio.local.places import private_folder, state_file

T = TypeVar("T")

ACCOUNTS = "accounts.json"
_PIDS = range(1, 1 << 31)
"""Numbers of processes; others would stand for groups of them."""


@dataclass(frozen=True, slots=True)
class Running:
    """The server process that was started last."""

    pid: int
    born: str
    port: int
    data_dir: str
    version: str
    ready: bool
    """False while it starts: nobody may use it yet, but it must be found and ended."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the local server."""

    username: str
    password: str = field(repr=False)
    api_key: str = field(repr=False)


def read_running() -> Running | None:
    """The server that was started last, alive or not."""
    running = _build(Running, _read(state_file()))
    return running if running and running.pid in _PIDS else None


def write_running(running: Running) -> None:
    """Remember `running` in place of what was remembered."""
    private_folder(state_file().parent)
    _write_private(state_file(), asdict(running))


def forget_running() -> None:
    """Remember that no server runs."""
    state_file().unlink(missing_ok=True)


def read_accounts(data_dir: Path) -> dict[str, Account]:
    """Accounts of the data folder by user name, in the order in which they were made."""
    kept = _read(data_dir / ACCOUNTS)
    entries = kept if isinstance(kept, list) else []
    accounts = [account for entry in entries if (account := _build(Account, entry))]
    return {account.username: account for account in accounts}


def save_account(data_dir: Path, account: Account) -> None:
    """Add `account` to the data folder, or replace the one with its user name."""
    accounts = read_accounts(private_folder(data_dir)) | {account.username: account}
    _write_private(data_dir / ACCOUNTS, [asdict(entry) for entry in accounts.values()])


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def _build(kind: type[T], entry: Any) -> T | None:
    try:
        made = kind(**entry)
    except TypeError:
        return None
    kinds = get_type_hints(kind)
    return made if all(type(value) is kinds[name] for name, value in entry.items()) else None


def _write_private(path: Path, content: Any) -> None:
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
    unfinished.replace(path)
