"""Names, streams and locales as machines have them: a line, never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from annotate.schemes.label_config import shipped_config
from annotate.store.folder import DatasetFolder
from annotate.store.versions import open_version
from tests.command import Ran, annotate
from tests.store.made import articles, config_xml, create, export, task

_LATIN = os.fsdecode(b"M\xfcller")
_CREATE = ("version", "create", "ents", "--scheme", "entities", "--config", "config.xml", "--from")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a label config and an export."""
    (tmp_path / "config.xml").write_text(config_xml(), encoding="utf-8")
    export(tmp_path / f"{_LATIN}.json", articles(3))
    return tmp_path


def _closed(home: Path, *args: str, how: str) -> Ran:
    """Run a command with a stream that is closed, as some daemons start programs."""
    command = " ".join([sys.executable, "-m", "annotate", *args, how])
    done = subprocess.run(
        ["/bin/sh", "-c", command], capture_output=True, cwd=home, text=True, check=False
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def test_an_input_whose_name_is_not_utf8_is_recorded(home: Path) -> None:
    ran = annotate(*_CREATE, f"{_LATIN}.json", home=home)
    assert ran.code == 0, ran.err
    manifest = open_version(DatasetFolder(home / "datasets", "ents")).manifest
    assert [used.name for used in manifest.inputs] == ["M\\xfcller.json"]


def test_a_corpus_whose_names_are_not_utf8_is_imported(home: Path) -> None:
    for folder, label in ((_LATIN, "PER"), (os.fsdecode(b"M\xf6ller"), "ORG")):
        (home / folder).mkdir()
        (home / folder / f"{_LATIN}.txt").write_text("Anna spoke.\n", encoding="utf-8")
        (home / folder / f"{_LATIN}.ann").write_text(f"T1\t{label} 0 4\tAnna\n", encoding="utf-8")
    ran = annotate(
        *("import", "entities", _LATIN, os.fsdecode(b"M\xf6ller"), "--config", "config.xml"),
        *("--format", "brat", "-o", "out.json"),
        home=home,
    )
    assert ran.code == 0, ran.err
    (task,) = json.loads((home / "out.json").read_bytes())
    assert task["data"]["title"] == "M\\xfcller"
    assert len({annotation["id"] for annotation in task["annotations"]}) == 2


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ((*_CREATE, "export.json", "-m", _LATIN), "annotate: -m: the message is not UTF-8"),
        ((*_CREATE, "export.json", "--store", _LATIN), "M\\xfcller/ents: is no name in UTF-8"),
        (
            ("export", "entities", "export.json", "--format", "parquet", "-o", _LATIN),
            ": is no name in UTF-8",
        ),
        (("check", "entities", "export.json", "-o", _LATIN), "M\\xfcller: is no name in UTF-8"),
    ],
)
def test_what_has_to_be_utf8_is_said(home: Path, command: tuple[str, ...], said: str) -> None:
    export(home / "export.json", articles(3))
    ran = annotate(*command, home=home)
    assert ran.code > 0
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_an_input_whose_name_is_not_utf8_stands_in_the_ledger(home: Path) -> None:
    tasks = articles(1)
    tasks[0]["annotations"][0]["result"].append(5)
    export(home / f"{_LATIN}.json", tasks)
    ran = annotate("check", "entities", f"{_LATIN}.json", "-o", "ledger.parquet", home=home)
    assert "Traceback" not in ran.err
    (entry,) = pq.read_table(home / "ledger.parquet").to_pylist()
    assert entry["file"] == "M\\xfcller.json"


def test_a_terminal_that_lacks_characters_shows_others(home: Path) -> None:
    create(home / "datasets", articles(3))
    ran = annotate("show", "ents", home=home, env={"PYTHONIOENCODING": "latin-1"})
    assert (ran.code, ran.err) == (0, "")
    done = subprocess.run(
        [sys.executable, "-m", "annotate", "report", "ents", "-o", "-"],
        capture_output=True,
        cwd=home,
        env=os.environ | {"PYTHONIOENCODING": "latin-1"},
        check=True,
    )
    assert "\u2060" in done.stdout.decode("utf-8") or "·" in done.stdout.decode("utf-8")


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "UTF8"])
def test_documents_are_whole_where_a_terminal_lacks_characters(home: Path, encoding: str) -> None:
    text = "“Anna” left Łódź 😀 é."
    create(home / "datasets", [task(text, {1: [(1, 5, "PER")]})])
    env = {"PYTHONIOENCODING": encoding}
    (row,) = annotate("show", "ents", "--json", home=home, env=env).json
    assert row["text"] == text
    printed = annotate("config", "print", "claims", home=home, env=env).out
    assert printed == shipped_config("claims").xml
    shown = annotate("show", "ents", "--json", home=home, env={"PYTHONIOENCODING": "utf-8"}).out
    assert text in shown


def test_a_closed_stream_is_an_empty_one(home: Path) -> None:
    create(home / "datasets", articles(3))
    for args, how in (
        (("show", "ents", "--json"), ">&-"),
        (("report", "ents", "-o", "-"), ">&-"),
        (("show", "ents"), "2>&-"),
    ):
        ran = _closed(home, *args, how=how)
        assert (ran.code, ran.err) == (0, "")
    ran = _closed(home, "check", "entities", "-", how="<&-")
    assert ran.code == 1
    assert len(ran.err.splitlines()) == 1


def test_windows_is_said_by_name_alone() -> None:
    """Only what a system calls itself is changed: there is no Windows here."""
    program = "import sys; sys.platform = 'win32'; import annotate.__main__ as m; m.main()"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    said = "annotate: runs on Linux and macOS; on Windows use it in WSL\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)
