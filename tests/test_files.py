"""A new file takes the place of a file alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from annotate.errors import InputError
from annotate.files import place_of, put_whole


def test_a_link_is_followed_where_its_file_is_there_or_not(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("file")
    assert place_of(link) == tmp_path / "file"
    made = tmp_path / "made"
    for text in ("one", "two"):
        made.write_text(text)
        put_whole(made, place_of(link))
        assert (tmp_path / "file").read_text() == text
    assert link.is_symlink()


def test_a_pipe_or_a_device_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    link = tmp_path / "null"
    link.symlink_to(os.devnull)
    for path in (tmp_path / "pipe", link, Path(os.devnull)):
        with pytest.raises(InputError, match="is no regular file"):
            place_of(path)


def test_permissions_stay(tmp_path: Path) -> None:
    made, place = tmp_path / "made", tmp_path / "place"
    place.write_text("old")
    place.chmod(0o640)
    made.write_text("new")
    put_whole(made, place)
    assert (place.read_text(), place.stat().st_mode & 0o777) == ("new", 0o640)
