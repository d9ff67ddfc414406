"""A function of a benchmark -> what it takes, in a process of its own.

The process imports the function's module, then calls it: what the call takes
and what was spent before it (Python, imports) are told apart. Peak memory is
that of the whole process, as Linux counts it (`VmHWM`). Our package is compiled
before, as pip compiles what it installs: a checkout may have no bytecode.
"""

from __future__ import annotations

import compileall
import json
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

_PACKAGE = Path(__file__).parents[1] / "annotate"
_SAMPLE = 0.02


class Measure(NamedTuple):
    """What one run took."""

    name: str
    cpu: float
    """CPU seconds of the call, its child processes included."""
    start: float
    """CPU seconds before the call."""
    wall: float
    """Seconds of the call."""
    peak: float
    """Largest resident set of the process, in MB."""
    result: Any
    """What the function returned."""

    def line(self) -> str:
        """One line of a table."""
        return (
            f"{self.name:<36}{self.cpu:8.2f} CPU-s{self.wall:8.2f} s{self.peak:8.0f} MB"
            f"   (+{self.start:.2f} CPU-s to start)"
        )


def run_apart(
    function: Callable[..., Any], *arguments: str, name: str, python: str = sys.executable
) -> Measure:
    """Run `function`, of a module of this folder, in a process of its own."""
    command = _command(function, python, *arguments)
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Measure(name, **json.loads(done.stdout.splitlines()[-1]))


def peak_apart(function: Callable[..., Any], *arguments: str) -> float:
    """Largest anonymous memory of all processes of a run together, MB, sampled."""
    command = _command(function, sys.executable, *arguments)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, sum(memory_of("RssAnon", pid) for pid in _tree(process.pid)) / 1000)
        time.sleep(_SAMPLE)
    if process.returncode:
        sys.exit("the run failed")
    return peak


@cache
def compile_package() -> None:
    """Write the bytecode of `annotate`."""
    compileall.compile_dir(str(_PACKAGE), quiet=1)


def median_of(runs: Sequence[Measure]) -> Measure:
    """The run with the median CPU time."""
    middle = statistics.median_low(run.cpu for run in runs)
    return next(run for run in runs if run.cpu == middle)


def cpu_seconds() -> float:
    """CPU seconds of this process and of its children that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def memory_of(field: str, process: int | str = "self") -> int:
    """What Linux says of a process's memory, in its kB; 0 of one that has ended.

    `VmHWM` is the largest resident set so far, `RssAnon` what is anonymous now.
    """
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    found = re.search(rf"{field}:\s+(\d+) kB", status)
    return int(found[1]) if found else 0


def _command(function: Callable[..., Any], python: str, *arguments: str) -> list[str]:
    compile_package()
    place = f"benchmarks.{Path(function.__code__.co_filename).stem}:{function.__name__}"
    return [python, "-m", "benchmarks.measure", place, *arguments]


def _tree(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return
    for child in children:
        yield from _tree(int(child))


def _main() -> None:
    place, *arguments = sys.argv[1:]
    module, _, name = place.partition(":")
    function = getattr(import_module(module), name)
    start, began = cpu_seconds(), time.perf_counter()
    result = function(*arguments)
    wall, cpu = time.perf_counter() - began, cpu_seconds() - start
    peak = memory_of("VmHWM") / 1000
    found = {"cpu": cpu, "start": start, "wall": wall, "peak": peak, "result": result}
    print(json.dumps(found))


if __name__ == "__main__":
    _main()
