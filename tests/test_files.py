"""A new file takes the place of a file alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from annotate.errors import InputError
from annotate.files import made_whole, place_of
from tests.command import annotate
from tests.formats.making import region, save, task
from tests.store.made import articles, create

_SEEDS = Path(__file__).resolve().parents[1] / "seeds"


def test_a_link_is_followed_where_its_file_is_there_or_not(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("file")
    assert place_of(link) == tmp_path / "file"
    for text in ("one", "two"):
        with made_whole(link) as made:
            made.write_text(text)
        assert (tmp_path / "file").read_text() == text
    assert link.is_symlink()
    assert len(list(tmp_path.iterdir())) == 2


def test_a_pipe_or_a_device_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    link = tmp_path / "null"
    link.symlink_to(os.devnull)
    for path in (tmp_path / "pipe", link, Path(os.devnull)):
        with pytest.raises(InputError, match="is no regular file"):
            place_of(path)


def test_a_pipe_without_a_name_is_refused(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with pytest.raises(InputError, match="is no regular file"):
        place_of(Path(f"/dev/fd/{writing}"))
    os.close(reading)
    os.close(writing)


def test_a_name_as_long_as_can_be_is_one(tmp_path: Path) -> None:
    for name in ("n" * 255, "я" * 127, "😀" * 63):
        with made_whole(tmp_path / name) as made:
            made.write_text("new")
        assert (tmp_path / name).read_text() == "new"


def test_an_error_names_what_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError) as error, made_whole(tmp_path / "folder") as made:
        made.write_text("new")
    assert error.value.filename == str(tmp_path / "folder")
    for command in (
        ("tasks", "entities", "none.txt"),
        ("check", "entities", "none.json"),
        ("config", "preview", "entities", "none.txt"),
        ("report", "none"),
    ):
        ran = annotate(*command, "-o", "folder", home=tmp_path)  # before anything is read
        assert (ran.code, ran.err) == (1, "annotate: folder: is a folder; name a file\n")


def test_permissions_stay(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.write_text("old")
    place.chmod(0o640)
    with made_whole(place) as made:
        made.write_text("new")
    assert (place.read_text(), place.stat().st_mode & 0o777) == ("new", 0o640)


@pytest.mark.parametrize("is_folder", [True, False])
def test_after_an_error_nothing_is_left(tmp_path: Path, is_folder: bool) -> None:
    (tmp_path / "place").write_text("old")
    with pytest.raises(RuntimeError), made_whole(tmp_path / "place") as made:
        made.mkdir() if is_folder else made.write_text("half")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["place"]
    assert (tmp_path / "place").read_text() == "old"


@pytest.mark.parametrize(
    "command",
    [
        ("tasks", "entities", "a.jsonl"),
        ("check", "entities", "in.json"),
        ("export", "entities", "in.json", "--format", "jsonl"),
        ("import", "entities", "in.conll", "--format", "conll"),
    ],
)
def test_no_command_puts_a_file_in_the_place_of_a_pipe(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    text = "She left Rome."
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": text}))
    (tmp_path / "in.conll").write_text("Rome B-LOC\n")
    save(tmp_path / "in.json", [task(text, [region(text, "r", "entity", "LOC", 9, 13)])])
    os.mkfifo(tmp_path / "pipe")
    ran = annotate(*command, "-o", "pipe", home=tmp_path)
    assert ran.code == 1
    assert "pipe: is no regular file; name a file" in ran.err
    assert (tmp_path / "pipe").is_fifo()


_ON_A_FULL_DISK = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
from annotate.cli import main
main()
"""
_EXPORT = str(_SEEDS / "exports" / "entities.round1.json")


@pytest.mark.parametrize(
    "command",
    [
        ("report", "ents", "-o", "out"),
        ("version", "diff", "ents", "v1.0.0", "v1.1.0", "--html", "out"),
        ("config", "preview", "entities", str(_SEEDS / "articles"), "-o", "out"),
        ("export", "entities", _EXPORT, "--format", "csv", "-o", "out"),
        ("tasks", "entities", str(_SEEDS / "articles"), "-o", "out"),
    ],
)
def test_what_does_not_fit_on_the_disk_takes_no_place_and_is_said_in_a_line(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    for count in (3, 4):
        create(tmp_path / "datasets", articles(count))
    (tmp_path / "out").write_text("old")
    done = subprocess.run(
        [sys.executable, "-c", _ON_A_FULL_DISK, *command],
        cwd=tmp_path,
        env=os.environ | {"XDG_STATE_HOME": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    *_, last = done.stderr.splitlines()
    assert last.endswith("File too large")
    assert "Traceback" not in done.stderr
    assert (tmp_path / "out").read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == []
