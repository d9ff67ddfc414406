"""Tasks -> a temporary file from which they come back in the order of their scores."""

from __future__ import annotations

import math
import tempfile
from array import array
from collections.abc import Iterable, Iterator

import msgspec

from annotate.models import Task


def most_uncertain_first(tasks: Iterable[Task]) -> Iterator[Task]:
    """Yield tasks by the score of their suggestion, lowest first, after those for calibration.

    Tasks without a score come last; equal ones stay in their order. The tasks
    lie on disk meanwhile.
    """
    with tempfile.TemporaryFile(prefix="annotate-") as file:
        starts, scores, first = array("Q", [0]), array("d"), array("b")
        for task in tasks:
            data = msgspec.msgpack.encode(task.model_dump())
            file.write(data)
            starts.append(starts[-1] + len(data))
            found = [p.score for p in task.predictions if p.score is not None]
            scores.append(min(found, default=math.inf))
            first.append(bool(task.data.get("calibration")))
        for place in sorted(range(len(scores)), key=lambda n: (not first[n], scores[n], n)):
            file.seek(starts[place])
            data = file.read(starts[place + 1] - starts[place])
            yield Task.model_validate(msgspec.msgpack.decode(data))
