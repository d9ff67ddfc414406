"""One process at a time: a lock on a file, held until the block or the file is closed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO


def is_taken(file: IO[bytes] | int) -> bool:
    """Whether another has the lock on an open file; else it is held until `file` is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass  # not every file system has locks
    return False


@contextlib.contextmanager
def locked(path: Path, *, on_wait: Callable[[], None]) -> Iterator[int]:
    """Hold the lock on `path`; `on_wait` is called every two seconds until it is free.

    Yields the descriptor. A child that inherits it holds the lock too, so that
    an installer whose parent was killed is not run over by the next one.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        waited = 0
        while is_taken(descriptor):
            if waited % 10 == 0:
                on_wait()
            waited += 1
            time.sleep(0.2)
        yield descriptor
    finally:
        os.close(descriptor)
