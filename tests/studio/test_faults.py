"""Push and pull over a line that fails in every way, on a real Label Studio."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from annotate.errors import AnnotateError, StateError, Unreachable
from annotate.studio import (
    LocalStudio,
    Server,
    connect,
    pull_project,
    push_tasks,
    submit_annotation,
)
from annotate.studio.connection import failures
from annotate.studio.pull import project as pull_module
from annotate.studio.push import tasks as push
from tests.studio.faulty import AFTER, BEFORE, ODD, FaultyProxy, faulty_proxy
from tests.studio.pusher import CONFIG, numbered_task

pytestmark = pytest.mark.studio

_TITLES = (f"faults {number}" for number in itertools.count())


@pytest.fixture
def title() -> str:
    return next(_TITLES)


@pytest.fixture
def server(local_studio: LocalStudio) -> Server:
    return local_studio.server


@pytest.fixture
def proxy(server: Server) -> Iterator[FaultyProxy]:
    with faulty_proxy(server.url) as proxy:
        yield proxy


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorter pauses, as many of them, and small parts."""
    monkeypatch.setattr(failures, "PAUSES", (0.05,) * 4 + (0.3,) * 3)
    monkeypatch.setattr(push, "_BATCH_TASKS", 20)
    monkeypatch.setattr(push, "_SETTLE_SECONDS", 2.0)
    monkeypatch.setattr(pull_module, "_PAGE", 20)


def quiet(_: str) -> None:
    pass


def through(proxy: FaultyProxy, server: Server) -> Server:
    return Server(url=proxy.url, api_key=server.api_key)


def push_numbered(server: Server, title: str, count: int) -> Any:
    tasks = [numbered_task(number, suggested=number % 3 == 0) for number in range(count)]
    return push_tasks(server, tasks, project=title, label_config=CONFIG, on_progress=quiet)


def texts_of(server: Server, title: str, path: Path) -> Counter[str]:
    pull_project(server, project=title, path=path, on_progress=quiet)
    tasks = json.loads(path.read_bytes())
    for task in tasks:
        number = int(task["data"]["text"].split()[3])
        assert len(task["predictions"]) == (number % 3 == 0)
    return Counter(task["data"]["text"] for task in tasks)


def until_done(step: Any, attempts: int = 6) -> Any:
    """Do it again after each clean end, as the message says."""
    for _ in range(attempts):
        try:
            return step()
        except AnnotateError as error:
            assert error.do
            said = error
    raise said


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("kinds", [BEFORE, AFTER, ODD], ids=["before", "after", "odd"])
def test_every_task_arrives_once(
    kinds: tuple[str, ...], proxy: FaultyProxy, server: Server, title: str, tmp_path: Path
) -> None:
    proxy.fail_at_random(seed=7, share=0.3, kinds=kinds)
    until_done(lambda: push_numbered(through(proxy, server), title, 100))
    faults = sum(proxy.faults[kind] for kind in kinds)
    assert faults >= 5
    expected = Counter(numbered_task(number).data["text"] for number in range(100))
    assert texts_of(server, title, tmp_path / "pulled.json") == expected


@pytest.mark.usefixtures("hasty")
def test_pull_over_a_broken_line_has_the_bytes_of_a_calm_one(
    proxy: FaultyProxy, server: Server, title: str, tmp_path: Path
) -> None:
    push_numbered(server, title, 100)
    calm, rough = tmp_path / "calm.json", tmp_path / "rough.json"
    pull_project(server, project=title, path=calm, on_progress=quiet)
    proxy.fail_at_random(seed=3, share=0.4, kinds=BEFORE + AFTER + ODD)
    until_done(
        lambda: pull_project(through(proxy, server), project=title, path=rough, on_progress=quiet)
    )
    assert sum(proxy.faults.values()) - proxy.faults["none"] >= 5
    assert rough.read_bytes() == calm.read_bytes()


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("left", [b"", b'{"id": 7, "da', b'{"id": 8}\n'])
def test_pull_goes_on_where_it_broke(
    left: bytes, proxy: FaultyProxy, server: Server, title: str, tmp_path: Path
) -> None:
    push_numbered(server, title, 100)
    path, calm = tmp_path / "pulled.json", tmp_path / "calm.json"
    pages = 0

    def after_two_pages(_method: str, path: str) -> str | None:
        nonlocal pages
        pages += "selectedItems" in path
        return "reset" if pages > 2 else None

    proxy.choose = after_two_pages
    with pytest.raises(Unreachable, match="do the same again"):
        pull_project(through(proxy, server), project=title, path=path, on_progress=quiet)
    (kept,) = tmp_path.iterdir()
    assert kept.read_bytes().count(b"\n") == 40
    with kept.open("ab") as file:
        file.write(left)  # what a process leaves that is killed while it writes
    proxy.choose = lambda _method, _path: None
    resumed = pull_project(through(proxy, server), project=title, path=path, on_progress=quiet)
    assert resumed.fetched == 60
    pull_project(server, project=title, path=calm, on_progress=quiet)
    assert path.read_bytes() == calm.read_bytes()
    assert sorted(tmp_path.iterdir()) == [calm, path]


@pytest.mark.usefixtures("hasty")
def test_what_changes_while_it_is_pulled_is_in_the_file(
    proxy: FaultyProxy, server: Server, title: str, tmp_path: Path
) -> None:
    push_numbered(server, title, 40)
    path, calm = tmp_path / "pulled.json", tmp_path / "calm.json"
    pull_project(server, project=title, path=calm, on_progress=quiet)
    ids = [task["id"] for task in json.loads(calm.read_bytes())]
    changes = iter([ids[0], ids[39]])

    def annotate_meanwhile(when: str, _method: str, path: str) -> None:
        if when == "after" and "selectedItems" in path and (number := next(changes, None)):
            submit_annotation(server, number, [])

    proxy.watch = annotate_meanwhile
    result = pull_project(through(proxy, server), project=title, path=path, on_progress=quiet)
    assert result.settled
    assert result.annotations == 2
    pull_project(server, project=title, path=calm, on_progress=quiet)
    assert path.read_bytes() == calm.read_bytes()


@pytest.mark.parametrize("what", ["annotations", "drafts"])
def test_a_copy_that_somebody_begins_on_while_it_is_pushed_stays(
    what: str, proxy: FaultyProxy, server: Server, title: str, tmp_path: Path
) -> None:
    tasks = [numbered_task(number) for number in range(3)]
    project = push_tasks(
        server, tasks[:2], project=title, label_config=CONFIG, on_progress=quiet
    ).project_id
    with connect(server) as studio:
        copies = [task.model_dump() for task in tasks[:2]]
        studio.post(f"api/projects/{project}/import", copies)
    path = tmp_path / "pulled.json"
    pull_project(server, project=title, path=path, on_progress=quiet)
    ids = [task["id"] for task in json.loads(path.read_bytes())]

    def begin_meanwhile(when: str, _method: str, path: str) -> None:
        if when == "after" and path.endswith("/import"):
            with connect(server) as studio:
                studio.post(f"api/tasks/{ids[3]}/{what}", {"result": [], "lead_time": 1})

    proxy.watch = begin_meanwhile
    pushed = push_tasks(
        through(proxy, server), tasks, project=title, label_config=CONFIG, on_progress=quiet
    )
    assert (pushed.created, pushed.present) == (1, 2)
    pull_project(server, project=title, path=path, on_progress=quiet)
    left = {task["id"]: task for task in json.loads(path.read_bytes())}
    assert ids[2] not in left
    assert len(left[ids[3]][what]) == 1


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("fault", [*BEFORE, "lost", "cut", "halved", "502 after"])
def test_a_line_that_stays_broken_ends_clearly(
    fault: str, proxy: FaultyProxy, server: Server, title: str, tmp_path: Path
) -> None:
    proxy.choose, proxy.retry_after = lambda _method, _path: fault, "0"
    with pytest.raises(AnnotateError) as caught:
        push_numbered(through(proxy, server), title, 3)
    assert 1 < len(proxy.asked) <= 9
    assert caught.value.do
    assert caught.value.exit_code == 3
    assert server.api_key not in str(caught.value)
    with pytest.raises(AnnotateError):
        pull_project(
            through(proxy, server), project=title, path=tmp_path / "p.json", on_progress=quiet
        )
    assert list(tmp_path.iterdir()) == []


def test_another_host_never_sees_the_key(proxy: FaultyProxy, server: Server, title: str) -> None:
    proxy.choose = lambda _method, _path: "elsewhere"
    with pytest.raises(StateError, match="redirected to another host, http://localhost") as caught:
        push_numbered(through(proxy, server), title, 3)
    assert len(proxy.asked) == 1
    assert "canary" not in str(caught.value)


class Killer:
    """Kills a process when the server is asked to import for the n-th time, or has done so."""

    def __init__(self, child: subprocess.Popen[bytes], moment: str, left: int) -> None:
        self.child, self.moment, self.left = child, moment, left

    def __call__(self, when: str, _method: str, path: str) -> None:
        self.left -= when == self.moment and path.endswith("/import")
        if self.left == 0:
            self.child.kill()


def push_with_kills(
    proxy: FaultyProxy, server: Server, title: str, *, count: int, batch: int, seed: int
) -> int:
    """Push in five processes that are killed on the way, and then to the end; returns the kills."""
    chance = random.Random(seed)  # noqa: S311
    environment = os.environ | {"LABEL_STUDIO_API_KEY": server.api_key}
    arguments = [proxy.url, title, str(count), str(batch)]
    command = [sys.executable, "-m", "tests.studio.pusher", *arguments]
    killed = 0
    for _ in range(5):
        child = subprocess.Popen(command, env=environment)
        moment = chance.choice(["before", "after"])
        proxy.watch = Killer(child, moment, chance.randint(1, count // batch // 5))
        killed += child.wait(timeout=300) == -signal.SIGKILL
    proxy.watch = lambda *_: None
    subprocess.run(command, env=environment, check=True, timeout=600)
    return killed


def test_every_task_once_after_five_kills(
    proxy: FaultyProxy, server: Server, title: str, tmp_path: Path
) -> None:
    assert push_with_kills(proxy, server, title, count=300, batch=10, seed=11) == 5
    pull_project(server, project=title, path=tmp_path / "pulled.json", on_progress=quiet)
    tasks = json.loads((tmp_path / "pulled.json").read_bytes())
    expected = [numbered_task(number).data["text"] for number in range(300)]
    assert sorted(task["data"]["text"] for task in tasks) == sorted(map(str, expected))
