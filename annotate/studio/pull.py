"""A project of a server -> one JSON file in the shape of a Label Studio export.

The server lists every task with what moves when it changes; only tasks that
differ from the file are fetched, a page at a time, and the rest is copied. The
bytes are those of a full pull. A file that cannot be used is pulled anew.

Drafts move nothing that is listed, so tasks with a draft, here or there, are
always fetched. The server gives out the drafts of the key's owner alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from heapq import merge
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from annotate.errors import InputError
from annotate.studio import projects
from annotate.studio.client import Studio, connect
from annotate.studio.fields import encode_task, keep_fields
from annotate.studio.pulled import Line, index_file, write_file
from annotate.studio.query import Filter, fetch_full_tasks, iterate_tasks
from annotate.studio.server import Server

_PAGE = 100
_LISTED = "updated_at,total_annotations,cancelled_annotations,total_predictions"


class PullResult(NamedTuple):
    """What a pull did."""

    tasks: int
    annotations: int
    fetched: int
    """Tasks that were asked for anew: new, changed or with a draft."""
    removed: int
    """Tasks of the file before that the server has no more."""
    path: Path


class _Packed(NamedTuple):
    id: int
    line: bytes
    annotations: int


def pull_project(
    server: Server, *, project: str, path: Path, on_progress: Callable[[str], None]
) -> PullResult:
    """Bring `path` up to the state of the project of title `project`.

    Raises StateError when there is no such project, and InputError when `path`
    cannot be a file.
    """
    if path.is_dir() or not path.parent.is_dir():
        raise InputError("a file cannot be written there", where=str(path))
    ids: set[int] = set()
    annotations = 0

    def count(packed: _Packed) -> bytes:
        nonlocal annotations
        ids.add(packed.id)
        annotations += packed.annotations
        return packed.line

    with ExitStack() as stack:
        studio = stack.enter_context(connect(server))
        target = projects.require(studio, project).id
        old = stack.enter_context(path.open("rb")) if path.exists() else None
        before = _index(old, target)
        copied, wanted = _compare(studio, target, before)
        on_progress(f"{len(wanted)} of {len(wanted) + len(copied)} tasks to fetch")
        fetched = _fetch(studio, target, wanted, on_progress)
        both = merge(_copy(old, copied), fetched, key=lambda packed: packed.id)
        write_file(path, map(count, both))
    return PullResult(len(ids), annotations, len(wanted), len(before.keys() - ids), path)


def _index(old: BinaryIO | None, project: int) -> dict[int, Line]:
    index = index_file(old) if old else {}
    # a file of another project is no beginning for this one
    return index if all(line.project == project for line in index.values()) else {}


def _compare(
    studio: Studio, project: int, before: dict[int, Line]
) -> tuple[dict[int, Line], list[int]]:
    """Lines that can stay, and ids of the tasks to fetch, both in the order of the ids."""
    has_draft = Filter("draft_exists", "equal", "Boolean", True)
    drafted = {row["id"] for row in iterate_tasks(studio, project, include="id", where=[has_draft])}
    copied: dict[int, Line] = {}
    wanted: list[int] = []
    for row in iterate_tasks(studio, project, include=_LISTED):
        line = before.get(row["id"])
        if line is None or line.drafts or row["id"] in drafted or _differs(line, row):
            wanted.append(row["id"])
        else:
            copied[row["id"]] = line
    return copied, wanted


def _differs(line: Line, row: dict[str, Any]) -> bool:
    # the totals too: predictions in bulk come and go without a new updated_at (where the
    # server forgets to count them, as it was seen to, that change waits for the next one)
    listed = tuple(row.get(name) for name in _LISTED.split(","))
    return listed != (line.updated_at, *line.totals)


def _copy(old: BinaryIO | None, lines: dict[int, Line]) -> Iterator[_Packed]:
    if old is None:
        return
    for number, line in lines.items():
        old.seek(line.start)
        yield _Packed(number, old.read(line.length), line.annotations)


def _fetch(
    studio: Studio, project: int, ids: Sequence[int], on_progress: Callable[[str], None]
) -> Iterator[_Packed]:
    for start in range(0, len(ids), _PAGE):
        page = ids[start : start + _PAGE]
        for task in fetch_full_tasks(studio, project, page):
            kept = keep_fields(task)
            yield _Packed(task["id"], encode_task(kept), len(kept["annotations"]))
        on_progress(f"fetched {start + len(page)} of {len(ids)} tasks")
