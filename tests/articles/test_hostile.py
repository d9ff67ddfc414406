"""Broken and hostile files: bad records are named, the rest goes on, the counts add up."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import resource
import struct
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset, disable_progress_bars

from annotate.articles import ArticleLedger, read_articles
from annotate.articles.sources.unpack import read_lines
from annotate.errors import ArticleError, RejectsError
from tests.articles.made import (
    page,
    records,
    write_gz,
    write_jsonl,
    write_parquet,
    write_warc,
    write_zst,
)


def gather(*sources: Path) -> tuple[list[str], ArticleLedger]:
    ledger = ArticleLedger()
    texts = [article.text for article in read_articles(map(str, sources), ledger=ledger)]
    assert ledger.read == len(texts) + len(ledger.set_aside)
    assert ledger.articles == len(texts)
    return texts, ledger


def said(ledger: ArticleLedger, folder: Path) -> list[str]:
    return [str(error).replace(f"{folder}/", "") for error in ledger.set_aside]


def test_bad_lines_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    lines = [
        b'{"text": "good one"}',
        b"not json",
        b'{"text": "caf\xe9"}',
        b'{"text": "half \\ud83d pair"}',
        b'{"text": "nul \\u0000 here"}',
        b"[1, 2]",
        b'{"text": 5}',
        b'{"title": "t"}',
        b'{"text": ""}',
        b'{"text": "x", "date": "yesterday"}',
        b'{"text": "x", "title": "a\\u0000b"}',
        b"[" * 100_000,
        b'{"text": "one", "text": "two"}',
        b'{"text": "one \\u0022two\\u0022", "id": 1, "id": 2}',  # as many quotes as strings need
        b'{"text": "one", "more": {"a": "b", "a": "c"}}',
        b'{"text": "pair \\ud83d\\ude00 kept"}',
        b'{"text": "../../etc/passwd", "url": "../../x", "title": "../x"}',
    ]
    (tmp_path / "n.jsonl").write_bytes(b"\xef\xbb\xbf" + b"\n".join(lines))

    texts, ledger = gather(tmp_path / "n.jsonl")

    assert texts == ["good one", "pair 😀 kept", "../../etc/passwd"]
    named = said(ledger, tmp_path)
    assert [message.split(":")[1] for message in named] == [f" line {n}" for n in range(2, 16)]
    assert "NUL at offset 4; remove the character" in named[3]
    assert "map it with --columns text=NAME; there are title" in named[6]
    assert "'yesterday' is no date" in named[8]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["n.jsonl"]


@pytest.mark.parametrize(("begin", "end"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_lines_of_any_depth_are_read_or_named(begin: bytes, end: bytes, tmp_path: Path) -> None:
    """Python's stack ends somewhere, and each step of reading needs another piece of it."""
    lines = [
        b'{"text": "good", "more": ' + begin * depth + b'"\\u0022"' + end * depth + b"}"
        for depth in range(800, 1000)
    ]
    (tmp_path / "n.jsonl").write_bytes(b"\n".join(lines))

    texts, ledger = gather(tmp_path / "n.jsonl")

    named = range(len(texts) + 1, len(lines) + 1)
    assert said(ledger, tmp_path) == [
        f"n.jsonl: line {n}: is no JSON object: is nested too deep" for n in named
    ]


def test_dates_out_of_range_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    far = "Mon, 99999999999999999 Jan 2022 00:00:00 +0000"
    rows = [{"text": "x", "date": far}, {"text": "good", "date": "2022-01-03"}]
    write_jsonl(tmp_path / "n.jsonl", rows)
    (tmp_path / "n.csv").write_text(f'text,date\nx,"{far}"\ngood,2022-01-03\n')
    disable_progress_bars()
    day = pa.array([10_000_000, 18_995], pa.date32())
    second = pa.array([10**15, 1_641_168_000], pa.timestamp("s"))
    for name, dates in (("day", day), ("second", second)):
        table = pa.table({"text": ["x", "good"], "date": dates})
        pq.write_table(table, tmp_path / f"{name}.parquet")
        Dataset(table).save_to_disk(tmp_path / name)

    for path in sorted(tmp_path.iterdir()):
        texts, ledger = gather(path)
        assert texts == ["good"]
        (problem,) = said(ledger, tmp_path)
        assert problem.startswith(f"{path.name}: ")
        assert "is no date" in problem or "cannot be read: " in problem


def test_csv_records_are_set_aside_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "n.csv").write_bytes(
        b"title,text\r\n"
        b'a,"first\r\nsecond"\r\n'
        b"b,too,many\r\n"
        b"c,caf\xe9\r\n"
        b'd,"stray" quote\r\n'
        b"e,nul\0\r\n"
        b"f,good\r\n"
        b'g,"never closed\r\nx,y\r\n'
    )

    texts, ledger = gather(tmp_path / "n.csv")

    assert texts == ["first\nsecond", "good"]
    named = said(ledger, tmp_path)
    assert named[0] == "n.csv: line 4: has 3 fields, the header 2"
    assert named[1].startswith("n.csv: line 5: not UTF-8: byte 0xe9 at character 3 of text")
    assert named[2].startswith("n.csv: line 6: is no CSV record")
    assert named[3].startswith("n.csv: line 7: NUL at offset 3")
    assert named[4] == "n.csv: line 9: is no CSV record: unexpected end of data"


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", b"", "has no header"),
        ("a.csv", "title,text\nx,y".encode("utf-16"), "is UTF-16; convert the file to UTF-8"),
        ("a.csv", b"text,text\nx,y", "has two columns of one name"),
        ("a.csv", b"text,text \nx,y", "has two columns of one name, text"),
        ("a.csv", b"title,text\rx,y\r", "has no header: a line ends in CR alone"),
        ("a.csv", b"title\ttext\nx\ty, z", "has one column"),
        ("a.csv", b"sep=;\ntitle;text\nx;y", "has one column, 'sep=;'; begin with names"),
        ("a.tsv", b"title,text\nx,y", "has one column, 'title,text'"),
        ("a.jsonl", '{"text": "x"}\n{}'.encode("utf-16"), "is UTF-16; convert the file to UTF-8"),
        ("a.csv", "title,text\nx,y".encode("utf-32"), "is UTF-32; convert the file to UTF-8"),
        ("a.jsonl", b'{"text": "a \\\\ud800 \\ud83d"}', r"the lone surrogate \ud83d at byte 20"),
        ("a.txt", b"only a title", "has no paragraph; write title, date"),
        (
            "a.txt",
            b"t\n\nThe port closes.\nx",
            "line 3: 'The port closes.' is no address; write title",
        ),
        ("a.txt", b"t\n20240101\nu\ncaf\xe9", "not UTF-8: byte 0xe9 at offset 16 (line 4)"),
        ("a.txt", b"t\n20240101\nu\na\0b", "NUL at offset"),
        ("a.txt", b"t\nJanuary\nu\nx", "line 2: 'January' is no date; write title, date"),
        ("a.html", b"\x89PNG\r\n\x1a\n\0\0", "not utf-8"),
        ("a.html", b"", "has no main text"),
        ("a.html", b"just words, no page", "has no main text"),
        ("a.html", b"<div>" * 200_000, "has no main text"),
        ("a.html", b'<meta charset="klingon"><p>x', "unknown encoding 'klingon'"),
        ("a.html", b"<p>a\0b</p>", "NUL at offset 4"),
        ("a.html", b"<math><h1>x</h1><p>y</p></math>", "cannot be parsed: AssertionError; check"),
        ("a.parquet", b"PAR1 no parquet", "not a Parquet file"),
        ("a.jsonl.gz", b"", "is empty"),
        ("a.jsonl.gz", b"no gzip", "damaged or cut short"),
        ("a.jsonl.zst", b"no zstd", "damaged or cut short"),
        ("a.warc", b"no archive at all", "cannot be read on"),
        ("a.docx", b"", "no reader for .docx; give one of .txt"),
    ],
)
def test_broken_files(name: str, data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    (tmp_path / "good.jsonl").write_text('{"text": "good"}\n')

    texts, ledger = gather(tmp_path / name, tmp_path / "good.jsonl")

    assert texts == ["good"]
    (problem,) = said(ledger, tmp_path)
    assert problem.startswith(f"{name}: ")
    assert message in problem


class _Failing(io.RawIOBase):
    """A file on a disk that fails after its first line."""

    def __init__(self) -> None:
        self._blocks = [b'{"text": "x"}\n']

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._blocks:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        block = self._blocks.pop()
        buffer[: len(block)] = block
        return len(block)


def test_a_disk_that_fails_within_a_file_is_no_end_of_it() -> None:
    lines = read_lines(io.BufferedReader(_Failing()), where="n.jsonl")
    assert next(lines) == b'{"text": "x"}\n'
    with pytest.raises(ArticleError, match=r"n\.jsonl: cannot be read: Input/output"):
        next(lines)


@pytest.mark.parametrize("ending", ["jsonl.gz", "jsonl.zst", "parquet", "warc.gz"])
def test_files_that_are_cut_short(ending: str, tmp_path: Path) -> None:
    made = records(400)
    path = tmp_path / f"n.{ending}"
    writers = {"jsonl.gz": write_gz, "jsonl.zst": write_zst, "parquet": write_parquet}
    writers.get(ending, write_warc)(path, made)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])

    texts, ledger = gather(path)

    assert len(ledger.set_aside) == 1
    assert texts == [record["text"] for record in made[: len(texts)]]
    assert bool(texts) == (ending != "parquet")


@pytest.mark.parametrize(("left", "whole"), [(-4, 20), (-60, 19)])
def test_whole_lines_before_the_end_of_a_cut_file_are_kept(
    left: int, whole: int, tmp_path: Path
) -> None:
    made = records(20)
    path = tmp_path / "n.jsonl.gz"
    write_gz(path, made)
    path.write_bytes(path.read_bytes()[:left])  # of the checksum, or of the last line as well

    texts, ledger = gather(path)

    assert texts == [record["text"] for record in made[:whole]]
    assert said(ledger, tmp_path)[0].startswith("n.jsonl.gz: damaged or cut short: ")


def test_long_lines(tmp_path: Path) -> None:
    long = "word " * 4_000_000  # 20 MB
    path = tmp_path / "n.jsonl"
    with path.open("w") as out:
        out.write(json.dumps({"text": long}) + "\n")
        out.write('{"text": "' + "x" * (70 << 20) + '"}\n')
        out.write('{"text": "after"}\n')

    texts, ledger = gather(path)

    assert [len(text) for text in texts] == [20_000_000, 5]
    assert said(ledger, tmp_path) == ["n.jsonl: line 2: is a line of more than 64 MiB"]


@pytest.mark.parametrize("ending", ["gz", "zst"])
@pytest.mark.parametrize("line", [b" " * 1023 + b"\n", b" " * 1024])
def test_bombs_are_stopped(ending: str, line: bytes, tmp_path: Path) -> None:
    plain = line * 1024
    path = tmp_path / f"n.jsonl.{ending}"
    if ending == "gz":
        with gzip.open(path, "wb") as out:
            for _ in range(600):
                out.write(plain)
    else:
        with pa.OSFile(str(path), "wb") as sink, pa.CompressedOutputStream(sink, "zstd") as zipped:
            for _ in range(600):
                zipped.write(plain)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    texts, ledger = gather(path)

    assert texts == []
    assert "unpacks to more than 250 times its size" in str(ledger.set_aside[-1])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 250 << 10  # kB


def test_parquet_with_one_long_text_in_every_row(tmp_path: Path) -> None:
    text = "x" * (1 << 20)
    rows = pa.table({"text": pa.array([text] * 400)})
    path = tmp_path / "n.parquet"
    pq.write_table(rows, path, compression="zstd")
    del rows
    assert path.stat().st_size < 1 << 20

    count = sum(len(a.text) == len(text) for a in read_articles([str(path)]))

    assert count == 400


def test_parquet_with_two_columns_of_one_name(tmp_path: Path) -> None:
    columns = [pa.array(["good"]), pa.array(["a"]), pa.array(["b"])]
    for name in ("title", "x"):
        made = pa.Table.from_arrays(columns, names=["text", name, name])
        pq.write_table(made, tmp_path / f"{name}.parquet")

    texts, ledger = gather(tmp_path / "title.parquet", tmp_path / "x.parquet")

    assert texts == ["good"]
    assert said(ledger, tmp_path) == ["title.parquet: has two columns title"]


def test_csv_with_columns_without_a_name(tmp_path: Path) -> None:
    (tmp_path / "n.csv").write_text("title,text,,\nx,good,,\n")

    texts, ledger = gather(tmp_path / "n.csv")

    assert (texts, said(ledger, tmp_path)) == (["good"], [])


def test_parquet_whose_names_are_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "n.parquet"
    pq.write_table(pa.table({"text": ["x"], "title": ["y"]}), path, store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"title", b"t\xfftle"))

    texts, ledger = gather(path)

    assert texts == []
    assert said(ledger, tmp_path)[0].startswith("n.parquet: not a Parquet file: 'utf-8' codec")


def test_parquet_of_an_unknown_time_zone(tmp_path: Path) -> None:
    dates = pa.array([0, None], pa.timestamp("us", "Mars/Olympus"))
    pq.write_table(pa.table({"text": ["x", "good"], "date": dates}), tmp_path / "n.parquet")

    texts, ledger = gather(tmp_path / "n.parquet")

    assert texts == ["good"]
    assert said(ledger, tmp_path) == ["n.parquet: row 0: cannot be read: 'Mars/Olympus'"]


@pytest.mark.parametrize("state", ["{", "[" * 100_000])
def test_a_dataset_on_disk_that_datasets_cannot_load(state: str, tmp_path: Path) -> None:
    disable_progress_bars()
    for name, rows in (("empty", []), ("cut", ["a"]), ("good", ["good"])):
        Dataset.from_dict({"text": rows}).save_to_disk(str(tmp_path / name))
    (tmp_path / "cut" / "state.json").write_text(state)

    texts, ledger = gather(tmp_path)

    assert texts == ["good"]
    assert [error.where for error in ledger.set_aside] == [
        f"{tmp_path}/{n}" for n in ("cut", "empty")
    ]
    assert all("of a split without rows it does not" in error for error in said(ledger, tmp_path))


def test_a_dataset_on_disk_whose_rows_point_outside_of_it(tmp_path: Path) -> None:
    disable_progress_bars()
    Dataset.from_dict({"text": ["good"] * 64 + ["a" * 99, "b"]}).save_to_disk(str(tmp_path / "n"))
    (data,) = (tmp_path / "n").glob("*.arrow")
    ends = struct.pack("<3i", 256, 355, 356)
    damaged = data.read_bytes().replace(ends, struct.pack("<3i", 256, 1 << 30, 356))
    data.unlink()
    data.write_bytes(damaged)

    texts, ledger = gather(tmp_path / "n")

    assert texts == ["good"] * 64
    assert said(ledger, tmp_path)[0].startswith("n: row 64: cannot be read on: ")


def test_parquet_bomb_is_refused(tmp_path: Path) -> None:
    rows = pa.table({"text": [f"{n}" + "x" * (1 << 20) for n in range(100)]})
    path = tmp_path / "n.parquet"
    pq.write_table(rows, path, compression="zstd", use_dictionary=False)

    texts, ledger = gather(path)

    assert texts == []
    assert "claims 100 MiB in a file of" in str(ledger.set_aside[0])


def test_page_inside_an_archive_that_is_none(tmp_path: Path) -> None:
    made = records(3)
    made[1]["url"] = "https://empty.example/"
    path = tmp_path / "n.warc"
    write_warc(path, made)
    whole = page(made[1]).encode()
    path.write_bytes(path.read_bytes().replace(whole, b" " * len(whole)))

    texts, ledger = gather(path)

    assert texts == [made[0]["text"], made[2]["text"]]
    assert said(ledger, tmp_path)[0].startswith("n.warc: record 3: has no main text")


def test_odd_things_in_a_folder_are_left_alone(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "state.json").write_text("{}")  # of a crawler; datasets has one, and others beside
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "good.jsonl").write_text('{"text": "older"}\n')
    (tmp_path / "._good.jsonl").write_bytes(b"\0\5\x16\7\0")  # of macOS, beside every file
    (tmp_path / "good.jsonl").write_text('{"text": "good"}\n')

    texts, ledger = gather(tmp_path)
    assert (texts, ledger.set_aside) == (["good"], [])
    assert ledger.report()["passed_over"] == {".json": 1}
    assert gather(tmp_path / ".ipynb_checkpoints")[0] == ["older"]


@pytest.mark.parametrize("source", ["", "*.jsonl"])
def test_a_link_to_what_is_not_there_is_named(source: str, tmp_path: Path) -> None:
    (tmp_path / "dangling.jsonl").symlink_to(tmp_path / "nowhere")
    (tmp_path / "circle.jsonl").symlink_to(tmp_path / "circle.jsonl")
    (tmp_path / "good.jsonl").write_text('{"text": "good"}\n')

    texts, ledger = gather(tmp_path / source)

    assert texts == ["good"]
    assert said(ledger, tmp_path) == [
        "circle.jsonl: cannot be read: Too many levels of symbolic links",
        "dangling.jsonl: cannot be read: No such file or directory",
    ]


def test_more_than_allowed_ends_the_reading(tmp_path: Path) -> None:
    (tmp_path / "n.jsonl").write_text('{"text": "a"}\nb\nc\n')
    _, ledger = gather(tmp_path / "n.jsonl")

    ledger.close(max_rejects=2)
    with pytest.raises(RejectsError, match=r"line 2: is no JSON.*; 3 read = 1 articles"):
        ledger.close(max_rejects=1)
    assert ledger.summary() == "3 read = 1 articles + 2 set aside"
