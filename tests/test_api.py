"""The public names, and what importing them costs."""

from __future__ import annotations

import subprocess
import sys

import annotate


def test_the_public_names_are_pinned() -> None:
    assert annotate.__all__ == [
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
    assert all(callable(getattr(annotate, name)) for name in annotate.__all__)


def test_the_public_names_are_listed_before_they_are_used() -> None:
    code = "import annotate; print(*dir(annotate))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert set(annotate.__all__) <= set(done.stdout.split())


def test_heavy_libraries_load_only_when_used() -> None:
    heavy = {"datasets", "label_studio_sdk", "pandas", "pyarrow", "torch"}
    code = "import sys, annotate.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert not heavy & set(done.stdout.split())
    code = "import sys, annotate; annotate.create_version, annotate.push_tasks; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert not (heavy - {"pyarrow"}) & set(done.stdout.split())
