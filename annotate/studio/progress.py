"""How far a long piece of work is -> a line with rate and time left."""

from __future__ import annotations

import time
from collections.abc import Callable


class Progress:
    """Counts towards `total` and tells `on_progress` each time."""

    def __init__(self, verb: str, total: int, on_progress: Callable[[str], None]) -> None:
        self._verb, self._total, self._tell = verb, total, on_progress
        self._begun, self._done = time.monotonic(), 0

    def add(self, count: int) -> None:
        """Count `count` more tasks as done."""
        self._done += count
        self._tell(describe(self._verb, self._done, self._total, time.monotonic() - self._begun))


def describe(verb: str, done: int, total: int, seconds: float) -> str:
    """The line for `done` of `total` tasks after `seconds`."""
    line = f"{verb} {done} of {total} tasks"
    if seconds < 1 or not done or done >= total:
        return line
    rate = done / seconds
    return f"{line}, {rate:.3g} a second, {duration((total - done) / rate)} left"


def duration(seconds: float) -> str:
    """`seconds` in words, with two units at most: `45 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
