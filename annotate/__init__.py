"""News articles into Label Studio; labelled, versioned Hugging Face datasets back.

The functions here are those that the commands call. They are imported when
they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from annotate.articles import read_articles
    from annotate.errors import AnnotateError
    from annotate.pipeline import create_version, diff_versions, load_version, read_annotations
    from annotate.schemes import load_scheme
    from annotate.studio import pull_project, push_tasks
    from annotate.tasks import build_tasks, read_targets

__all__ = [
    "AnnotateError",
    "build_tasks",
    "create_version",
    "diff_versions",
    "load_scheme",
    "load_version",
    "pull_project",
    "push_tasks",
    "read_annotations",
    "read_articles",
    "read_targets",
]

_HOMES = {
    "AnnotateError": "errors",
    "build_tasks": "tasks",
    "create_version": "pipeline",
    "diff_versions": "pipeline",
    "load_scheme": "schemes",
    "load_version": "pipeline",
    "pull_project": "studio",
    "push_tasks": "studio",
    "read_annotations": "pipeline",
    "read_articles": "articles",
    "read_targets": "tasks",
}


if not TYPE_CHECKING:  # a checker that saw it would take any name

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
