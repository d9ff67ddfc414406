"""The one version of Label Studio that is used, in a virtual environment of its own.

It cannot share the environment of this package: it pins older libraries. pip
of the new environment does the work, so that the user's pip configuration
holds; the versions come from `label-studio-constraints.txt`.

Installed once for each version. An installation that was cut off has no mark
and is done again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path

from annotate.errors import StateError
from annotate.studio.local.places import VERSION, installation, private_folder, state_folder
from annotate.studio.local.process import last_lines, run_logged
from annotate.studio.locks import locked

_NEWEST = (3, 13)
"""The newest Python that the libraries it pins are built for."""
# set for the user's own environments, they would send the packages elsewhere
_MISLEADING = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "PIP_USER", "PIP_TARGET", "PIP_PREFIX")


def label_studio_command(python: Path) -> list[str | Path]:
    """How to call Label Studio of the environment that `python` belongs to."""
    # isolated, so that a folder `datasets` or `core` where the user stands is not imported
    return [python, "-I", "-u", python.parent / "label-studio"]


def install_label_studio(on_progress: Callable[[str], None]) -> Path:
    """Return the Python of the environment with Label Studio; make it where it is missing.

    Raises StateError when it cannot be made.
    """
    folder = installation()
    if _is_complete(folder):
        return _python(folder)
    private_folder(folder.parent)
    with locked(
        folder.with_name(f"{folder.name}.lock"),
        on_wait=lambda: on_progress("waiting for another installation of Label Studio"),
    ) as lock:
        if not _is_complete(folder):
            _install(folder, lock, on_progress)
    return _python(folder)


def is_installed() -> bool:
    """Whether the environment with Label Studio is there and whole."""
    return _is_complete(installation())


def _install(folder: Path, lock: int, on_progress: Callable[[str], None]) -> None:
    if sys.version_info[:2] > _NEWEST:
        here, newest = (".".join(map(str, v)) for v in (sys.version_info[:2], _NEWEST))
        raise StateError(
            f"Label Studio {VERSION} cannot be installed under Python {here}",
            do=f"use Python {newest}, or a server that runs elsewhere (LABEL_STUDIO_URL)",
        )
    log = state_folder() / "install.log"
    log.unlink(missing_ok=True)

    def tick(seconds: int) -> None:
        packages = log.read_text(errors="replace").count("\nCollecting ") if log.exists() else 0
        on_progress(
            f"installing Label Studio {VERSION} (once, about 800 MB): "
            f"{packages} packages, {seconds} s"
        )

    _make_environment(folder, log, lock, tick)
    with as_file(files("annotate.studio.local") / "label-studio-constraints.txt") as constraints:
        command = _pip_command(folder, constraints)
        code = run_logged(command, env=_pip_environment(), log=log, hold=lock, tick=tick)
    if code != 0:
        raise StateError(
            f"pip could not install Label Studio {VERSION}: {last_lines(log)}",
            where=str(log),
            do="see the log; pip's own settings (index, proxy) are used",
        )
    _mark(folder).write_text(f"{VERSION}\n", encoding="utf-8")


def _make_environment(folder: Path, log: Path, lock: int, tick: Callable[[int], None]) -> None:
    command = [sys.executable, "-m", "venv", "--clear", str(folder)]
    if run_logged(command, env=_pip_environment(), log=log, hold=lock, tick=tick) != 0:
        raise StateError(
            f"no virtual environment could be made: {last_lines(log)}",
            where=str(folder),
            do="install the venv module of this Python (python3-venv on Debian)",
        )


def _pip_command(folder: Path, constraints: Path) -> list[str | Path]:
    quiet = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    what: list[str | Path] = ["-c", constraints, f"label-studio=={VERSION}"]
    return [_python(folder), "-m", "pip", "install", *quiet, *what]


def _pip_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _MISLEADING}


def _is_complete(folder: Path) -> bool:
    # the interpreter is a link, dead once the Python it came from is removed
    return os.access(_mark(folder), os.F_OK) and os.access(_python(folder), os.F_OK)


def _mark(folder: Path) -> Path:
    return folder / ".complete"


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"
