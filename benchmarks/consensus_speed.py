"""How long consensus takes: 400 documents, 5 annotators each, 250,000 tokens.

    python -m benchmarks.consensus_speed [--crowd-kit PYTHON] [--miss SHARE]

Without an option only our own policies are timed, from records to gold. With
`--crowd-kit`, the interpreter of an environment that has crowd-kit
(`python -m venv /tmp/ck && /tmp/ck/bin/pip install crowd-kit`), both programs
fit Dawid and Skene's model of 1979 to the same tags of the same tokens, with
the same number of iterations; labels are compared one by one.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from annotate.annotations.gather import GatheredTask
from annotate.consensus.coefficients import Ints
from annotate.consensus.dawid_skene import Table, fit_dawid_skene
from annotate.consensus.policy import PolicyName
from annotate.consensus.resolve import resolve_tasks
from annotate.schemes import load_scheme
from annotate.schemes.entities import SCHEME
from annotate.tokens import find_tokens
from benchmarks.crowd import make_crowd, make_people

_TASKS, _EACH, _WORDS, _PEOPLE = 400, 5, 625, 20
_ITERATIONS = 20


def main() -> None:
    """Time the policies, and crowd-kit where it is given."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--crowd-kit", metavar="PYTHON", help="interpreter that has crowd-kit")
    parser.add_argument("--miss", type=float, default=0.3, help="share of spans that are missed")
    options = parser.parse_args()
    people = make_people(_PEOPLE, options.miss, seed=1)
    crowd = make_crowd("entities", people, tasks=_TASKS, each=_EACH, words=_WORDS, seed=2)
    policies: tuple[PolicyName, ...] = ("majority", "dawid-skene")
    for policy in policies:
        started, cpu = time.perf_counter(), time.process_time()
        spans = sum(
            len(gold.values[0])
            for _, gold in resolve_tasks(crowd.tasks, load_scheme("entities"), policy=policy)
        )
        wall, cpu = time.perf_counter() - started, time.process_time() - cpu
        print(f"{policy:12} {wall:6.2f} s  ({cpu:.2f} CPU-s)  {spans} gold spans")
    if options.crowd_kit:
        _compare(crowd.tasks, options.crowd_kit)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory  {peak:6.0f} MB")


def tag_all(tasks: Sequence[GatheredTask]) -> tuple[list[tuple[list[str], Ints]], int]:
    """(annotators, tag of every token by annotator) of every task, and the number of tags."""
    labels = sorted({s[2] for t in tasks for a in t.annotations for s in SCHEME.spans(a.record)})
    place = {label: number for number, label in enumerate(labels)}
    tables: list[tuple[list[str], Ints]] = []
    for task in tasks:
        borders = find_tokens(task.data.text)
        starts, ends = ({at: n for n, at in enumerate(side.tolist())} for side in borders)
        codes = np.zeros((len(starts), len(task.annotations)), dtype=np.int64)
        for column, annotation in enumerate(task.annotations):
            for start, end, label in SCHEME.spans(annotation.record):
                codes[starts[start] : ends[end] + 1, column] = 2 * place[label] + 2
                codes[starts[start], column] = 2 * place[label] + 1
        tables.append(([a.annotator for a in task.annotations], codes))
    return tables, 2 * len(labels) + 1


def _compare(tasks: Sequence[GatheredTask], python: str) -> None:
    tagged, values = tag_all(tasks)
    names = sorted({name for who, _ in tagged for name in who})
    index = {name: number for number, name in enumerate(names)}
    started = time.perf_counter()
    tables = [Table(tuple(index[name] for name in who), codes) for who, codes in tagged]
    fit = fit_dawid_skene(
        tables, values=values, annotators=len(names), iterations=_ITERATIONS, tolerance=0
    )
    ours = np.concatenate([fit.posterior(table).argmax(axis=1) for table in tables])
    seconds = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as folder:
        votes, labels = Path(folder, "votes.npz"), Path(folder, "labels.npy")
        _write_votes(votes, tables)
        command = [python, str(Path(__file__).with_name("crowdkit_side.py"))]
        command += [str(votes), str(labels), str(_ITERATIONS + 1), "-1"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        theirs = json.loads(done.stdout.splitlines()[-1])
        equal = int((np.load(labels) == ours).sum())
    print(f"the model of 1979 on {len(ours)} tokens, {_ITERATIONS} iterations")
    print(f"  ours       {seconds:6.2f} s")
    print(
        f"  crowd-kit  {theirs['seconds']:6.2f} s  ({theirs['seconds'] / seconds:.0f} times ours)"
    )
    print(f"  equal labels: {equal} of {len(ours)}; crowd-kit's iterations: {theirs['iterations']}")


def _write_votes(path: Path, tables: Sequence[Table]) -> None:
    task, worker, label, found = [], [], [], 0
    for table in tables:
        rows, columns = table.codes.shape
        task.append(np.repeat(np.arange(found, found + rows), columns))
        worker.append(np.tile(np.array(table.annotators), rows))
        label.append(table.codes.ravel())
        found += rows
    np.savez(
        path,
        task=np.concatenate(task),
        worker=np.concatenate(worker),
        label=np.concatenate(label),
    )


if __name__ == "__main__":
    main()
