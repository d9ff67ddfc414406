"""What a version costs on a cluster, by a model whose numbers are measured here.

    python -m benchmarks.cost [--tasks 10000]

One version is made of a made export, and each step's CPU is told apart: noting
tasks, checking and resolving them in shards, writing files, and the rest, which is
the commit. Shards of the size that was seen go through a Dask scheduler and two
workers, for the CPU of both sides of the wire. All of it is taken to grow with the
number of tasks, as between a fifth of them and all. Shards are spread over the cores of
the cluster; noting, handing out and committing happen in one program, and so does what
passes the scheduler; files are written on the client's cores, where those of the
largest split and config are one piece of work.
"""

from __future__ import annotations

import argparse
import pickle
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from annotate.annotations.notes import note_tasks
from annotate.annotations.pseudonym import PseudonymKey
from annotate.annotations.source import open_input
from annotate.schemes import load_scheme
from annotate.schemes.label_config import shipped_config
from annotate.store.create.plan import Request
from annotate.store.create.version import Runners, make_version
from annotate.store.folder import DatasetFolder
from annotate.store.rowtables import hash_tables
from annotate.store.versions import open_version
from benchmarks.engines import cluster_of, cost_of_shards
from benchmarks.made_export import write_export
from benchmarks.measure import cpu_seconds, memory_of, run_apart

_MILLIONS = (1, 10, 100)
_CORES = (2, 16, 64, 256)
_CLIENT_CORES = 8
_KEY = PseudonymKey(b"a key for benchmarks only")
S = TypeVar("S")
R = TypeVar("R")


class Model(NamedTuple):
    """What one task costs; seconds of one core, and bytes."""

    note: float
    shard: float
    hand_out: float
    """Of the client, for sending a shard and taking what comes back."""
    schedule: float
    """Of the scheduler."""
    files: float
    largest: float
    """Of the files, that of the largest split and config, which is one piece of work."""
    commit: float
    into: float
    """Bytes to a worker."""
    out: float
    """Bytes from a worker."""
    parquet: float
    noted: float
    """Bytes of memory while a version is made."""
    ids: float
    """Bytes of memory of ids and hashes at the commit, besides."""

    def wall(self, cores: int) -> float:
        """Seconds a task on a cluster of `cores`."""
        spread = max(self.shard / cores, self.hand_out, self.schedule)
        return self.note + spread + max(self.files / _CLIENT_CORES, self.largest) + self.commit

    def cpu(self) -> float:
        """Seconds of CPU a task, wherever."""
        client = self.note + self.hand_out + self.files + self.commit
        return client + self.schedule + self.shard


class _Timed:
    """Runs shards here; keeps what each kind took, and what of it would go over a wire."""

    shares_files = False

    def __init__(self) -> None:
        self.cpu: dict[str, float] = defaultdict(float)
        self.shards = self.into = self.out = 0
        self.anonymous = 0
        """Memory at the first shard, when all tasks are planned."""

    def map(self, function: Callable[[S], R], shards: Iterable[S]) -> Iterator[R]:
        """`function` of each shard, in their order."""
        self.anonymous = self.anonymous or 1024 * memory_of("RssAnon")
        for shard in shards:
            before = cpu_seconds()
            made = function(shard)
            taken = cpu_seconds()
            self.cpu[_kind(shard)] += taken - before
            if hasattr(shard, "recipe"):
                self.shards += 1
                self.into += len(pickle.dumps(shard))
                self.out += len(pickle.dumps(made))
                self.cpu["pickle"] += cpu_seconds() - taken
            yield made


def make_timed(export: str, store: str) -> dict[str, float]:
    """Make a version of an export; seconds and bytes in all."""
    scheme, config = load_scheme("entities"), shipped_config("entities")
    source, held, began = open_input(export), 1024 * memory_of("RssAnon"), cpu_seconds()
    notes = note_tasks([source], scheme, config)
    noted = cpu_seconds() - began
    request = Request(scheme, config, {}, _KEY.fingerprint, _KEY)
    timed, folder = _Timed(), DatasetFolder(store, "bench")
    make_version(folder, lambda: (notes, request), runners=Runners(timed, timed))
    files = {kind: cpu for kind, cpu in timed.cpu.items() if kind not in ("shard", "pickle")}
    spent = cpu_seconds() - began
    version = open_version(folder, None)
    return {
        "note": noted,
        "shard": timed.cpu["shard"],
        "files": sum(files.values()),
        "largest": max(files.values()),
        "commit": spent - noted - sum(timed.cpu.values()),
        "into": timed.into,
        "out": timed.out,
        "parquet": sum(path.stat().st_size for path in Path(store).rglob("data/*.parquet")),
        "noted": timed.anonymous - held,
        "ids": sum(table.nbytes for _, table in hash_tables(version)),
        "shards": timed.shards,
    }


def measure(tasks: int) -> Model:
    """Measure the model's numbers on made exports of so many tasks, and of a fifth of them."""
    fewer = tasks // 5
    most, least = _made(tasks), _made(fewer)
    each = {name: (most[name] - least[name]) / (tasks - fewer) for name in most}
    shards = each.pop("shards")
    with cluster_of(2) as cluster:
        size = round(each["into"] / shards)
        wire = cost_of_shards(cluster, size=size, width=6, count=60)
    sent = {"hand_out": wire.client, "schedule": wire.scheduler}
    return Model(**each, **{name: ms / 1000 * shards for name, ms in sent.items()})


def _made(tasks: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder, "export.json")
        write_export(export, tasks)
        run = run_apart(make_timed, str(export), str(Path(folder, "store")), name="version")
    found: dict[str, float] = run.result
    return found


def main() -> None:
    """Print the numbers of the model, and its table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tasks", type=int, default=10_000)
    model = measure(parser.parse_args().tasks)
    print("a task of 6 kB with two annotations of 27 results:")
    for name, value in model._asdict().items():
        is_bytes = name in ("into", "out", "parquet", "noted", "ids")
        print(
            f"  {name:<10}{value:>10.0f} B" if is_bytes else f"  {name:<10}{1e6 * value:>10.1f} us"
        )
    print(f"  {1 / model.shard:,.0f} tasks a second and core are checked")
    print(
        f"\n{'tasks':>10}{'core-h':>9}"
        + _heads()
        + f"{'GB in':>9}{'GB out':>9}{'Parquet':>9}{'memory':>9}"
    )
    for millions in _MILLIONS:
        print(_row(model, millions * 1_000_000))
    most = model.shard / max(model.hand_out, model.schedule)
    alone = model.wall(1_000_000_000)
    print(f"more than {most:.0f} cores wait for the client or the scheduler")
    print(f"{1 / alone:,.0f} tasks a second at most, with any number of cores")


def _heads() -> str:
    return "".join(f"{f'h on {cores}':>10}" for cores in _CORES)


def _row(model: Model, tasks: int) -> str:
    hours = "".join(f"{tasks * model.wall(cores) / 3600:>10.2f}" for cores in _CORES)
    sizes = (model.into, model.out, model.parquet, model.noted + model.ids)
    moved = "".join(f"{tasks * size / 1e9:>9.1f}" for size in sizes)
    return f"{tasks:>10,}{tasks * model.cpu() / 3600:>9.1f}{hours}{moved}"


def _kind(shard: Any) -> str:
    """What a piece of work is: a shard of tasks, or the files of a config and split."""
    return "shard" if hasattr(shard, "recipe") else f"{shard.config} {shard.split}"


if __name__ == "__main__":
    main()
