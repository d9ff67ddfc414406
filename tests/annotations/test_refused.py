"""Inputs that are refused whole, and those that only look strange."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import re
import tarfile
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from annotate.annotations.source import open_input
from annotate.errors import AnnotateError, ConfigError, ExportError
from annotate.schemes.entities import Entity
from tests.annotations.exports import (
    annotation,
    choice,
    codes,
    gather_bytes,
    gather_tasks,
    region,
    task,
)
from tests.shared import shared

ONE = [task(annotation(region("a", 5, 11, "PER", text="Angela")))]
GOOD = json.dumps(ONE).encode()
RECORD = [Entity(5, 11, "PER")]


def test_an_array_cut_at_any_byte() -> None:
    for end in range(len(GOOD)):
        with pytest.raises(ExportError):
            gather_bytes("entities", GOOD[:end])
    assert gather_bytes("entities", GOOD).tasks[0].annotations[0].record == RECORD


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b'"lead_time": 3.5', b'"lead_time": NaN', "not whole JSON"),
        (b'"lead_time": 3.5', b'"lead_time": Infinity', "not whole JSON"),
        (b'"lead_time": 3.5', b'"lead_time": 1e999', "out of range"),
        (b'"drafts": []', b'"drafts": [1e999]', "out of range"),
        (b'"start": 5', b'"start": ' + b"5" * 4301, "out of range"),
        (b'"start": 5', b'"start": 5, "start": 6', "the key 'start' twice"),
        (b'"start": 5', b'"start" : 5, "start"\n: 6', "the key 'start' twice"),
        (b'"start": 5', b'"start" : 5, "start": 6', "the key 'start' twice"),
        (b'"id": 7', b'"id": 7, "id": 7', "the key 'id' twice"),
        (b'"text": "Go', b'"te\\\\": 1, "te\\\\": 1, "text": "Go', "twice"),
        # as many quotes as it would have with one key less, written otherwise
        (b'"drafts": []', b'"x": "y", "x": "' + b"\\u0022" * 4 + b'"', "the key 'x' twice"),
        (b'"drafts": []', b'"drafts": ' + b"[" * 200_000 + b"]" * 200_000, "nested too deep"),
        # in fields that nobody reads
        (b'"start": 5', b'"odd": 1, "odd": 2, "start": 5', "the key 'odd' twice"),
        (b'"start": 5', b'"odd": 1e999, "start": 5', "out of range"),
        (b'"start": 5', b'"odd": NaN, "start": 5', "not whole JSON"),
        (b'"start": 5', b'"odd": "\xff", "start": 5', "(?i)utf-8"),
        (b'"id": "a"', b'"odd": {"in": 1, "in": 2}, "id": "a"', "the key 'in' twice"),
        (b'"lead_time": 3.5', b'"odd": [1e999], "lead_time": 3.5', "out of range"),
        (b'"lead_time": 3.5', b'"lead_time": "3.5"', "not a Label Studio task: .*annotations"),
        (b"Angela!", b"Angela\xff", "(?i)utf-8"),
        (b'"text": "Go', b'"words": "Go', r"no text in data.text; give .* --config"),
        (b'"text": "Go', b'"text": "", "words": "Go', "no text in data.text"),
    ],
)
def test_json_that_cannot_be_taken_at_its_word(old: bytes, new: bytes, said: str) -> None:
    assert old in GOOD
    tracemalloc.start()
    with pytest.raises(ExportError, match=said) as caught:
        gather_bytes("entities", GOOD.replace(old, new, 1))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "0.json" in str(caught.value)
    assert peak < 30_000_000


def test_a_version_is_no_input() -> None:
    with pytest.raises(ExportError, match="no such file; give Label Studio JSON; `version create`"):
        open_input("names@v1.0.0")


@pytest.mark.parametrize("keep_results", [False, True])
def test_any_depth_is_read_or_refused(keep_results: bool) -> None:
    """Python's stack ends somewhere, and each step of reading needs another piece of it."""
    was_read = []
    for depth in range(800, 1000):
        drafts = b'"drafts": ' + b"[" * depth + b"]" * depth
        document = GOOD.replace(b'"drafts": []', drafts, 1)
        try:
            gather_bytes("entities", document, keep_results=keep_results)
        except ExportError as error:
            assert re.search(r"0\.json(: task 7)?: is nested too deep$", str(error))
            was_read.append(False)
        else:
            was_read.append(True)
    assert was_read == sorted(was_read, reverse=True)


def test_one_task_with_two_contents() -> None:
    own: dict[str, Any] = {
        "unit_key": "k",
        "article_id": "a",
        "group": "a",
        "unit": "article",
        "unit_start": 0,
        "text_sha256": "x",
    }
    one, two = task(**own), task(text="other", **own)
    with pytest.raises(ExportError, match=r"task 8: .* here than in .*0\.json: task 7"):
        gather_tasks("entities", one, {**two, "id": 8})
    with pytest.raises(ExportError, match="no group"):
        gather_tasks("entities", task(**{**own, "group": None}))
    apart = {**own, "unit_key": "other", "group": "b"}
    with pytest.raises(ExportError, match="stands in the groups a and b"):
        gather_tasks("entities", one, task(**apart))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("unit_start", -5, "data.unit_start is -5, no place in a text"),
        ("unit_start", 2**31, "data.unit_start is 2147483648, no place in a text"),
        ("unit_start", 2**40, "data.unit_start is 1099511627776, no place in a text"),
        ("unit_key", "", "data.unit_key is empty"),
        ("group", "", "data.group is empty"),
        ("article_id", "", "data.article_id is empty"),
        ("unit", "", "data.unit is empty"),
        ("unit_key", "a\nb", "data.unit_key holds U+000A"),
        ("unit_key", "\x1b[31m", "data.unit_key holds U+001B"),
        ("article_id", "a\r", "data.article_id holds U+000D"),
        ("group", "a\x85b", "data.group holds U+0085"),
        ("unit_key", "a\u2028b", "data.unit_key holds U+2028"),
        ("unit", "a\tb", "data.unit holds U+0009"),
    ],
)
def test_a_key_that_no_row_can_have(field: str, value: Any, said: str) -> None:
    own = {"unit_key": "k", "article_id": "a", "group": "a", "unit": "article", "unit_start": 0}
    with pytest.raises(ExportError, match=f"0.json: task 7: {re.escape(said)}"):
        gather_tasks("entities", task(**{**own, field: value}))


@pytest.mark.parametrize("field", ["target", "target_kind", "holder"])
@pytest.mark.parametrize("value", [5, 0, 1.5, True, False, ["Bo"], [], {"text": "Bo"}, {}])
def test_a_target_that_is_no_text(field: str, value: Any) -> None:
    said = re.escape(f"0.json: task 7: data.{field} is {value!r}, no text")
    with pytest.raises(ExportError, match=f"{said}$"):
        gather_tasks("stance", task(**{"target": "Bo", field: value}))


def test_a_target_that_is_not_given() -> None:
    (stance,) = gather_tasks(
        "stance", task(annotation(choice("c", "stance", "favor")), target=None, holder="")
    ).tasks
    assert set(stance.data.context.values()) == {None}


def test_other_exports_are_refused_by_name() -> None:
    for name, said in (
        ("fx_entities_json_min.json", "JSON_MIN"),
        ("fx_entities_csv.csv", "CSV"),
        ("users.json", "has no data"),
    ):
        source = shared("exports", name)
        with pytest.raises(ExportError, match=said):
            gather_bytes("entities", source.read_bytes())


def test_a_config_that_does_not_fit() -> None:
    from annotate.annotations.gather import stream
    from annotate.schemes import load_scheme
    from annotate.schemes.label_config import shipped_config
    from tests.annotations.exports import KEY

    with pytest.raises(ConfigError, match='no <Labels name="role">'):
        stream([], load_scheme("claims"), shipped_config("entities"), KEY)


@pytest.mark.parametrize(
    "packed",
    [
        GOOD,
        b"\xef\xbb\xbf" + GOOD,
        b"\n\t " + GOOD,
        json.dumps(ONE, indent=2).encode(),
        json.dumps({"tasks": ONE, "total": 1}).encode(),
        json.dumps({"tasks": ONE, "total": 1}, indent=2).encode(),
        json.dumps(ONE[0]).encode(),
        json.dumps(ONE[0], indent=1).encode(),
        json.dumps(ONE[0]).encode() + b"\r\n\r\n",
        gzip.compress(GOOD),
        pa.compress(GOOD, "zstd", asbytes=True),
    ],
    ids=[
        *("plain", "bom", "space", "indented", "page", "page indented", "object"),
        *("object indented", "line", "gzip", "zstd"),
    ],
)
def test_the_same_in_every_wrapping(packed: bytes) -> None:
    gathering = gather_bytes("entities", packed)
    assert codes(gathering) == []
    assert [a.record for t in gathering.tasks for a in t.annotations] == [RECORD]
    assert [f.code for f in gathering.ledger.flags] == ["bom"] * packed.startswith(b"\xef")


def test_json_lines_and_a_broken_line() -> None:
    other = task(annotation(region("a", 0, 3, "PER")), text="Ada met Bo.")
    lines = [json.dumps(item).encode() for item in (*ONE, other)]
    assert len(gather_bytes("entities", b"\n".join(lines)).tasks) == 2
    with pytest.raises(ExportError, match=r"0\.json: line 2: is not whole JSON"):
        gather_bytes("entities", b"\n".join([lines[0], lines[1][:-9]]))
    with pytest.raises(ExportError, match=r"0\.json: line 5: is not whole JSON"):
        gather_bytes("entities", b"\n\n".join([b"", lines[0], lines[1][:-9]]))


def test_an_entry_without_an_id_is_named_by_its_place() -> None:
    for export, said in (
        ([*ONE, {"id": 8}], "entry 2: has no data"),
        ([*ONE, {"id": [8], "data": {}}], "entry 2: is not a Label Studio task"),
        ({"tasks": [*ONE, {"id": 8}]}, "line 1, entry 2: has no data"),
    ):
        with pytest.raises(ExportError, match=f"0.json: {said}"):
            gather_bytes("entities", json.dumps(export).encode())


@pytest.mark.parametrize("blank", [b" ", b"\t", b"\r\n", b"\n"])
def test_no_blank_hides_what_comes_after_it(blank: bytes) -> None:
    many = blank * 5000
    other = json.dumps(task(annotation(region("a", 0, 3, "PER")), text="Ada met Bo.")).encode()
    line = json.dumps(ONE[0]).encode()
    assert len(gather_bytes("entities", many + GOOD).tasks) == 1
    assert len(gather_bytes("entities", line + b"\n" + many + other).tasks) == 2
    assert len(gather_bytes("entities", many + line + b"\n" + other + many).tasks) == 2
    with pytest.raises(ExportError, match="is empty"):
        gather_bytes("entities", many)
    with pytest.raises(ExportError, match="is not JSON"):
        gather_bytes("entities", many + b"words")


def test_completions_of_old_servers() -> None:
    old: dict[str, Any] = {
        "id": 7,
        "data": ONE[0]["data"],
        "completions": [
            {
                "id": 1001,
                "created_at": 1600000000,
                "lead_time": 2.0,
                "result": ONE[0]["annotations"][0]["result"],
            },
            {"id": 1002, "created_at": 1600000100, "skipped": True, "result": []},
        ],
    }
    gathering = gather_tasks("entities", old)
    assert [a.record for a in gathering.tasks[0].annotations] == [RECORD]
    assert gathering.tasks[0].annotations[0].created_at == "1600000000"
    assert gathering.ledger.counts["skipped"] == 1


def test_completions_beside_annotations_are_read_too() -> None:
    old = {**annotation(region("a", 37, 41, "GPE"), number=2, by=2)}
    counts = gather_tasks("entities", ONE[0] | {"completions": [old]}).ledger.counts
    assert (counts["annotations_read"], counts["annotations_kept"]) == (2, 2)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_another_utf_is_refused_by_name(encoding: str) -> None:
    name = encoding[:6].upper()
    with pytest.raises(ExportError, match=f"is {name}, not UTF-8; save it as UTF-8"):
        gather_bytes("entities", ("\ufeff" + GOOD.decode()).encode(encoding))


def test_a_zip_archive_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "export,all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("export,all.json", GOOD)
    with pytest.raises(ExportError, match="is a zip archive; unpack it"):
        gather_bytes("entities", path.read_bytes())


def test_what_is_packed_otherwise_is_no_table() -> None:
    """bzip2 and xz hold tabs and commas by chance, a tar those of the JSON in it."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        member = tarfile.TarInfo("export.json")
        member.size = len(GOOD)
        archive.addfile(member, io.BytesIO(GOOD))
    for packed in (tar.getvalue(), bz2.compress(GOOD * 9), lzma.compress(GOOD * 9)):
        with pytest.raises(ExportError, match="is neither JSON nor packed with gzip or zstd; exp"):
            gather_bytes("entities", packed)


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(b" " * (300 << 20), compresslevel=9))
    with pytest.raises(ExportError, match="unpacks to more than"):
        open_input(str(path))
    path.write_bytes(gzip.compress(GOOD)[:-9])
    with pytest.raises(AnnotateError, match="cannot be unpacked"):
        open_input(str(path))
