"""`make bench`: every benchmark of this folder that needs nothing but the project, in turn."""

from __future__ import annotations

import subprocess
import sys

_ALL = ("gather", "articles", "suggestions", "consensus_speed", "consensus_simulation", "diff")

for _name in _ALL:
    print(f"\n== {_name}", flush=True)
    subprocess.run([sys.executable, "-m", f"benchmarks.{_name}"], check=True)
