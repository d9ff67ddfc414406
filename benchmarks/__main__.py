"""`make bench`: every benchmark of this folder that needs nothing but the project, in turn.

A module with `figures()` gives numbers, which are printed and saved as
docs/bench.json and docs/bench.svg; one without prints its own table. One that fails
is told, the others run all the same.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from annotate.errors import AnnotateError
from benchmarks.figure import Figure, draw, to_json

_ALL = (
    *("gather", "engines", "deaths", "carry", "cost", "tasks", "groups", "startup", "pull", "diff"),
    *("articles", "suggestions", "consensus_speed", "consensus_simulation"),
)
_DOCS = Path(__file__).resolve().parent.parent / "docs"


def main() -> None:
    """Run all, print what they give, save the table and the picture."""
    found: list[Figure] = []
    failed = []
    for name in _ALL:
        began = time.monotonic()
        print(f"\n== {name}", flush=True)
        try:
            found += _run(name)
        except (subprocess.CalledProcessError, AnnotateError, SystemExit) as error:
            failed.append(name)
            print(f"failed: {error}", flush=True)
        print(f"({time.monotonic() - began:.0f} s)", flush=True)
    (_DOCS / "bench.json").write_text(to_json(found), encoding="utf-8")
    (_DOCS / "bench.svg").write_text(draw(found), encoding="utf-8")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def _run(name: str) -> Iterator[Figure]:
    module = import_module(f"benchmarks.{name}")
    if not hasattr(module, "figures"):
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)
        return
    for figure in module.figures():
        print(figure.line(), flush=True)
        yield figure


if __name__ == "__main__":
    main()
