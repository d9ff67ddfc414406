"""`make bench`: every benchmark of this folder that needs nothing but the project, in turn.

A module with `figures()` gives numbers, which are printed and saved as
docs/bench.json and docs/bench.svg; one without prints its own table.
"""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.figure import Figure, draw, to_json

_ALL = (
    *("gather", "tasks", "groups", "startup", "pull"),
    *("articles", "suggestions", "consensus_speed", "consensus_simulation", "diff"),
)
_DOCS = Path(__file__).resolve().parent.parent / "docs"

_figures: list[Figure] = []
for _name in _ALL:
    print(f"\n== {_name}", flush=True)
    _module = import_module(f"benchmarks.{_name}")
    if hasattr(_module, "figures"):
        for _figure in _module.figures():
            print(_figure.line(), flush=True)
            _figures.append(_figure)
    else:
        subprocess.run([sys.executable, "-m", f"benchmarks.{_name}"], check=True)
(_DOCS / "bench.json").write_text(to_json(_figures), encoding="utf-8")
(_DOCS / "bench.svg").write_text(draw(_figures), encoding="utf-8")
