"""The command line as a person runs it: a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple


class Ran(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


def annotate(
    *args: str | Path, home: Path, stdin: bytes = b"", env: dict[str, str] | None = None
) -> Ran:
    """Run `annotate` with all its state below `home` and no server in its environment."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("LABEL_STUDIO", "XDG"))}
    folders = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("STATE", "DATA", "CACHE")}
    done = subprocess.run(
        [sys.executable, "-m", "annotate", *map(str, args)],
        input=stdin,
        capture_output=True,
        cwd=home,
        env=inherited | folders | (env or {}),
        timeout=300,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
