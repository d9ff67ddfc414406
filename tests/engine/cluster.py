"""A Dask scheduler and workers on 127.0.0.1, each a program of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_QUIET = ["--no-dashboard", "--protocol", "tcp", "--host", "127.0.0.1"]


class Cluster:
    """A scheduler, and whatever workers are asked for; `stop` ends them all."""

    def __init__(self, folder: Path, *, settings: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.workers: list[subprocess.Popen[bytes]] = []
        found = folder / "scheduler.json"
        where = ("--port", "0", "--scheduler-file", str(found))
        self.scheduler = self._start("scheduler", *where, *_QUIET, settings=settings)
        until = time.monotonic() + 30
        while not (found.exists() and found.read_text().strip().endswith("}")):
            assert self.scheduler.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until, "no scheduler"
            time.sleep(0.05)
        self.address: str = json.loads(found.read_text())["address"]

    def add_worker(self) -> subprocess.Popen[bytes]:
        """Start a worker of one thread that nobody starts again when it dies."""
        self.workers.append(
            self._start(
                "worker",
                self.address,
                *("--no-nanny", "--nthreads", "1", "--memory-limit", "0"),
                *("--local-directory", str(self.folder)),
                *_QUIET,
            )
        )
        return self.workers[-1]

    def stop(self) -> None:
        """End every program that this started."""
        for program in (*self.workers, self.scheduler):
            program.kill()
            program.wait()

    def _start(self, *what: str, settings: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        env = {**os.environ, "PYTHONPATH": str(_ROOT), **(settings or {})}
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", *what], env=env, stdout=log, stderr=log
            )
