"""Workers on this machine: a pool of processes.

Processes are started anew and never forked: pyarrow has threads, and a fork
copies their locks without them. They do not run the script that started them
again. Each has one thread for its Arrow kernels.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from importlib import import_module
from importlib.machinery import ModuleSpec
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import ParamSpec, TypeVar

from annotate.errors import UsageError

P = ParamSpec("P")
R = TypeVar("R")
_AHEAD = 4
"""Shards in flight a process: enough that none waits while the first in order takes long."""
_ATTEMPTS = 3
_ENDING = {signal.SIGTERM, signal.SIGHUP}
_STARTING = threading.Lock()


class LocalWorkers:
    """Processes on this machine; a pool that a death has broken is opened again."""

    attempts = _ATTEMPTS
    deaths: tuple[type[BaseException], ...] = (BrokenProcessPool,)
    shares_files = True

    def __init__(self, processes: int, modules: Sequence[str] = ()) -> None:
        self.where = f"{processes} processes"
        self._processes, self._modules = processes, modules
        self._pool = self._open()

    @property
    def executor(self) -> Executor:
        """The pool that is open now."""
        return self._pool

    def width(self) -> int:
        """Some shards a process, so that none waits for the next."""
        return _AHEAD * self._processes

    def reopen(self) -> None:
        """Clear the broken pool away and open another."""
        self._pool.shutdown(wait=True)
        self._pool = self._open()

    def close(self, *, at_once: bool) -> None:
        """End the processes; `at_once` kills them."""
        if at_once:
            # nothing public before Python 3.14; gone where the pool is broken
            for process in list((self._pool._processes or {}).values()):
                process.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _open(self) -> _Pool:
        """A pool; its processes start with its first shards, or now where they have to load."""
        pool = _Pool(
            self._processes, mp_context=_Context(), initializer=_begin, initargs=(self._modules,)
        )
        for _ in range(self._processes if self._modules else 0):
            pool.submit(_start)
        return pool


class _Pool(ProcessPoolExecutor):
    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Hand out a shard; a process that starts here never sees Ctrl-C, which is ours alone.

        Nor is this program told to end in the midst: whom it just starts would not be ended.
        Raises UsageError for what a process would look for in the script.
        """
        for thing in (getattr(fn, "func", fn), *args):
            if getattr(thing, "__module__", None) == "__main__":
                raise UsageError(
                    f"{getattr(thing, '__qualname__', type(thing).__qualname__)} stands in the"
                    " script or notebook, which the processes of the engine local do not run",
                    do="put it into a module, or take the engine here",
                )
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, *_ENDING})
        try:
            return super().submit(fn, *args, **kwargs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Process(SpawnProcess):
    def start(self) -> None:
        """Start without the script: one that does not look at `__name__` would run again."""
        main = sys.modules["__main__"]
        with _STARTING:
            before = main.__spec__
            main.__spec__ = ModuleSpec("__main__", None)  # the one that no process imports
            try:
                super().start()
            finally:
                main.__spec__ = before


class _Context(SpawnContext):
    Process = _Process


def _begin(modules: Sequence[str]) -> None:
    """What a process does before its first shard."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # what Arrow asks for the size of its pool
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    for name in modules:
        import_module(name)


def _start() -> None:
    """The shard that a process starts with before there is another."""


def _leave_with_parent() -> None:
    """End this process when the one that started it is gone, however it went."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
