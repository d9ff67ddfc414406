"""The life of the local server, on a real Label Studio."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from annotate.errors import InputError, StateError, Unreachable
from annotate.studio import (
    Server,
    create_project,
    find_server,
    list_projects,
    local_status,
    make_annotator,
    start_local,
    stop_local,
)
from annotate.studio.local.process import birth, stop_group
from annotate.studio.local.run import ADMIN
from annotate.studio.local.state import (
    Account,
    Running,
    read_running,
    save_account,
    write_running,
)
from tests.command import annotate

CONFIG = '<View><Text name="text" value="$text"/></View>'


@pytest.fixture
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """State and data of this test alone; the cache stays."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.delenv("LABEL_STUDIO_URL", raising=False)
    monkeypatch.delenv("LABEL_STUDIO_API_KEY", raising=False)
    return tmp_path


@pytest.fixture
def stopped_afterwards(own_folders: Path) -> Iterator[Path]:
    yield own_folders
    stop_local()


def quiet(_: str) -> None:
    pass


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.studio
def test_life_cycle(stopped_afterwards: Path) -> None:
    data_dir, port, told = stopped_afterwards / "my data", free_port(), list[str]()
    with pytest.raises(Unreachable, match="annotate studio start"):
        find_server()
    local = start_local(port=port, data_dir=data_dir, on_progress=told.append)
    assert local.url == f"http://127.0.0.1:{port}"
    assert any(local.url in line for line in told)
    assert local_status() == local
    assert find_server() == local.server
    assert start_local(data_dir=data_dir, on_progress=quiet) == local
    with pytest.raises(StateError, match="runs already"):
        start_local(data_dir=data_dir / "other", on_progress=quiet)
    create_project(local.server, title="kept over a stop", label_config=CONFIG)
    assert stop_local()
    assert birth(local.pid) is None
    assert local_status() is None
    assert not stop_local()

    again = start_local(port=port, data_dir=data_dir, on_progress=quiet)
    assert (again.api_key, again.password) == (local.api_key, local.password)
    assert [project.title for project in list_projects(again.server)] == ["kept over a stop"]
    os.kill(again.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while birth(again.pid) is not None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert local_status() is None
    assert not stop_local()  # which forgets it, as a start does
    assert read_running() is None


@pytest.mark.studio
def test_secrets_and_walls(stopped_afterwards: Path) -> None:
    local = start_local(port=free_port(), on_progress=quiet)
    assert local.data_dir == stopped_afterwards / "share" / "annotate" / "studio"
    for secret in (local.api_key, local.password):
        assert secret not in repr(local)
        assert secret not in repr(local.server)
    private = [
        stopped_afterwards / "state" / "annotate" / "studio.json",
        local.data_dir / "accounts.json",
        local.data_dir / "label_studio.sqlite3",
    ]
    assert [path.stat().st_mode & 0o777 for path in private] == [0o600] * 3
    said = annotate("studio", "status", home=stopped_afterwards).out
    assert f"user {local.username}, password in {private[1]}\n" in said
    assert local.password in private[1].read_text(encoding="utf-8")
    assert local.password not in said
    # a server on all addresses would answer on this one too
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", local.port), timeout=5).close()
    with httpx.Client(base_url=local.url, trust_env=False) as stranger:
        stranger.get("/user/signup/")
        form = {"email": "eve@annotate.localhost", "password": "long-enough-1"}
        form["csrfmiddlewaretoken"] = stranger.cookies["csrftoken"]
        assert stranger.post("/user/signup/", data=form).status_code == 403
        foreign = stranger.get("/api/projects/", headers={"Origin": "http://elsewhere.test"})
        assert "access-control-allow-origin" not in foreign.headers
        assert stranger.get("/health", headers={"Host": "elsewhere.test"}).status_code == 400

    anna = make_annotator(local, "anna")
    assert make_annotator(local, "anna") == anna
    assert anna.api_key != local.api_key
    with pytest.raises(InputError):
        make_annotator(local, "anna@somewhere")

    script = "from annotate.studio import find_server; print(find_server().url)"
    elsewhere = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert elsewhere.stdout.strip() == local.url


@pytest.mark.studio
def test_a_key_that_was_renewed_locks_nobody_out(stopped_afterwards: Path) -> None:
    local = start_local(port=free_port(), on_progress=quiet)
    create_project(local.server, title="still there", label_config=CONFIG)
    # as the button of the account page does
    asked = httpx.post(
        f"{local.url}/api/current-user/reset-token",
        headers={"Authorization": f"Token {local.api_key}"},
        trust_env=False,
    )
    new = Server(url=local.url, api_key=asked.raise_for_status().json()["token"])
    assert stop_local()
    told = list[str]()
    again = start_local(port=local.port, on_progress=told.append)
    assert "no longer accepted" in told[-1]
    assert local_status() == again
    assert [project.title for project in list_projects(new)] == ["still there"]
    with pytest.raises(StateError, match="refuses the API key"):
        list_projects(again.server)


def test_busy_port_is_refused(own_folders: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(StateError, match="busy"):
            start_local(port=taken.getsockname()[1], on_progress=quiet)


def test_impossible_port_is_refused(own_folders: Path) -> None:
    with pytest.raises(InputError, match="70000"):
        start_local(port=70000, on_progress=quiet)


def test_number_of_another_process_is_not_signalled(own_folders: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        write_running(Running(other.pid, "another start", 8080, "/nowhere", "1", ready=True))
        assert local_status() is None
        assert not stop_local()
        stop_group(other.pid, "another start")
        assert other.poll() is None
        assert read_running() is None
        other.communicate(b"\n")


def test_a_look_does_not_forget_a_server_that_starts_meanwhile(
    own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = Running(os.getpid(), birth(os.getpid()) or "", 8080, "/new", "1", ready=False)

    def start_meanwhile(pid: int) -> str | None:
        write_running(new)
        return birth(pid)

    write_running(Running(os.getpid(), "before the last boot", 8080, "/old", "1", ready=True))
    monkeypatch.setattr("annotate.studio.local.run.birth", start_meanwhile)
    assert local_status() is None
    assert read_running() == new


def test_a_server_that_still_starts_is_nobodys_and_one_that_runs_is_kept(own_folders: Path) -> None:
    data_dir = own_folders / "data"
    save_account(data_dir, Account(ADMIN, "a password", "a-key"))
    born = birth(os.getpid()) or ""
    running = Running(os.getpid(), born, 8080, str(data_dir), "1", ready=False)
    write_running(running)
    assert local_status() is None
    with pytest.raises(Unreachable, match="annotate studio start"):
        find_server()
    write_running(replace(running, ready=True))
    assert find_server() == Server(url="http://127.0.0.1:8080", api_key="a-key")
    assert start_local(port=8080, on_progress=quiet) == local_status()
    for other in ({"port": 8081}, {"data_dir": own_folders / "other"}):
        with pytest.raises(StateError, match=f"runs already, with data folder {data_dir}"):
            start_local(**other, on_progress=quiet)
    assert read_running() == replace(running, ready=True)


def test_broken_state_counts_as_none(own_folders: Path) -> None:
    state = own_folders / "state" / "annotate" / "studio.json"
    state.parent.mkdir(parents=True)
    whole = {"pid": 1, "born": "", "port": 80, "data_dir": "", "version": "", "ready": True}
    wrong: list[dict[str, Any]] = [
        {"pid": "1"},
        {"pid": -1, "born": None},
        {"pid": 1 << 70},
        {"data_dir": None},
        {"ready": 1, "more": 1},
    ]
    others = [json.dumps(whole | part).encode() for part in wrong]
    for broken in (b"{", b"[]", b'{"pid": 1}', b"[" * 100_000, *others):
        state.write_bytes(broken)
        assert local_status() is None
        assert not stop_local()


@pytest.mark.studio
def test_foreign_database_is_refused(own_folders: Path) -> None:
    data_dir = own_folders / "foreign"
    data_dir.mkdir()
    (data_dir / "label_studio.sqlite3").touch()
    with pytest.raises(StateError, match="not made by annotate"):
        start_local(port=free_port(), data_dir=data_dir, on_progress=quiet)
