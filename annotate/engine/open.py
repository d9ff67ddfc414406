"""The name of an engine -> an engine that is open, and closed again whatever happens."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, get_args

from annotate.engine.here import HereWorkers
from annotate.engine.run import Engine, Workers
from annotate.errors import UsageError

EngineName = Literal["here", "local", "dask"]
ENGINES: tuple[EngineName, ...] = get_args(EngineName)
_MOST_PROCESSES = 1024
"""More than the cores of a machine; far more, and what counts them cannot hold the number."""


@contextmanager
def open_engine(
    name: EngineName,
    *,
    processes: int | None = None,
    scheduler: str | None = None,
    modules: Sequence[str] = (),
) -> Iterator[Engine]:
    """Give an engine for as long as the context is open.

    `here` runs shards in this process, `local` in `processes` others (as many
    as there are usable cores; one is this process), `dask` on the workers of
    the Dask scheduler at `scheduler` (`tcp://HOST:PORT`). Local processes load
    `modules` at once, while the program does something else. An error in the
    context, Ctrl-C among them, ends local processes at once and takes back what
    waits on a cluster. Raises UsageError for what does not fit together,
    InputError for what is not installed, Unreachable where no scheduler or worker
    answers or theirs are other versions.
    """
    engine = Engine(_open(name, processes, scheduler, modules))
    try:
        yield engine
    except BaseException:
        engine.close(at_once=True)
        raise
    engine.close(at_once=False)


def _open(
    name: str, processes: int | None, scheduler: str | None, modules: Sequence[str]
) -> Workers:
    if processes is not None and processes < 1:
        raise UsageError(f"{processes} processes do no work", do="ask for one or more")
    if processes is not None and processes > _MOST_PROCESSES:
        do = f"ask for one a core, {_MOST_PROCESSES} at most"
        raise UsageError(f"{processes} processes are too many for one machine", do=do)
    if name not in ENGINES:
        raise UsageError(f"no engine {name!r}", do=f"use one of {', '.join(ENGINES)}")
    if scheduler is not None and name != "dask":
        raise UsageError(f"the engine {name} has no scheduler", do="use the engine dask, or none")
    if name == "dask":
        if processes is not None:
            do = "start more workers with `dask worker`"
            raise UsageError("the engine dask takes no number of processes", do=do)
        if not scheduler:
            do = "give it as tcp://HOST:PORT with --scheduler"
            raise UsageError("the engine dask needs the address of a scheduler", do=do)
        from annotate.engine.dask import DaskWorkers

        return DaskWorkers(scheduler)
    processes = processes or _usable_cores()
    if name == "here" or processes == 1:
        return HereWorkers()
    from annotate.engine.local import LocalWorkers

    return LocalWorkers(processes, modules)


def _usable_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
