"""Rate and time left, as a person reads them."""

from __future__ import annotations

import pytest

from annotate.studio.progress import describe, duration


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.4, "59 s"), (200, "3 min 20 s"), (3600, "1 h 0 min"), (7500, "2 h 5 min")],
)
def test_duration(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("done", "seconds", "line"),
    [
        (300, 4.0, "pushed 300 of 5000 tasks, 75 a second, 1 min 3 s left"),
        (10, 40.0, "pushed 10 of 5000 tasks, 0.25 a second, 5 h 32 min left"),
        (100, 0.5, "pushed 100 of 5000 tasks"),
        (5000, 60.0, "pushed 5000 of 5000 tasks"),
    ],
)
def test_line(done: int, seconds: float, line: str) -> None:
    assert describe("pushed", done, 5000, seconds) == line
