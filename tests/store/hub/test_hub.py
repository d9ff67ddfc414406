"""Push and pull with the real huggingface_hub client against a stand-in for the Hub.

The server is ours: these tests show what the client and the code here do with
such answers, not that the Hub gives them. See `standin.py`.
"""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug import Request, Response

from annotate.errors import InputError, StateError, Unreachable, VersionError
from annotate.pipeline import diff_versions
from annotate.schemes.label_config import parse_label_config
from annotate.store.care.verify import verify
from annotate.store.create.retract import retract_article
from annotate.store.folder import DatasetFolder
from annotate.store.hub.pull import pull_dataset
from annotate.store.hub.push import Pushed, push_version
from annotate.store.hub.repo import HubRepo, hub_token
from annotate.store.tag import tag_version
from annotate.store.versions import load_log, open_version
from tests.command import annotate
from tests.store.hub.standin import TOKEN, Blob, StandIn, Times, busy, hang_up, serve_hub
from tests.store.made import LABELS, articles, config_xml, create

REPO = "user/ents"
# the client's own way of sending a large file
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture(scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("hub") / "store"
    create(store, licensed(12))
    create(store, licensed(13), message="One more")
    return store


@pytest.fixture
def folder(_made: Path, tmp_path: Path) -> DatasetFolder:
    """Two versions of twelve and thirteen articles with a licence."""
    shutil.copytree(_made, tmp_path / "store")
    return DatasetFolder(tmp_path / "store", "ents")


@pytest.fixture
def hub() -> Iterator[StandIn]:
    with serve_hub() as served:
        yield served


def licensed(count: int, **options: Any) -> list[dict[str, Any]]:
    tasks = articles(count, **options)
    for task in tasks:
        task["data"]["licence"] = "CC-BY-4.0"
    return tasks


def repo(hub: StandIn, token: str | None = TOKEN) -> HubRepo:
    return HubRepo(REPO, token=token, endpoint=hub.address)


def answered(document: Any) -> Response:
    return Response(json.dumps(document), content_type="application/json")


def push(folder: DatasetFolder, hub: StandIn, version: str = "v1.0.0", **options: Any) -> Pushed:
    return push_version(folder, version, repo(hub), **options)


def test_standin_push_is_one_commit_and_a_tag(folder: DatasetFolder, hub: StandIn) -> None:
    done = push(folder, hub)
    assert hub.private is True
    assert len(hub.order) == 2
    assert (done.commit, done.tagged, hub.tags) == (hub.head, True, {"v1.0.0": hub.head})
    root = Path(folder.where)
    paths = {p.relative_to(root).as_posix() for p in (root / "v1.0.0").rglob("*") if p.is_file()}
    log = ".annotate/log/00000001.json"
    beside = {"README.md", "CITATION.cff"}
    assert set(hub.files) == {".gitattributes", log} | beside | paths
    for path in (*paths, log):
        assert hub.files[path] == (root / path).read_bytes()
    card = hub.files["README.md"].decode()
    assert 'load_dataset("user/ents", "v1.0.0")' in card
    assert "v1.1.0" not in card
    assert set(done.files) == set(hub.files) - {".gitattributes"}


def test_standin_versions_follow_each_other(folder: DatasetFolder, hub: StandIn) -> None:
    (Path(folder.where) / "card.md").write_text("Our own words.\n", encoding="utf-8")
    push(folder, hub, "v1.1.0")
    assert "config_name: v1.0.0" not in hub.files["README.md"].decode()
    done = push(folder, hub)
    assert all(path.startswith(("v1.0.0/", "README.md", "CITATION.cff")) for path in done.files)
    card = hub.files["README.md"].decode()
    assert "config_name: v1.0.0" in card
    assert "config_name: v1.1.0" in card
    assert "Our own words." in card
    assert sorted(hub.tags) == ["v1.0.0", "v1.1.0"]
    assert len(hub.order) == 3
    again = push(folder, hub)
    assert (again.files, again.commit, again.tagged) == ({}, None, False)
    assert len(hub.order) == 3
    tag_version(folder, "v1.1.0", "paper")
    assert list(push(folder, hub, "paper").files) == [".annotate/log/00000003.json"]


def test_standin_words_that_cannot_be_used_make_no_repository(
    folder: DatasetFolder, hub: StandIn
) -> None:
    (Path(folder.where) / "card.md").write_text("---\nauthor: Novak\n---\n", encoding="utf-8")
    with pytest.raises(StateError, match="its front matter cannot be used"):
        push(folder, hub)
    assert hub.repo is None


def test_standin_dry_run_lists_and_writes_nothing(folder: DatasetFolder, hub: StandIn) -> None:
    planned = push_version(folder, "v1.0.0", repo(hub, token=None), dry_run=True)
    assert hub.repo is None
    assert not [seen for seen in hub.seen if seen.method != "GET"]
    done = push(folder, hub)
    assert planned == done._replace(commit=None)


def test_standin_412_somebody_committed_meanwhile(folder: DatasetFolder, hub: StandIn) -> None:
    hub.make(REPO)

    def meanwhile(_: object) -> None:
        hub.add({"README.md": Blob(b"written on the web", False)})

    hub.between = Times(1, "POST", "/commit/", meanwhile)
    push(folder, hub)
    assert hub.count("POST", "/commit/") == 2
    assert hub.count("PUT", "/large/") == len([p for p in hub.files if p.endswith(".parquet")])
    assert [len(hub.commits[c]) for c in hub.order][:2] == [1, 2]
    assert hub.tags == {"v1.0.0": hub.head}
    assert b"written on the web" not in hub.files["README.md"]


def test_standin_412_from_another_dataset_is_refused(folder: DatasetFolder, hub: StandIn) -> None:
    hub.make(REPO)

    def meanwhile(_: object) -> None:
        hub.add({".annotate/log/00000001.json": Blob(b"of another dataset", False)})

    hub.between = Times(1, "POST", "/commit/", meanwhile)
    with pytest.raises(StateError, match="is not the one of this store"):
        push(folder, hub)
    assert hub.files[".annotate/log/00000001.json"] == b"of another dataset"
    assert hub.tags == {}


def test_standin_412_for_ever_is_given_up(folder: DatasetFolder, hub: StandIn) -> None:
    hub.make(REPO)
    number = iter(range(99))

    def meanwhile(_: object) -> None:
        hub.add({"README.md": Blob(f"{next(number)}".encode(), False)})

    hub.between = Times(99, "POST", "/commit/", meanwhile)
    with pytest.raises(Unreachable, match="5 commits met another one"):
        push(folder, hub)
    assert hub.count("POST", "/commit/") == 5


@pytest.mark.parametrize("part", ["/commit/", "/tag/", "/refs", "/preupload/", "/validate-yaml"])
def test_standin_429_is_waited_for(folder: DatasetFolder, hub: StandIn, part: str) -> None:
    method = "GET" if part == "/refs" else "POST"
    waited = Times(1, method, part, busy(0))
    hub.between = waited
    push(folder, hub)
    assert waited.left == 0
    assert hub.tags == {"v1.0.0": hub.head}
    assert len(hub.order) == 2


def test_standin_429_waits_as_long_as_it_is_told(
    folder: DatasetFolder, hub: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("annotate.store.hub.repo.time.sleep", waits.append)
    hub.between = Times(2, "POST", "/commit/", busy(7))
    push(folder, hub)
    assert waits == [7.0, 7.0]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 400, 501])
def test_standin_what_is_busy_is_asked_again_and_nothing_else(
    hub: StandIn, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("annotate.store.hub.repo.time.sleep", waits.append)
    hub.between = Times(99, "GET", REPO, lambda _: Response(status=status))
    tries = 1 if status in {400, 501} else 5
    with pytest.raises(StateError if tries == 1 else Unreachable, match=f"HTTP {status}"):
        repo(hub).state()
    assert hub.count("GET", REPO) == tries
    assert waits == [1.0, 2.0, 4.0, 8.0][: tries - 1]


def test_standin_429_that_asks_for_too_long(folder: DatasetFolder, hub: StandIn) -> None:
    hub.between = Times(99, "POST", "/commit/", busy(3600))
    with pytest.raises(Unreachable, match="asks to wait for 3600 s"):
        push(folder, hub)
    assert hub.count("POST", "/commit/") == 1


def test_standin_429_for_ever_is_given_up(folder: DatasetFolder, hub: StandIn) -> None:
    hub.between = Times(99, "POST", "/commit/", busy(0))
    with pytest.raises(Unreachable, match="gave up after 5 tries: HTTP 429"):
        push(folder, hub)
    assert hub.count("POST", "/commit/") == 5


def test_a_hub_that_never_answers_is_given_up(
    folder: DatasetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotate.store.hub.repo.time.sleep", lambda _: None)
    monkeypatch.setattr("annotate.store.hub.repo._SILENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hub = HubRepo(REPO, endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(Unreachable, match="gave up after 5 tries: "):
            pull_dataset(folder, hub)


@pytest.mark.parametrize("part", ["/refs", "/tree/", "/preupload/", "/commit/", "/tag/"])
def test_standin_an_answer_that_never_comes_is_asked_for_again(
    folder: DatasetFolder, hub: StandIn, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setattr("annotate.store.hub.repo.time.sleep", lambda _: None)
    monkeypatch.setattr("annotate.store.hub.repo._WORK", 1.0)
    over, answered = threading.Event(), []

    def wait(request: Any) -> Any:
        answered.append(over.wait(20))
        return hang_up(request)

    method = "GET" if part in {"/refs", "/tree/"} else "POST"
    hub.between = Times(1, method, part, wait)
    push(folder, hub)
    assert answered == []
    over.set()
    assert hub.tags == {"v1.0.0": hub.head}
    assert len(hub.order) == 2


def test_standin_a_page_in_place_of_the_hub_is_called_that(
    folder: DatasetFolder, hub: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotate.store.hub.repo.time.sleep", lambda _: None)
    hub.between = lambda _: Response("<html>Please log in</html>", content_type="text/html")
    with pytest.raises(Unreachable, match="what answers is no Hub"):
        push(folder, hub)


@pytest.mark.parametrize(
    ("method", "part", "answer"),
    [
        ("GET", "/datasets/user/ents", []),
        ("GET", "/datasets/user/ents", {"id": REPO, "sha": "x", "siblings": [{}]}),
        ("GET", "/refs", ["x"]),
        ("GET", "/refs", {"branches": [], "converts": [], "tags": [{"name": "v1.0.0"}]}),
        ("GET", "/tree/", [{"type": "file", "size": 1, "oid": "x"}]),
        ("GET", "/tree/", [5]),
        ("POST", "/preupload/", {"files": []}),
    ],
)
def test_standin_an_answer_of_another_shape_is_refused(
    folder: DatasetFolder, hub: StandIn, method: str, part: str, answer: Any
) -> None:
    push(folder, hub)
    hub.between = Times(1, method, part, lambda _: answered(answer))
    with pytest.raises(StateError, match=f"{REPO}: an answer is not one of the Hub"):
        push(folder, hub, "v1.1.0")
    push(folder, hub, "v1.1.0")
    assert hub.tags.keys() == {"v1.0.0", "v1.1.0"}


def test_standin_a_commit_whose_answer_has_another_shape(
    folder: DatasetFolder, hub: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotate.store.hub.repo.time.sleep", lambda _: None)

    def commit(request: Request) -> Response:
        hub._commit(request, "main")
        return answered({})

    hub.between = Times(1, "POST", "/commit/", commit)
    push(folder, hub)
    assert hub.tags == {"v1.0.0": hub.head}
    assert hub.count("POST", "/commit/") == 1


@pytest.mark.parametrize("status", [409, 412])
def test_standin_a_reading_that_is_refused_as_a_writing(
    folder: DatasetFolder, hub: StandIn, status: int
) -> None:
    hub.between = Times(1, "GET", "/datasets/user/ents", lambda _: Response(status=status))
    with pytest.raises(StateError, match=f"{REPO}: HTTP {status}"):
        push(folder, hub)


def test_standin_429_with_a_wish_that_is_no_number(
    folder: DatasetFolder, hub: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("annotate.store.hub.repo.time.sleep", waits.append)
    odd = {"Retry-After": "\u00b2"}
    hub.between = Times(1, "POST", "/commit/", lambda _: Response(status=429, headers=odd))
    push(folder, hub)
    assert waits == [1.0]


def test_standin_connection_broken_in_mid_upload(folder: DatasetFolder, hub: StandIn) -> None:
    broken = Times(1, "PUT", "/large/", hang_up)
    hub.between = broken
    push(folder, hub)
    assert broken.left == 0
    assert hub.tags == {"v1.0.0": hub.head}
    assert len(hub.order) == 2


def test_standin_commit_whose_answer_is_lost(folder: DatasetFolder, hub: StandIn) -> None:
    def lose(request: Any) -> Any:
        hub._answer(request)
        return hang_up(request)

    hub.between = Times(1, "POST", "/commit/", lose)
    done = push(folder, hub)
    assert hub.count("POST", "/commit/") == 1
    assert (len(hub.order), done.commit, hub.tags) == (2, None, {"v1.0.0": hub.head})


def test_standin_resumes_without_sending_again(folder: DatasetFolder, hub: StandIn) -> None:
    hub.between = Times(99, "POST", "/commit/", busy(3600))
    with pytest.raises(Unreachable):
        push(folder, hub)
    sent = hub.count("PUT", "/large/")
    assert sent > 0
    hub.between = Times(99, "POST", "/tag/", busy(3600))
    with pytest.raises(Unreachable):
        push(folder, hub)
    assert hub.tags == {}
    hub.between = None
    assert push(folder, hub).tagged
    assert hub.count("PUT", "/large/") == sent
    assert (len(hub.order), hub.tags) == (2, {"v1.0.0": hub.head})


def test_standin_existing_tag(folder: DatasetFolder, hub: StandIn) -> None:
    hub.make(REPO)
    hub.tags["v1.0.0"] = hub.head
    with pytest.raises(VersionError, match=r"the tag v1\.0\.0 on the Hub stands for something"):
        push(folder, hub)
    assert len(hub.order) == 1
    assert hub.count("PUT", "/large/") == 0


def test_standin_tag_given_meanwhile(folder: DatasetFolder, hub: StandIn) -> None:
    def meanwhile(_: object) -> None:
        hub.tags["v1.0.0"] = hub.order[place]

    place = -1
    hub.between = Times(1, "POST", "/tag/", meanwhile)
    push(folder, hub)
    place = 0
    hub.between = Times(1, "POST", "/tag/", meanwhile)
    hub.tags.clear()
    with pytest.raises(VersionError, match="stands for something else"):
        push(folder, hub)


def test_standin_refusals(folder: DatasetFolder, hub: StandIn, tmp_path: Path) -> None:
    create(tmp_path / "free", articles(3))
    free = DatasetFolder(tmp_path / "free", "ents")
    with pytest.raises(StateError, match=r"3 of 3 rows of ents v1\.0\.0 have texts of unknown"):
        push(free, hub)
    for name in ("ents", "a/b/c", "../x", "user/a..b", "user/ents.git", "user/a--b", "user/ä b"):
        with pytest.raises(InputError, match="is no repository"):
            HubRepo(name)
    assert hub.seen == []
    push(free, hub, allow_unknown_licence=True)
    with pytest.raises(StateError, match="another dataset, or both went on"):
        push(folder, hub)
    with pytest.raises(Unreachable, match="check HF_TOKEN") as denied:
        push_version(folder, "v1.0.0", repo(hub, token="hf_another"))
    assert "hf_another" not in str(denied.value)


def test_standin_foreign_repository_is_refused(folder: DatasetFolder, hub: StandIn) -> None:
    hub.make(REPO)
    hub.add({"train.csv": Blob(b"a,b\n", False)})
    with pytest.raises(StateError, match="holds something else"):
        push(folder, hub)
    with pytest.raises(StateError, match="no dataset of ours"):
        pull_dataset(folder, repo(hub))
    assert len(hub.order) == 2


def test_standin_damaged_and_retracted_versions_stay(folder: DatasetFolder, hub: StandIn) -> None:
    push(folder, hub)
    row = load_row(folder)
    retract_article(folder, row)
    with pytest.raises(VersionError, match="holds retracted articles"):
        push(folder, hub, "v1.1.0")
    # the version that marks the older ones is not on the Hub, and they must not be listed yet
    assert create(Path(folder.store), licensed(14)).manifest.version == "v2.1.0"
    push(folder, hub, "v2.1.0")
    card = hub.files["README.md"].decode()
    assert "config_name: v2.1.0" in card
    assert "config_name: v1.0.0" not in card
    data = next((Path(folder.where) / "v2.1.0/data").iterdir())
    data.unlink()
    data.write_bytes(b"PAR1")
    with pytest.raises(StateError, match="is damaged"):
        push(folder, hub, "v2.1.0")


def load_row(folder: DatasetFolder) -> str:
    import pyarrow.parquet as pq

    file = next((Path(folder.where) / "v1.1.0/data").glob("train-gold*"))
    found: str = pq.read_table(file, columns=["article_id"])["article_id"][0].as_py()
    return found


def test_standin_token_is_scrubbed_from_what_the_server_says(
    folder: DatasetFolder, hub: StandIn
) -> None:
    from werkzeug import Response

    hub.make(REPO)
    said = f'{{"error": "no right with {TOKEN}"}}'
    hub.between = lambda request: (
        Response(said, 403, content_type="application/json") if "/commit/" in request.path else None
    )
    with pytest.raises(Unreachable, match="no right with …") as denied:
        push(folder, hub)
    assert TOKEN not in str(denied.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HF_TOKEN", "hf_secret\x7f1"),
        ("HF_TOKEN", "hf_secret\nhf_more"),
        ("HF_TOKEN", "hf_secretä"),
        ("HF_ENDPOINT", "http://user:secret@127.0.0.1:9"),
        ("HF_ENDPOINT", "http://127.0.0.1:9/?token=secret"),
        ("HF_ENDPOINT", "127.0.0.1:9/secret"),
    ],
)
def test_a_token_or_address_that_is_none_is_refused_and_not_shown(
    folder: DatasetFolder, tmp_path: Path, name: str, value: str
) -> None:
    store = ("--repo", REPO, "--store", str(folder.store))
    for command in (("pull", "ents"), ("push", "ents", "v1.0.0", "--dry-run")):
        ran = annotate("version", *command, *store, home=tmp_path, env={name: value})
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.startswith(f"annotate: {name} ")
        assert "secret" not in ran.err


def test_standin_a_line_end_after_the_token_is_no_part_of_it(
    folder: DatasetFolder, hub: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", f"{TOKEN}\n")
    push_version(folder, "v1.0.0", repo(hub, token=hub_token()))
    assert hub.tags == {"v1.0.0": hub.head}


def test_standin_a_token_that_the_client_has_saved_is_not_sent(
    folder: DatasetFolder, hub: StandIn, tmp_path: Path
) -> None:
    push(folder, hub)  # into a private repository
    (tmp_path / "hf").mkdir()
    (tmp_path / "hf" / "token").write_text(TOKEN)  # as `hf auth login` leaves it
    env = {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "hf"), "HF_TOKEN": ""}
    pull = ("version", "pull", "ents", "--repo", REPO, "--store", "back")
    ran = annotate(*pull, home=tmp_path, env=env)
    assert (ran.code, ran.out) == (1, "")
    assert "no dataset of ours is there; check --repo and HF_TOKEN" in ran.err


def test_standin_pull_brings_the_dataset_back(
    folder: DatasetFolder, hub: StandIn, tmp_path: Path
) -> None:
    (Path(folder.where) / "card.md").write_text("Our own words.\n", encoding="utf-8")
    tag_version(folder, "v1.0.0", "paper")
    push(folder, hub)
    push(folder, hub, "v1.1.0")
    back = DatasetFolder(tmp_path / "back", "ents")
    done = pull_dataset(back, repo(hub))
    assert (done.entries, done.brought, done.absent) == (3, ["v1.0.0", "v1.1.0"], [])
    assert load_log(back) == load_log(folder)
    assert verify(back, deep=True) == []
    for version in ("v1.0.0", "v1.1.0"):
        assert tree(Path(back.where) / version) == tree(Path(folder.where) / version)
    assert (Path(back.where) / "card.md").read_text(encoding="utf-8") == "Our own words.\n"
    again = pull_dataset(back, repo(hub))
    assert (again.entries, again.brought) == (0, [])
    assert create(Path(back.store), licensed(14)).manifest.version == "v1.2.0"
    push(back, hub, "v1.2.0")
    with pytest.raises(StateError, match="ahead of this store"):
        push(folder, hub, "v1.1.0")
    assert pull_dataset(folder, repo(hub)).brought == ["v1.2.0"]
    assert verify(folder, deep=True) == []


def test_standin_pull_fills_the_folder_of_a_version_that_is_here_in_part(
    folder: DatasetFolder, hub: StandIn, tmp_path: Path
) -> None:
    push(folder, hub)
    push(folder, hub, "v1.1.0")
    back = DatasetFolder(tmp_path / "back", "ents")
    shutil.copytree(folder.where, back.where)
    shutil.rmtree(Path(back.where) / ".annotate" / "objects")
    gold = next((Path(back.where) / "v1.0.0" / "data").glob("*-gold-*"))
    gold.unlink()
    gold.write_text("version https://git-lfs.github.com/spec/v1\n")  # a clone without its files
    (Path(back.where) / "v1.1.0" / "manifest.json").unlink()
    assert pull_dataset(back, repo(hub)).brought == ["v1.0.0", "v1.1.0"]
    assert verify(back) == []


def tree(root: Path) -> dict[str, bytes]:
    found = (p for p in root.rglob("*") if p.is_file())
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in found}


def test_standin_pull_refuses_what_does_not_fit(
    folder: DatasetFolder, hub: StandIn, tmp_path: Path
) -> None:
    push(folder, hub)
    create(tmp_path / "other", licensed(5))
    other = DatasetFolder(tmp_path / "other", "ents")
    before = tree(Path(other.where))
    with pytest.raises(StateError, match="does not fit the one here"):
        pull_dataset(other, repo(hub))
    assert tree(Path(other.where)) == before
    with pytest.raises(InputError, match="this is the dataset ents, not claims"):
        pull_dataset(DatasetFolder(tmp_path / "new", "claims"), repo(hub))
    data = next(path for path in hub.files if path.endswith(".parquet"))
    hub.add({data: Blob(b"PAR1 something else", True)})
    new = DatasetFolder(tmp_path / "new", "ents")
    with pytest.raises(StateError, match="is not the file that was committed"):
        pull_dataset(new, repo(hub))
    assert load_log_names(new) == []
    hub.add({".annotate/log/00000001.json": Blob(b"{}", False)})
    with pytest.raises(StateError, match="the log entry is damaged"):
        pull_dataset(new, repo(hub))


def test_standin_pull_refuses_another_name_also_where_no_version_can_be_brought(
    folder: DatasetFolder, hub: StandIn, tmp_path: Path
) -> None:
    push(folder, hub)
    for path in [path for path in hub.files if path.endswith(".parquet")]:
        del hub.commits[hub.head][path]
    other = DatasetFolder(tmp_path / "new", "claims")
    with pytest.raises(InputError, match="this is the dataset ents, not claims"):
        pull_dataset(other, repo(hub))
    assert not Path(other.where).exists()
    assert pull_dataset(DatasetFolder(tmp_path / "new", "ents"), repo(hub)).brought == []


def load_log_names(folder: DatasetFolder) -> list[str]:
    return folder.files.names(".annotate/log")


def test_standin_pull_says_what_is_not_there(
    folder: DatasetFolder, hub: StandIn, tmp_path: Path
) -> None:
    push(folder, hub, "v1.1.0")
    back = DatasetFolder(tmp_path / "back", "ents")
    done = pull_dataset(back, repo(hub))
    assert (done.entries, done.brought, done.absent) == (2, ["v1.1.0"], ["v1.0.0"])
    assert {problem.version for problem in verify(back)} == {"v1.0.0"}
    assert "older version" not in (Path(back.where) / "README.md").read_text(encoding="utf-8")
    # it may hold the article too, and would stay unmarked
    with pytest.raises(StateError, match=r"manifest\.json of v1\.0\.0 is missing"):
        retract_article(back, open_version(back).gold_rows(limit=1)[0]["id"])


def test_standin_work_goes_on_without_a_version_that_was_not_brought(
    folder: DatasetFolder, hub: StandIn, tmp_path: Path
) -> None:
    words = Path(folder.where) / "card.md"
    words.write_text("Our own words.\n", encoding="utf-8")
    create(tmp_path / "store", licensed(14))
    for version in ("v1.0.0", "v1.2.0"):
        push(folder, hub, version)
    store = tmp_path / "back"
    back = DatasetFolder(store, "ents")
    assert pull_dataset(back, repo(hub)).absent == ["v1.1.0"]
    assert diff_versions("ents", "v1.0.0", "v1.2.0", store=store).splits["train"].added == 2
    ran = annotate("report", "ents", "-o", "page.html", "--store", store, home=tmp_path)
    assert (ran.code, ran.out) == (0, "")
    (Path(back.where) / "card.md").write_text("Our own words.\nAnd more.\n", encoding="utf-8")
    push(back, hub, "v1.2.0")
    assert "And more." in hub.files["README.md"].decode()
    # of tasks that were pushed with another config, the versions are asked for it
    before = parse_label_config(config_xml(), where="").digest
    tasks = licensed(14)
    tasks[0]["data"]["config_digest"] = before
    made = create(store, tasks, labels=(*LABELS, "LOC")).manifest
    assert (made.version, made.parent) == ("v1.3.0", "v1.2.0")


def test_standin_an_article_is_retracted_where_versions_that_held_another_were_not_brought(
    folder: DatasetFolder, hub: StandIn, tmp_path: Path
) -> None:
    one, other = (row["id"] for row in open_version(folder).gold_rows(limit=2))
    retract_article(folder, one)
    push(folder, hub, "v2.0.0")
    back = DatasetFolder(tmp_path / "back", "ents")
    assert pull_dataset(back, repo(hub)).absent == ["v1.0.0", "v1.1.0"]
    done = retract_article(back, other)
    assert (done.version, done.marked) == ("v3.0.0", ["v2.0.0"])


def test_standin_a_disk_that_takes_no_more_is_not_the_hub(
    folder: DatasetFolder, hub: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(folder, hub)
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("it waits"))
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match="File too large") as caught:
            pull_dataset(DatasetFolder(tmp_path / "back", "ents"), repo(hub))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert caught.value.errno == errno.EFBIG


def test_standin_commands_and_load_dataset(
    folder: DatasetFolder, hub: StandIn, tmp_path: Path
) -> None:
    env = {
        "HF_ENDPOINT": hub.address,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HOME": str(tmp_path / "hf"),
        "ANNOTATE_STORE": str(folder.store),
    }
    push_args = ("version", "push", "ents", "v1.0.0", "--repo", REPO)
    ran = annotate(*push_args, home=tmp_path, env=env | {"HF_TOKEN": ""})
    assert (ran.code, ran.err) == (
        1,
        "annotate: HF_TOKEN is not set; set it to a token that may write\n",
    )
    dry_run = (*push_args, "--dry-run", "--json")
    ran = annotate(*dry_run, home=tmp_path, env=env | {"HF_TOKEN": ""})
    assert ran.code == 0, ran.err
    planned = ran.json
    env["HF_TOKEN"] = TOKEN
    assert annotate(*dry_run, home=tmp_path, env=env).json == planned
    ran = annotate(*push_args, home=tmp_path, env=env)
    assert ran.code == 0, ran.err
    assert TOKEN not in ran.out + ran.err
    assert ran.err.endswith(
        f"{len(planned['files'])} files, {planned['bytes']:,} bytes went to user/ents; tag v1.0.0\n"
    )
    assert annotate(*push_args[:3], "v1.1.0", *push_args[4:], home=tmp_path, env=env).code == 0
    code = (
        "from datasets import load_dataset\n"
        "for options in ({}, {'name': 'v1.0.0'}, {'revision': 'v1.0.0'},"
        " {'name': 'v1.1.0-annotations', 'streaming': True}):\n"
        "    found = load_dataset('user/ents', **options).values()\n"
        "    print(sum(1 for rows in found for _ in rows), flush=True)\n"
        # what pyarrow's threads may do where an interpreter ends: apache/arrow#45214
        "import os; os._exit(0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=dict(os.environ) | env,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["13", "12", "12", "26"]
    pulled = ("version", "pull", "ents", "--repo", REPO, "--store", "back")
    ran = annotate(*pulled, home=tmp_path, env=env)
    assert ran.out == "ents: 2 new entries; brought v1.0.0, v1.1.0\n", ran.err
    assert annotate("version", "verify", "ents", "--store", "back", home=tmp_path).code == 0


def test_standin_push_never_overwrites_words_written_on_the_hub(
    folder: DatasetFolder, hub: StandIn
) -> None:
    words = Path(folder.where) / "card.md"
    words.write_text("Our own words.\n", encoding="utf-8")
    push(folder, hub)
    theirs = b"Our own words.\nWhat a co-author knows.\nAnd more.\n"
    hub.add({"card.md": Blob(theirs, False)})
    before = hub.head
    for dry_run in (True, False):
        with pytest.raises(StateError, match=r"'What a co-author knows\.', and 1 more") as refused:
            push(folder, hub, "v1.1.0", dry_run=dry_run)
    assert str(words) in str(refused.value)
    words.unlink()
    with pytest.raises(StateError, match=r"'Our own words\.', and 2 more"):
        push(folder, hub, "v1.1.0")
    assert (hub.head, hub.files["card.md"]) == (before, theirs)
    words.write_bytes(theirs + b"And of ours.\n")
    push(folder, hub, "v1.1.0")
    assert hub.files["card.md"] == words.read_bytes()
    assert "And of ours." in hub.files["README.md"].decode()


def test_standin_words_that_a_version_was_made_with_can_be_taken_back(
    tmp_path: Path, hub: StandIn
) -> None:
    folder = DatasetFolder(tmp_path, "ents")
    words = Path(folder.where) / "card.md"
    words.parent.mkdir(parents=True)
    words.write_text("A mistake.\n", encoding="utf-8")
    create(tmp_path, licensed(12))
    push(folder, hub)
    words.write_text("What is right.\n", encoding="utf-8")
    push(folder, hub)
    assert hub.files["card.md"] == b"What is right.\n"


@pytest.mark.parametrize(
    ("words", "why"),
    [(b"\xff\xfe", "is not UTF-8"), (b"---\nauthor: Ann\n---\nWords.\n", "front matter")],
)
def test_standin_pull_leaves_words_that_cannot_be_used(
    folder: DatasetFolder, hub: StandIn, tmp_path: Path, words: bytes, why: str
) -> None:
    push(folder, hub)
    hub.add({"card.md": Blob(words, False)})
    back = DatasetFolder(tmp_path / "back", "ents")
    done = pull_dataset(back, repo(hub))
    assert done.brought == ["v1.0.0"]
    assert why in str(done.unusable)
    assert not (Path(back.where) / "card.md").exists()
    assert verify(back, deep=True) == []
