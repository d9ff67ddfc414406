"""The connection, before servers that fail in every way."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from annotate.errors import AnnotateError, InputError, StateError, Unreachable
from annotate.studio import Server, connect, create_project, find_server, list_projects
from annotate.studio.connection import client, failures
from annotate.studio.connection.counters import read_counters
from annotate.studio.connection.query import fetch_full_tasks, iterate_tasks
from annotate.studio.probe import probe_server
from tests.command import annotate

KEY = "0123456789abcdef0123456789abcdef01234567"


class Script(ThreadingHTTPServer):
    """Answers with the given statuses and bodies, one after the other, and keeps the requests."""

    answers: list[tuple[int, bytes]]
    headers: dict[str, str]
    location = "http://127.0.0.1:1/elsewhere"
    asked: list[tuple[str, str, bytes]]
    keys: list[str]

    @property
    def server(self) -> Server:
        return Server(url=f"http://127.0.0.1:{self.server_port}", api_key=KEY)

    def handle_error(self, *_: object) -> None:
        pass


class _Handler(BaseHTTPRequestHandler):
    server: Script

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.asked.append((self.command, self.path, body))
        self.server.keys.append(self.headers.get("authorization", ""))
        status, content = self.server.answers.pop(0)
        if not status:
            return  # the connection breaks
        self.send_response(status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        if 300 <= status < 400:
            self.send_header("location", self.server.location)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_DELETE = do_CONNECT = _answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    monkeypatch.setattr(failures, "PAUSES", (0.0, 0.0))
    with Script(("127.0.0.1", 0), _Handler) as server:
        server.answers, server.asked, server.keys, server.headers = [], [], [], {}
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_read_is_repeated_after_a_gateway_failed(script: Script) -> None:
    script.answers = [(502, b""), (503, b"<html>"), (200, b'{"count": 1}')]
    with connect(script.server) as studio:
        assert studio.get("api/projects/", {"page": 1}) == {"count": 1}
    assert [asked[:2] for asked in script.asked] == [("GET", "/api/projects/?page=1")] * 3


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_write_is_never_repeated(script: Script, status: int) -> None:
    script.answers = [(status, b"{}")] * 3
    with connect(script.server) as studio, pytest.raises(AnnotateError):
        studio.post("api/projects/1/import", [{"data": {"text": "Go 😀"}}])
    assert len(script.asked) == 1
    assert json.loads(script.asked[0][2]) == [{"data": {"text": "Go 😀"}}]


def test_write_that_was_refused_for_its_rate_is_sent_again(script: Script) -> None:
    script.answers, script.headers = [(429, b"{}"), (200, b"[]")], {"retry-after": "1"}
    begun = time.monotonic()
    with connect(script.server) as studio:
        assert studio.post("api/projects/1/import", []) == []
    assert len(script.asked) == 2
    # the server's wish, not ours; a lower bound, so a slow machine does no harm
    assert time.monotonic() - begun >= 1


def test_a_write_that_is_always_refused_for_its_rate_ends_the_command(script: Script) -> None:
    script.answers = [(200, b'{"results": [], "next": null}'), *[(429, b"")] * 9]
    with pytest.raises(Unreachable, match="too many requests"):
        create_project(script.server, title="Claims", label_config="<View/>")
    assert [method for method, _, _ in script.asked] == ["GET", "POST", "POST", "POST"]


def test_a_long_wish_ends_the_command(script: Script) -> None:
    script.answers, script.headers = [(429, b"{}")], {"retry-after": "3600"}
    with connect(script.server) as studio, pytest.raises(Unreachable, match="3600 s"):
        studio.get("api/projects/")
    assert len(script.asked) == 1


def test_a_date_can_be_the_wish(script: Script) -> None:
    script.answers = [(429, b"{}")]
    script.headers = {"retry-after": "Fri, 31 Dec 2999 23:59:59 GMT"}
    with connect(script.server) as studio, pytest.raises(Unreachable, match="left alone"):
        studio.get("api/projects/")


@pytest.mark.parametrize("wish", ["soon", "Mon, 99999999999999999 Jan 2022 00:00:00 +0000"])
def test_a_wish_that_is_none_is_not_heard(script: Script, wish: str) -> None:
    script.answers, script.headers = [(429, b"{}"), (200, b"[]")], {"retry-after": wish}
    with connect(script.server) as studio:
        assert studio.get("api/projects/") == []


def test_a_failure_of_the_server_stays_one(script: Script) -> None:
    script.answers = [(500, b"{}")] * 3
    with connect(script.server) as studio, pytest.raises(Unreachable, match="status 500"):
        studio.get("api/projects/")
    assert len(script.asked) == 3


def test_half_an_answer_is_asked_for_again(script: Script) -> None:
    script.answers = [(200, b'[{"id": '), (200, b"[]")]
    script.headers = {"content-type": "application/json"}
    with connect(script.server) as studio:
        assert studio.get("api/projects/") == []


def test_the_answer_to_another_question_is_not_taken(script: Script) -> None:
    script.answers = [(200, b'{"tasks": [{"id": 7}]}'), (200, b'{"tasks": [{"id": 1}]}')]
    with connect(script.server) as studio:
        assert fetch_full_tasks(studio, 1, [1]) == [{"id": 1}]


def test_a_page_that_takes_too_long_is_halved(script: Script) -> None:
    halves = [(200, b'{"tasks": [{"id": 1}]}'), (200, b'{"tasks": [{"id": 2}, {"id": 3}]}')]
    script.answers = [(504, b""), *halves]
    with connect(script.server) as studio:
        assert [task["id"] for task in fetch_full_tasks(studio, 1, [1, 2, 3])] == [1, 2, 3]


@pytest.fixture(params=["header", "body"])
def trickle(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server whose header or body is one character after another, for five seconds."""

    class Trickle(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            if request.param == "body":
                self.end_headers()
            self.flush_headers()
            with suppress(OSError):
                for _ in range(500):
                    self.wfile.write(b"x")
                    time.sleep(0.01)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Trickle) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield Server(url=f"http://127.0.0.1:{server.server_port}", api_key=KEY)
        server.shutdown()
        thread.join()


def test_an_answer_that_trickles_in_ends_the_command(
    trickle: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_ANSWER_SECONDS", 0.3)
    begun = time.monotonic()
    with connect(trickle) as studio, pytest.raises(Unreachable, match="did not answer within"):
        studio.get("api/projects/")
    assert time.monotonic() - begun < 3


def test_a_server_that_never_answered_is_not_waited_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, "_ANSWER_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        server = Server(url=f"http://127.0.0.1:{mute.getsockname()[1]}", api_key=KEY)
        with connect(server) as studio, pytest.raises(Unreachable, match="did not answer within"):
            studio.get("api/projects/")
        mute.settimeout(0.2)
        mute.accept()[0].close()
        with pytest.raises(TimeoutError):
            mute.accept()


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_beyond_all_sizes_is_refused(
    script: Script, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    body = json.dumps(["x" * 50_000]).encode()
    script.headers = {"content-encoding": "gzip"} if packed else {}
    script.answers = [(200, gzip.compress(body) if packed else body)] * 2
    with connect(script.server) as studio:
        assert studio.get("api/projects/") == ["x" * 50_000]
        monkeypatch.setattr(client, "_MOST_BYTES", 40_000)
        with pytest.raises(StateError, match="larger than any of Label Studio"):
            studio.get("api/projects/")


def test_an_answer_that_is_packed_twice_is_refused(script: Script) -> None:
    script.headers = {"content-encoding": "gzip, gzip"}
    script.answers = [(200, gzip.compress(gzip.compress(b"[]")))]
    with connect(script.server) as studio, pytest.raises(StateError, match="not one of Label"):
        studio.get("api/projects/")


def test_deleting_what_is_gone_is_done(script: Script) -> None:
    script.answers = [(404, b"{}")]
    with connect(script.server) as studio:
        studio.delete("api/tasks/1/")
    assert script.asked == [("DELETE", "/api/tasks/1/", b"")]


@pytest.mark.parametrize(
    ("status", "kind"), [(400, StateError), (401, StateError), (403, StateError), (404, StateError)]
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


@pytest.mark.parametrize("status", [400, 401, 403, 404])
@pytest.mark.parametrize("key", [KEY, 'a"key\\with"marks'])
def test_a_key_that_a_server_repeats_is_not_shown(script: Script, status: int, key: str) -> None:
    said = {"detail": {"header": [f"Token {key}", "x" * 250 + key], "why": "because"}}
    plain = {"detail": f"no such key {key}, because of {key}"}
    script.answers = [(status, json.dumps(body).encode()) for body in (said, plain)]
    with connect(Server(url=script.server.url, api_key=key)) as studio:
        for _ in range(2):
            with pytest.raises(StateError) as caught:
                studio.get("api/tasks/1/")
            assert key[:8] not in str(caught.value)
            assert "…" in str(caught.value)
    assert "because" in str(caught.value)


def test_an_access_token_that_a_server_repeats_is_not_shown(script: Script) -> None:
    key, access = personal(10**6, "key"), personal(300, "access")
    said = json.dumps({"detail": f"{access} of {key} may not"}).encode()
    script.answers = [(200, json.dumps({"access": access}).encode()), (403, said)]
    with (
        connect(Server(url=script.server.url, api_key=key)) as studio,
        pytest.raises(StateError, match="… of … may not"),
    ):
        studio.get("api/projects/")


@pytest.mark.parametrize("status", [200, 400])
def test_an_answer_nested_without_end_is_refused(script: Script, status: int) -> None:
    script.answers = [(status, b"[" * 200_000)]
    script.headers = {"content-type": "application/json"}
    with connect(script.server) as studio, pytest.raises(StateError):
        studio.get("api/projects/")


def test_an_invitation_as_json(script: Script, tmp_path: Path) -> None:
    script.answers = [(200, b'{"token": "come-in"}')]
    env = {"LABEL_STUDIO_URL": script.server.url, "LABEL_STUDIO_API_KEY": KEY}
    ran = annotate("project", "invite", "--json", home=tmp_path, env=env)
    assert ran.json == {"address": f"{script.server.url}/user/signup/?token=come-in"}
    assert KEY not in ran.out + ran.err


@pytest.mark.parametrize("location", ["http://127.0.0.1:1/elsewhere", "http://[elsewhere"])
def test_redirect_is_not_followed(script: Script, location: str) -> None:
    script.answers, script.location = [(302, b"")], location
    with connect(script.server) as studio, pytest.raises(StateError, match="redirected"):
        studio.post("api/projects/", {})


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "https://127.0.0.1:8443"])
def test_a_redirect_names_the_port(script: Script, address: str) -> None:
    script.answers, script.location = [(302, b"")], f"{address}/elsewhere"
    with connect(script.server) as studio, pytest.raises(StateError, match=rf"\({address}…\)"):
        studio.get("api/projects/")


def test_another_website_is_not_taken_for_label_studio(script: Script) -> None:
    script.answers = [(200, b"<html>welcome</html>")]
    with connect(script.server) as studio, pytest.raises(StateError, match="not one of Label"):
        studio.get("api/projects/")


@pytest.mark.parametrize(
    "answer",
    [
        b"[]",
        b'{"tasks": {}}',
        b'{"tasks": [{"id": "1"}]}',
        b'{"tasks": [{"id": true}]}',
        b'{"tasks": [{"id": 1, "data": "text"}]}',
        b'{"tasks": [{"id": 1, "overlap": "2"}]}',
        b'{"tasks": [{"id": 1, "total_annotations": 1e999}]}',
        b'{"tasks": [{"id": 1, "annotators": 7}]}',
        b'{"tasks": [{"id": 1, "annotations": {}}]}',
        b'{"tasks": [{"id": 1, "annotations": [{"completed_by": null}]}]}',
        b'{"tasks": [{"id": 1, "annotations": [{"id": 2, "lead_time": NaN}]}]}',
        b'{"tasks": [{"id": 1, "annotations": [{"id": 2, "lead_time": "3"}]}]}',
        b'{"tasks": [{"id": 1, "annotations": [{"id": 2, "lead_time": 1' + b"0" * 400 + b"}]}]}",
        b'{"tasks": [{"id": 1, "predictions": [3]}]}',
    ],
)
def test_tasks_of_another_shape_are_refused(script: Script, answer: bytes) -> None:
    script.answers = [(200, answer)]
    with connect(script.server) as studio, pytest.raises(StateError, match="not one of Label"):
        fetch_full_tasks(studio, 1, [1])
    # resolved addresses in the data would differ with each pull
    assert "resolve_uri=false" in script.asked[0][1]


def tasks_page(first: int, count: int = 1000) -> tuple[int, bytes]:
    return 200, json.dumps({"tasks": [{"id": first + n} for n in range(count)]}).encode()


def task_number(count: int) -> tuple[int, bytes]:
    return 200, json.dumps({"results": [{"id": 1, "task_number": count}]}).encode()


def test_tasks_beyond_those_of_the_project_end_the_list(script: Script) -> None:
    script.answers = [tasks_page(1), tasks_page(1001), task_number(20), tasks_page(2001)]
    with connect(script.server) as studio, pytest.raises(StateError) as caught:
        list(iterate_tasks(studio, 1, include="id"))
    assert caught.value.what == (
        "the server lists 2000 tasks and goes on, where the project has 20"
    )
    assert len(script.answers) == 1


def test_tasks_that_come_meanwhile_end_no_list(script: Script) -> None:
    script.answers = [
        *(tasks_page(1), tasks_page(1001), task_number(2000)),
        *(tasks_page(2001), tasks_page(3001), task_number(4500)),  # 2500 came
        *(tasks_page(4001), tasks_page(5001), task_number(5000)),
        tasks_page(6001, 3),
    ]
    with connect(script.server) as studio:
        assert len(list(iterate_tasks(studio, 1, include="id"))) == 6003


def projects_page(*numbers: int, more: bool) -> tuple[int, bytes]:
    entries = [{"id": number, "title": "Claims", "label_config": "<View/>"} for number in numbers]
    return 200, json.dumps({"results": entries, "next": "?page=2" if more else None}).encode()


@pytest.mark.parametrize("again", [(1, 2), ()])
def test_pages_of_projects_that_add_nothing_end_the_list(
    script: Script, again: tuple[int, ...]
) -> None:
    pages = [projects_page(1, 2, more=True), *[projects_page(*again, more=True)] * 5]
    script.answers = pages
    with pytest.raises(Unreachable, match="api/projects/ belongs to another request"):
        list_projects(script.server)


def test_projects_of_several_pages_are_one_list(script: Script) -> None:
    script.answers = [projects_page(1, 3, more=True), projects_page(3, 4, more=False)]
    assert [project.id for project in list_projects(script.server)] == [1, 3, 4]


def test_a_project_that_is_deleted_meanwhile_is_said(script: Script) -> None:
    script.answers = [(200, b'{"results": [], "next": null}')]
    with connect(script.server) as studio, pytest.raises(StateError, match="was deleted"):
        read_counters(studio, 1)


@pytest.mark.parametrize("count", [b"1e999", b'"x"', b"[1]", b"-1"])
def test_counts_of_another_shape_are_refused(script: Script, count: bytes) -> None:
    project = b'{"id": 1, "title": "Claims", "label_config": "", "task_number": %b}' % count
    listed = b'{"results": [%b], "count": %b, "next": null}' % (project, count)
    script.answers = [(200, listed), (200, listed), (200, b'{"release": "1.23.2"}')]
    with connect(script.server) as studio, pytest.raises(StateError, match="not one of Label"):
        read_counters(studio, 1)
    with pytest.raises(StateError, match="not one of Label"):
        probe_server(script.server)


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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", "socks5://user:canary@127.0.0.1:1080"),
        ("HTTPS_PROXY", "http://user:can:ary@127.0.0.1:canary"),
        ("NO_PROXY", "[::1"),
    ],
)
def test_a_proxy_that_is_none_of_http_is_refused(name: str, value: str, tmp_path: Path) -> None:
    env = {"LABEL_STUDIO_URL": "http://labels.example.org", "LABEL_STUDIO_API_KEY": KEY}
    ran = annotate("project", "list", home=tmp_path, env=env | {name: value})
    assert ran.code == 1
    assert "Traceback" not in ran.err
    assert "a proxy of the environment cannot be used" in ran.err
    assert "canary" not in ran.err


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_proxy_that_does_not_let_through_is_said_at_once(
    script: Script, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:canary@127.0.0.1:{script.server_port}")
    script.answers = [(status, b"")] * 2
    with (
        connect(Server(url="https://labels.example.org", api_key=KEY)) as studio,
        pytest.raises(Unreachable, match=rf"a proxy .* \(status {status}\); check") as caught,
    ):
        studio.post("api/projects/", {})
    assert len(script.answers) == 1
    assert not studio.in_doubt
    assert "canary" not in str(caught.value)


def test_a_server_on_this_machine_is_asked_past_the_proxy(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    script.answers = [(200, b"{}")]
    with connect(script.server) as studio:
        assert studio.get("api/projects/1/") == {}


def self_signed(folder: Path) -> ssl.SSLContext:
    """What a server of TLS needs, with a certificate that nobody trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
    named = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    made = made.add_extension(named, critical=False)
    path = folder / "server.pem"
    path.write_bytes(
        made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
        + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def test_a_certificate_that_is_not_trusted_is_said(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script.socket = self_signed(tmp_path).wrap_socket(
        script.socket, server_side=True, do_handshake_on_connect=False
    )
    server = Server(url=f"https://localhost:{script.server_port}", api_key=KEY)
    with (
        connect(server) as studio,
        pytest.raises(Unreachable, match=r"certificate .* self-signed.*SSL_CERT_FILE"),
    ):
        studio.get("api/projects/")
    assert script.asked == []
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    script.answers = [(200, b"{}")]
    with connect(server) as studio:
        assert studio.get("api/projects/") == {}


def test_a_server_without_tls_is_said_to_be_one(script: Script) -> None:
    with (
        connect(Server(url=f"https://127.0.0.1:{script.server_port}", api_key=KEY)) as studio,
        pytest.raises(Unreachable, match="begins with http:// or with https://"),
    ):
        studio.get("api/projects/")


@pytest.mark.parametrize("host", [f"{'a' * 64}.localhost", "127.0.0.1:1/\udcff"])
def test_an_address_that_cannot_be_asked(host: str) -> None:
    with (
        connect(Server(url=f"http://{host}", api_key=KEY)) as studio,
        pytest.raises(InputError, match="not the address of a server"),
    ):
        studio.get("api/projects/")


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_certificates_that_cannot_be_read_are_named(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "own.pem"
    if content is not None:
        path.write_text(content)
    env = {"LABEL_STUDIO_URL": "https://labels.example.org", "LABEL_STUDIO_API_KEY": KEY}
    ran = annotate("project", "list", home=tmp_path, env=env | {"SSL_CERT_FILE": str(path)})
    assert ran.code == 1
    assert "the certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read" in ran.err


def test_lone_surrogate_is_not_sent(script: Script) -> None:
    with connect(script.server) as studio, pytest.raises(InputError, match="surrogate"):
        studio.post("api/projects/", {"title": "\ud800"})
    assert script.asked == []


def personal(life: int, name: str = "x") -> str:
    """A JSON web token that begins now and lives `life` seconds, unsigned."""
    begins = int(time.time())
    claims = {"iat": begins, "exp": begins + life, "jti": name}
    packed = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJub25lIn0.{packed}.c2lnbmVk"


def test_personal_token_is_traded_and_renewed_before_its_end(script: Script) -> None:
    first, second = personal(0, "first"), personal(300, "second")
    script.answers = [
        (200, json.dumps({"access": first}).encode()),
        (200, b"[]"),
        (200, json.dumps({"access": personal(-5)}).encode()),
        (200, b"[]"),
        (200, json.dumps({"access": second}).encode()),
        (200, b"[]"),
        (200, b"[]"),
    ]
    key = personal(10**6)
    with connect(Server(url=script.server.url, api_key=key)) as studio:
        studio.authorization._ends = 0.0
        for _ in range(2):
            assert studio.get("api/projects/") == []
            studio.authorization._ends = 0.0
        assert studio.get("api/projects/") == []
        assert studio.get("api/projects/") == []
    assert json.loads(script.asked[0][2]) == {"refresh": key}
    assert script.keys[0] == ""
    assert script.keys[1] == f"Bearer {first}"
    assert script.keys[-2:] == [f"Bearer {second}"] * 2


def test_an_access_token_without_end_is_taken(script: Script) -> None:
    access = {"access": personal(10**400)}
    script.answers = [(200, json.dumps(access).encode()), (200, b"[]")]
    with connect(Server(url=script.server.url, api_key=personal(10**6))) as studio:
        assert studio.get("api/projects/") == []


def test_refused_access_token_is_renewed_once(script: Script) -> None:
    def access(name: str) -> tuple[int, bytes]:
        return 200, json.dumps({"access": personal(300, name)}).encode()

    script.answers = [access("a"), (401, b"{}"), access("b"), (201, b"{}")]
    with connect(Server(url=script.server.url, api_key=personal(10**6))) as studio:
        assert studio.post("api/projects/", {}) == {}
        script.answers = [(401, b"{}"), access("c"), (401, b"{}")]
        with pytest.raises(StateError, match="401"):
            studio.get("api/projects/")


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_token_that_a_gateway_does_not_trade_is_asked_for_as_often_as_anything(
    script: Script, method: str
) -> None:
    traded = (200, json.dumps({"access": personal(300)}).encode())
    server = Server(url=script.server.url, api_key=personal(10**9))
    ask = {"get": lambda studio: studio.get("x/"), "post": lambda studio: studio.post("x/", {})}
    script.answers = [(502, b""), (503, b""), traded, (200, b"{}")]
    with connect(server) as studio:
        assert ask[method](studio) == {}
    script.answers, script.asked = [(502, b"")] * 12, []
    with connect(server) as studio, pytest.raises(Unreachable, match="status 502"):
        ask[method](studio)
    # at first, and after each pause
    assert [path for _, path, _ in script.asked] == ["/api/token/refresh/"] * 3
    assert not studio.in_doubt


def test_a_token_is_asked_for_again_where_the_first_answer_breaks(script: Script) -> None:
    traded = (200, json.dumps({"access": personal(300)}).encode())
    script.answers = [(0, b""), traded, (200, b"{}")]
    with connect(Server(url=script.server.url, api_key=personal(10**9))) as studio:
        assert studio.get("x/") == {}


def test_revoked_personal_token_ends_clearly(script: Script) -> None:
    key = personal(10**6)
    script.answers = [(401, b'{"detail": "Token is blacklisted"}')]
    with (
        connect(Server(url=script.server.url, api_key=key)) as studio,
        pytest.raises(StateError, match="expired or was revoked") as caught,
    ):
        studio.get("api/projects/")
    assert key not in str(caught.value)


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
        "http://labels.test:0",
        "http://a:b@labels.test",
        "http://key@labels.test",
        "http://:a:b@labels.test",
        "http://labels.test/?token=a:b",
        "http://labels.test/#a:b",
        "labels.test?a:b",
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
