"""Articles -> Label Studio tasks, one for each unit (and target), with suggestions."""

from __future__ import annotations

from annotate.tasks.prepare import TaskOptions, build_tasks, prepare_tasks
from annotate.tasks.targets import read_targets

__all__ = ["TaskOptions", "build_tasks", "prepare_tasks", "read_targets"]
