"""Installing: once, again after a break, never twice at a time."""

from __future__ import annotations

import errno
import fcntl
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from annotate.errors import StateError
from annotate.studio.local import install
from annotate.studio.local.places import VERSION
from annotate.studio.locks import locked


class Installer:
    """Stands in for venv and pip."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.commands: list[str] = []
        self.break_at: int | None = None
        self.code = 0

    def __call__(self, command: list[Any], *, log: Path, **_: Any) -> int:
        self.commands.append(str(command[2]))
        if len(self.commands) == self.break_at:
            raise KeyboardInterrupt
        python = self.folder / "bin" / "python"
        python.parent.mkdir(parents=True, exist_ok=True)
        python.touch()
        log.write_text("Looking at https://anna:secret@index.test/simple\nno such version\n")
        return self.code


@pytest.fixture
def installer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installer:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    installer = Installer(tmp_path / "cache" / "annotate" / f"label-studio-{VERSION}")
    monkeypatch.setattr(install, "run_logged", installer)
    return installer


def test_installed_once(installer: Installer) -> None:
    python = install.install_label_studio(lambda _: None)
    assert python == installer.folder / "bin" / "python"
    install.install_label_studio(lambda _: None)
    assert installer.commands == ["venv", "pip"]


def test_cut_off_installation_is_done_again(installer: Installer) -> None:
    installer.break_at = 2
    with pytest.raises(KeyboardInterrupt):
        install.install_label_studio(lambda _: None)
    install.install_label_studio(lambda _: None)
    assert installer.commands == ["venv", "pip", "venv", "pip"]


def test_removed_interpreter_is_installed_again(installer: Installer) -> None:
    install.install_label_studio(lambda _: None).unlink()
    install.install_label_studio(lambda _: None)
    assert installer.commands == ["venv", "pip", "venv", "pip"]


def test_failure_shows_the_log_without_passwords(installer: Installer) -> None:
    installer.code = 1
    with pytest.raises(StateError, match="no such version") as caught:
        install.install_label_studio(lambda _: None)
    assert "secret" not in str(caught.value)
    assert "python3-venv" in str(caught.value)


def test_a_python_that_is_too_new_is_said_before_pip_tries(
    installer: Installer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install, "_NEWEST", (3, 10))
    with pytest.raises(StateError, match=r"under Python 3\.\d+; use Python 3\.10, or a server"):
        install.install_label_studio(lambda _: None)
    assert installer.commands == []


def test_pip_is_held_to_the_shipped_versions(tmp_path: Path) -> None:
    command = install._pip_command(tmp_path, tmp_path / "constraints.txt")
    assert command[-3:] == ["-c", tmp_path / "constraints.txt", "label-studio==1.23.2"]
    shipped = Path(install.__file__).with_name("label-studio-constraints.txt").read_text()
    assert "label-studio==1.23.2" in shipped.splitlines()


def test_lock_lets_one_in_at_a_time(tmp_path: Path) -> None:
    inside: list[str] = []
    waited = threading.Event()

    def second() -> None:
        with locked(tmp_path / "lock", on_wait=waited.set):
            inside.append("second")

    thread = threading.Thread(target=second)
    with locked(tmp_path / "lock", on_wait=lambda: None):
        thread.start()
        assert waited.wait(10)
        time.sleep(0.5)
        inside.append("first")
    thread.join(10)
    assert inside == ["first", "second"]


def test_a_file_system_without_locks_is_taken_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with locked(tmp_path / "lock", on_wait=lambda: None) as descriptor:
        assert descriptor > 0
