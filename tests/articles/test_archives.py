"""Articles in a zip or tar archive, as fsspec addresses them (`zip://…::x.zip`)."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from annotate.articles import ArticleLedger, read_articles
from annotate.errors import ArticleError
from tests.articles.made import records

MADE = records(4)
NAMES = ("news/a.jsonl", "news/deep/b.jsonl")


def _lines(made: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in made).encode()


def _zip(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, made in zip(NAMES, (MADE[:2], MADE[2:]), strict=True):
            archive.writestr(name, _lines(made))
    return path


def _tar(path: Path) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, made in zip(NAMES, (MADE[:2], MADE[2:]), strict=True):
            entry, data = tarfile.TarInfo(name), _lines(made)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


def test_an_archive_is_read_as_a_folder(tmp_path: Path) -> None:
    places = f"zip://news::{_zip(tmp_path / 'x.zip')}", f"tar://news::{_tar(tmp_path / 'x.tar.gz')}"
    for place in places:
        found = [article.title for article in read_articles([place])]
        assert found == [record["title"] for record in MADE]


def test_an_archive_that_is_none_or_is_cut_short_is_named(tmp_path: Path) -> None:
    whole = _tar(tmp_path / "x.tar.gz").read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "none.zip").write_bytes(b"no archive")
    (tmp_path / "none.tar").write_bytes(b"no archive" * 100)
    for kind, name in (("tar", "cut.tar.gz"), ("zip", "none.zip"), ("tar", "none.tar")):
        place = f"{kind}://news::{tmp_path / name}"
        with pytest.raises(ArticleError) as caught:
            list(read_articles([place]))
        assert str(caught.value).startswith(f"{place}: cannot be read: ")


def test_a_damaged_file_of_an_archive_is_set_aside_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = _zip(tmp_path / "x.zip")
    data = bytearray(path.read_bytes())
    data[30 + len(NAMES[0]) + 20] ^= 255  # in the packed bytes of the first file, behind its header
    path.write_bytes(bytes(data))
    ledger = ArticleLedger()
    found = [article.title for article in read_articles([f"zip://news::{path}"], ledger=ledger)]
    assert found[-2:] == [record["title"] for record in MADE[2:]]
    (error,) = ledger.set_aside
    assert str(error).startswith(f"zip://news::{path}: cannot be read: ")


def test_an_address_that_lacks_what_its_file_system_needs() -> None:
    with pytest.raises(ArticleError, match=r"reference://x: cannot be read: .*missing"):
        list(read_articles(["reference://x"]))
