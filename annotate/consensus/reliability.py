"""Judged work -> how reliable each annotator is, with the uncertainty; drift and speed."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from annotate.consensus.coefficients import Floats
from annotate.consensus.learned import Learned
from annotate.text import moment_order

_Z = 1.959964
_LEAST_TASKS = 5
_FAR = 3.5
_LEAST_CHANGE = 0.05


class Work(NamedTuple):
    """One annotation, as far as it says something of who made it."""

    unit_key: str
    annotator: str
    created_at: str | None
    seconds: float | None
    characters: int
    """Of the text, in code points."""
    right: float | None
    """The mean chance that what was said is right; None where nothing was to be said."""


def measure_reliability(learned: Learned) -> list[dict[str, Any]]:
    """Recall and precision (what is drawn) or accuracy (what is chosen) of each annotator.

    Expected counts of the fitted model, on tokens for spans; the interval is
    Wilson's (Probable inference, 1927) at 95 %. `n` is the number of expected
    observations; `value` is None where there is not a tenth of one.
    """
    found = []
    for question, model in sorted(learned.models.items()):
        drawn = question in learned.drawn or model.values == [False, True]
        for annotator, number in learned.index.items():
            for name, right, n in _shares(model.fit.counts[number], drawn=drawn):
                some = round(n, 1) > 0
                low, high = wilson(right, n) if some else (None, None)
                found.append(
                    {
                        "annotator": annotator,
                        "question": question,
                        "measure": name,
                        "value": right / n if some else None,
                        "low": low,
                        "high": high,
                        "n": round(n, 1),
                    }
                )
    return found


def wilson(right: float, n: float) -> tuple[float, float]:
    """95 % score interval of a share, `right` of `n`."""
    share, z2 = right / n, _Z * _Z / n
    middle = share + z2 / 2
    half = _Z * math.sqrt(max(0.0, share * (1 - share)) / n + z2 / (4 * n))
    low, high = (middle - half) / (1 + z2), (middle + half) / (1 + z2)
    return max(0.0, low), min(1.0, high)  # an end that is 0 or 1 may be rounded beyond


def measure_drift(work: Iterable[Work]) -> list[dict[str, Any]]:
    """Mean chance of being right in the first and in the second half of an annotator's tasks.

    By `created_at`; who has fewer than ten dated tasks is left out. What was made at one
    moment stays in one half; where that leaves fewer than five tasks in a half, the figures
    are None and `undefined` says so. `drifts` is true where the change is .05 or more and its
    95 % interval (Welch 1947, normal) excludes 0.
    """
    dated: dict[str, list[tuple[str, str, float]]] = defaultdict(list)
    for one in work:
        if one.created_at and one.right is not None:
            dated[one.annotator].append((moment_order(one.created_at), one.unit_key, one.right))
    return [
        {"annotator": annotator, "tasks": len(found), **_change(sorted(found))}
        for annotator, found in sorted(dated.items())
        if len(found) >= 2 * _LEAST_TASKS
    ]


def find_speed_outliers(work: Iterable[Work]) -> list[dict[str, Any]]:
    """Annotations made far faster or slower than the others, the fastest first.

    Seconds for each code point, as logarithms, by the modified z-score
    (Iglewicz and Hoaglin, How to detect and handle outliers, 1993): .6745 times
    the distance from the median over the median distance; beyond 3.5 is far.
    """
    timed = [(one, seconds) for one in work if (seconds := one.seconds) and seconds > 0]
    paces = np.array([math.log(seconds / one.characters) for one, seconds in timed])
    away = np.abs(paces - np.median(paces)) if timed else paces
    spread = float(np.median(away)) if timed else 0.0
    if not spread:
        return []
    far = 0.6745 * (paces - np.median(paces)) / spread
    found = [
        {
            "unit_key": one.unit_key,
            "annotator": one.annotator,
            "seconds": seconds,
            "characters": one.characters,
            "z": z,
        }
        for (one, seconds), z in zip(timed, far.tolist(), strict=True)
        if abs(z) > _FAR
    ]
    return sorted(found, key=lambda entry: (entry["z"], entry["unit_key"], entry["annotator"]))


def _shares(counts: Floats, *, drawn: bool) -> Iterator[tuple[str, float, float]]:
    """(name, right, of how many); the first value is "nothing" where something is drawn."""
    right = float(np.trace(counts))
    if not drawn:
        yield "accuracy", right, float(counts.sum())
        return
    right -= float(counts[0, 0])
    yield "recall", right, float(counts[1:].sum())
    yield "precision", right, float(counts[:, 1:].sum())


def _change(dated: Sequence[tuple[str, str, float]]) -> Mapping[str, Any]:
    half = _middle([moment for moment, *_ in dated])
    if half is None:
        figures = dict.fromkeys(("early", "late", "low", "high"))
        return {**figures, "drifts": False, "undefined": "the tasks have no order in time"}
    scores = np.array([score for *_, score in dated])
    early, late = scores[:half], scores[half:]
    change = float(late.mean() - early.mean())
    error = math.sqrt(early.var(ddof=1) / len(early) + late.var(ddof=1) / len(late))
    low, high = change - _Z * error, change + _Z * error
    return {
        "early": float(early.mean()),
        "late": float(late.mean()),
        "low": low,
        "high": high,
        "drifts": abs(change) >= _LEAST_CHANGE and (low > 0 or high < 0),
        "undefined": None,
    }


def _middle(moments: Sequence[str]) -> int | None:
    """Where the later half of sorted moments begins, with no moment in both; None for nowhere."""
    borders = [
        place
        for place in range(_LEAST_TASKS, len(moments) - _LEAST_TASKS + 1)
        if moments[place - 1] < moments[place]
    ]
    return min(borders, key=lambda place: abs(place - len(moments) // 2), default=None)
