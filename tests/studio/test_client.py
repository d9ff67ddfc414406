"""The connection, before servers that fail in every way."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from annotate.errors import AnnotateError, InputError, StateError, Unreachable
from annotate.studio import Server, client, connect, find_server
from annotate.studio.query import fetch_full_tasks

KEY = "0123456789abcdef0123456789abcdef01234567"


class Script(ThreadingHTTPServer):
    """Answers with the given statuses and bodies, one after the other, and keeps the requests."""

    answers: list[tuple[int, bytes]]
    asked: list[tuple[str, str, bytes]]

    @property
    def server(self) -> Server:
        return Server(url=f"http://127.0.0.1:{self.server_port}", api_key=KEY)


class _Handler(BaseHTTPRequestHandler):
    server: Script

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.asked.append((self.command, self.path, body))
        status, content = self.server.answers.pop(0)
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        if 300 <= status < 400:
            self.send_header("location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = _answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    monkeypatch.setattr(client, "_PAUSES", (0.0, 0.0))
    with Script(("127.0.0.1", 0), _Handler) as server:
        server.answers, server.asked = [], []
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_read_is_repeated_after_a_gateway_failed(script: Script) -> None:
    script.answers = [(502, b""), (503, b"<html>"), (200, b'{"count": 1}')]
    with connect(script.server) as studio:
        assert studio.get("api/projects/", page=1) == {"count": 1}
    assert [asked[:2] for asked in script.asked] == [("GET", "/api/projects/?page=1")] * 3


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_write_is_never_repeated(script: Script, status: int) -> None:
    script.answers = [(status, b"{}")] * 3
    with connect(script.server) as studio, pytest.raises(AnnotateError):
        studio.post("api/projects/1/import", [{"data": {"text": "Go 😀"}}])
    assert len(script.asked) == 1
    assert json.loads(script.asked[0][2]) == [{"data": {"text": "Go 😀"}}]


@pytest.mark.parametrize(
    ("status", "kind"), [(401, StateError), (403, StateError), (404, StateError), (500, StateError)]
)
def test_refusals_are_told_without_the_key(
    script: Script, status: int, kind: type[AnnotateError]
) -> None:
    script.answers = [(status, b'{"detail": "because"}')]
    with connect(script.server) as studio, pytest.raises(kind, match="because") as caught:
        studio.get("api/tasks/1/")
    assert str(status) in str(caught.value)
    assert KEY not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_redirect_is_not_followed(script: Script) -> None:
    script.answers = [(302, b"")]
    with connect(script.server) as studio, pytest.raises(StateError, match="redirected"):
        studio.post("api/projects/", {})


def test_another_website_is_not_taken_for_label_studio(script: Script) -> None:
    script.answers = [(200, b"<html>welcome</html>")]
    with connect(script.server) as studio, pytest.raises(StateError, match="not one of Label"):
        studio.get("api/projects/")


@pytest.mark.parametrize("answer", [b"[]", b'{"tasks": {}}', b'{"tasks": [{"id": "1"}]}'])
def test_tasks_of_another_shape_are_refused(script: Script, answer: bytes) -> None:
    script.answers = [(200, answer)]
    with connect(script.server) as studio, pytest.raises(StateError, match="not one of Label"):
        fetch_full_tasks(studio, 1, [1])
    # resolved addresses in the data would differ with each pull
    assert "resolve_uri=false" in script.asked[0][1]


def test_nobody_there() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with (
        connect(Server(url=url, api_key=KEY)) as studio,
        pytest.raises(Unreachable, match="annotate studio start") as caught,
    ):
        studio.get("api/projects/")
    assert caught.value.exit_code == 3


def test_lone_surrogate_is_not_sent(script: Script) -> None:
    with connect(script.server) as studio, pytest.raises(InputError, match="surrogate"):
        studio.post("api/projects/", {"title": "\ud800"})
    assert script.asked == []


def test_expired_personal_token_is_a_state_error() -> None:
    # {"alg":"none"} . {"exp":1,"token_type":"refresh"}
    expired = "eyJhbGciOiJub25lIn0.eyJleHAiOjEsInRva2VuX3R5cGUiOiJyZWZyZXNoIn0."
    with pytest.raises(StateError, match="API key") as caught:
        connect(Server(url="http://127.0.0.1:1", api_key=expired))
    assert expired not in str(caught.value)


def test_variables_name_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABEL_STUDIO_URL", "https://labels.test/studio/ ")
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", f"{KEY}\n")
    assert find_server() == Server(url="https://labels.test/studio", api_key=KEY)
    monkeypatch.delenv("LABEL_STUDIO_URL")
    with pytest.raises(StateError, match="LABEL_STUDIO_URL is not"):
        find_server()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "labels.test",
        "ftp://labels.test",
        "http://",
        "http://[",
        "http://labels test",
        "http://a:b@labels.test",
    ],
)
def test_unusable_addresses(url: str) -> None:
    with pytest.raises(InputError) as caught:
        Server(url=url, api_key=KEY)
    assert "a:b" not in str(caught.value)


@pytest.mark.parametrize("api_key", ["", "two words", "kéy", "line\nbreak"])
def test_unusable_keys(api_key: str) -> None:
    with pytest.raises(InputError) as caught:
        Server(url="http://labels.test", api_key=api_key)
    assert not api_key or api_key not in str(caught.value)


def test_repr_hides_the_key() -> None:
    assert KEY not in repr(Server(url="http://labels.test", api_key=KEY))
