"""Sums of tasks -> figures with intervals.

Tasks are drawn again with replacement; what adds up over tasks is added up
with their new counts, so that no figure is computed from ratings twice.

Source: Efron, Bootstrap methods: another look at the jackknife (1979); the
interval is that of percentiles.
"""

from __future__ import annotations

import numpy as np

from annotate.consensus.coefficients import Floats, Formula, Ints
from annotate.consensus.figure import Figure

_AT_ONCE = 1 << 18
"""Multiplications of one product: more would go to threads of the BLAS too, which spin for a
tenth of a second after each and save less."""
_SHARE = 0.95
_LEAST_DEFINED = 0.95
NO_PAIR = "no task has two annotators"
ONE_TASK = "one task alone has no interval"
MOSTLY_UNDEFINED = "too many samples of the bootstrap have no value"


class Bootstrap:
    """Resamples `tasks` tasks, the same samples for every figure."""

    def __init__(self, tasks: int, *, replicates: int = 1000, seed: int = 0) -> None:
        self.tasks = tasks
        made = np.random.default_rng(seed)
        # 8 bits: a task is drawn 256 times with a chance below 1 / 256!
        self.counts = np.zeros((replicates, tasks), dtype=np.uint8)
        for row in self.counts:
            sample = made.integers(0, max(tasks, 1), size=tasks, dtype=np.int32)
            row += np.bincount(sample, minlength=tasks).astype(np.uint8)

    def replicate(self, tasks: Ints, sums: Floats) -> Floats:
        """Sums of each sample, samples x S; `tasks` are the task of each row of `sums`."""
        present, places = np.unique(tasks, return_inverse=True)
        by_task = np.zeros((len(present), sums.shape[1]))
        np.add.at(by_task, places, sums)
        several = max(1, _AT_ONCE // max(1, by_task.size))
        blocks = [
            self.counts[start : start + several, present].astype(np.float64) @ by_task
            for start in range(0, len(self.counts), several)
        ]
        return np.concatenate([np.zeros((0, sums.shape[1])), *blocks])

    def figure(self, formula: Formula, tasks: Ints, sums: Floats, n: int) -> Figure:
        """The value over all rows of `sums`, with its interval."""
        if not len(sums):
            return Figure(None, 0, undefined=NO_PAIR)
        found = formula.figure(sums.sum(axis=0), n)
        if found.value is None:
            return found
        if len(self.counts) and (tasks == tasks[0]).all():  # as of most pairs of a crowd
            return found._replace(undefined=ONE_TASK)
        return self.interval(found, tasks, formula.values(self.replicate(tasks, sums)))

    def interval(self, figure: Figure, tasks: Ints, values: Floats) -> Figure:
        """The figure with the interval of the values of all samples, where there are any."""
        if not len(values):
            return figure
        if len(np.unique(tasks)) < 2:
            return figure._replace(undefined=ONE_TASK)
        defined = values[~np.isnan(values)]
        if len(defined) < _LEAST_DEFINED * len(values):
            return figure._replace(undefined=MOSTLY_UNDEFINED)
        tail = 50 * (1 - _SHARE)
        low, high = np.percentile(defined, [tail, 100 - tail])
        return figure._replace(low=float(low), high=float(high))
