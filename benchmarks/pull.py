"""Client CPU of a pull of annotated tasks, beside the server's CPU for the same.

    python -m benchmarks.pull [TASKS]

On a Label Studio of its own on 127.0.0.1, started and stopped here. Tasks are
those of `benchmarks.made_export`: 6 kB, two annotations of 22 spans and five
other results each. The client is a process of its own whose start is told
apart; the server's CPU is that of its whole process group, as Linux counts it.
"""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from annotate.schemes.label_config import config_path
from annotate.studio import (
    LocalStudio,
    Server,
    find_project,
    pull_project,
    push_tasks,
    start_local,
    stop_local,
)
from annotate.studio.connection.client import connect
from benchmarks.figure import Figure
from benchmarks.made_export import make_tasks
from benchmarks.measure import Measure, run_apart

_BATCH = 100
_TITLE = "benchmark of a pull"


def pull(url: str, key: str, path: str) -> int:
    """Pull the project to a new file; returns how many tasks came."""
    found = pull_project(
        Server(url, key), project=_TITLE, path=Path(path), on_progress=lambda _: None
    )
    return found.fetched


def measure(tasks: int = 1_000) -> tuple[Measure, float]:
    """What the client took, and the CPU seconds of the server meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = str(Path(folder, "state"))
        studio = start_local(
            port=_free_port(), data_dir=Path(folder, "data"), on_progress=lambda _: None
        )
        try:
            _fill(studio.server, tasks)
            before = _cpu_of_group(studio)
            out = str(Path(folder, "pulled.json"))
            client = run_apart(pull, studio.url, studio.api_key, out, name="client of a pull")
            return client, _cpu_of_group(studio) - before
        finally:
            stop_local()


def figures() -> Iterator[Figure]:
    """Both sides and their ratio, for 1,000 tasks."""
    client, server = measure()
    yield Figure("pull", "client", client.cpu, "CPU-s")
    yield Figure("pull", "server", server, "CPU-s")
    yield Figure("pull", "client, CPU to the server", client.cpu / server, "x", most=0.1)


def main() -> None:
    """Print both and the share."""
    client, server = measure(*map(int, sys.argv[1:2]))
    print(f"{client.result} tasks in {client.wall:.1f} s")
    print(client.line())
    print(f"server: {server:.2f} CPU-s")
    print(f"client of server: {client.cpu / server:.3f} (less than .1)")


def _fill(server: Server, tasks: int) -> None:
    config = config_path("entities.xml").read_text(encoding="utf-8")
    push_tasks(server, [], project=_TITLE, label_config=config, on_progress=lambda _: None)
    project = find_project(server, _TITLE)
    if project is None:
        sys.exit("the project was not made")
    with connect(server) as studio:
        made = _annotated(tasks)
        while batch := list(islice(made, _BATCH)):
            studio.post(f"api/projects/{project.id}/import", batch, tasks=1000)


def _annotated(tasks: int) -> Iterator[dict[str, object]]:
    """Tasks as a restore would bring them: the annotations of both people by the administrator."""
    for task in make_tasks(tasks):
        annotations = [
            {"result": made["result"], "completed_by": 1, "ground_truth": False}
            for made in task["annotations"]
        ]
        yield {"data": task["data"], "annotations": annotations}


def _cpu_of_group(studio: LocalStudio) -> float:
    """CPU seconds of all processes of the server's group."""
    group, ticks = os.getpgid(studio.pid), 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:  # ended meanwhile
            continue
        if int(fields[2]) == group:
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
