"""A stand-in for the Hub on loopback: the endpoints that the real client uses here.

It keeps commits, tags and large files in memory, holds a commit to its parent
(412) and to the large files it names, and wants the token for every write. What
it does not prove: how the Hub itself limits, authorises, validates cards, or
stores chunks; what it answers was written after the client's own source.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from huggingface_hub import constants
from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server

TOKEN = "hf_a-token-of-the-tests"
Between = Callable[[Request], Response | None]


class Blob(NamedTuple):
    """A file as it stands in a commit."""

    data: bytes
    is_large: bool


class Seen(NamedTuple):
    """A request that came in."""

    method: str
    path: str


class StandIn:
    """One Hub; `between` may answer a request itself."""

    def __init__(self) -> None:
        self.address = ""
        self.commits: dict[str, dict[str, Blob]] = {}
        self.order: list[str] = []
        self.tags: dict[str, str] = {}
        self.large: dict[str, bytes] = {}
        self.repo: str | None = None
        self.private: bool | None = None
        self.seen: list[Seen] = []
        self.between: Between | None = None
        self._lock = threading.RLock()

    @property
    def head(self) -> str:
        """The newest commit."""
        return self.order[-1]

    @property
    def files(self) -> dict[str, bytes]:
        """The files of the newest commit."""
        return {path: blob.data for path, blob in self.commits[self.head].items()}

    def count(self, method: str, part: str) -> int:
        """Requests by method whose path holds `part`."""
        return sum(seen.method == method and part in seen.path for seen in self.seen)

    def add(self, files: dict[str, Blob]) -> str:
        """Commit files on top of what is there."""
        with self._lock:
            before = self.commits[self.head] if self.order else {}
            oid = _sha1(f"commit {len(self.order)}".encode())
            self.commits[oid] = before | files
            self.order.append(oid)
            return oid

    def make(self, repo: str, *, private: bool = True) -> None:
        """Make the repository, as the Hub does, with a first commit."""
        self.repo, self.private = repo, private
        self.add({".gitattributes": Blob(b"*.parquet filter=lfs\n", False)})

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        request = Request(environ)
        self.seen.append(Seen(request.method, request.path))
        answer = self.between(request) if self.between else None
        if answer is None:
            request.get_data()
            with self._lock:
                answer = self._answer(request)
        return answer(environ, start)

    def _answer(self, request: Request) -> Response:
        path, writes = request.path, request.method in {"POST", "PUT"}
        known = request.headers.get("Authorization") == f"Bearer {TOKEN}"
        if path.startswith("/large/"):
            data = request.get_data()
            if hashlib.sha256(data).hexdigest() != path.removeprefix("/large/"):
                return Response(status=400)
            self.large[path.removeprefix("/large/")] = data
            return Response()
        if path == "/api/validate-yaml":
            return _json({"errors": [], "warnings": []})
        if ((writes and "paths-info" not in path) or self.private) and not known:
            return _error(401, "RepoNotFound", "Repository not found")
        if path == "/api/repos/create":
            return self._create(request)
        if self.repo is None or self.repo not in path:
            return _error(404, "RepoNotFound", "Repository not found")
        rest = path.split(self.repo, 1)[1].strip("/")
        act, _, tail = rest.partition("/")
        acts: dict[str, Callable[[Request, str], Response]] = {
            "": self._info,
            "revision": self._info,
            "refs": self._refs,
            "tree": self._tree,
            "paths-info": self._paths,
            "preupload": self._preupload,
            "commit": self._commit,
            "tag": self._tag,
            "resolve": self._resolve,
            ".git": self._batch,
        }
        return acts[act](request, tail) if act in acts else Response(status=404)

    def _create(self, request: Request) -> Response:
        asked = request.get_json()
        repo = f"{asked['organization']}/{asked['name']}"
        if self.repo is not None:
            return _error(409, "", "You already created this dataset repo", url=self.repo)
        self.make(repo, private=asked.get("private") or asked.get("visibility") == "private")
        return _json({"url": f"{self.address}/datasets/{repo}"})

    def _find(self, revision: str) -> str | None:
        wanted = self.tags.get(revision, self.head if revision == "main" else revision)
        return wanted if wanted in self.commits else None

    def _info(self, _: Request, revision: str) -> Response:
        commit = self._find(revision or "main")
        if commit is None:
            return _error(404, "RevisionNotFound", "Invalid rev id")
        siblings = [{"rfilename": path} for path in self.commits[commit]]
        return _json(
            {"id": self.repo, "sha": commit, "siblings": siblings, "tags": [], "private": False}
        )

    def _refs(self, *_: Any) -> Response:
        tags = [
            {"name": name, "ref": f"refs/tags/{name}", "targetCommit": commit}
            for name, commit in self.tags.items()
        ]
        main = {"name": "main", "ref": "refs/heads/main", "targetCommit": self.head}
        return _json({"branches": [main], "converts": [], "tags": tags})

    def _tree(self, request: Request, tail: str) -> Response:
        revision, _, folder = tail.partition("/")
        commit = self._find(revision)
        if commit is None:
            return _error(404, "RevisionNotFound", "Invalid rev id")
        recursive = request.args.get("recursive", "").lower() in {"true", "1"}
        items = _listing(self.commits[commit], folder, recursive=recursive)
        return _json(items) if items else _error(404, "EntryNotFound", "not there")

    def _paths(self, request: Request, revision: str) -> Response:
        commit = self._find(revision)
        if commit is None:
            return _error(404, "RevisionNotFound", "Invalid rev id")
        asked = request.get_json(silent=True) or {}
        wanted = asked.get("paths") or request.form.getlist("paths")
        listed = _listing(self.commits[commit], "", recursive=True)
        return _json([item for item in listed if item["path"] in wanted])

    def _preupload(self, request: Request, _: str) -> Response:
        found = []
        for file in request.get_json()["files"]:
            old = self.commits[self.head].get(file["path"])
            large = file["path"].endswith(".parquet")
            mode = "lfs" if large else "regular"
            oid = None if old is None else _oid(old)
            found.append(
                {"path": file["path"], "uploadMode": mode, "shouldIgnore": False, "oid": oid}
            )
        return _json({"files": found})

    def _batch(self, request: Request, _: str) -> Response:
        objects = []
        for item in request.get_json()["objects"]:
            there = item["oid"] in self.large
            act = {"upload": {"href": f"{self.address}/large/{item['oid']}"}}
            objects.append(item if there else item | {"actions": act})
        return _json({"transfer": "basic", "objects": objects})

    def _commit(self, request: Request, _: str) -> Response:
        files: dict[str, Blob] = {}
        for line in request.get_data().splitlines():
            item = json.loads(line)
            value = item["value"]
            if item["key"] == "header" and value.get("parentCommit", self.head) != self.head:
                return _error(412, "", "A commit has happened since. Please refresh and try again.")
            if item["key"] == "file":
                files[value["path"]] = Blob(base64.b64decode(value["content"]), False)
            if item["key"] == "lfsFile":
                if value["oid"] not in self.large:
                    return _error(400, "", "a large file is not there")
                files[value["path"]] = Blob(self.large[value["oid"]], True)
        oid = self.add(files)
        return _json(
            {"commitUrl": f"{self.address}/datasets/{self.repo}/commit/{oid}", "commitOid": oid}
        )

    def _tag(self, request: Request, revision: str) -> Response:
        name, commit = request.get_json()["tag"], self._find(revision)
        if name in self.tags:
            return _error(409, "", "Reference already exists")
        if commit is None:
            return _error(404, "RevisionNotFound", "Invalid rev id")
        self.tags[name] = commit
        return Response()

    def _resolve(self, request: Request, tail: str) -> Response:
        revision, _, path = tail.partition("/")
        commit = self._find(revision)
        blob = self.commits[commit].get(path) if commit else None
        if commit is None or blob is None:
            return _error(404, "EntryNotFound", "not there")
        headers = {"X-Repo-Commit": commit, "ETag": f'"{_oid(blob)}"', "Accept-Ranges": "bytes"}
        answer = Response(blob.data, headers=headers)
        answer.make_conditional(request, accept_ranges=True, complete_length=len(blob.data))
        return answer


@contextmanager
def serve_hub() -> Iterator[StandIn]:
    """Serve an empty stand-in on a free port."""
    hub = StandIn()
    server = make_server("127.0.0.1", 0, hub, threaded=True, request_handler=_Quiet)
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with pytest.MonkeyPatch.context() as patch:
            # it has no chunk store: large files go by the LFS protocol
            patch.setattr(constants, "HF_HUB_DISABLE_XET", True)
            yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Times:
    """Answers the first `count` requests that match, and lets the others through."""

    def __init__(
        self, count: int, method: str, part: str, answer: Callable[[Request], Response | None]
    ) -> None:
        self.left, self._method, self._part, self._answer = count, method, part, answer

    def __call__(self, request: Request) -> Response | None:
        if self.left and request.method == self._method and self._part in request.path:
            self.left -= 1
            return self._answer(request)
        return None


def busy(seconds: int) -> Callable[[Request], Response]:
    """429 with Retry-After."""

    def answer(request: Request) -> Response:
        request.get_data()
        return Response(status=429, headers={"Retry-After": str(seconds)})

    return answer


def hang_up(request: Request) -> Response:
    """Break the connection after the first bytes of the body."""
    request.stream.read(100)
    request.environ["werkzeug.socket"].shutdown(2)
    return Response(status=500)


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


def _listing(files: dict[str, Blob], folder: str, *, recursive: bool) -> list[dict[str, Any]]:
    prefix = f"{folder}/" if folder else ""
    items: dict[str, dict[str, Any]] = {}
    for path, blob in sorted(files.items()):
        if not path.startswith(prefix):
            continue
        parts = path.removeprefix(prefix).split("/")
        for count in range(1, len(parts) if recursive else min(len(parts), 2)):
            name = prefix + "/".join(parts[:count])
            oid = _sha1(name.encode())
            items[name] = {"type": "directory", "path": name, "oid": oid, "size": 0}
        if recursive or len(parts) == 1:
            items[path] = _item(path, blob)
    return list(items.values())


def _item(path: str, blob: Blob) -> dict[str, Any]:
    item = {"type": "file", "path": path, "size": len(blob.data), "oid": _git(blob.data)}
    if blob.is_large:
        item["lfs"] = {"oid": _oid(blob), "size": len(blob.data), "pointerSize": 130}
    return item


def _oid(blob: Blob) -> str:
    return hashlib.sha256(blob.data).hexdigest() if blob.is_large else _git(blob.data)


def _git(data: bytes) -> str:
    return _sha1(b"blob " + str(len(data)).encode() + b"\0" + data)


def _sha1(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def _json(document: Any) -> Response:
    return Response(json.dumps(document), content_type="application/json")


def _error(status: int, code: str, message: str, **more: Any) -> Response:
    headers = {"X-Error-Code": code, "X-Error-Message": message} if code else {}
    body = json.dumps({"error": message} | more)
    return Response(body, status=status, headers=headers, content_type="application/json")
