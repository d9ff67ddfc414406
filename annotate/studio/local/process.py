"""Processes of the local Label Studio: run to the end, start detached, know again, stop.

A process is known by its number and its start, so that a number that the
system has given to another program since is never signalled.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

_USERINFO = re.compile(r"//[^/@\s]+@")


def run_logged(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    log: Path,
    hold: int,
    tick: Callable[[int], None],
) -> int:
    """Run `command` to its end, its words appended to `log`, and return its exit code.

    `tick` gets the seconds gone every ten seconds; `hold` is a lock's descriptor
    that the child keeps.
    """
    begun = time.monotonic()
    tick(0)
    with (
        _open_log(log, os.O_APPEND) as out,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=env,
            pass_fds=(hold,),
        ) as child,
    ):
        try:
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    return child.wait(timeout=10)
                tick(round(time.monotonic() - begun))
        except BaseException:
            child.terminate()
            raise


def spawn(command: Sequence[str | Path], *, env: Mapping[str, str], log: Path) -> int:
    """Start `command` in a session of its own, its words in a new `log`; return its number.

    It outlives this process.
    """
    with _open_log(log, os.O_TRUNC) as out:
        return os.posix_spawn(
            os.fspath(command[0]),
            [os.fspath(part) for part in command],
            dict(env),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, out.fileno(), 1),
                (os.POSIX_SPAWN_DUP2, out.fileno(), 2),
            ],
            setsid=True,
        )


def birth(pid: int) -> str | None:
    """When process `pid` began, in words that no later process repeats; None if it is gone."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    if Path("/proc/self/stat").exists():
        return _birth_on_linux(pid)
    return _birth_by_ps(pid)


def stop_group(pid: int, born: str) -> None:
    """End the process that is still `pid` born at `born`, with its group: TERM, then KILL."""
    for number, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
        if birth(pid) != born:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, number)
        deadline = time.monotonic() + patience
        while birth(pid) == born and time.monotonic() < deadline:
            time.sleep(0.05)


def last_lines(log: Path) -> str:
    """The last lines of `log` that say something, without passwords in addresses."""
    try:
        with log.open(encoding="utf-8", errors="replace") as lines:
            last = deque((line.strip() for line in lines if line.strip()), maxlen=5)
    except OSError:
        return "(no log)"
    return _USERINFO.sub("//", " | ".join(line[:300] for line in last))


def _open_log(path: Path, how: int) -> BinaryIO:
    # Label Studio logs the addresses it was asked for, an invitation among them
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600), "wb")


def _birth_on_linux(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None
    # the program's name stands in brackets and may hold anything
    fields = stat.rpartition(")")[2].split()
    state, threads, start = fields[0], int(fields[17]), fields[19]
    # a dead leader's other threads hold its port a moment longer
    return None if state in "ZX" and threads <= 1 else f"{boot}/{start}"


def _birth_by_ps(pid: int) -> str | None:
    words = subprocess.run(
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()
    return None if not words or words[0].startswith("Z") else " ".join(words[1:])
