"""A stand-in for Label Studio on loopback: the few requests of push and status, in memory.

Like Label Studio it imports a task as often as it is sent. What it does not prove: how Label
Studio itself reads a filter, checks a task or counts; the tests on a real one do.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from annotate.studio import Server


class StandIn(ThreadingHTTPServer):
    """What it holds is by number; `asked` has every request, with its body."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.projects: dict[int, dict[str, Any]] = {}
        self.tasks: dict[int, dict[str, Any]] = {}
        self.predictions: dict[int, dict[str, Any]] = {}
        self.asked: list[tuple[str, str, Any]] = []
        self.most = 1_000_000
        """Tasks of a page at most, whatever is asked for (TASK_API_PAGE_SIZE_MAX of a server)."""
        self.keeps = True
        """Whether what is imported stays."""
        self.lock = threading.Lock()
        self._numbers = count(1)

    @property
    def server(self) -> Server:
        """Where it is, as the functions under test want it."""
        return Server(url=f"http://127.0.0.1:{self.server_port}", api_key="of-nobody")

    def sent(self, method: str, part: str = "") -> list[Any]:
        """The bodies of the requests by `method` whose path holds `part`."""
        return [body for how, path, body in self.asked if how == method and part in path]

    def annotate(self, task: int, *, skip: bool = False, **fields: Any) -> None:
        """Have somebody submit an annotation, or skip."""
        made = {"id": next(self._numbers), "was_cancelled": skip, "result": []} | fields
        self.tasks[task]["annotations"].append(made)

    def draft(self, task: int) -> None:
        """Have somebody begin without submitting."""
        self.tasks[task]["drafts"].append({"id": next(self._numbers)})

    def suggested(self, task: int) -> list[dict[str, Any]]:
        """The suggestions of a task."""
        return [one for one in self.predictions.values() if one["task"] == task]

    def add_project(self, title: str, label_config: str, **fields: Any) -> dict[str, Any]:
        """Make an empty project."""
        number = next(self._numbers)
        made = {"id": number, "title": title, "label_config": label_config}
        self.projects[number] = {"maximum_annotations": 1} | fields | made
        return self.projects[number]

    def add_task(self, project: int, task: dict[str, Any]) -> int:
        """Import one task; returns its number."""
        number = next(self._numbers)
        overlap = self.projects[project]["maximum_annotations"]
        made = {"id": number, "project": project, "data": task["data"], "overlap": overlap}
        self.tasks[number] = made | {"annotations": [], "drafts": [], "is_labeled": False}
        for suggestion in task.get("predictions", []):
            self.add_prediction(suggestion | {"task": number})
        return number

    def add_prediction(self, body: dict[str, Any]) -> dict[str, Any]:
        """Make a suggestion."""
        number = next(self._numbers)
        self.predictions[number] = body | {"id": number}
        return self.predictions[number]

    def answer(self, method: str, address: str, body: Any) -> Any:
        """Do what is asked for; None where it does not exist."""
        url = urlsplit(address)
        self.asked.append((method, url.path, body))
        match (method, *url.path.removeprefix("/api/").strip("/").split("/")):
            case "GET", room:
                list_room = {"projects": self._projects, "tasks": self._tasks}[room]
                return list_room(dict(parse_qsl(url.query)))
            case "POST", "projects":
                return self.add_project(**body)
            case "POST", "predictions":
                return self.add_prediction(body)
            case "POST", "projects", number, "import":
                made = [self.add_task(int(number), task) for task in body if self.keeps]
                return {"task_ids": made}
            case "PATCH", room, number:
                held = getattr(self, room).get(int(number))
                return None if held is None else held.update(body) or held
            case "DELETE", room, number:
                return getattr(self, room).pop(int(number), None)
        raise NotImplementedError(f"{method} {address}")

    def _projects(self, params: dict[str, str]) -> dict[str, Any]:
        held = [task["project"] for task in self.tasks.values()]
        found = [
            project | {"task_number": held.count(number)}
            for number, project in self.projects.items()
            if params.get("title", "") in project["title"]
        ]
        size = int(params["page_size"])
        end = int(params["page"]) * size
        return {"results": found[end - size : end], "next": "more" if found[end:] else None}

    def _tasks(self, params: dict[str, str]) -> dict[str, Any]:
        query = json.loads(params["query"])
        held = [task for task in self.tasks.values() if task["project"] == int(params["project"])]
        size = min(int(params["page_size"]), self.most)
        if "selectedItems" in query:
            chosen = query["selectedItems"]["included"]
            found = [task for task in held if task["id"] in chosen]
            full = [task | {"predictions": self.suggested(task["id"])} for task in found[:size]]
            return {"total": len(found), "tasks": full}
        wanted = query["filters"]["items"]
        found = [task for task in held if all(_fits(task, one) for one in wanted)]
        names = params["include"].split(",")
        rows = map(_row, found[:size])
        return {"total": len(found), "tasks": [{name: row[name] for name in names} for row in rows]}


def _row(task: dict[str, Any]) -> dict[str, Any]:
    skips = [annotation["was_cancelled"] for annotation in task["annotations"]]
    counts = {"total_annotations": skips.count(False), "cancelled_annotations": skips.count(True)}
    return task | counts


def _fits(task: dict[str, Any], wanted: dict[str, Any]) -> bool:
    column, value = wanted["filter"].removeprefix("filter:tasks:"), wanted["value"]
    match column, wanted["operator"]:
        case "id", "greater":
            return bool(task["id"] > value)
        case "draft_exists", "equal":
            return bool(task["drafts"]) is value
        case _, "in_list":
            return task["data"].get(column.removeprefix("data.")) in value
    raise NotImplementedError(wanted)


class _Handler(BaseHTTPRequestHandler):
    server: StandIn
    protocol_version = "HTTP/1.1"

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        with self.server.lock:
            answer = self.server.answer(self.command, self.path, json.loads(body or "null"))
        packed = json.dumps({"detail": "Not found."} if answer is None else answer).encode()
        self.send_response(404 if answer is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(packed)))
        self.end_headers()
        self.wfile.write(packed)

    do_GET = do_POST = do_PATCH = do_DELETE = _handle  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def stand_in() -> Iterator[StandIn]:
    """A stand-in, until the block ends."""
    with StandIn() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
