"""The whole way against a real Label Studio, as `make demo` runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from datasets import load_dataset

from annotate.studio import LocalStudio, list_projects
from tests.command import annotate

_ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.studio
def test_the_demo_makes_the_datasets_that_a_clone_holds(tmp_path: Path) -> None:
    state = {"XDG_STATE_HOME": str(tmp_path / "state"), "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "annotate", "demo", "--store", tmp_path / "store"],
        capture_output=True,
        cwd=tmp_path,
        env=os.environ | state,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for scheme in ("entities", "stance", "claims"):
        made = tmp_path / "store" / scheme
        for version in ("v1.0.0", "v2.0.0"):
            mine, theirs = (
                json.loads((folder / version / "manifest.json").read_text(encoding="utf-8"))
                for folder in (made, _ROOT / "datasets" / scheme)
            )
            assert mine["configs"].keys() == theirs["configs"].keys()
            assert mine["counts"] == theirs["counts"]
            if mine["config_digest"] == theirs["config_digest"]:
                assert mine["logical_hash"] == theirs["logical_hash"]
            loaded = load_dataset(str(made), version)
            assert {split: len(rows) for split, rows in loaded.items()} == {
                file["split"]: file["rows"] for file in mine["configs"]["gold"]["files"]
            }
        assert f"{scheme} v1.0.0 -> v2.0.0: major" in done.stdout
        exports = next(tmp_path.glob("annotate-demo-*")) / "exports"
        assert b"@" not in (exports / f"{scheme}.round2.json").read_bytes()


@pytest.mark.studio
def test_a_server_that_ran_before_keeps_no_project_of_the_demo(
    local_studio: LocalStudio, tmp_path: Path
) -> None:
    (tmp_path / "state").symlink_to(local_studio.data_dir.parent / "state")
    env = {"TMPDIR": str(tmp_path)}
    before = list_projects(local_studio.server)
    done = annotate("demo", "--store", tmp_path / "store", home=tmp_path, env=env)
    assert done.code == 0, done.err
    assert list_projects(local_studio.server) == before
    assert f"{local_studio.url}, without the projects of the demo" in done.out
    assert "annotate studio stop" not in done.out
    kept = annotate("demo", "--store", tmp_path / "more", "--keep", home=tmp_path, env=env)
    assert kept.code == 0, kept.err
    assert len(list_projects(local_studio.server)) == len(before) + 3
