"""The address of a Dask scheduler -> its workers, which run the same functions.

Needs the extra `dask`. Python, Dask, pyarrow and this package must be the same
on both sides. Workers may come and go; Dask itself runs the shards of one that
is lost again, up to its setting `distributed.scheduler.allowed-failures`.
"""

from __future__ import annotations

import logging
import threading
import time
import warnings
from collections.abc import Mapping
from concurrent.futures import Executor
from contextlib import ExitStack
from typing import Any

from annotate.errors import InputError, Unreachable

_CONNECT = 10.0
"""Seconds in which a scheduler must answer."""
_ARRIVE = 30.0
"""Seconds in which its first worker must be there."""
_AHEAD = 3
"""Shards in flight a thread of the cluster."""
_LOOK = 2.0
"""Seconds after which the threads of the cluster are counted again."""
_SAME = ("dask", "distributed", "pyarrow", "annotate")
_NOISY = ("distributed", "distributed.client", "tornado.application")
"""Loggers of what is said by our errors: lost connections, other versions."""


class DaskWorkers:
    """The workers of a scheduler."""

    attempts = 2  # the scheduler blames all shards that the dead worker held
    shares_files = False

    def __init__(self, scheduler: str) -> None:
        self.where = scheduler
        self.deaths = _load()
        with ExitStack() as opened:
            opened.enter_context(_HUSH)
            self._client = _connect(scheduler)
            opened.callback(self._client.close)
            _await_worker(self._client, scheduler)
            _check_versions(self._client.get_versions(packages=list(_SAME)), scheduler)
            self._opened = opened.pop_all()
        self.executor: Executor = self._client.get_executor(pure=False)
        self._threads, self._counted = 1, float("-inf")

    def width(self) -> int:
        """Some shards a thread of the workers that are there now."""
        if time.monotonic() - self._counted > _LOOK:
            self._threads = max(1, sum(self._client.nthreads().values()))
            self._counted = time.monotonic()
        return _AHEAD * self._threads

    def reopen(self) -> None:
        """Nothing: the scheduler has run lost shards again itself."""

    def close(self, *, at_once: bool) -> None:
        """Leave the cluster; what is left is taken back."""
        with self._opened:
            self.executor.shutdown(wait=not at_once)


class _Hush:
    """Keeps noisy loggers still while any engine is open, and gives their levels back."""

    def __init__(self) -> None:
        self._lock, self._open = threading.Lock(), 0
        self._levels: dict[str, int] = {}

    def __enter__(self) -> None:
        with self._lock:
            self._open += 1
            if self._open == 1:
                self._levels = {name: logging.getLogger(name).level for name in _NOISY}
                for name in _NOISY:
                    logging.getLogger(name).setLevel(logging.CRITICAL)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._open -= 1
            if not self._open:
                for name, level in self._levels.items():
                    logging.getLogger(name).setLevel(level)


_HUSH = _Hush()


def _load() -> tuple[type[BaseException], ...]:
    """What a worker dies of; Dask gives its loggers their levels where it is imported first."""
    try:
        from distributed import KilledWorker
    except ImportError:
        raise InputError(
            "Dask distributed is not installed",
            do="in the clone, `pip install -e '.[dask]'` installs it",
        ) from None
    return (KilledWorker,)


def _connect(scheduler: str) -> Any:
    from distributed import Client

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _await_answer(scheduler)
            return Client(scheduler, timeout=_CONNECT, set_as_default=False)
    except (OSError, TypeError, ValueError) as error:  # TypeError: `tls://`, and no certificates
        raise Unreachable(
            f"no Dask scheduler answers: {str(error).splitlines()[0]}",
            where=scheduler,
            do="check the address, or start one with `dask scheduler`",
        ) from None


def _await_answer(scheduler: str) -> None:
    """Raise OSError where nothing there speaks as Dask does in time; `Client` waits for ever."""
    from distributed.core import connect
    from distributed.security import Security
    from distributed.utils import LoopRunner, sync

    async def greet() -> None:
        how = Security().get_connection_args("client")
        await (await connect(scheduler, timeout=_CONNECT, **how)).close()

    runner = LoopRunner()
    runner.start()
    try:
        sync(runner.loop, greet, callback_timeout=_CONNECT + 1)
    except TimeoutError:
        raise OSError("what listens there takes the connection and says nothing") from None
    finally:
        runner.stop()


def _await_worker(client: Any, scheduler: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_ARRIVE)
    except TimeoutError:
        raise Unreachable(
            f"the scheduler had no worker for {_ARRIVE:.0f} s",
            where=scheduler,
            do=f"start some with `dask worker {scheduler}`",
        ) from None


def _check_versions(found: Mapping[str, Any], scheduler: str) -> None:
    """Raise Unreachable for the first worker whose versions are not ours."""
    ours = _versions(found["client"])
    for address, theirs in sorted(found["workers"].items()):
        for name, version in _versions(theirs).items():
            if version != ours[name]:
                raise Unreachable(
                    f"the worker {address} has {name} {version or 'not installed'},"
                    f" and here is {ours[name]}",
                    where=scheduler,
                    do="install the same versions on both sides",
                )


def _versions(side: Mapping[str, Any]) -> dict[str, str | None]:
    python = ".".join(side["host"]["python"].split(".")[:2])
    return {"python": python, **{name: side["packages"].get(name) for name in _SAME}}
