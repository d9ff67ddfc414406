"""The public names, and what importing them costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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


def test_a_checker_sees_a_public_name_that_is_not_there(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    names = [f"annotate.{name}" for name in (*annotate.__all__, "create_versoin")]
    program.write_text("\n".join(["import annotate", *names]))
    check = [sys.executable, "-m", "mypy", "--follow-imports=silent", str(program)]
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(check, capture_output=True, check=False, text=True, cwd=root)
    assert 'Module has no attribute "create_versoin"' in done.stdout, done.stdout + done.stderr
    assert "Found 1 error in 1 file" in done.stdout


def test_heavy_libraries_load_only_when_used() -> None:
    heavy = {"datasets", "label_studio_sdk", "pandas", "pyarrow", "torch"}
    code = "import sys, annotate.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert not heavy & set(done.stdout.split())
    code = "import sys, annotate; annotate.create_version, annotate.push_tasks; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert not (heavy - {"pyarrow"}) & set(done.stdout.split())
