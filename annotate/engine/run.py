"""A function and shards -> results in the order of the shards, on any Executor.

A bounded number of shards is in flight, so that thousands of them cost no more
memory than a few. The first error takes back what waits and is raised as it
was. Shards that were in flight when a worker died run again; the last time a
shard runs alone, so that the one at which workers die is known by name.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar

from annotate.errors import EngineError, Unreachable

S = TypeVar("S")
R = TypeVar("R")
_SHOWN = 200


class Workers(Protocol):
    """What an engine must know of those who do the work."""

    where: str
    """What they are called in an error."""
    attempts: int
    """How often a shard may be run by a worker that dies."""
    deaths: tuple[type[BaseException], ...]
    """Errors of a future that say that a worker died."""
    shares_files: bool
    """Whether each of them opens the files of this machine by their paths."""

    @property
    def executor(self) -> Executor:
        """The executor that is open now."""

    def width(self) -> int:
        """How many shards may be in flight, at least one."""

    def reopen(self) -> None:
        """Open another executor in the place of one that is broken, whose futures are all done."""

    def close(self, *, at_once: bool) -> None:
        """Let go of the workers; `at_once` does not wait for what they are doing."""


class _Flight(Generic[S, R]):
    """A shard that was handed out."""

    __slots__ = ("deaths", "future", "number", "shard")

    def __init__(self, number: int, shard: S, future: Future[R]) -> None:
        self.number = number
        self.shard = shard
        self.future = future
        self.deaths = 0

    def error(self) -> BaseException | None:
        """What it ended with, if it ended and that is an error."""
        if not self.future.done():
            return None
        if self.future.cancelled():
            return Unreachable("dropped a shard", do="see whether the scheduler still runs")
        return self.future.exception()


class Engine:
    """Runs shards on workers; made by `open_engine`."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self.shares_files = workers.shares_files
        """Whether a shard may name files of this machine in place of their bytes."""
        self._left: list[Future[Any]] = []

    def map(self, function: Callable[[S], R], shards: Iterable[S]) -> Iterator[R]:
        """Yield `function(shard)` of each shard, in their order.

        `shards` is drawn from as places become free. Raises what `function`
        raises, EngineError for a shard at which workers die, Unreachable where
        the cluster is lost.
        """
        self._take_back()
        coming = enumerate(shards)
        flights: deque[_Flight[S, R]] = deque()
        try:
            while True:
                free = max(0, self._workers.width() - len(flights))
                for number, shard in islice(coming, free):
                    flights.append(_Flight(number, shard, self._submit(function, shard)))
                if not flights:
                    return
                self._settle_first(function, flights)
                yield flights.popleft().future.result()
        finally:
            self._left += [flight.future for flight in flights]

    def close(self, *, at_once: bool) -> None:
        """Let go of the workers; `at_once` does not wait for what they are doing."""
        if not at_once:
            self._take_back()
        self._workers.close(at_once=at_once)

    def _take_back(self) -> None:
        """Cancel what a mapping left that was not drawn to its end.

        Not when it is left: a process pool whose processes are then killed
        cannot bear cancelled futures (seen with Python 3.11).
        """
        while self._left:
            self._left.pop().cancel()

    def _settle_first(self, function: Callable[[S], R], flights: deque[_Flight[S, R]]) -> None:
        """Wait for the first flight; raise the error of any."""
        while True:
            error = next((e for e in map(_Flight.error, flights) if e is not None), None)
            if isinstance(error, self._workers.deaths):
                self._run_again(function, flights)
            elif isinstance(error, Unreachable) and not error.where:
                raise Unreachable(error.what, where=self._workers.where, do=error.do)
            elif error is not None:
                raise error
            elif flights[0].future.done():
                return
            else:
                under_way = [f.future for f in flights if not f.future.done()]
                wait(under_way, return_when=FIRST_COMPLETED)

    def _run_again(self, function: Callable[[S], R], flights: deque[_Flight[S, R]]) -> None:
        """Hand out once more what was in flight when a worker died."""
        self._workers.reopen()
        lost = [f for f in flights if isinstance(f.error(), self._workers.deaths)]
        for flight in lost:
            self._count_death(flight)
        alone = [flight for flight in lost if flight.deaths == self._workers.attempts - 1]
        for flight in alone:
            flight.future = self._submit(function, flight.shard)
            wait([flight.future])
            if isinstance(flight.error(), self._workers.deaths):
                self._count_death(flight)
        for flight in lost:
            if flight not in alone:
                flight.future = self._submit(function, flight.shard)

    def _count_death(self, flight: _Flight[S, R]) -> None:
        flight.deaths += 1
        if flight.deaths >= self._workers.attempts:
            shard = str(flight.shard)
            shown = shard if len(shard) <= _SHOWN else f"{shard[:_SHOWN]}…"
            raise EngineError(
                "the workers that ran it died, the last time with nothing beside it",
                where=f"{self._workers.where}: shard {flight.number} ({shown})",
                do="see whether their memory suffices, or make the shards smaller",
            ) from flight.error()

    def _submit(self, function: Callable[[S], R], shard: S) -> Future[R]:
        try:
            return self._workers.executor.submit(function, shard)
        except BrokenExecutor as error:  # broke since the last look: found with the others
            broken: Future[R] = Future()
            broken.set_exception(error)
            return broken
