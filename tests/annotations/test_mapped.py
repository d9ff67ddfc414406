"""Tasks of an input on their way to another process: as places in its file, or as bytes."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from annotate.annotations.notes import Fragment, note_tasks
from annotate.annotations.source import Source, open_input
from annotate.errors import ExportError
from annotate.schemes import load_scheme
from annotate.schemes.label_config import shipped_config
from tests.annotations.exports import TEXT, annotation, region, task

_LONG = TEXT * 100
_TASKS = [task(annotation(), text=f"{number} {_LONG}", id=number) for number in range(3)]


def _fragments(source: Source) -> list[Fragment]:
    notes = note_tasks([source], load_scheme("entities"), shipped_config("entities"))
    return [fragment for noted in notes.tasks.values() for fragment in noted.fragments]


def _array(tasks: Sequence[Any]) -> bytes:
    return json.dumps(tasks, indent=1).encode()


def _lines(tasks: Sequence[Any]) -> bytes:
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in tasks).encode()


def _pages(tasks: Sequence[Any]) -> bytes:
    return json.dumps({"total": len(tasks), "tasks": tasks}).encode()


def _in_another_process(pickled: bytes) -> bytes:
    """What a process that never saw the file finds in pickled fragments."""
    code = (
        "import pickle, sys; "
        "sys.stdout.buffer.write(b'|'.join(bytes(f.raw) for f in pickle.load(sys.stdin.buffer)))"
    )
    told = subprocess.run([sys.executable, "-c", code], input=pickled, stdout=-1, check=True)
    return told.stdout


@pytest.mark.parametrize("written", [_array, _lines, _pages])
def test_another_process_finds_the_bytes_in_the_file(
    tmp_path: Path, written: Callable[[Sequence[Any]], bytes]
) -> None:
    path = tmp_path / "export.json"
    path.write_bytes(b"\xef\xbb\xbf" + written(_TASKS))
    found = _fragments(open_input(str(path)))
    pickled = bytes(ForkingPickler.dumps(found))
    assert len(pickled) < len(_LONG), "a text was copied"
    bytes_of_tasks = _in_another_process(pickled).split(b"|")
    assert [json.loads(one) for one in bytes_of_tasks] == _TASKS


def test_bytes_that_are_in_no_file_are_pickled(tmp_path: Path) -> None:
    packed, halved, removed = (tmp_path / name for name in ("packed", "halved", "removed"))
    packed.write_bytes(gzip.compress(_array(_TASKS)))
    halved.write_bytes(_array([task(text=_LONG + "\ud83d")]))
    removed.write_bytes(_lines(_TASKS))
    with removed.open("rb") as file:
        removed.unlink()
        names = [str(packed), str(halved), f"/proc/self/fd/{file.fileno()}"]
        sources = [open_input(name) for name in names]
    copied = [bytes(ForkingPickler.dumps(_fragments(source))) for source in sources]
    packed.unlink()
    halved.unlink()
    texts = [
        [json.loads(bytes(fragment.raw))["data"]["text"] for fragment in ForkingPickler.loads(one)]
        for one in copied
    ]
    known = [one["data"]["text"] for one in _TASKS]
    assert texts == [known, [_LONG + "\ufffd"], known]


def test_a_fragment_for_another_machine_has_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_bytes(_array(_TASKS))
    found = _fragments(open_input(str(path)))
    pickled = bytes(ForkingPickler.dumps([one.with_bytes() for one in found]))
    path.unlink()
    assert [json.loads(bytes(one.raw)) for one in ForkingPickler.loads(pickled)] == _TASKS


def _replaced(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    other.replace(path)


def _written_in(path: Path) -> None:
    before = path.stat()
    with path.open("r+b") as file:
        file.write(b" ")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("change", [_replaced, _written_in, _emptied, Path.unlink])
def test_a_file_that_changed_is_refused(tmp_path: Path, change: Callable[[Path], None]) -> None:
    path = tmp_path / "export.json"
    path.write_bytes(_array(_TASKS))
    pickled = bytes(ForkingPickler.dumps(_fragments(open_input(str(path)))))
    change(path)
    first, *_ = ForkingPickler.loads(pickled)
    with pytest.raises(ExportError, match="changed or removed") as refused:
        bytes(first.raw)
    assert refused.value.where == str(path)


_CHECK = """
import glob, resource, sys
from annotate.annotations.pseudonym import PseudonymKey
from annotate.pipeline import read_annotations
resource.setrlimit(resource.RLIMIT_NOFILE, (64, int(sys.argv[1])))
found = read_annotations("entities", sorted(glob.glob("*.json")), key=PseudonymKey(b"x" * 32))
print(len(found.tasks))
"""


def _check_many(folder: Path, hard_limit: int) -> subprocess.CompletedProcess[str]:
    """Read a hundred inputs where 64 files may be open, or up to `hard_limit` when asked for."""
    for number in range(100):
        one = task(annotation(region("r", 0, 2, "GPE", text="Go")), text=f"Go {number}", id=number)
        (folder / f"{number}.json").write_text(json.dumps([one]), encoding="utf-8")
    command = [sys.executable, "-c", _CHECK, str(hard_limit)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_there_may_be_more_inputs_than_files_may_be_open(tmp_path: Path) -> None:
    assert _check_many(tmp_path, 400).stdout == "100\n"


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="mapped files need not stay open")
def test_too_many_inputs_are_refused_with_a_way_out(tmp_path: Path) -> None:
    told = _check_many(tmp_path, 64).stderr.splitlines()[-1]
    assert told.endswith("Too many open files; give fewer files, or raise `ulimit -n`")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_pipe_is_read_to_its_end(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    pipe, data = tmp_path / "pipe", pack(_array(_TASKS))
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=(data,))
    writer.start()
    source = open_input(str(pipe))
    writer.join()
    assert (source.name, source.sha256) == (str(pipe), hashlib.sha256(data).hexdigest())
    assert len(_fragments(source)) == len(_TASKS)
