"""CPU seconds that commands take to start, beside Python itself and two libraries.

    python -m benchmarks.startup

Each line is the median of five fresh processes, in turn. `--help`, `version
list` and `version show` are the commands that one types to look; the store is
the one in the checkout.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.figure import Figure
from benchmarks.measure import compile_package

_ROUNDS = 5
_MOST = 0.5
_ANNOTATE = [sys.executable, "-m", "annotate"]
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import pyarrow": [sys.executable, "-c", "import pyarrow"],
    "import datasets": [sys.executable, "-c", "import datasets"],
    "annotate --help": [*_ANNOTATE, "--help"],
    "annotate version list": [*_ANNOTATE, "version", "list"],
    "annotate version show claims": [*_ANNOTATE, "version", "show", "claims"],
}


def measure(rounds: int = _ROUNDS) -> dict[str, float]:
    """Median CPU seconds of each command."""
    spent: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            spent[name].append(_cpu_of(command))
    return {name: statistics.median(found) for name, found in spent.items()}


def figures() -> Iterator[Figure]:
    """A figure a command; ours have a bound."""
    for name, cpu in measure().items():
        most = _MOST if name.startswith("annotate") else None
        yield Figure("start-up", name, cpu, "CPU-s", most=most)


def main() -> None:
    """Print the table."""
    for figure in figures():
        print(figure.line())


def _cpu_of(command: list[str]) -> float:
    compile_package()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "HF_DATASETS_OFFLINE": "1"}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
