"""The same version from every engine, and what handing out a shard costs.

    python -m benchmarks.engines [--tasks 4000] [--shards 1000]

First one export becomes a version in this process, in two processes and on a Dask
scheduler with two workers, each a program of its own on 127.0.0.1; other logical
hashes are an error. Then shards without work, and shards of the size of real ones,
go through Dask with a growing number in flight. A shard's wall time, times the
cores, is told apart: CPU of the client, of the scheduler, of the workers, what
others took of the machine meanwhile, and what lay idle. What is idle is waiting;
where hardly anything is, the CPU limits.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from annotate.engine import open_engine
from benchmarks.figure import Figure
from benchmarks.gather import version
from benchmarks.made_export import write_export
from benchmarks.measure import run_apart
from tests.engine.cluster import Cluster

_TURNS = 3
_CORES = os.cpu_count() or 1
_TICK = os.sysconf("SC_CLK_TCK")
_WIDTHS = (1, 6, 24, 96)
"""Shards in flight in all."""
_REAL = 6_000_000
"""Bytes of a shard of `version create`; what comes back has ten eighteenths of them."""
_REAL_COUNT = 40


class Cost(NamedTuple):
    """What a shard took on a cluster, in ms; all but `wall` are of one core."""

    workers: int
    size: int
    width: int
    wall: float
    client: float
    scheduler: float
    work: float
    """CPU of the workers."""
    others: float
    """CPU of everything else on the machine."""
    idle: float

    def line(self) -> str:
        """One line of the table."""
        told = (self.wall, self.client, self.scheduler, self.work, self.others, self.idle)
        return f"{self.workers:>7}{self.size / 1e6:>6.0f}{self.width:>10}" + "".join(
            f"{value:>10.2f}" for value in told
        )


_HEAD = f"{'workers':>7}{'MB':>6}{'in flight':>10}" + "".join(
    f"{name:>10}" for name in ("wall", "client", "scheduler", "workers", "others", "idle")
)


class Ran(NamedTuple):
    """What a version took on an engine."""

    wall: float
    """Seconds of the call."""
    cpu: float
    """CPU seconds of all processes, those of the cluster among them, with imports."""


def echo(shard: tuple[bytes, int]) -> bytes:
    """A shard of no work: bytes in, so many bytes out."""
    return bytes(shard[1])


def pass_shards(
    scheduler: str, pids: str, size: str, width: str, count: str
) -> tuple[float, float, float, float, float]:
    """Pass `count` shards of `size` bytes, `width` of them in flight; seconds, as in Cost.

    `pids` are those of the scheduler and of the workers, with commas.
    """
    shard = (os.urandom(int(size)), int(size) * 10 // 18)
    with open_engine("dask", scheduler=scheduler) as engine:
        for _ in engine.map(echo, [(b"", 0)] * 32):  # so that every worker has begun
            pass
        workers: Any = engine._workers
        workers.width = lambda: int(width)
        before, began = _spent(pids), time.perf_counter()
        for _ in engine.map(echo, (shard for _ in range(int(count)))):
            pass
        wall = time.perf_counter() - began
        client, cluster, work, busy = (
            after - one for after, one in zip(_spent(pids), before, strict=True)
        )
    others = max(0.0, busy - client - cluster - work)
    return wall, client, cluster, work, others


def compare_versions(tasks: int) -> dict[str, Ran]:
    """What each engine took, medians of the turns; ends where versions differ."""
    runs: dict[str, list[Ran]] = {}
    hashes = set()
    with tempfile.TemporaryDirectory() as name, cluster_of(2) as cluster:
        export, folder = Path(name, "export.json"), Path(name)
        write_export(export, tasks)
        programs = [program.pid for program in (cluster.scheduler, *cluster.workers)]
        ways = {"here": "", "local": "", "dask": cluster.address}
        for turn in range(_TURNS):
            for engine, scheduler in ways.items():
                told = (str(export), str(folder / f"{turn}-{engine}"), "entities", engine)
                before = sum(map(_cpu, programs))
                run = run_apart(version, *told, scheduler, name=engine)
                there = sum(map(_cpu, programs)) - before if scheduler else 0
                runs.setdefault(engine, []).append(Ran(run.wall, run.start + run.cpu + there))
                hashes.add(run.result)
    if len(hashes) > 1:
        sys.exit("the engines made different versions")
    print(f"{tasks} tasks, one logical hash: {hashes.pop()}")
    return {
        engine: Ran(*(statistics.median(each) for each in zip(*found, strict=True)))
        for engine, found in runs.items()
    }


def cost_of_shards(cluster: Cluster, *, size: int, width: int, count: int) -> Cost:
    """What passing shards through a cluster costs; its workers stay."""
    pids = ",".join(str(program.pid) for program in (cluster.scheduler, *cluster.workers))
    told = map(str, (size, width, count))
    run = run_apart(pass_shards, cluster.address, pids, *told, name="dask")
    wall, client, scheduler, work, others = (1000 * seconds / count for seconds in run.result)
    idle = max(0.0, wall * _CORES - client - scheduler - work - others)
    workers = len(cluster.workers)
    return Cost(workers, size, width, wall, client, scheduler, work, others, idle)


@contextmanager
def cluster_of(workers: int) -> Iterator[Cluster]:
    """A scheduler and so many workers of one thread, ended with the context."""
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(Path(folder))
        try:
            for _ in range(workers):
                cluster.add_worker()
            yield cluster
        finally:
            cluster.stop()


def measure_shards(shards: int) -> Iterator[Cost]:
    """Empty shards through two workers and through eight, real ones through two."""
    for workers in (2, 8):
        with cluster_of(workers) as cluster:
            cost_of_shards(cluster, size=0, width=24, count=shards)  # they grow warm
            for width in _WIDTHS:
                yield cost_of_shards(cluster, size=0, width=width, count=shards)
            for width in _WIDTHS[:2] if workers == 2 else ():
                yield cost_of_shards(cluster, size=_REAL, width=width, count=_REAL_COUNT)


def figures() -> Iterator[Figure]:
    """The overhead of Dask, and of a shard on eight workers with as many in flight as we have."""
    runs = compare_versions(4000)
    wall, cpu = (one / other for one, other in zip(runs["dask"], runs["local"], strict=True))
    yield Figure("engines", "Dask to the process pool, wall", wall, "x")
    yield Figure("engines", "Dask to the process pool, CPU", cpu, "x")
    with cluster_of(8) as cluster:
        cost_of_shards(cluster, size=0, width=24, count=500)
        cost = cost_of_shards(cluster, size=0, width=24, count=1000)
    yield Figure("engines", "an empty shard, 8 workers: wall", cost.wall, "ms")
    for name, value in (("client", cost.client), ("scheduler", cost.scheduler)):
        yield Figure("engines", f"an empty shard, 8 workers: CPU of the {name}", value, "ms")
    yield Figure("engines", "an empty shard, 8 workers: CPU of the workers", cost.work, "ms")
    yield Figure("engines", "an empty shard, 8 workers: idle cores", cost.idle, "ms")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tasks", type=int, default=4000)
    parser.add_argument("--shards", type=int, default=1000)
    options = parser.parse_args()
    runs = compare_versions(options.tasks)
    pool = runs["local"]
    for engine, ran in runs.items():
        wall, cpu = ran.wall / pool.wall, ran.cpu / pool.cpu
        print(f"{engine:<8}{ran.wall:8.2f} s{wall:8.2f} x{ran.cpu:8.2f} CPU-s{cpu:8.2f} x")
    print(f"\na shard on Dask, in ms; wall x {_CORES} cores = the columns after it\n{_HEAD}")
    for cost in measure_shards(options.shards):
        print(cost.line(), flush=True)


def _spent(pids: str) -> tuple[float, float, float, float]:
    """CPU seconds so far: this process, the scheduler, the workers, the whole machine."""
    scheduler, *workers = (_cpu(int(pid)) for pid in pids.split(","))
    stat = Path("/proc/stat").read_text(encoding="ascii").split()[1:9]
    user, nice, system, _, _, irq, soft, _ = map(int, stat)
    busy = (user + nice + system + irq + soft) / _TICK
    return time.process_time(), scheduler, sum(workers), busy


def _cpu(pid: int) -> float:
    """CPU seconds of a process that runs."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / _TICK


if __name__ == "__main__":
    main()
