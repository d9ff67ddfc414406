"""Articles -> Label Studio tasks, one for each unit (and target)."""

from __future__ import annotations

from annotate.tasks.build import build_tasks
from annotate.tasks.targets import read_targets

__all__ = ["build_tasks", "read_targets"]
