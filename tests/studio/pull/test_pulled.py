"""What is kept of a task, and the file it is kept in; no server."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.errors import InputError, StateError
from annotate.formats.base import write_array
from annotate.models import Task
from annotate.studio.connection.server import Server
from annotate.studio.pull.fetched import Fetched
from annotate.studio.pull.fields import encode_task, keep_fields
from annotate.studio.pull.project import pull_project
from annotate.studio.pull.pulled import index_file, write_file
from annotate.tasks.write import save_tasks
from tests.studio.standin import stand_in

TASK: dict[str, Any] = {
    "id": 7,
    "inner_id": 1,
    "project": 3,
    "data": {"text": "Go 😀 Angela", "unit_key": "k"},
    "meta": {},
    "updated_at": "2026-01-01T00:00:00.000001Z",
    "total_annotations": 1,
    "cancelled_annotations": 0,
    "updated_by": [{"user_id": 1, "email": "anna@labels.test"}],
    "annotations": [
        {"id": 9, "completed_by": {"id": 2, "email": "ben@labels.test"}, "result": []},
        {
            "id": 8,
            "completed_by": 1,
            "result": [{"value": {"start": 5, "end": 11}}],
            "created_username": " anna@labels.test, 1",
            "lead_time": 1.25,
        },
    ],
    "predictions": [{"id": 4, "result": [], "score": 0.5, "cluster": None, "created_ago": "now"}],
    "drafts": [
        {"id": 2, "user": 5, "result": []},
        {"id": 1, "user": "anna@labels.test", "result": [], "lead_time": None},
    ],
}


@pytest.mark.parametrize("kind", [str, Path])
def test_a_pull_goes_to_a_file_named_by_a_string_or_a_path(
    tmp_path: Path, kind: Callable[[Path], str | Path]
) -> None:
    nobody = Server(url="http://127.0.0.1:9", api_key="none")
    with pytest.raises(InputError, match="a file cannot be written there"):
        pull_project(nobody, project="P", path=kind(tmp_path), on_progress=lambda _: None)


def as_tasks(path: Path) -> None:
    save_tasks([Task(data={"text": "Go"})], path)


def as_imported(path: Path) -> None:
    with path.open("wb") as file:
        write_array(file, [{"data": {"text": "Go"}, "annotations": []}])


@pytest.mark.parametrize("write", [as_tasks, as_imported])
def test_tasks_that_were_never_in_a_project_are_not_replaced(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    path = tmp_path / "tasks.json"
    write(path)
    kept = path.read_bytes()
    with stand_in() as studio, pytest.raises(InputError, match="is no file of a pull"):
        studio.add_project("Claims", "<View/>")
        pull_project(studio.server, project="Claims", path=path, on_progress=lambda _: None)
    assert path.read_bytes() == kept


def test_no_pull_begins_on_pages_that_another_removes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, unlink = tmp_path / "pulled.json", Path.unlink

    def begin_and_unlink(pages: Path, *, missing_ok: bool) -> None:
        with pytest.raises(StateError, match="another pull writes this file"):
            Fetched(path, 1)
        unlink(pages, missing_ok=missing_ok)

    with Fetched(path, 1):
        monkeypatch.setattr(Path, "unlink", begin_and_unlink)
    monkeypatch.undo()
    assert not [*tmp_path.iterdir()]


def test_only_listed_fields_are_kept() -> None:
    kept = keep_fields(TASK)
    assert "updated_by" not in kept
    assert b"@" not in encode_task(kept)
    assert [(entry["id"], entry["completed_by"]) for entry in kept["annotations"]] == [
        (8, 1),
        (9, 2),
    ]
    assert kept["predictions"] == [{"id": 4, "score": 0.5, "result": []}]
    assert kept["drafts"] == [
        {"id": 1, "result": [], "lead_time": None},
        {"id": 2, "user": 5, "result": []},
    ]
    assert keep_fields(kept) == kept


def test_two_pulls_to_one_file_do_not_take_each_others_pages(tmp_path: Path) -> None:
    path = tmp_path / "pulled.json"
    tasks = [TASK | {"id": number, "data": {"text": "x" * 9000}} for number in range(1, 4)]

    def page() -> Iterator[dict[str, Any]]:
        yield from tasks[:2]
        with pytest.raises(StateError, match="another pull writes this file"):
            Fetched(path, 3)
        yield tasks[2]

    with Fetched(path, 3) as fetched:
        fetched.add(page())
        found = [json.loads(packed)["id"] for _, packed in fetched.packed([1, 2, 3])]
        assert found == [1, 2, 3]
    with Fetched(path, 3) as fetched:  # the first has ended
        assert list(fetched.lines) == [1, 2, 3]


def test_pages_of_a_broken_pull_are_read_as_far_as_they_are_whole(tmp_path: Path) -> None:
    path, pages = tmp_path / "pulled.json", tmp_path / ".pulled.json.pages"
    with Fetched(path, 3) as fetched:
        fetched.add([TASK, TASK | {"id": 8}])
    with pages.open("ab") as file:
        file.write(LINE[:-9])
    for added in ([], [TASK | {"id": 9, "inner_id": 4}]):
        with Fetched(path, 3) as fetched:
            fetched.add(added)
            found = [packed for _, packed in fetched.packed([7, 8, 9])]
            kept = [keep_fields(task) for task in (TASK, TASK | {"id": 8}, *added)]
            assert found == [encode_task(task) for task in kept]
    with Fetched(path, 4) as fetched:  # those of another project
        assert not fetched.lines
    assert not pages.exists()


def test_file_is_json_and_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "pulled.json"
    tasks = [keep_fields(TASK), keep_fields(TASK | {"id": 8, "drafts": []})]
    lines = [encode_task(task) for task in tasks]
    write_file(path, lines)
    assert json.loads(path.read_bytes()) == tasks
    with path.open("rb") as file:
        index = index_file(file)
        assert list(index) == [7, 8]
        for line, expected in zip(index.values(), lines, strict=True):
            file.seek(line.start)
            assert file.read(line.length) == expected
    assert index[7].drafts
    assert not index[8].drafts
    assert index[7].annotations == 2
    assert list(tmp_path.iterdir()) == [path]


def test_empty_project(tmp_path: Path) -> None:
    write_file(tmp_path / "empty.json", [])
    assert json.loads((tmp_path / "empty.json").read_bytes()) == []


def test_old_file_stays_when_writing_breaks(tmp_path: Path) -> None:
    path = tmp_path / "pulled.json"
    path.write_bytes(b"old")

    def broken() -> Any:
        yield b"{}"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_file(path, broken())
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


LINE = encode_task(keep_fields(TASK))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\x00\xff",
        b"[\n" + LINE + b"\n",
        b"[\n" + LINE[:-9] + b"\n]\n",
        b"[\n" + LINE + b"\n]\nmore",
        b"[\n" + LINE + b",\n" + LINE + b"\n]\n",
        b"[\n" + json.dumps(TASK).encode() + b"\n]\n",
        b"[\n" + b"[" * 100_000 + b"\n]\n",
        b"[\n" + LINE.replace(b'"id":8', b'"id":1e999') + b"\n]\n",
    ],
)
def test_other_files_are_not_used(content: bytes) -> None:
    assert index_file(io.BytesIO(content)) == {}


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_any_text_keeps_to_its_line(text: str) -> None:
    task = keep_fields(TASK | {"data": {"text": text}})
    line = encode_task(task)
    assert b"\n" not in line
    assert json.loads(line) == task
