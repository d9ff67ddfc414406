"""`annotate version diff`, as a person and as a program runs it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from annotate.cli import cli
from annotate.pipeline import create_version
from annotate.store.folder import DatasetFolder
from annotate.store.versions import open_version
from tests.store.made import KEY, create, export, task

_TEXT = "Anna Novak of the Tesk Board spoke in Tesk\x1b[31m on Monday."
_DIFF = ("version", "diff", "ents", "v1.0.0", "v2.0.0")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two versions: a border moved, a label came, one went, one is another."""
    home = tmp_path_factory.mktemp("home")
    before = [(0, 10, "PER"), (18, 28, "ORG"), (38, 42, "GPE")]
    after = [(14, 28, "ORG"), (38, 42, "ORG"), (51, 57, "GPE")]
    for spans in (before, after):
        create(home / "datasets", [task(_TEXT, {1: spans}, title="The board")])
    return home


def _run(home: Path, *args: str) -> Result:
    """The command in this process, which is faster."""
    store = ("--store", str(home / "datasets"))
    return CliRunner().invoke(cli, [*_DIFF, *store, *args])


def _plain(home: Path) -> str:
    row = open_version(DatasetFolder(home / "datasets", "ents")).gold_rows(limit=1)[0]["id"]
    edits = """\
    - PER  [Anna Novak] of the Tesk Board spoke in…
    ~ ORG  Anna Novak of {+the +}[Tesk Board] spoke in Tesk␛[31m on Monday.
    ~ GPE -> ORG  …of the Tesk Board spoke in [Tesk]␛[31m on Monday.
    + GPE  …Board spoke in Tesk␛[31m on [Monday].
"""
    head = """\
ents v1.0.0 -> v2.0.0: major
  rows in train: 1 changed
  label GPE: 1 added
  label ORG: 1 added, 1 removed, 1 relabelled
  label PER: 1 removed
"""
    who = KEY.pseudonym("1")
    return (
        f"{head}  annotations by {who}: 1 changed\n\nchanged in train  {row}  The board\n"
        f"  gold\n{edits}  {who}\n{edits}"
    )


def test_words_in_context(home: Path) -> None:
    ran = _run(home)
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout == _plain(home)


def _in_terminal(home: Path) -> str:
    """What a person sees: the output of the command on a terminal."""
    ours, theirs = pty.openpty()
    clean = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    command = [sys.executable, "-m", "annotate", *_DIFF]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, cwd=home, env=clean) as process:
        os.close(theirs)
        seen = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the terminal of a program that ended
                break
            if not part:
                break
            seen += part
        process.wait(timeout=60)
    os.close(ours)
    return seen.decode().replace("\r\n", "\n")


def test_colours_on_a_terminal_unless_refused(home: Path) -> None:
    coloured = _in_terminal(home)
    assert "\x1b[32m{+the +}\x1b[0m" in coloured
    assert "\x1b[31m\x1b[1m-\x1b[0m PER  \x1b[31m\x1b[1m[Anna Novak]\x1b[0m" in coloured
    store = ("--store", str(home / "datasets"))
    for refused, shown in (("1", _plain(home)), ("", coloured)):
        runner = CliRunner(env={"NO_COLOR": refused})
        assert runner.invoke(cli, [*_DIFF, *store], color=True).stdout == shown


def test_by_label_annotator_and_number(home: Path) -> None:
    only = _run(home, "--label", "PER").stdout
    assert only.count("- PER  [Anna Novak]") == 2
    assert "ORG  " not in only
    assert "gold" not in _run(home, "--annotator", "p-nobody").stdout
    few = _run(home, "--limit", "0")
    assert "gold" not in few.stdout
    assert few.stderr == "1 more tasks differ; --limit shows more\n"


def test_json_is_the_counts_alone(home: Path) -> None:
    ran = _run(home, "--json", "--exit-code")
    assert ran.exit_code == 1
    assert json.loads(ran.stdout) == {
        "bump": "major",
        "splits": {"train": {"added": 0, "removed": 0, "changed": 1, "moved": 0}},
        "labels": {
            "GPE": {"added": 1, "removed": 0, "relabelled": 0},
            "ORG": {"added": 1, "removed": 1, "relabelled": 1},
            "PER": {"added": 0, "removed": 1, "relabelled": 0},
        },
    }


def test_as_a_page(home: Path) -> None:
    file = home / "diff.html"
    ran = _run(home, "--html", str(file), "--allow-unknown-licence")
    assert ran.exit_code == 0
    assert "gold" not in ran.stdout
    made = file.read_text(encoding="utf-8")
    assert ran.stderr == f"{len(made.encode()):,} bytes in {file}\n"
    assert "<ins>the </ins><b>Tesk Board</b> spoke in Tesk␛[31m on Monday." in made
    assert "<del>Anna Novak</del>" in made
    alone = _run(home, "--html", "-", "--allow-unknown-licence")
    assert (alone.stdout, alone.stderr) == (made, "")
    assert "Anna" not in _run(home, "--html", "-").stdout
    both = _run(home, "--html", "-", "--json")
    assert (both.exit_code, both.stdout) == (2, "")
    assert json.loads(_run(home, "--html", str(file), "--json").stdout)["bump"] == "major"


def test_the_exit_code(home: Path) -> None:
    assert _run(home).exit_code == 0
    store = ("--store", str(home / "datasets"), "--exit-code")
    same = CliRunner().invoke(cli, [*_DIFF[:3], "v1.0.0", "v1.0.0", *store])
    assert (same.exit_code, same.stdout) == (0, "ents v1.0.0 -> v1.0.0: none\n")


def test_the_same_words_in_other_fragments(tmp_path: Path) -> None:
    text = "The quick brown fox, Anna said, jumps over the lazy dog."
    store = tmp_path / "datasets"
    for parts in ([(0, 19), (10, 37)], [(0, 37)]):
        spans = [*((a, b, "Content") for a, b in parts), (21, 25, "Source"), (26, 30, "Cue")]
        one = task(text, {1: spans})
        result: list[dict[str, Any]] = one["annotations"][0]["result"]
        result[:] = [{**drawn, "from_name": "role"} for drawn in result]
        for end in range(1, len(spans)):
            result.append({"type": "relation", "from_id": "r0", "to_id": f"r{end}", "labels": []})
        made = export(tmp_path / "export.json", [one])
        create_version("said", scheme="claims", inputs=[made], store=store, key=KEY)
    ask = ["version", "diff", "said", "v1.0.0", "v2.0.0", "--store", str(store)]
    words = "[The quick brown fox, Anna said, jumps] over the lazy dog."
    line = f"    ~ Content  {words}  (the same words, in other fragments)\n"
    assert line in CliRunner().invoke(cli, ask).stdout
    page = CliRunner().invoke(cli, [*ask, "--html", "-", "--allow-unknown-licence"]).stdout
    words = "<b>The quick brown fox, Anna said, jumps</b> over the lazy dog.</bdi>"
    assert f"{words} (the same words, in other fragments)</li>" in page
