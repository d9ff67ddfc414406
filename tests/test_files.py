"""A new file takes the place of a file alone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from annotate.errors import InputError
from annotate.files import made_whole, place_of
from tests.command import annotate
from tests.formats.making import region, save, task


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
