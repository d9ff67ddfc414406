"""The whole way against a real Label Studio, as `make demo` runs it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from datasets import load_dataset

from annotate.cli.demo import command
from annotate.studio import LocalStudio, list_projects

_ROOT = Path(__file__).resolve().parents[2]


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
    assert "Label Studio   stopped" in done.stdout
    assert not _commands_naming(tmp_path)


def _commands_naming(folder: Path) -> list[bytes]:
    """The command lines of the processes that run and were told of a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has just ended
            found.append(path.read_bytes())
    return [line for line in found if os.fsencode(folder) in line]


@pytest.mark.studio
def test_a_demo_that_nobody_listens_to_stops_its_server(tmp_path: Path) -> None:
    state = {"XDG_STATE_HOME": str(tmp_path / "state"), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-m", "annotate", "demo", "--store", tmp_path / "store"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        cwd=tmp_path,
        env=os.environ | state,
        text=True,
    ) as demo:
        assert demo.stderr is not None
        assert any(line == "making two annotators\n" for line in demo.stderr)
        demo.stderr.close()
        demo.wait(timeout=300)
    assert (tmp_path / "state").exists()
    assert not _commands_naming(tmp_path)


@pytest.mark.studio
def test_a_server_that_ran_before_keeps_no_project_of_the_demo(
    local_studio: LocalStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(local_studio.data_dir.parent / "state"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr("annotate.demo.run.SCHEMES", ("entities",))
    before = list_projects(local_studio.server)
    done = CliRunner().invoke(command, ["--store", str(tmp_path / "store")])
    assert done.exit_code == 0, done.output
    assert list_projects(local_studio.server) == before
    assert f"{local_studio.url}, without the projects of the demo" in done.stdout
    assert "annotate studio stop" not in done.stdout
    kept = CliRunner().invoke(command, ["--store", str(tmp_path / "more"), "--keep"])
    assert kept.exit_code == 0, kept.output
    assert len(list_projects(local_studio.server)) == len(before) + 1
    assert "annotate studio stop" in kept.stdout


@pytest.mark.studio
def test_a_demo_that_fails_leaves_no_project_on_a_server_that_ran_before(
    local_studio: LocalStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(local_studio.data_dir.parent / "state"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = list_projects(local_studio.server)
    blocked = tmp_path / "store"
    blocked.mkdir()
    (blocked / "entities").write_text("a file where the dataset would be", encoding="utf-8")
    done = CliRunner().invoke(command, ["--store", str(blocked)])
    assert done.exit_code == 1
    assert "entities round 1: 9 tasks pushed" in done.stdout
    assert "removing the projects of the demo" in done.stderr
    assert list_projects(local_studio.server) == before
