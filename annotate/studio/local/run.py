"""The local Label Studio: start it, find it, stop it.

It serves 127.0.0.1 alone, with SQLite, telemetry off and signup closed, and
goes on when the command that started it ends. One runs at a time for each
state folder. Every data folder has an administrator of its own with a random
password and key.

Refused: a busy port, a data folder that something else made, a second server.
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from annotate.errors import InputError, StateError
from annotate.studio.connection.server import Server
from annotate.studio.local.database import DATABASE, write_version
from annotate.studio.local.install import install_label_studio, label_studio_command
from annotate.studio.local.places import (
    VERSION,
    data_folder,
    log_file,
    private_folder,
    server_environment,
    state_folder,
)
from annotate.studio.local.process import birth, spawn, stop_group
from annotate.studio.local.ready import await_ready
from annotate.studio.local.state import (
    Account,
    Running,
    forget_running,
    read_accounts,
    read_running,
    save_account,
    write_running,
)
from annotate.studio.local.template import copy_database
from annotate.studio.local.upgrade import upgrade_folder
from annotate.studio.locks import locked

ADMIN = "admin@annotate.localhost"
"""User name of the administrator; `.localhost` is reserved and belongs to nobody (RFC 2606)."""

PREFERRED_PORT = 8080


@dataclass(frozen=True, slots=True)
class LocalStudio:
    """A running local server."""

    url: str
    username: str
    password: str = field(repr=False)
    """For the login page; the administrator's."""
    api_key: str = field(repr=False)
    port: int
    pid: int
    data_dir: Path
    version: str

    @property
    def server(self) -> Server:
        """The same server for the functions that work with any server."""
        return Server(url=self.url, api_key=self.api_key)


def start_local(
    *,
    port: int | None = None,
    data_dir: Path | None = None,
    on_progress: Callable[[str], None],
) -> LocalStudio:
    """Start the local server, installing Label Studio the first time; return it.

    The one that runs already is returned when it fits `port` and `data_dir`.
    Raises StateError when it does not fit, when the port is busy or when Label
    Studio ends, and Unreachable when it does not answer in time.
    """
    folder = None if data_dir is None else data_dir.expanduser().resolve()
    with locked(
        state_folder() / "studio.lock",
        on_wait=lambda: on_progress("waiting for another start or stop of Label Studio"),
    ) as lock:
        running = local_status()
        if running is not None:
            return _fitting(running, port, folder)
        _end_remembered()
        return _start(port, folder or data_folder().resolve(), lock, on_progress)


def stop_local() -> bool:
    """Stop the local server; False when none runs."""
    with locked(state_folder() / "studio.lock", on_wait=lambda: None):
        return _end_remembered()


def local_status() -> LocalStudio | None:
    """The local server that runs, or None."""
    running = read_running()
    # one that is gone is left to the next start, which has the lock: it may be under way
    if running is None or not running.ready or birth(running.pid) != running.born:
        return None
    admin = read_accounts(Path(running.data_dir)).get(ADMIN)
    return None if admin is None else _describe(running, admin)


def _start(
    port: int | None, folder: Path, lock: int, on_progress: Callable[[str], None]
) -> LocalStudio:
    chosen = _choose_port(port)
    python = install_label_studio(on_progress)
    admin = _prepare(python, folder, on_progress)
    upgrade_folder(python, folder, hold=lock, on_progress=on_progress)
    where = ["--internal-host", "127.0.0.1", "--port", str(chosen), "--data-dir", str(folder)]
    command = [*label_studio_command(python), "start", "--no-browser", *where]
    pid = spawn(command, env=server_environment() | _account_variables(admin), log=log_file())
    running = Running(pid, birth(pid) or "", chosen, str(folder), VERSION, ready=False)
    # remembered before it is ready, so that a start that is cut off leaves no orphan
    write_running(running)
    local = _describe(running, admin)
    try:
        await_ready(local.server, running, log=log_file(), on_progress=on_progress)
    except BaseException:
        _end_remembered()
        raise
    write_running(replace(running, ready=True))
    return local


def _prepare(python: Path, folder: Path, on_progress: Callable[[str], None]) -> Account:
    admin = read_accounts(private_folder(folder)).get(ADMIN)
    if (folder / DATABASE).exists():
        if admin is None:
            raise StateError(
                "holds a Label Studio database that was not made by annotate",
                where=str(folder),
                do="choose another data folder",
            )
        return admin
    if admin is None:
        admin = Account(ADMIN, secrets.token_urlsafe(18), secrets.token_hex(20))
        save_account(folder, admin)
    copy_database(python, folder, on_progress)
    write_version(folder)
    return admin


def _account_variables(admin: Account) -> dict[str, str]:
    # read only while the account does not exist; passed each time, since a start may be cut off
    return {
        "LABEL_STUDIO_USERNAME": admin.username,
        "LABEL_STUDIO_PASSWORD": admin.password,
        "LABEL_STUDIO_USER_TOKEN": admin.api_key,
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "1",
    }


def _end_remembered() -> bool:
    running = read_running()
    if running is None:
        return False
    alive = birth(running.pid) == running.born
    if alive:
        stop_group(running.pid, running.born)
    forget_running()
    return alive


def _describe(running: Running, admin: Account) -> LocalStudio:
    return LocalStudio(
        url=f"http://127.0.0.1:{running.port}",
        username=admin.username,
        password=admin.password,
        api_key=admin.api_key,
        port=running.port,
        pid=running.pid,
        data_dir=Path(running.data_dir),
        version=running.version,
    )


def _fitting(running: LocalStudio, port: int | None, folder: Path | None) -> LocalStudio:
    if port not in (None, running.port) or folder not in (None, running.data_dir):
        raise StateError(
            f"a local Label Studio runs already, with data folder {running.data_dir}",
            where=running.url,
            do="stop it first: `annotate studio stop`",
        )
    return running


def _choose_port(port: int | None) -> int:
    if port is None:
        return PREFERRED_PORT if _is_free(PREFERRED_PORT) else _any_free_port()
    if not 0 < port < 65536:
        raise InputError(f"not a port: {port}", do="give a number from 1 to 65535")
    if not _is_free(port):
        raise StateError(
            "the port is busy or not permitted",
            where=f"127.0.0.1:{port}",
            do="choose another port, or none",
        )
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _any_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
