"""What is wrong is said, and nothing that should not be pasted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from annotate.studio import LocalStudio
from tests.command import Ran, annotate
from tests.store.bucket import serve
from tests.studio.connection.test_client import Script, script
from tests.studio.faulty import faulty_proxy

__all__ = ["script"]

NOWHERE = {"LABEL_STUDIO_URL": "http://labels.canary.invalid/x", "LABEL_STUDIO_API_KEY": "canary-1"}


def found(ran: Ran) -> dict[str, dict[str, Any]]:
    return {finding["name"]: finding for finding in ran.json}


def test_nothing_set_up_is_no_fault(tmp_path: Path) -> None:
    ran = annotate("doctor", "--json", home=tmp_path)
    assert ran.code == 0
    findings = found(ran)
    assert findings["server"]["state"] == findings["store"]["state"] == "note"
    assert "annotate studio start" in findings["server"]["do"]
    assert {"click", "datasets", "httpx", "pyarrow", "python"} <= findings.keys()
    assert all(finding["state"] != "bad" for finding in ran.json)
    # looking makes nothing
    assert not [*tmp_path.iterdir()]


def test_no_folder_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    places = {f"XDG_{kind}_HOME": str(tmp_path / "file") for kind in ("STATE", "DATA", "CACHE")}
    ran = annotate("doctor", "--json", home=tmp_path, env=places)
    assert ran.code == 0, ran.err
    assert found(ran)["local studio"]["says"].endswith("not installed yet, stopped")
    ran = annotate("project", "list", home=tmp_path, env=places)
    assert (ran.code, ran.err.partition(";")[0]) == (3, "annotate: no Label Studio server")


def test_each_fault_is_said_with_what_to_do(tmp_path: Path) -> None:
    key = tmp_path / "state" / "annotate" / "pseudonym.key"
    key.parent.mkdir(parents=True)
    key.write_text("canary of the pseudonyms")
    key.chmod(0o644)
    (tmp_path / "file").touch()
    ran = annotate("doctor", "--json", "--store", "file", home=tmp_path, env=NOWHERE)
    assert ran.code == 3
    bad = {name: f for name, f in found(ran).items() if f["state"] == "bad"}
    assert bad.keys() == {"server", "store", "pseudonym key"}
    assert all(finding["do"] for finding in bad.values())
    shown = annotate("doctor", "--store", "file", home=tmp_path, env=NOWHERE)
    for one in (ran, shown):
        assert "canary" not in one.out + one.err
        assert str(tmp_path) not in one.out
    assert "! server" in shown.out


def test_no_host_is_shown_in_other_letters_or_of_another(script: Script, tmp_path: Path) -> None:
    def look(**env: str) -> str:
        ran = annotate("doctor", home=tmp_path, env={"LABEL_STUDIO_API_KEY": "k-1"} | env)
        assert "canary" not in ran.out.lower()
        return ran.out

    script.location = "https://sign-on.canary.example:8443/login"
    script.answers = [(302, b""), (404, b"")]
    said = "is redirected to another host, https://(another), which"
    assert said in look(LABEL_STUDIO_URL=script.server.url)
    proxy = {"HTTP_PROXY": script.server.url, "LABEL_STUDIO_URL": "http://Labels.Canary.test/x"}
    assert "set LABEL_STUDIO_URL to http://(yours), without" in look(**proxy)


def test_half_of_a_setting(tmp_path: Path) -> None:
    ran = annotate("doctor", "--json", home=tmp_path, env={"LABEL_STUDIO_API_KEY": "canary-1"})
    assert ran.code == 1
    assert "LABEL_STUDIO_URL is not" in found(ran)["server"]["says"]
    assert "canary" not in ran.out


def test_a_key_that_is_set_to_nothing(tmp_path: Path) -> None:
    env = {"ANNOTATE_PSEUDONYM_KEY": ""}
    assert annotate("key", "show", home=tmp_path, env=env).code == 1
    ran = annotate("doctor", "--json", home=tmp_path, env=env)
    assert (ran.code, found(ran)["pseudonym key"]["state"]) == (1, "bad")


def test_a_store_that_is_not_there(tmp_path: Path) -> None:
    ran = annotate("doctor", "--json", "--store", "gs://canary/none", home=tmp_path)
    assert ran.code == 1
    assert found(ran)["store"]["says"] == "is an address and no folder"
    assert "canary" not in ran.out


def test_a_store_on_s3(tmp_path: Path) -> None:
    def look(store: str, address: str) -> tuple[int, str, str]:
        secret = {"AWS_ACCESS_KEY_ID": "canary", "AWS_SECRET_ACCESS_KEY": "canary"}
        env = {"AWS_ENDPOINT_URL": address, "AWS_DEFAULT_REGION": "us-east-1", **secret}
        env["AWS_MAX_ATTEMPTS"] = "1"
        ran = annotate("doctor", "--json", "--store", store, home=tmp_path, env=env)
        assert "canary" not in ran.out + ran.err
        return ran.code, found(ran)["store"]["state"], found(ran)["store"]["says"]

    with serve() as address:
        httpx.put(f"{address}/canary", timeout=60).raise_for_status()
        assert look("s3://canary/none", address) == (0, "note", "nothing in the bucket yet")
        said = (1, "bad", "there is no such bucket")
        assert look("s3://other-canary/none", address) == said
        entry = f"{address}/canary/store/ents/.annotate/log/1.json"
        httpx.put(entry, timeout=60).raise_for_status()
        assert look("s3://canary/store", address) == (0, "ok", "a bucket with 1 datasets")
    code, state, says = look("s3://canary/store", address)
    assert (code, state) == (3, "bad")
    assert says.startswith("s3: does not answer (")


@pytest.mark.studio
def test_a_server_that_answers(local_studio: LocalStudio, tmp_path: Path) -> None:
    env = {
        "LABEL_STUDIO_URL": local_studio.url,
        "LABEL_STUDIO_API_KEY": local_studio.api_key,
        "ANNOTATE_PSEUDONYM_KEY": "canary of the pseudonyms",
    }
    ran = annotate("doctor", "--json", home=tmp_path, env=env)
    assert ran.code == 0
    said = found(ran)["server"]["says"]
    assert said.startswith("Label Studio 1.23.2 on this machine")
    assert said.endswith("legacy token")
    assert found(ran)["pseudonym key"]["says"].startswith("fingerprint ")
    for canary in (local_studio.api_key, "canary", os.environ.get("HOME", "canary")):
        assert canary not in ran.out
    wrong = annotate(
        "doctor", "--json", home=tmp_path, env=env | {"LABEL_STUDIO_API_KEY": "0" * 40}
    )
    assert wrong.code == 1
    assert "refuses the API key" in found(wrong)["server"]["says"]


@pytest.mark.studio
def test_a_server_of_another_version(local_studio: LocalStudio, tmp_path: Path) -> None:
    with faulty_proxy(local_studio.url) as proxy:
        proxy.edit = lambda path, answer: (
            answer._replace(body=b'{"release": "1.19.0"}') if path == "/api/version" else answer
        )
        env = {"LABEL_STUDIO_URL": proxy.url, "LABEL_STUDIO_API_KEY": local_studio.api_key}
        ran = annotate("doctor", "--json", home=tmp_path, env=env)
    assert ran.code == 0
    assert found(ran)["server"]["state"] == "note"
    assert "1.23.2" in found(ran)["server"]["do"]


@pytest.mark.studio
def test_a_server_acts_on_no_terminal(local_studio: LocalStudio, tmp_path: Path) -> None:
    with faulty_proxy(local_studio.url) as proxy:
        proxy.edit = lambda path, answer: (
            answer._replace(body=rb'{"release": "1.23\u001b[31m\n! store  gone"}')
            if path == "/api/version"
            else answer
        )
        env = {"LABEL_STUDIO_URL": proxy.url, "LABEL_STUDIO_API_KEY": local_studio.api_key}
        ran = annotate("doctor", home=tmp_path, env=env)
    assert "Label Studio 1.23␛[31m␊! store  gone on this machine" in ran.out
    assert "\x1b" not in ran.out
