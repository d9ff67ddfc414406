"""Keys of both kinds on a real Label Studio: renewed, revoked, refused, never shown."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from annotate.errors import StateError
from annotate.studio import LocalStudio, Server, connect, find_project, pull_project, push_tasks
from annotate.studio.push import tasks as push
from tests.command import annotate
from tests.studio.faulty import Answer, FaultyProxy, faulty_proxy
from tests.studio.pusher import CONFIG, numbered_task

pytestmark = pytest.mark.studio


@pytest.fixture
def token(local_studio: LocalStudio) -> Iterator[str]:
    """A personal access token of the administrator; Label Studio gives one at a time."""
    with connect(local_studio.server) as studio:
        made = str(studio.post("api/token/", {})["token"])
        yield made
    httpx.post(
        f"{local_studio.url}/api/token/blacklist/",
        json={"refresh": made},
        headers={"Authorization": f"Token {local_studio.api_key}"},
        trust_env=False,
    )


@pytest.fixture
def proxy(local_studio: LocalStudio) -> Iterator[FaultyProxy]:
    with faulty_proxy(local_studio.url) as proxy:
        yield proxy


def quiet(_: str) -> None:
    pass


def packed(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def shorten_lives(proxy: FaultyProxy, secret: str, life: int) -> list[str]:
    """Let every access token live `life` seconds, signed as the server does; they are listed."""
    given: list[str] = []

    def edit(path: str, answer: Answer) -> Answer:
        if not path.startswith("/api/token/refresh") or answer.status != 200:
            return answer
        head, claims, _ = json.loads(answer.body)["access"].split(".")
        said = json.loads(base64.urlsafe_b64decode(claims + "=="))
        signed = f"{head}.{packed(json.dumps(said | {'exp': said['iat'] + life}).encode())}"
        name = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
        given.append(f"{signed}.{packed(name)}")
        return answer._replace(body=json.dumps({"access": given[-1]}).encode())

    proxy.edit = edit
    return given


@pytest.fixture
def secret(local_studio: LocalStudio) -> str:
    lines = (local_studio.data_dir / ".env").read_text().splitlines()
    return next(line for line in lines if "SECRET_KEY" in line).split("=", 1)[1].strip("'\"")


def refreshes(proxy: FaultyProxy) -> int:
    return sum(path.startswith("/api/token/refresh") for _, path in proxy.asked)


def push_through(
    proxy: FaultyProxy, key: str, title: str, on_progress: Callable[[str], None]
) -> int:
    return push_tasks(
        Server(url=proxy.url, api_key=key),
        [numbered_task(number) for number in range(100)],
        project=title,
        label_config=CONFIG,
        on_progress=on_progress,
    ).created


def test_access_tokens_that_expire_on_the_way_are_renewed(
    proxy: FaultyProxy,
    token: str,
    secret: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(push, "_BATCH_TASKS", 20)
    given = shorten_lives(proxy, secret, 2)
    assert push_through(proxy, token, "tokens that expire", lambda _: time.sleep(1)) == 100
    assert refreshes(proxy) >= 2
    server = Server(url=proxy.url, api_key=token)
    path = tmp_path / "pulled.json"
    pull_project(server, project="tokens that expire", path=path, on_progress=quiet)
    assert len(json.loads(path.read_bytes())) == 100
    # the first one has really ended
    time.sleep(2)
    ended = {"Authorization": f"Bearer {given[0]}"}
    assert httpx.get(f"{proxy.url}/api/projects/", headers=ended).status_code == 401


def test_a_token_that_is_refused_before_its_time_is_renewed(
    proxy: FaultyProxy, token: str, secret: str
) -> None:
    shorten_lives(proxy, secret, 3)
    with connect(Server(url=proxy.url, api_key=token)) as studio:
        studio.get("api/current-user/whoami")
        studio.authorization._ends = time.monotonic() + 300  # as with a clock that stands
        time.sleep(4)
        assert studio.get("api/current-user/whoami")["id"] == 1
    assert refreshes(proxy) in (2, 3)  # one more where the machine is slow, never a storm


def test_revoked_in_mid_run_ends_clearly(
    local_studio: LocalStudio,
    proxy: FaultyProxy,
    token: str,
    secret: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(push, "_BATCH_TASKS", 20)
    shorten_lives(proxy, secret, 1)

    def revoke(_: str) -> None:
        key = {"Authorization": f"Token {local_studio.api_key}"}
        url = f"{local_studio.url}/api/token/blacklist/"
        httpx.post(url, json={"refresh": token}, headers=key, trust_env=False)
        time.sleep(1)

    with pytest.raises(StateError, match="expired or was revoked") as caught:
        push_through(proxy, token, "revoked", revoke)
    assert token not in str(caught.value)
    # with another key the same push goes on
    found = find_project(local_studio.server, "revoked")
    assert found is not None
    assert 0 < found.tasks < 100
    assert push_through(proxy, local_studio.api_key, "revoked", quiet) == 100 - found.tasks


def test_no_secret_in_any_output_or_file(
    local_studio: LocalStudio, proxy: FaultyProxy, token: str, secret: str, tmp_path: Path
) -> None:
    given = shorten_lives(proxy, secret, 300)
    article = tmp_path / "a.txt"
    article.write_text("A title\n20240102\nhttps://news.example/a\nOne paragraph.\n")
    home = tmp_path / "home"
    home.mkdir()
    said = ""
    wrong = "c0ffee" + "0" * 34
    for key in (token, local_studio.api_key, wrong, token[:-6] + "canary"):
        env = {"LABEL_STUDIO_URL": proxy.url, "LABEL_STUDIO_API_KEY": key}
        for command in (
            ["push", "entities", str(article), "--project", "canaries"],
            ["pull", "--project", "canaries", "-o", str(home / "pulled.json")],
        ):
            ran = annotate(*command, home=home, env=env)
            said += ran.out + ran.err
            assert ran.code == (0 if key in (token, local_studio.api_key) else 1), ran.err
            assert "Traceback" not in ran.err
    files = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    for canary in (token, local_studio.api_key, local_studio.password, wrong, secret, *given):
        assert canary not in said
        assert canary.encode() not in files
    # they did go over the line, so the search can find them
    assert any(token in seen for seen in proxy.seen)
    assert any(local_studio.api_key in seen for seen in proxy.seen)


def test_behind_a_path_prefix(local_studio: LocalStudio, token: str, tmp_path: Path) -> None:
    article = tmp_path / "a.txt"
    article.write_text("A title\n20240102\nhttps://news.example/a\nOne paragraph.\n")
    with faulty_proxy(local_studio.url, prefix="/labels/studio") as proxy:
        for key in (token, local_studio.api_key):
            env = {"LABEL_STUDIO_URL": f"{proxy.url}/", "LABEL_STUDIO_API_KEY": key}
            project = ("--project", "behind a prefix")
            pushed = annotate("push", "entities", article, *project, home=tmp_path, env=env)
            assert pushed.code == 0, pushed.err
            assert f"{proxy.url}/projects/" in pushed.out
            pulled = annotate("pull", *project, "-o", "out.json", home=tmp_path, env=env)
            assert pulled.code == 0, pulled.err
        assert len(json.loads((tmp_path / "out.json").read_bytes())) == 1
        assert all(path.startswith("/labels/studio/api/") for _, path in proxy.asked)


def test_an_access_token_is_called_one(
    local_studio: LocalStudio, token: str, tmp_path: Path
) -> None:
    with connect(Server(url=local_studio.url, api_key=token)) as studio:
        access = studio.authorization.header().removeprefix("Bearer ")
    env = {"LABEL_STUDIO_URL": local_studio.url, "LABEL_STUDIO_API_KEY": access}
    for command in (("project", "list"), ("doctor",)):
        ran = annotate(*command, home=tmp_path, env=env)
        said = ran.out + ran.err
        assert ran.code == 1
        assert "the API key is an access token" in said
        assert "the personal access token that it was made of" in said
        assert "expired" not in said
        assert access not in said


def test_the_address_of_a_page(local_studio: LocalStudio, token: str, tmp_path: Path) -> None:
    for key in (token, local_studio.api_key):
        for page in ("/projects/3/data", "/user/login/", "/api"):
            url = f"{local_studio.url}{page}"
            env = {"LABEL_STUDIO_URL": url, "LABEL_STUDIO_API_KEY": key}
            ran = annotate("project", "list", home=tmp_path, env=env)
            assert ran.code == 1
            assert "no Label Studio is there (status 404 for api/" in ran.err
            assert f"set LABEL_STUDIO_URL to {local_studio.url}, without" in ran.err


def test_legacy_keys_that_the_organisation_forbids(local_studio: LocalStudio, token: str) -> None:
    url = f"{local_studio.url}/api/jwt/settings"
    with connect(Server(url=local_studio.url, api_key=token)) as owner:
        bearer = {"Authorization": owner.authorization.header()}
    settings = {"api_tokens_enabled": True, "legacy_api_tokens_enabled": False}
    httpx.post(url, json=settings, headers=bearer, trust_env=False).raise_for_status()
    try:
        with (
            connect(local_studio.server) as studio,
            pytest.raises(StateError, match="personal access token on the account page"),
        ):
            studio.get("api/projects/")
    finally:
        again = settings | {"legacy_api_tokens_enabled": True}
        httpx.post(url, json=again, headers=bearer, trust_env=False).raise_for_status()
