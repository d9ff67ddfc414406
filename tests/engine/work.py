"""Shard functions for the tests: what a worker can do, and what can happen to it."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from annotate import errors


class Shard(NamedTuple):
    """Which number, and the folder where it leaves what it did."""

    number: int
    folder: str


def square(number: int) -> int:
    return number * number


def slow_head(number: int) -> int:
    time.sleep(0.4 if number == 0 else 0)
    return number


def process_of(number: int) -> int:
    time.sleep(0.05)
    return os.getpid()


def has_loaded(module: str) -> bool:
    time.sleep(0.01)
    return module in sys.modules


def write(shard: Shard) -> str:
    """Write a file named by its content, by way of a temporary name."""
    data = f"shard {shard.number}\n".encode()
    name = hashlib.sha256(data).hexdigest()[:12]
    handle, temporary = tempfile.mkstemp(dir=shard.folder, prefix="tmp-")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(temporary).replace(Path(shard.folder, name))
    return name


def write_slowly(shard: Shard) -> str:
    time.sleep(0.02)
    return write(shard)


def write_and_sign(shard: Shard) -> str:
    """Also leave the number of the process that did it."""
    Path(shard.folder, f"by-{os.getpid()}").touch()
    return write_slowly(shard)


def write_or_die_once(shard: Shard) -> str:
    """The worker dies after it has written shard 5, the first time."""
    name = write(shard)
    if shard.number == 5 and _first(shard, "died"):
        os.kill(os.getpid(), signal.SIGKILL)
    return name


def die_at_seven(shard: Shard) -> str:
    """A worker that dies at shard 7 whenever it is run; shard 0 is under way meanwhile."""
    with Path(shard.folder, f"run-{shard.number}").open("a", encoding="utf-8") as runs:
        runs.write("x")
    if shard.number == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(2 if shard.number == 0 else 0)
    return write(shard)


def fail_at_three(shard: Shard) -> str:
    """An error of ours at shard 3; those after it take long."""
    if shard.number == 3:
        raise errors.ExportError("is no JSON", where="export.json: task 3", do="mend it")
    time.sleep(0.02 if shard.number < 3 else 0.3)
    return write(shard)


def fail_but_the_first(number: int) -> None:
    """The first shard takes a minute, and the others fail at once."""
    if number:
        raise errors.ExportError("is no JSON")
    time.sleep(60)


def write_when_told(shard: Shard) -> str:
    """The first shard at once, the others when there is a file `go`."""
    until = time.monotonic() + 60
    while shard.number and not Path(shard.folder, "go").exists() and time.monotonic() < until:
        time.sleep(0.02)
    return write(shard)


def sleep_long(shard: Shard) -> None:
    """Tell who works on the shard, then take a minute."""
    Path(shard.folder, str(os.getpid())).touch()
    time.sleep(60)


def hears_interrupts(number: int) -> bool:
    return signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def arrow_threads(number: int) -> int:
    import pyarrow

    return int(pyarrow.cpu_count())


def _first(shard: Shard, mark: str) -> bool:
    try:
        Path(shard.folder, mark).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
