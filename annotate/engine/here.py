"""Workers of this process alone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class HereWorkers:
    """This process; a shard is done when it is handed out."""

    where = "this process"
    attempts = 1
    deaths: tuple[type[BaseException], ...] = ()
    shares_files = True

    def __init__(self) -> None:
        self.executor: Executor = _HereExecutor()

    def width(self) -> int:
        """One."""
        return 1

    def reopen(self) -> None:
        """Nothing: this process does not outlive its own death."""

    def close(self, *, at_once: bool) -> None:
        """Nothing is left to wait for."""


class _HereExecutor(Executor):
    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        future: Future[R] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future
