"""A command that is told to end leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.store.made import articles, export


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_no_text_and_no_word_is_left_by_a_program_that_is_ended(
    tmp_path: Path, how: signal.Signals
) -> None:
    export(tmp_path / "export.json", articles(200))
    spool = tmp_path / "spool"
    spool.mkdir()
    create = ("version", "create", "ents", "--scheme", "entities", "--from", "export.json")
    program = subprocess.Popen(
        [sys.executable, "-m", "annotate", *create, "--engine", "local", "--processes", "2"],
        cwd=tmp_path,
        env=os.environ | {"TMPDIR": str(spool), "XDG_STATE_HOME": str(tmp_path / "state")},
        stderr=subprocess.PIPE,
        text=True,
    )
    while not any(spool.glob("annotate-*")) and program.poll() is None:
        time.sleep(0.005)
    time.sleep(0.1)  # past the making of it, while the processes start
    program.send_signal(how)
    _, words = program.communicate(timeout=60)
    assert list(spool.iterdir()) == []
    assert (program.returncode, words) == (128 + how, "")
    assert not list(tmp_path.glob("datasets/*/v*"))


_INTERRUPTED = """
import os, signal, sys, time

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "click":
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(10)

sys.meta_path.insert(0, Interrupting())
"""


def test_an_interrupt_while_the_program_is_imported_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(_INTERRUPTED, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "annotate", "--version"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, b"", b"")
