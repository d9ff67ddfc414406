"""The store on S3: the real client and the real protocol, against a server on loopback."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import random
import re
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import s3fs
from datasets import load_dataset
from moto.s3.models import s3_backends

from annotate.annotations.pseudonym import PseudonymKey
from annotate.errors import InputError, StateError, Unreachable, VersionError
from annotate.pipeline import create_version, diff_versions, load_version
from annotate.store import s3
from annotate.store.care.collect import collect
from annotate.store.care.repair import repair
from annotate.store.care.verify import unfinished, verify
from annotate.store.checkout import checkout
from annotate.store.create.retract import retract_article
from annotate.store.diff.changes import find_changes
from annotate.store.folder import DatasetFolder, object_name
from annotate.store.log import read_log
from annotate.store.tag import tag_version
from annotate.store.versions import dataset_names, open_version
from tests.command import annotate
from tests.store import writer
from tests.store.bucket import (
    Answers,
    Between,
    Conflicts,
    CutsShort,
    LostAnswers,
    Requests,
    answer,
    deny_removal,
    ignore_conditions,
    serve,
    without_tags,
)
from tests.store.made import articles, config_xml, create_in, export

_STORE = "s3://bucket/datasets"
Start = Callable[[Between | None], str]
_FORK = multiprocessing.get_context("forkserver")
_FORK.set_forkserver_preload(["tests.store.writer"])


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Start]:
    """Starts a server with an empty bucket, and points the AWS_ variables at it."""
    open_servers = []

    def begin(between: Between | None) -> str:
        server = serve(between)
        address = server.__enter__()
        open_servers.append(server)
        for name, value in _aws(address).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        s3fs.S3FileSystem(skip_instance_cache=True).mkdir("bucket")
        return address

    yield begin
    for server in open_servers:
        server.__exit__(None, None, None)


def _aws(address: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def _create(tmp_path: Path, count: int, **options: Any) -> Any:
    return create_in(_STORE, tmp_path, articles(count, **options)).manifest


@pytest.mark.parametrize(
    ("name", "older", "oldest"), [("s3fs", "2026.2.0", "2026.3"), ("aiobotocore", "3.0.0", "3.1")]
)
def test_a_client_that_is_too_old_is_said_before_anything_is_written(
    name: str, older: str, oldest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"{name}-{older}.dist-info").mkdir()
    (tmp_path / f"{name}-{older}.dist-info" / "METADATA").write_text(
        f"Name: {name}\nVersion: {older}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(StateError) as caught:
        s3.S3Files("s3://bucket/datasets")
    assert str(caught.value) == (
        f"s3://bucket/datasets: {name} {older} is too old; pip install '{name}>={oldest}'"
    )


def test_the_whole_life_of_a_dataset(start: Start, tmp_path: Path) -> None:
    start(None)
    folder = DatasetFolder(_STORE, "ents")
    assert _create(tmp_path, 12).version == "v1.0.0"
    assert _create(tmp_path, 13).version == "v1.1.0"
    assert dataset_names(_STORE) == ["ents"]
    assert diff_versions("ents", "v1.0.0", "v1.1.0", store=_STORE).bump == "minor"
    assert sum(map(len, load_version("ents", store=_STORE).values())) == 13
    tag_version(folder, "v1.0.0", "paper")
    with pytest.raises(VersionError, match="has the tag paper"):
        tag_version(folder, "v1.1.0", "paper")
    assert verify(folder, deep=True) == []
    checkout(open_version(folder, "paper"), tmp_path / "out")
    loaded = load_dataset(str(tmp_path / "out"))
    assert sum(map(len, loaded.values())) == 12
    retract_article(folder, next(iter(loaded.values()))[0]["id"])
    collect(folder, purge=True)
    assert not folder.files.exists("v1.0.0")
    assert verify(folder, deep=True) == []


def test_copies_of_versions_are_told_apart_and_made_at_once(start: Start, tmp_path: Path) -> None:
    start(None)
    stores = ("s3://bucket/one", "s3://bucket/two")
    (tmp_path / "config.xml").write_text(config_xml())
    options: Any = {"config": tmp_path / "config.xml", "scheme": "entities"}
    options["inputs"] = [export(tmp_path / "export.json", articles(3))]
    made = [
        create_version("ents", store=store, key=PseudonymKey(store.encode()), **options)
        for store in stores
    ]
    assert made[0].manifest.logical_hash == made[1].manifest.logical_hash
    ready = Barrier(8)

    def load(store: str) -> set[str]:
        ready.wait()
        rows = load_version("ents", store=store)["train"]
        return {name for names in rows["annotators"] for name in names}

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(load, stores * 4))
    for one, names in zip(made, (found[::2], found[1::2]), strict=True):
        assert names == [set(one.manifest.numbers.annotators)] * 4


def test_a_store_has_one_place_however_its_slashes_are_written(
    start: Start, tmp_path: Path
) -> None:
    start(None)
    _create(tmp_path, 2)
    for store in (f"{_STORE}/", f"{_STORE}//", "s3://bucket//datasets"):
        assert dataset_names(store) == ["ents"]
        assert [e.version for e in read_log(DatasetFolder(store, "ents")).versions] == ["v1.0.0"]
        assert DatasetFolder(store, "ents").where == f"{_STORE}/ents"
    assert create_in(f"{_STORE}/", tmp_path, articles(3)).manifest.version == "v1.1.0"
    assert create_in("s3://bucket/", tmp_path, articles(3)).manifest.version == "v1.0.0"
    assert s3fs.S3FileSystem(skip_instance_cache=True).exists("bucket/ents/v1.0.0/README.md")


def test_plain_datasets_reads_the_files(start: Start, tmp_path: Path) -> None:
    address = start(None)
    _create(tmp_path, 3)
    names = DatasetFolder(_STORE, "ents").files.names("v1.0.0/data")
    gold = [f"{_STORE}/ents/v1.0.0/data/{name}" for name in names if "-gold-" in name]
    options = {"key": "key", "secret": "secret", "client_kwargs": {"endpoint_url": address}}
    loaded = load_dataset(
        "parquet", data_files=gold, storage_options=options, cache_dir=str(tmp_path / "cache")
    )
    assert len(loaded["train"]) == 3
    assert loaded["train"].features["entities"].feature["label"].names == ["PER", "ORG", "GPE"]


def test_a_local_and_a_remote_version_have_one_hash(start: Start, tmp_path: Path) -> None:
    start(None)
    remote = _create(tmp_path, 5)
    local = create_in(tmp_path / "store", tmp_path, articles(5)).manifest
    assert remote.logical_hash == local.logical_hash
    assert remote.configs == local.configs


def test_damage_on_s3_is_found_and_repaired(start: Start, tmp_path: Path) -> None:
    start(None)
    _create(tmp_path, 3)
    folder = DatasetFolder(_STORE, "ents")
    other = tmp_path / "other"
    other.write_bytes(b"other")
    files = open_version(folder).entry.files
    for file in files:
        folder.files.replace(f"v1.0.0/{file.path}", other)
    folder.files.replace("v1.0.0/extra", other)
    folder.files.remove("README.md")
    assert len(verify(folder)) == len(files) + 2
    repair(folder)
    assert verify(folder, deep=True) == []


def test_what_others_put_beside_the_files_takes_no_file_along(start: Start, tmp_path: Path) -> None:
    start(None)
    _create(tmp_path, 3)
    folder = DatasetFolder(_STORE, "ents")
    whole = folder.files.walk("v1.0.0")
    # an object that ends in a slash is how consoles and other tools make a folder
    for name in ("", "ents/", "ents/.annotate/", "ents/.annotate/tmp/", "ents/.annotate/objects/"):
        _put_raw(f"datasets/{name}")
    for name in ("", "data/"):
        _put_raw(f"datasets/ents/v1.0.0/{name}")
    assert dataset_names(_STORE) == ["ents"]
    assert verify(folder, deep=True) == []
    assert collect(folder).files == []
    assert repair(folder) == ([], [])
    for name in ("data", "data/*", "[a-z]"):
        _put_raw(f"datasets/ents/v1.0.0/{name}")
    extra = ["v1.0.0/[a-z]", "v1.0.0/data", "v1.0.0/data/*"]
    assert [problem.place for problem in verify(folder)] == extra
    assert repair(folder) == ([], extra)
    assert folder.files.walk("v1.0.0") == whole
    assert verify(folder, deep=True) == []


def _put_raw(key: str) -> None:
    fs = s3fs.S3FileSystem(skip_instance_cache=True)
    fs.call_s3("put_object", Bucket="bucket", Key=key, Body=b"")


def test_what_the_store_does_not_remove_is_not_called_removed(start: Start, tmp_path: Path) -> None:
    denied = [False]
    start(lambda *args: deny_removal(*args) if denied[0] else args[2](*args[:2]))
    _create(tmp_path, 3)
    folder = DatasetFolder(_STORE, "ents")
    gold = open_version(folder).config_paths("gold")["train"]
    article = pq.read_table(*gold, columns=["article_id"])["article_id"][0].as_py()
    denied[0] = True
    # who may only add can make versions
    assert retract_article(folder, article).marked == ["v1.0.0"]
    with pytest.raises(Unreachable, match="access denied: AccessDenied"):
        collect(folder, purge=True)
    denied[0] = False
    assert collect(folder).files == ["v1.0.0"]
    assert folder.files.walk("v1.0.0") == []


def test_nothing_is_built_on_a_damaged_object(start: Start, tmp_path: Path) -> None:
    start(None)
    _create(tmp_path, 3)
    folder = DatasetFolder(_STORE, "ents")
    version = open_version(folder)
    table = pq.read_table(*version.config_paths("gold")["train"], partitioning=None)
    other = tmp_path / "other.parquet"
    pq.write_table(table.set_column(5, "title", pa.array(["Another day"] * 3)), other)
    assert table.column_names[5] == "title"
    (file,) = version.configs["gold"].files
    folder.files.replace(object_name(file.sha256), other)
    with pytest.raises(StateError, match=f"{file.path} of ents v1.0.0 is damaged"):
        _create(tmp_path, 4)
    repair(folder)
    assert _create(tmp_path, 4).version == "v1.1.0"


def test_a_store_that_ignores_conditions_is_refused(start: Start, tmp_path: Path) -> None:
    start(ignore_conditions)
    with pytest.raises(StateError, match="ignores conditional writes"):
        _create(tmp_path, 3)
    assert s3fs.S3FileSystem(skip_instance_cache=True).find("bucket") == []


class _Forgets:
    """A store that ignores conditions from some moment on."""

    def __init__(self) -> None:
        self.now = False

    def __call__(self, environ: dict[str, Any], start: Any, moto: Any) -> Any:
        return ignore_conditions(environ, start, moto) if self.now else moto(environ, start)


def test_nothing_at_all_is_logged_where_conditions_are_ignored(
    start: Start, tmp_path: Path
) -> None:
    forgets = _Forgets()
    start(forgets)
    _create(tmp_path, 1)
    row = open_version(DatasetFolder(_STORE, "ents")).gold_rows(limit=1)[0]["id"]

    def refused(act: Callable[[DatasetFolder], object]) -> None:
        forgets.now = True
        before = s3fs.S3FileSystem(skip_instance_cache=True).find("bucket")
        with pytest.raises(StateError, match="ignores conditional writes"):
            act(DatasetFolder(_STORE, "ents"))
        assert s3fs.S3FileSystem(skip_instance_cache=True).find("bucket") == before
        forgets.now = False

    refused(lambda folder: tag_version(folder, "v1.0.0", "paper"))
    # of a version with no other article it marks, and makes none
    refused(lambda folder: retract_article(folder, row))
    retract_article(DatasetFolder(_STORE, "ents"), row)
    refused(lambda folder: collect(folder, purge=True))


def test_409_is_tried_again_and_412_is_not(start: Start, tmp_path: Path) -> None:
    conflicts = Conflicts(0)
    start(conflicts)
    _create(tmp_path, 2)
    conflicts.left = 3
    assert _create(tmp_path, 3).version == "v1.1.0"
    assert conflicts.left == 0
    conflicts.left = 100
    with pytest.raises(Unreachable, match="conditional writes met another one"):
        tag_version(DatasetFolder(_STORE, "ents"), "v1.0.0", "paper")
    assert conflicts.left == 92
    conflicts.left = 0
    files = DatasetFolder(_STORE, "ents").files
    other = tmp_path / "other"
    other.write_bytes(b"other")
    assert not files.put_new(".annotate/log/00000001.json", other)
    assert len(read_log(DatasetFolder(_STORE, "ents")).versions) == 2


def test_a_commit_whose_answer_was_lost_is_a_commit(start: Start, tmp_path: Path) -> None:
    lost = LostAnswers()
    start(lost)
    assert _create(tmp_path, 2).version == "v1.0.0"
    assert _create(tmp_path, 3).version == "v1.1.0"
    assert len(lost.lost) == 2
    folder = DatasetFolder(_STORE, "ents")
    assert [e.version for e in read_log(folder).versions] == ["v1.0.0", "v1.1.0"]
    assert verify(folder) == []


def test_entries_of_the_log_are_read_once(start: Start, tmp_path: Path) -> None:
    requests = Requests()
    start(requests)

    def read() -> list[str]:
        return [p[-13:] for method, p in requests.seen if method == "GET" and "/log/0" in p]

    for count in range(2, 7):
        _create(tmp_path, count)
    folder = DatasetFolder(_STORE, "ents")
    assert len(read_log(folder).versions) == 5
    assert read() == [f"{n:08d}.json" for n in range(1, 6)]
    # another writer of the same store has read none, and all names keep their order
    requests.seen.clear()
    s3._READ.clear()
    assert [entry.seq for entry in read_log(folder).entries] == [1, 2, 3, 4, 5]
    assert sorted(read()) == [f"{n:08d}.json" for n in range(1, 6)]


def test_a_file_of_a_version_is_fetched_once(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotate.store.diff.changes._BATCH", 2)
    requests = Requests()
    start(requests)
    _create(tmp_path, 6)
    _create(tmp_path, 6, label="ORG")
    folder = DatasetFolder(_STORE, "ents")
    versions = open_version(folder, "v1.0.0"), open_version(folder, "v2.0.0")
    data = {
        f"/{folder.where[5:]}/{object_name(file.sha256)}"
        for version in versions
        for config in version.configs.values()
        for file in config.files
    }

    def fetched() -> Counter[str]:
        return Counter(path for method, path in requests.seen if method == "GET" and path in data)

    requests.seen.clear()
    assert find_changes(*versions, most=1, label="ORG").tasks == 6
    assert set(fetched().values()) == {1}
    requests.seen.clear()
    assert verify(folder, deep=True) == []
    # once to be hashed, once to be read
    assert fetched() == dict.fromkeys(data, 2)


@pytest.mark.parametrize("between", [None, without_tags], ids=["", "without ETags"])
def test_an_entry_that_was_written_over_is_read_again(
    start: Start, tmp_path: Path, between: Between | None
) -> None:
    start(between)
    for count in (2, 3):
        _create(tmp_path, count)
    folder = DatasetFolder(_STORE, "ents")
    name = ".annotate/log/00000001.json"
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_bytes(folder.files.read(name))
    bad.write_bytes(good.read_bytes().replace(b"major", b"minor"))
    folder.files.replace(name, bad)
    with pytest.raises(StateError, match="damaged"):
        read_log(folder)
    folder.files.replace(name, good)
    assert len(read_log(folder).versions) == 2


class _AnotherIsFirst:
    """Lets another writer commit before the first entry of a log is put, then that put goes on."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.act, self.done = act, False

    def __call__(self, environ: dict[str, Any], start: Any, moto: Any) -> Any:
        if "HTTP_IF_NONE_MATCH" in environ and "/log/" in environ["PATH_INFO"] and not self.done:
            self.done = True
            self.act()
        return moto(environ, start)


def test_the_folder_of_the_winner_holds_its_files_alone(start: Start, tmp_path: Path) -> None:
    def win() -> None:
        create_in(_STORE, tmp_path / "winner", articles(12, start=50))

    between = _AnotherIsFirst(win)
    start(between)
    with pytest.raises(VersionError, match=r"another writer committed v1\.0\.0 first"):
        _create(tmp_path, 12)
    folder = DatasetFolder(_STORE, "ents")
    assert [entry.message for entry in read_log(folder).versions] == [""]
    assert verify(folder, deep=True) == []


class _Killed(BaseException):
    """Stands for the end of a process."""


def test_a_commit_removes_what_a_killed_writer_left(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(None)
    _create(tmp_path, 12)

    def die(*_: Any, **__: Any) -> None:
        raise _Killed

    with monkeypatch.context() as patch, pytest.raises(_Killed):
        patch.setattr("annotate.store.commit.append_entry", die)
        _create(tmp_path, 13)
    folder = DatasetFolder(_STORE, "ents")
    left = set(folder.files.walk("v1.1.0"))
    # it may still run
    assert (verify(folder), unfinished(folder)) == ([], ["v1.1.0"])
    ran = annotate("version", "verify", "ents", "--store", _STORE, home=tmp_path)
    assert (ran.code, ran.out) == (0, "")
    assert "v1.1.0 is not in the log: its commit still runs, or was broken off" in ran.err
    with monkeypatch.context() as patch:
        patch.setattr(s3, "_GRACE", dt.timedelta(0))
        assert [p.line() for p in verify(folder)] == ["v1.1.0: is not in the log"]
        assert unfinished(folder) == []
    assert _create(tmp_path, 15).version == "v1.1.0"
    assert left - set(folder.files.walk("v1.1.0"))
    assert verify(folder, deep=True) == []


def test_what_was_left_in_a_folder_later_is_collected_when_it_is_old(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(None)
    _create(tmp_path, 2)
    folder = DatasetFolder(_STORE, "ents")
    other = tmp_path / "other"
    other.write_bytes(b"of a killed writer")
    folder.files.replace("v1.0.0/data/train-gold-00000-aaaaaaaaaaaa.parquet", other)
    assert collect(folder).files == []
    monkeypatch.setattr(s3, "_GRACE", dt.timedelta(0))
    assert collect(folder).files == ["v1.0.0/data/train-gold-00000-aaaaaaaaaaaa.parquet"]
    assert verify(folder, deep=True) == []


def test_a_commit_in_whose_midst_the_machine_sleeps_gives_up(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # clock_gettime(2): CLOCK_BOOTTIME goes on in a sleep, and CLOCK_MONOTONIC does not
    asleep, clock = [0.0], time.clock_gettime
    monkeypatch.setattr(time, "clock_gettime", lambda which: clock(which) + slept(which))

    def slept(which: int) -> float:
        return asleep[0] if which == time.CLOCK_BOOTTIME else 0.0

    def between(environ: dict[str, Any], begin: Any, moto: Any) -> Any:
        if environ["REQUEST_METHOD"] == "PUT" and "/objects/" in environ["PATH_INFO"]:
            asleep[0] = 13 * 3600
        return moto(environ, begin)

    start(between)
    with pytest.raises(StateError, match="the commit took too long; run it again"):
        _create(tmp_path, 1)
    assert read_log(DatasetFolder(_STORE, "ents")).entries == []
    assert _create(tmp_path, 1).version == "v1.0.0"


def test_young_files_are_not_collected(start: Start, tmp_path: Path) -> None:
    start(None)
    _create(tmp_path, 2)
    folder = DatasetFolder(_STORE, "ents")
    source = tmp_path / "half"
    source.write_bytes(b"of a running commit")
    name = f".annotate/objects/00/{'0' * 64}"
    folder.files.put_object(name, source, "0" * 64)
    assert collect(folder) == ([], [], [], [name])


def test_an_old_file_that_a_commit_puts_again_is_not_collected(
    start: Start, tmp_path: Path
) -> None:
    start(None)
    _create(tmp_path, 2)
    folder, source = DatasetFolder(_STORE, "ents"), tmp_path / "source"
    source.write_bytes(b"of a commit that was killed, and of one that runs")
    name = object_name("0" * 64)
    held = s3_backends["123456789012"]["aws"].buckets["bucket"].keys
    folder.files.put_object(name, source, "0" * 64)
    held[f"datasets/ents/{name}"].last_modified -= dt.timedelta(hours=25)
    assert collect(folder, dry_run=True) == ([name], [], [], [])
    folder.files.put_object(name, source, "0" * 64)
    assert collect(folder, dry_run=True) == ([], [], [], [name])


def test_a_folder_with_one_young_file_is_not_collected(start: Start, tmp_path: Path) -> None:
    start(None)
    _create(tmp_path, 2)
    folder, source = DatasetFolder(_STORE, "ents"), tmp_path / "source"
    source.write_bytes(b"of a commit that was killed, and of one that runs")
    old, young = "v9.0.0/data/old.parquet", "v9.0.0/data/young.parquet"
    folder.files.replace(old, source)
    folder.files.replace(young, source)
    held = s3_backends["123456789012"]["aws"].buckets["bucket"].keys
    held[f"datasets/ents/{old}"].last_modified -= dt.timedelta(hours=25)
    assert collect(folder, dry_run=True) == ([], [], [], ["v9.0.0"])
    folder.files.remove(young)
    assert collect(folder, dry_run=True) == (["v9.0.0"], [], [], [])


def test_a_commit_gives_up_long_before_its_objects_may_be_collected(
    start: Start, tmp_path: Path
) -> None:
    start(None)
    source = tmp_path / "entry"
    source.write_bytes(b"an entry")
    files = s3.S3Files(f"{_STORE}/ents")
    for number, hours in enumerate((11, 13, 11)):
        with files.committing():
            files.make_folders()
            assert files._began is not None
            files._began -= hours * 3600
            if hours > 12:
                with pytest.raises(StateError, match="the commit took too long; run it again"):
                    files.put_new(f"{number}", source)
            else:  # the clock is that of this commit, however long those before took
                assert files.put_new(f"{number}", source)
    assert files.names("") == ["0", "2"]


def test_what_a_purge_leaves_for_a_day_is_said(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(None)
    _create(tmp_path, 3)
    folder = DatasetFolder(_STORE, "ents")
    version = open_version(folder)
    gold = version.config_paths("gold")["train"]
    retract_article(folder, pq.read_table(*gold, columns=["article_id"])["article_id"][0].as_py())
    objects = sorted(object_name(file.sha256) for file in version.entry.files)
    gc = ("version", "gc", "ents", "--purge", "--store", _STORE)
    planned = annotate(*gc, "--dry-run", "--json", home=tmp_path).json
    assert (planned["files"], planned["young"]) == (["v1.0.0"], objects)
    ran = annotate(*gc, home=tmp_path)
    assert (ran.code, ran.out) == (0, "v1.0.0\n")
    said = f"not removed yet: {len(objects)} that no version needs and that are younger than a day"
    assert f"{said}; run `annotate version gc ents` again then\n" in ran.err
    monkeypatch.setattr(s3, "_GRACE", dt.timedelta(0))
    done = collect(folder)
    assert (done.files, done.young) == (objects, [])


def test_a_purge_that_another_writer_came_before_is_a_purge(start: Start, tmp_path: Path) -> None:
    between = _AnotherIsFirst(lambda: tag_version(folder, "v2.0.0", "paper"))
    between.done = True
    start(between)
    folder = DatasetFolder(_STORE, "ents")
    _create(tmp_path, 3)
    retract_article(folder, open_version(folder).gold_rows(limit=1)[0]["id"])
    between.done = False
    assert collect(folder, purge=True).purged == ["v1.0.0"]
    log = read_log(folder)
    assert (log.purged, log.tags) == ({"v1.0.0"}, {"paper": "v2.0.0"})
    assert not folder.files.exists("v1.0.0")


def test_no_server_is_exit_code_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in _aws("http://127.0.0.1:9").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    ran = annotate("version", "list", "ents", "--store", _STORE, home=tmp_path)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith(f"annotate: {_STORE}/ents: ")
    assert "Traceback" not in ran.err


def test_a_bucket_that_is_not_there_is_one_line(start: Start, tmp_path: Path) -> None:
    start(None)
    made = export(tmp_path / "export.json", articles(2))
    ran = annotate(
        *("version", "create", "ents", "--scheme", "entities", "--from", made),
        *("--store", "s3://nobucket/x"),
        home=tmp_path,
    )
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1)
    assert "s3://nobucket/x/ents: there is no such bucket" in ran.err
    folder = DatasetFolder("s3://nobucket/x", "ents")
    acts: list[Callable[[], object]] = [
        lambda: dataset_names("s3://nobucket/x"),
        lambda: open_version(folder),
        lambda: verify(folder),
        lambda: tag_version(folder, "v1.0.0", "paper"),
        lambda: collect(folder),
        lambda: retract_article(folder, "a"),
        lambda: repair(folder),
    ]
    for act in acts:
        with pytest.raises(StateError, match=r"there is no such bucket"):
            act()
    ran = annotate("version", "show", "ents", "--store", "s3://nobucket/x", home=tmp_path)
    assert (ran.code, ran.out) == (1, "")
    assert "s3://nobucket/x/ents: there is no such bucket; make it" in ran.err


def test_names_that_no_bucket_can_have(start: Start) -> None:
    answers = Answers()
    start(answers)
    for store in ("s3://", "s3:///x"):
        with pytest.raises(InputError, match="names no bucket"):
            dataset_names(store)
        with pytest.raises(InputError, match="names no bucket"):
            DatasetFolder(store, "ents")
    with pytest.raises(StateError, match="no bucket can have this name"):
        dataset_names("s3://a b/x")
    # as S3 answers for a name of capitals; moto says that there is no such bucket
    answers.now = _error("400 Bad Request", "InvalidBucketName")
    with pytest.raises(StateError, match="no bucket can have this name") as caught:
        DatasetFolder("s3://UPPER_case", "ents").must_exist()
    assert str(caught.value).startswith("s3://UPPER_case/ents: ")


@pytest.mark.parametrize("address", ["localhost:9000", "", "notaurl", "http://"])
def test_an_address_that_is_none(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in _aws(address).items():
        monkeypatch.setenv(name, value)
    said = r"^s3://bucket/datasets: AWS_ENDPOINT_URL is not the address of an S3 server; write it"
    with pytest.raises(Unreachable) as caught:
        dataset_names(_STORE)
    assert re.match(said, str(caught.value))


@pytest.mark.parametrize(
    ("status", "code"), [("500 Oh", "InternalError"), ("503 Slow Down", "SlowDown")]
)
def test_a_server_that_cannot_is_exit_code_3(
    start: Start, tmp_path: Path, status: str, code: str
) -> None:
    answers = Answers()
    start(answers)
    _create(tmp_path, 1)
    answers.now = _error(status, code)
    env = {"AWS_MAX_ATTEMPTS": "1"}
    ran = annotate("version", "show", "ents", "--store", _STORE, home=tmp_path, env=env)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (3, "", 1)
    assert ran.err.startswith(f"annotate: {_STORE}/ents: the store answers {status[:3]} ({code})")


def test_a_connection_that_breaks_is_not_called_another_server(
    start: Start, tmp_path: Path
) -> None:
    server = CutsShort()
    start(server)
    _create(tmp_path, 2)
    server.cuts = True
    for args in (("show", "ents"), ("restore", "ents", "v1.0.0", "out")):
        ran = annotate("version", *args, "--store", _STORE, home=tmp_path)
        assert (ran.code, ran.out) == (3, "")
        said = "the connection broke in the middle of an answer; try again"
        assert ran.err == f"annotate: {_STORE}/ents: {said}\n"
    assert not (tmp_path / "out").exists()


def test_a_file_that_a_purge_removes_meanwhile_is_named(start: Start, tmp_path: Path) -> None:
    purged = [False]

    def between(environ: dict[str, Any], begin: Any, moto: Any) -> Any:
        path = environ["PATH_INFO"]
        if purged[0] and environ["REQUEST_METHOD"] == "GET" and re.search("objects/|/data/", path):
            return answer("404 Not Found", "NoSuchKey", begin)
        return moto(environ, begin)

    start(between)
    manifest = _create(tmp_path, 2)
    purged[0] = True
    ran = annotate("show", "ents@v1.0.0", "--store", _STORE, home=tmp_path)
    gold = manifest.configs["gold"].files[0].path
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"annotate: {_STORE}/ents: {gold} of v1.0.0 is missing; restore")


def test_a_server_that_says_nothing_is_tried_as_often_as_botocore_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(s3fs.S3FileSystem, "read_timeout", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        for name, value in {**_aws(address), "AWS_MAX_ATTEMPTS": "2"}.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(Unreachable, match="Read timeout"):
            dataset_names(_STORE)
        silent.setblocking(False)
        for _ in range(2):
            silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()


def test_what_answers_as_no_s3_server_does_is_no_empty_store(start: Start, tmp_path: Path) -> None:
    answers = Answers()
    start(answers)
    _create(tmp_path, 1)
    met = DatasetFolder(_STORE, "ents")
    met.must_exist()
    answers.now = ("200 OK", "text/html", b"<html>Please log in</html>")
    acts: list[Callable[[], object]] = [
        lambda: dataset_names(_STORE),
        lambda: open_version(DatasetFolder(_STORE, "ents")),
        lambda: _create(tmp_path, 2),
        lambda: met.files.exists("README.md"),
    ]
    for act in acts:
        with pytest.raises(Unreachable, match="what answers is no S3 server"):
            act()
    ran = annotate("doctor", "--json", "--store", _STORE, home=tmp_path)
    (said,) = [finding for finding in ran.json if finding["name"] == "store"]
    assert (ran.code, said["state"]) == (3, "bad")
    assert said["says"].startswith("what answers is no S3 server")


def _error(status: str, code: str) -> tuple[str, str, bytes]:
    body = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>"
    return status, "application/xml", body.encode()


def test_of_writers_at_once_one_wins_and_the_others_are_told(start: Start, tmp_path: Path) -> None:
    start(None)
    for number in range(4):
        store, acks = f"{_STORE}/{number}", tmp_path / f"acks-{number}"
        acks.mkdir()
        env = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        ready = _FORK.Barrier(4)
        processes = [
            _FORK.Process(
                target=writer.write_to, args=(store, tmp_path / "in", n, acks, ready, env)
            )
            for n in range(4)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        assert [process.exitcode for process in processes] == [0, 0, 0, 0]
        assert list(writer.acknowledged(acks)) == ["v1.0.0"]
        for refused in acks.glob("*.refused"):
            assert "another writer committed v1.0.0 first" in refused.read_text()
        assert verify(DatasetFolder(store, "ents")) == []


def _crash(tmp_path: Path, rounds: int) -> None:
    acks, chance = tmp_path / "acks", random.Random(rounds)  # noqa: S311
    env = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    acks.mkdir()
    _create(tmp_path, 1)
    for number in range(rounds):
        begin = time.monotonic() + 0.1
        processes = [
            _FORK.Process(target=writer.write_to, args=(_STORE, tmp_path, n, acks, begin, env))
            for n in range(3 * number, 3 * number + 3)
        ]
        for process in processes:
            process.start()
        time.sleep(chance.uniform(0.3, 1.5))
        for process in chance.sample(processes, chance.randint(1, 2)):
            process.kill()
        for process in processes:
            process.join()
    folder = DatasetFolder(_STORE, "ents")
    logged = {e.version: e.logical_hash for e in read_log(folder).versions}
    found = writer.acknowledged(acks)
    assert found.items() <= logged.items()
    assert found
    for name in logged:
        # whatever a dead writer left in its folder, a version comes whole or not at all
        checkout(open_version(folder, name), tmp_path / "out" / name)
    repair(folder)
    # what a dead writer left for a number that it did not get is in no log, and no damage yet
    assert verify(folder) == []


def test_thirty_commits_with_killed_writers(start: Start, tmp_path: Path) -> None:
    start(None)
    _crash(tmp_path, 10)


@pytest.mark.faults
def test_three_hundred_commits_with_killed_writers(start: Start, tmp_path: Path) -> None:
    start(None)
    _crash(tmp_path, 100)
