"""What it costs to go on with a large version: some new tasks, and all others carried over.

    python -m benchmarks.carry [--tasks 10000] [--times 3]

A version of so many tasks is made; then the next one of a hundredth as many new ones and
`--from` the first, and of the same tasks from their exports. CPU seconds of whole processes,
medians of three turns; other logical hashes are an error. Memory is what is anonymous in all
processes, also for `--times` as many tasks.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from itertools import islice
from pathlib import Path

from benchmarks.gather import version
from benchmarks.made_export import make_tasks
from benchmarks.measure import Measure, median_of, peak_apart, run_apart

_TURNS = 3


def carried(export: str, store: str) -> str:
    """`version create --from EXPORT --from bench@v1.0.0`; returns the logical hash."""
    from annotate.annotations.pseudonym import PseudonymKey
    from annotate.pipeline import create_version

    made = create_version(
        "bench",
        scheme="entities",
        inputs=[export],
        store=store,
        key=PseudonymKey(b"a key for benchmarks only"),
        carried=["bench@v1.0.0"],
        engine="here",
    )
    return made.manifest.logical_hash


class _Data:
    """The exports and the store with the first version, in a folder."""

    def __init__(self, folder: Path, tasks: int) -> None:
        self.folder = folder
        new = tasks // 100
        self.first, self.new, self.all = (folder / f"{n}.jsonl" for n in ("first", "new", "all"))
        lines = (json.dumps(task) + "\n" for task in make_tasks(tasks + new))
        with self.all.open("w") as every:
            for path, count in ((self.first, tasks), (self.new, new)):
                with path.open("w") as own:
                    for line in islice(lines, count):
                        own.write(line)
                        every.write(line)
        version(str(self.first), str(folder / "store"), "entities", "local")

    def store(self) -> str:
        """A copy of the store."""
        copy = self.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.folder / "store", copy)
        return str(copy)


def main() -> None:
    """Make the data, run both ways in turn, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    for tasks in (options.tasks, options.tasks * options.times):
        with tempfile.TemporaryDirectory() as name:
            data = _Data(Path(name), tasks)
            if tasks == options.tasks:
                _compare(data, tasks)
            peak = peak_apart(carried, str(data.new), data.store())
            print(f"{tasks:,} tasks carried over: {peak:.0f} MB")


def _compare(data: _Data, tasks: int) -> None:
    over: list[Measure] = []
    anew: list[Measure] = []
    for _ in range(_TURNS):
        over.append(run_apart(carried, str(data.new), data.store(), name="carried over"))
        every = (str(data.all), data.store(), "entities", "here")
        anew.append(run_apart(version, *every, name="from the exports"))
        if over[-1].result != anew[-1].result:
            sys.exit("the two ways made different versions")
    for found in map(median_of, (over, anew)):
        each = 1e6 * (found.cpu + found.start) / tasks
        print(f"{found.line()}  {each:.0f} us a task")


if __name__ == "__main__":
    main()
