"""What a version costs: export -> checks -> gold -> Parquet -> commit, beside its floor.

    python -m benchmarks.gather [--tasks 2000] [--scheme entities]

CPU seconds of whole processes (imports included), of one run each in turn,
three turns; the table shows medians and their ratio to the floor. The floor
decodes the export into typed structures and writes its spans as Arrow columns
to Parquet, with no check, no hash, no gold and no tokens; `json + from_list`
is the script that people write.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.made_export import write_export

_TURNS = 3
_KEY = {"ANNOTATE_PSEUDONYM_KEY": "a key for benchmarks only"}

_FLOOR = """
import sys, itertools, msgspec, pyarrow as pa, pyarrow.parquet as pq
class V(msgspec.Struct, gc=False):
    start: int = 0
    end: int = 0
    labels: list[str] = []
class R(msgspec.Struct, gc=False):
    id: str = ""
    value: V | None = None
class A(msgspec.Struct, gc=False):
    result: list[R]
class T(msgspec.Struct, gc=False):
    data: dict
    annotations: list[A]
raws = msgspec.json.decode(open(sys.argv[1], "rb").read(), type=list[msgspec.Raw])
decoder = msgspec.json.Decoder(T)
texts, counts, starts, ends, labels = [], [], [], [], []
for raw in raws:
    task = decoder.decode(raw)
    texts.append(task.data["text"])
    spans = [r.value for a in task.annotations for r in a.result if r.value and r.value.labels]
    counts.append(len(spans))
    starts += [v.start for v in spans]
    ends += [v.end for v in spans]
    labels += [v.labels[0] for v in spans]
offsets = pa.array([0, *itertools.accumulate(counts)], pa.int32())
struct = pa.StructArray.from_arrays(
    [pa.array(starts, pa.int32()), pa.array(ends, pa.int32()), pa.array(labels)],
    names=["start", "end", "label"],
)
table = pa.table({"text": texts, "spans": pa.ListArray.from_arrays(offsets, struct)})
pq.write_table(table, sys.argv[2], compression="zstd")
"""

_SCRIPT = """
import sys, json
from datasets import Dataset
tasks = json.load(open(sys.argv[1], encoding="utf-8"))
rows = [
    {
        "text": t["data"]["text"],
        "annotations": [
            [
                {k: r["value"][k] for k in ("start", "end", "text", "labels")}
                for r in a["result"]
                if r["type"] == "labels"
            ]
            for a in t["annotations"]
        ],
    }
    for t in tasks
]
Dataset.from_list(rows).to_parquet(sys.argv[2])
"""


class Cost(NamedTuple):
    """What one run took."""

    cpu: float
    """User and system seconds."""
    peak: float
    """Largest resident memory, MB."""


def main() -> None:
    """Make the data, run everyone in turn, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tasks", type=int, default=2000)
    parser.add_argument("--scheme", default="entities", choices=["entities", "claims"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "export.json"
        write_export(export, options.tasks, scheme=options.scheme)
        size = export.stat().st_size / 1e6
        costs: dict[str, list[Cost]] = {}
        for turn in range(_TURNS):
            for name, command in _commands(export, Path(folder) / str(turn), options.scheme):
                costs.setdefault(name, []).append(_run(command))
    print(f"{options.tasks} tasks of {options.scheme}, {size:.0f} MB of JSON")
    print(f"{'':<28}{'CPU s':>8}{'ms a task':>11}{'to floor':>10}{'peak MB':>9}")
    floor = statistics.median(cost.cpu for cost in costs["floor"])
    for name, found in costs.items():
        cpu = statistics.median(cost.cpu for cost in found)
        peak = statistics.median(cost.peak for cost in found)
        each = 1000 * cpu / options.tasks
        print(f"{name:<28}{cpu:>8.2f}{each:>11.2f}{cpu / floor:>10.2f}{peak:>9.0f}")


def _commands(export: Path, folder: Path, scheme: str) -> list[tuple[str, list[str]]]:
    folder.mkdir(exist_ok=True)
    python = sys.executable
    ours = ["-m", "annotate", "version", "create", "bench", "--scheme", scheme]
    return [
        ("floor", [python, "-c", _FLOOR, str(export), str(folder / "floor.parquet")]),
        (
            "annotate version create",
            [python, *ours, "--from", str(export), "--store", str(folder / "store")],
        ),
        ("annotate check", [python, "-m", "annotate", "check", scheme, str(export)]),
        ("json + from_list", [python, "-c", _SCRIPT, str(export), str(folder / "s.parquet")]),
    ]


def _run(command: list[str]) -> Cost:
    process = subprocess.Popen(
        command, env=os.environ | _KEY, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        said = process.stderr.read().decode() if process.stderr else ""
        sys.exit(f"{' '.join(command[:6])} failed: {said}")
    if process.stderr:
        process.stderr.close()
    process.returncode = 0
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
