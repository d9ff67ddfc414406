"""Push and pull of 5,000 tasks on a real Label Studio of its own; `make faults`."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from annotate.studio import (
    LocalStudio,
    Server,
    find_project,
    pull_project,
    push_tasks,
    start_local,
    stop_local,
    submit_annotation,
    update_annotation,
)
from annotate.studio.connection.client import connect
from tests.studio.faulty import faulty_proxy
from tests.studio.local.test_local import free_port
from tests.studio.pusher import CONFIG, numbered_task
from tests.studio.test_faults import push_with_kills

pytestmark = [pytest.mark.studio, pytest.mark.faults]

COUNT = 5000
_REGIONS = 40
_PULL = """
import sys
from pathlib import Path
from annotate.studio import Server, pull_project
url, key, title, path = sys.argv[1:]
pull_project(Server(url, key), project=title, path=Path(path), on_progress=lambda _: None)
print(Path("/proc/self/status").read_text())
"""


def quiet(_: str) -> None:
    pass


@pytest.fixture
def own_studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalStudio]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    yield start_local(port=free_port(), data_dir=tmp_path / "data", on_progress=quiet)
    stop_local()


def peak_of(pid: int) -> int:
    """The most memory that a process had, in bytes (Linux)."""
    return _peak(Path(f"/proc/{pid}/status").read_text())


def _peak(status: str) -> int:
    # ru_maxrss would hold the memory of whoever started the process, too
    return (
        int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
        * 1024
    )


def import_annotated(server: Server, project: int) -> None:
    """5,000 tasks of 8 kB with 40 regions each, as a restore would bring them."""
    text = "Angela went to the market and said that nothing was wrong. " * 135
    value = {"start": 0, "end": 6, "text": "Angela", "labels": ["PER"]}
    with connect(server) as studio:
        for start in range(0, COUNT, 100):
            batch = []
            for number in range(start, start + 100):
                regions = [
                    {"id": f"r{i}", "from_name": "entity", "to_name": "text", "type": "labels"}
                    | {"value": value | {"start": 59 * i, "end": 59 * i + 6}}
                    for i in range(_REGIONS)
                ]
                data = numbered_task(number, f"{text}{number}").data
                entry = {"result": regions, "ground_truth": False, "completed_by": 1}
                batch.append({"data": data, "annotations": [entry]})
            studio.post(f"api/projects/{project}/import", batch, tasks=1000)


def test_pull_is_flat_and_moves_what_changed(own_studio: LocalStudio, tmp_path: Path) -> None:
    server, title = own_studio.server, "five thousand"
    push_tasks(server, [], project=title, label_config=CONFIG, on_progress=quiet)
    project = find_project(server, title)
    assert project is not None
    import_annotated(server, project.id)
    calm = peak_of(own_studio.pid)

    kept, full = tmp_path / "kept.json", tmp_path / "full.json"
    command = [sys.executable, "-c", _PULL, server.url, server.api_key, title, str(kept)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=1200)
    assert _peak(done.stdout) < 300_000_000
    pulling = peak_of(own_studio.pid)

    tasks = json.loads(kept.read_bytes())
    assert len(tasks) == COUNT
    chosen = random.Random(5).sample(tasks, 58)  # noqa: S311
    for task in chosen[:50]:
        update_annotation(server, task["annotations"][0]["id"], [])
    with connect(server) as studio:
        for task in chosen[50:55]:
            studio.delete(f"api/tasks/{task['id']}/")
    for task in chosen[55:]:
        submit_annotation(server, task["id"], [], was_cancelled=True)
    result = pull_project(server, project=title, path=kept, on_progress=quiet)
    assert (result.tasks, result.fetched, result.removed) == (COUNT - 5, 53, 5)
    assert (result.annotations, result.settled) == (COUNT - 5 + 3, True)
    pull_project(server, project=title, path=full, on_progress=quiet)
    assert kept.read_bytes() == full.read_bytes()

    # what the pull stands in for; last, since the peak does not come down again
    url = f"{server.url}/api/projects/{project.id}/export?exportType=JSON&download_all_tasks=true"
    key = {"Authorization": f"Token {server.api_key}"}
    httpx.get(url, headers=key, timeout=900, trust_env=False).raise_for_status()
    exporting = peak_of(own_studio.pid)
    assert pulling - calm < (exporting - calm) / 2, (calm, pulling, exporting)


def test_every_task_once_after_five_kills(own_studio: LocalStudio, tmp_path: Path) -> None:
    server, title, path = own_studio.server, "killed", tmp_path / "pulled.json"
    with faulty_proxy(server.url) as proxy:
        assert push_with_kills(proxy, server, title, count=COUNT, batch=100, seed=2) == 5
    pull_project(server, project=title, path=path, on_progress=quiet)
    texts = [task["data"]["text"] for task in json.loads(path.read_bytes())]
    assert len(texts) == len(set(texts)) == COUNT


def test_the_server_restarts_in_the_middle(own_studio: LocalStudio, tmp_path: Path) -> None:
    server, title, path = own_studio.server, "restarted", tmp_path / "pulled.json"
    told = threading.Event()

    def restart() -> None:
        told.wait(60)
        stop_local()
        time.sleep(2)
        start_local(port=own_studio.port, data_dir=own_studio.data_dir, on_progress=quiet)

    thread = threading.Thread(target=restart)
    thread.start()
    tasks = [numbered_task(number) for number in range(1000)]
    pushed = push_tasks(
        server, tasks, project=title, label_config=CONFIG, on_progress=lambda _: told.set()
    )
    thread.join()
    assert pushed.created == 1000
    pull_project(server, project=title, path=path, on_progress=quiet)
    texts = [task["data"]["text"] for task in json.loads(path.read_bytes())]
    assert len(texts) == len(set(texts)) == 1000
