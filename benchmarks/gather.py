"""What a version costs: export -> checks -> gold -> Parquet -> commit, beside its floor and peers.

    python -m benchmarks.gather [--tasks 2000] [--scheme entities] [--quotes] [--peers] [--times 10]

CPU seconds of whole processes, imports included; the table shows medians of
five turns and their ratio to the floor. The floor decodes the export into
typed structures and writes the tasks' data and all results of all annotations as
Arrow columns to Parquet, with no check, no hash, no gold and no tokens, as cheaply as
we know how. Memory is what is anonymous (not a mapped file) in all processes together,
sampled; `--times` also makes a version of so many times the tasks, and says how much
more memory that takes. With `--quotes` texts have characters beyond ASCII.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from benchmarks.figure import Figure
from benchmarks.made_export import write_export
from benchmarks.measure import Measure, peak_apart, run_apart
from benchmarks.peers import run_peers

_TURNS = 5
_PIECE = 200
"""Tasks that are objects at a time in the floor."""
_SIZES = (10_000, 30_000)
_MOST = {
    "json + Dataset.from_list": 0.4,
    "json + from_list, same content": 0.4,
    "label-studio-sdk: CoNLL": 0.05,
}
"""Share of a peer's CPU that is aimed at."""


class _Value(msgspec.Struct, gc=False, frozen=True):
    start: int = 0
    end: int = 0
    text: str = ""
    labels: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


class _Result(msgspec.Struct, gc=False):
    id: str = ""
    type: str = ""
    value: _Value = _Value()
    from_id: str = ""
    to_id: str = ""
    labels: tuple[str, ...] = ()


class _Annotation(msgspec.Struct, gc=False):
    id: int
    completed_by: int
    created_at: str
    lead_time: float
    result: list[_Result]


class _Task(msgspec.Struct, gc=False):
    data: dict[str, object]
    annotations: list[_Annotation]


class Cost(NamedTuple):
    """What one way took, over all turns."""

    cpu: float
    """Median CPU seconds, with imports."""
    wall: float
    """Of that turn, without imports."""


class _NoPandas:
    """Keeps pandas out: `pyarrow.array` loads it where it is there, .5 s that no file needs."""

    def find_spec(self, name: str, *_: object) -> None:
        """Refuse pandas; leave the rest to others."""
        if name == "pandas":
            raise ImportError(name=name)


def floor(export: str, out: str) -> int:
    """Decode, flatten, write: the tasks, and the annotations with all their results.

    The least that it takes: few objects at a time, no search for cycles, no pandas.
    """
    sys.meta_path.insert(0, _NoPandas())
    gc.disable()
    import pyarrow as pa
    import pyarrow.parquet as pq

    decode = msgspec.json.Decoder(_Task).decode
    raws = msgspec.json.decode(Path(export).read_bytes(), type=list[msgspec.Raw])
    pieces = [
        _flat_tables(list(map(decode, raws[start : start + _PIECE])))
        for start in range(0, len(raws), _PIECE)
    ]
    Path(out).mkdir()
    for name, tables in zip(("annotations", "tasks"), zip(*pieces, strict=True), strict=True):
        pq.write_table(pa.concat_tables(tables), Path(out, f"{name}.parquet"), compression="zstd")
    return len(raws)


def _flat_tables(tasks: list[_Task]) -> tuple[Any, Any]:
    """All results of all annotations of some tasks, and the data of these tasks."""
    import pyarrow as pa

    made = [annotation for task in tasks for annotation in task.annotations]
    results = [result for annotation in made for result in annotation.result]
    values = [result.value for result in results]
    columns = {
        "id": [result.id for result in results],
        "start": [value.start for value in values],
        "end": [value.end for value in values],
        "text": [value.text for value in values],
        "label": [(v.labels or v.choices or ("",))[0] for v in values],
        "from_id": [result.from_id for result in results],
        "to_id": [result.to_id for result in results],
    }
    struct = pa.StructArray.from_arrays(list(map(pa.array, columns.values())), list(columns))
    borders = pa.array([0, *itertools.accumulate(len(a.result) for a in made)], pa.int32())
    annotations = {
        "unit": [task.data["unit_key"] for task in tasks for _ in task.annotations],
        "annotator": [annotation.completed_by for annotation in made],
        "created_at": [annotation.created_at for annotation in made],
        "lead_time": [annotation.lead_time for annotation in made],
        "result": pa.ListArray.from_arrays(borders, struct),
    }
    data = {name: [task.data[name] for task in tasks] for name in tasks[0].data}
    return pa.table(annotations), pa.table(data)


def version(
    export: str,
    out: str,
    scheme: str,
    engine: str,
    scheduler: str = "",
    policy: str = "majority",
) -> str:
    """`version create` on an engine; returns the logical hash."""
    from annotate.annotations.pseudonym import PseudonymKey
    from annotate.consensus.policy import POLICIES
    from annotate.engine import ENGINES
    from annotate.pipeline import create_version

    made = create_version(
        "bench",
        scheme=scheme,
        inputs=[export],
        store=out,
        key=PseudonymKey(b"a key for benchmarks only"),
        engine=ENGINES[ENGINES.index(engine)],
        scheduler=scheduler or None,
        policy=POLICIES[POLICIES.index(policy)],
    )
    return made.manifest.logical_hash


def figures() -> Iterator[Figure]:
    """The figures of `make bench`; memory is that of 10,000 tasks and of three times as many."""
    tasks, more_tasks = _SIZES
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export = folder / "export.json"
        write_export(export, tasks)
        costs = _costs(export, folder, "entities")
        peers = run_peers(export)
        with_relations = folder / "claims.json"
        write_export(with_relations, tasks, scheme="claims")
        claims = _costs(with_relations, folder, "claims")
        with_quotes = folder / "quotes.json"
        write_export(with_quotes, tasks, quotes=True)
        quoted = _costs(with_quotes, folder, "entities")
    ways = (("entities", costs), ("quotes", quoted), ("claims", claims))
    for scheme, found in ways:
        ratio = found["here"].cpu / found["floor"].cpu
        yield Figure("gather", f"version create, {scheme}: CPU to the floor", ratio, "x", 2.0)
        # no more than so much of the wall time of one process, which is to fall by 1.3 times
        wall = found["local"].wall / found["here"].wall
        yield Figure("gather", f"wall of two processes to one, {scheme}", wall, "x", 1 / 1.3)
    for peer, measured in peers.items():
        if isinstance(measured, Measure):
            ratio = costs["here"].cpu / (measured.cpu + measured.start)
            yield Figure("gather", f"CPU to {peer}", ratio, "x", _MOST.get(peer))
        else:
            print(f"{peer}: {measured}")
    with tempfile.TemporaryDirectory() as name:
        few, more = (_memory_of(Path(name), n) for n in _SIZES)
        learned = _memory_of(Path(name), tasks, "dawid-skene")
    yield Figure("gather", f"memory of {more_tasks:,} tasks, all processes", more, "MB", 600)
    yield Figure("gather", f"memory to that of {tasks:,}", more / few, "x", 1.3)
    yield Figure("gather", f"memory of {tasks:,} tasks by dawid-skene", learned, "MB", 600)


def main() -> None:
    """Make the data, run everyone in turn, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tasks", type=int, default=2000)
    parser.add_argument("--scheme", default="entities", choices=["entities", "claims"])
    parser.add_argument("--quotes", action="store_true")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--times", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export = folder / "export.json"
        write_export(export, options.tasks, scheme=options.scheme, quotes=options.quotes)
        size = export.stat().st_size / 1e6
        print(f"{options.tasks} tasks of {options.scheme}, {size:.0f} MB of JSON")
        costs = _costs(export, folder, options.scheme)
        base = costs["floor"].cpu
        for way, cost in costs.items():
            each = 1e6 * cost.cpu / options.tasks
            print(
                f"{way:<10}{cost.cpu:8.2f} CPU-s{each:8.0f} us a task{cost.cpu / base:7.2f} x"
                f"{cost.wall:8.2f} s"
            )
        for peer, found in (run_peers(export) if options.peers else {}).items():
            print(f"{peer:<30} {_beside(found, costs)}")
        if options.times:
            _compare_memory(export, folder, options.tasks, options.times, options.scheme)


def _beside(found: Measure | str, costs: dict[str, Cost]) -> str:
    """What a peer took, and the share of it that ours is."""
    if isinstance(found, str):
        return found
    cpu = found.cpu + found.start
    ours = f"ours is {costs['here'].cpu / cpu:.3f} of it"
    return f"{cpu:8.2f} CPU-s{cpu / costs['floor'].cpu:7.2f} x{found.peak:8.0f} MB, {ours}"


def _costs(export: Path, folder: Path, scheme: str) -> dict[str, Cost]:
    runs: dict[str, list[Measure]] = {}
    for turn in range(_TURNS):
        out = folder / f"{export.stem}{turn}"
        out.mkdir()
        ways = {"floor": run_apart(floor, str(export), str(out / "floor"), name="floor")}
        for engine in ("here", "local"):
            ways[engine] = run_apart(
                version, str(export), str(out / engine), scheme, engine, name=engine
            )
        if ways["here"].result != ways["local"].result:
            sys.exit("the engines made different versions")
        for way, run in ways.items():
            runs.setdefault(way, []).append(run)
    return {
        way: Cost(
            statistics.median(run.cpu + run.start for run in found),
            statistics.median(run.wall for run in found),
        )
        for way, found in runs.items()
    }


def _memory_of(folder: Path, tasks: int, policy: str = "majority") -> float:
    """Peak of the processes that make a version of so many tasks, MB."""
    export = folder / f"{tasks}.json"
    write_export(export, tasks)
    out = folder / f"{tasks}-{policy}"
    return peak_apart(version, str(export), str(out), "entities", "local", "", policy)


def _compare_memory(export: Path, folder: Path, tasks: int, times: int, scheme: str) -> None:
    larger = folder / "larger.json"
    write_export(larger, tasks * times, scheme=scheme)
    for engine, policy in (("here", "majority"), ("local", "majority"), ("here", "dawid-skene")):
        peaks = [
            peak_apart(
                version,
                str(path),
                str(folder / f"{path.stem}-{engine}-{policy}"),
                scheme,
                engine,
                "",
                policy,
            )
            for path in (export, larger)
        ]
        larger_by = f"{peaks[1]:.0f} MB for {times} times as many, {peaks[1] / peaks[0]:.2f} x"
        print(f"{engine}, {policy}: {peaks[0]:.0f} MB for {tasks} tasks, {larger_by}")


if __name__ == "__main__":
    main()
