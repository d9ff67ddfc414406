"""A project of a server -> one JSON file in the shape of a Label Studio export.

The server lists every task with what moves when it changes; only tasks that
differ from the file are fetched, a page at a time, and the rest is copied. Then
the server lists them again, until the file is what it lists. The bytes are
those of a full pull. A damaged file is pulled anew; one of something else is refused.

Pages that were fetched lie beside the file until it is whole, so that a pull
that broke goes on where it stopped.

Drafts move nothing that is listed, so tasks with a draft, here or there, are
always fetched. The server gives out the drafts of the key's owner alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from heapq import merge
from pathlib import Path
from typing import BinaryIO, NamedTuple

from annotate.errors import InputError, StateError
from annotate.files import place_of
from annotate.studio import projects
from annotate.studio.connection.client import Studio, connect
from annotate.studio.connection.counters import Counters, read_counters
from annotate.studio.connection.query import Filter, fetch_full_tasks, iterate_tasks
from annotate.studio.connection.server import Server
from annotate.studio.progress import Progress
from annotate.studio.pull.fetched import Fetched
from annotate.studio.pull.listed import Listed, list_tasks
from annotate.studio.pull.pulled import Line, index_file, write_file

_PAGE = 100
_FIRST, _EMPTY = b'[\n{"id":', b"[\n]"
"""How a pull begins, with tasks and without; tasks that were never in a project begin with data."""
_ANOTHER = "name another file with -o, or move this one away"
_ROUNDS = 5


class PullResult(NamedTuple):
    """What a pull did."""

    tasks: int
    annotations: int
    fetched: int
    """Tasks that were asked for anew: new, changed or with a draft."""
    removed: int
    """Tasks of the file before that the server has no more."""
    settled: bool
    """Whether the list of tasks and the project's own counters agree with the file.

    False while somebody annotates faster than is pulled: another pull brings the rest.
    """
    path: Path


class _State(NamedTuple):
    """What the server says it has."""

    rows: dict[int, Listed]
    counters: Counters

    @property
    def agrees(self) -> bool:
        """Whether the list of tasks and the project's counters say the same."""
        annotations = sum(row.totals.annotations for row in self.rows.values())
        skipped = sum(row.totals.skipped for row in self.rows.values())
        return self.counters == (len(self.rows), annotations, skipped)


def pull_project(
    server: Server, *, project: str, path: str | Path, on_progress: Callable[[str], None]
) -> PullResult:
    """Bring `path` up to the state of the project of title `project`.

    Raises StateError when there is no such project or when a task that is
    listed is not given, and InputError when `path` cannot be a file.
    """
    path = place_of(Path(path))
    if path.is_dir() or not path.parent.is_dir():
        raise InputError("a file cannot be written there", where=str(path))
    with ExitStack() as stack:
        studio = stack.enter_context(connect(server))
        target = projects.require(studio, project).id
        old = stack.enter_context(path.open("rb")) if path.exists() else None
        before = _index(old, target, path)
        fetched = stack.enter_context(Fetched(path, target))
        state, count, quiet = _follow(studio, target, before, fetched, on_progress)
        lines = _choose(server, before, fetched, state)
        copied = {number: line for number, line in lines.items() if number not in fetched.lines}
        both = merge(_copy(old, copied), fetched.packed(lines), key=lambda packed: packed[0])
        write_file(path, (packed for _, packed in both))
        fetched.discard()
    annotations = sum(line.annotations for line in lines.values())
    settled = quiet and annotations == state.counters.annotations + state.counters.skipped
    return PullResult(len(lines), annotations, count, len(before.keys() - lines), settled, path)


def _index(old: BinaryIO | None, project: int, path: Path) -> dict[int, Line]:
    """What a file holds of the project; InputError for one that something else would be lost with.

    A file that begins as a pull does and is none any more is one that was damaged.
    """
    index = index_file(old) if old else {}
    if old and not index and not _is_begun(old):
        raise InputError("is no file of a pull", where=str(path), do=_ANOTHER)
    if any(line.project != project for line in index.values()):
        raise InputError("holds another project", where=str(path), do=_ANOTHER)
    return index


def _is_begun(old: BinaryIO) -> bool:
    """Whether a file is empty or begins as a pull writes it."""
    old.seek(0)
    begin = old.read(len(_FIRST))
    return _FIRST.startswith(begin) or begin == _EMPTY


def _follow(
    studio: Studio,
    project: int,
    before: dict[int, Line],
    fetched: Fetched,
    on_progress: Callable[[str], None],
) -> tuple[_State, int, bool]:
    """Fetch what differs until nothing does.

    Returns the last state, how many tasks were fetched, and whether it came to rest.
    """
    drafted = _drafted(studio, project)
    done: set[int] = set()
    idle = False
    for _ in range(_ROUNDS):
        lines = before | fetched.lines
        # whom and what data a task has is asked once: what is fetched then has both as they are
        state = _ask_state(studio, project, with_rest=bool(lines) and not done)
        wanted = [
            number
            for number, row in state.rows.items()
            if _is_wanted(lines.get(number), row, drafted=number in drafted, again=number in done)
        ]
        if not wanted and (state.agrees or idle):
            return state, len(done), state.agrees
        idle = not wanted
        on_progress(f"{len(wanted)} of {len(state.rows)} tasks to fetch")
        _fetch(studio, project, wanted, fetched, on_progress)
        done.update(wanted)
    return state, len(done), False


def _ask_state(studio: Studio, project: int, *, with_rest: bool) -> _State:
    return _State(list_tasks(studio, project, with_rest=with_rest), read_counters(studio, project))


def _drafted(studio: Studio, project: int) -> set[int]:
    has_draft = Filter("draft_exists", "equal", "Boolean", True)
    return {row["id"] for row in iterate_tasks(studio, project, include="id", where=[has_draft])}


def _is_wanted(line: Line | None, row: Listed, *, drafted: bool, again: bool) -> bool:
    if line is None or line.listed.updated_at != row.updated_at:
        return True
    if again:
        # where the server forgets to count suggestions, as it was seen to, its list never
        # agrees with the task: once a pull is enough
        return False
    differs = row.totals != line.listed.totals or row.rest not in (None, line.listed.rest)
    return differs or line.drafts or drafted


def _choose(
    server: Server, before: dict[int, Line], fetched: Fetched, state: _State
) -> dict[int, Line]:
    """The line of each task that is listed, in the order of the ids."""
    lines = before | fetched.lines
    missing = [number for number in state.rows if number not in lines]
    if missing:
        raise StateError(
            f"task {missing[0]} is listed, but not given ({len(missing)} such tasks)",
            where=server.url,
            do="pull again; the pages that were fetched are kept",
        )
    return {number: lines[number] for number in state.rows}


def _copy(old: BinaryIO | None, lines: dict[int, Line]) -> Iterator[tuple[int, bytes]]:
    if old is None:
        return
    for number, line in lines.items():
        old.seek(line.start)
        yield number, old.read(line.length)


def _fetch(
    studio: Studio,
    project: int,
    ids: Sequence[int],
    fetched: Fetched,
    on_progress: Callable[[str], None],
) -> None:
    progress = Progress("fetched", len(ids), on_progress)
    for start in range(0, len(ids), _PAGE):
        page = ids[start : start + _PAGE]
        fetched.add(fetch_full_tasks(studio, project, page))
        progress.add(len(page))
