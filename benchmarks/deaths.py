"""The same version, whoever dies: workers are killed in the middle of the bench export.

    python -m benchmarks.deaths [--tasks 10000]

One export becomes a version in processes of this machine and on a Dask scheduler with
three workers, each a program of its own on 127.0.0.1; then on both again with a worker
killed (SIGKILL), and on Dask another that joins when shards are done. Every shard leaves
a mark when it begins and when it ends. A worker is stopped before it is killed, so
the marks prove that it was in the middle of a shard. Another logical hash, another data
file, nobody killed, or nothing left to do for the late worker: each is an error.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from annotate.dataset.shard import make_shard
from annotate.engine import Engine
from benchmarks.engines import cluster_of
from benchmarks.gather import version
from benchmarks.made_export import write_export
from benchmarks.measure import Measure, run_apart
from tests.engine.cluster import Cluster

_WORKERS = 3
_DONE = 5
"""Shards that are done before a worker is killed."""
_LOOK = 0.005
"""Seconds between two looks at the marks."""


class Killed(NamedTuple):
    """A worker that was killed."""

    shard: int
    """Which it had begun and not ended."""
    done: int
    """Shards that had ended by then."""
    late: int | None
    """Process that joined before, if any."""


class Made(NamedTuple):
    """A version, and who made it."""

    logical_hash: str
    files: list[str]
    """Names of the data files, which end in a hash of their content."""
    begun: list[tuple[int, int]]
    """Shard and process."""
    killed: Killed | None

    def told(self) -> str:
        """Who did how many shards, who was killed, and what ran again."""
        each = Counter(process for _, process in self.begun)
        shards = Counter(number for number, _ in self.begun)
        words = [f"{len(shards)} shards begun by {len(each)} workers ({_sizes(each.values())})"]
        if self.killed:
            words.append(
                f"one killed in shard {self.killed.shard} with {self.killed.done} done,"
                f" {len(self.begun) - len(shards)} ran again"
            )
            if self.killed.late:
                words.append(f"the late one did {each[self.killed.late]}")
        return "; ".join(words)


def run_marked(function: Callable[[Any], Any], marks: str, numbered: tuple[int, Any]) -> Any:
    """Run a shard that comes with its number; leave `begun-…` and `ended-SHARD-PROCESS`."""
    number, shard = numbered
    name = f"{number}-{os.getpid()}"
    Path(marks, f"begun-{name}").touch()
    made = function(shard)
    Path(marks, f"ended-{name}").touch()
    return made


def marked_version(export: str, out: str, engine: str, scheduler: str, marks: str) -> str:
    """`version create`, whose shards leave marks; returns the logical hash."""
    plain = Engine.map

    def mark(self: Engine, function: Callable[[Any], Any], shards: Iterable[Any]) -> Iterator[Any]:
        if function is not make_shard:
            return plain(self, function, shards)
        return plain(self, partial(run_marked, function, marks), enumerate(shards))

    patched: Any = Engine
    patched.map = mark
    return version(export, out, "entities", engine, scheduler)


def make(export: Path, out: Path, cluster: Cluster | None, *, kill: bool) -> Made:
    """A version made in processes here, or on a cluster; with `kill` one worker is killed."""
    marks = out / "marks"
    marks.mkdir(parents=True)
    engine, scheduler = ("dask", cluster.address) if cluster else ("local", "")
    told = (str(export), str(out), engine, scheduler, str(marks))
    with ThreadPoolExecutor(1) as thread:
        run = thread.submit(run_apart, marked_version, *told, name=engine)
        killed = kill_at_work(marks, run, cluster) if kill else None
        logical_hash = run.result().result
    begun = sorted(_read(marks, "begun"))
    if killed and killed.late and killed.late not in {process for _, process in begun}:
        sys.exit("nothing was left for the late worker; ask for more --tasks")
    files = sorted(path.name for path in out.glob("bench/*/data/*"))
    return Made(logical_hash, files, begun, killed)


def kill_at_work(marks: Path, run: Future[Measure], cluster: Cluster | None) -> Killed:
    """Wait for some shards, let a worker join a cluster, and kill one in the middle of another."""
    late = None
    while not run.done():
        done = _read(marks, "ended")
        if cluster and done and late is None:
            late = cluster.add_worker().pid
        for shard, process in _read(marks, "begun") - done if len(done) >= _DONE else ():
            if process != late and _kill_within(marks, shard, process):
                return Killed(shard, len(_read(marks, "ended")), late)
        time.sleep(_LOOK)
    run.result()
    sys.exit("the version was made before a worker could be killed; ask for more --tasks")


def _kill_within(marks: Path, shard: int, process: int) -> bool:
    """Kill a process, unless it has ended the shard by the time that it stands still."""
    os.kill(process, signal.SIGSTOP)
    threads = Path(f"/proc/{process}/task")
    while any(_state(thread) != "T" for thread in threads.glob("*/stat")):
        time.sleep(0)
    within = (shard, process) not in _read(marks, "ended")
    os.kill(process, signal.SIGKILL if within else signal.SIGCONT)
    return within


def _state(stat: Path) -> str:
    return stat.read_text(encoding="ascii").rpartition(")")[2].split()[0]


def _read(marks: Path, kind: str) -> set[tuple[int, int]]:
    """Shard and process of the marks of a kind."""
    names = [path.name.split("-") for path in marks.glob(f"{kind}-*")]
    return {(int(shard), int(process)) for _, shard, process in names}


def _sizes(counts: Iterable[int]) -> str:
    return " + ".join(map(str, sorted(counts, reverse=True)))


def make_all(tasks: int) -> Iterator[tuple[str, Made]]:
    """The versions of an export of so many tasks, undisturbed and not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export = folder / "export.json"
        write_export(export, tasks)
        yield "local", make(export, folder / "local", None, kill=False)
        yield "local, killed", make(export, folder / "local-killed", None, kill=True)
        with cluster_of(_WORKERS) as cluster:
            yield "dask", make(export, folder / "dask", cluster, kill=False)
            yield "dask, killed", make(export, folder / "dask-killed", cluster, kill=True)


def main() -> None:
    """Print who made which version, and end where two differ."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tasks", type=int, default=10_000)
    found = {}
    for way, made in make_all(parser.parse_args().tasks):
        found[way] = made
        print(f"{way:<14}{made.logical_hash[:12]}  {made.told()}", flush=True)
    for what in ("logical_hash", "files"):
        values = [getattr(made, what) for made in found.values()]
        if any(value != values[0] for value in values):
            sys.exit(f"the versions differ: {what}: {values}")
    print(
        f"{len(found)} versions, one logical hash, {len(made.files)} data files of the same names"
    )


if __name__ == "__main__":
    main()
