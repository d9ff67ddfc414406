"""Writers that are killed, that race, that are collected behind: what was acknowledged stays."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from datasets import load_dataset

from annotate.store.care.repair import repair
from annotate.store.care.verify import verify
from annotate.store.folder import DatasetFolder
from annotate.store.log import read_log
from tests.store import writer
from tests.store.made import articles, create

_FORK = multiprocessing.get_context("forkserver")
_FORK.set_forkserver_preload(["tests.store.writer"])


def _start(
    target: Callable[..., None], store: Path, acks: Path, numbers: range, **options: Any
) -> list[Any]:
    """Processes that begin at the same moment; by the clock, since one that is killed is late."""
    return _begin(target, store, acks, numbers, time.monotonic() + 0.1, **options)


def _begin(
    target: Callable[..., None],
    store: Path,
    acks: Path,
    numbers: range,
    begin: writer.Moment,
    **options: Any,
) -> list[Any]:
    acks.mkdir(exist_ok=True)
    found = [
        _FORK.Process(target=target, args=(store, n, acks, begin), kwargs=options) for n in numbers
    ]
    for process in found:
        process.start()
    return found


def _check(store: Path, acks: Path) -> None:
    """Every acknowledged version is there, and none that is there is half."""
    folder = DatasetFolder(store, "ents")
    logged = {e.version: e.logical_hash for e in read_log(folder).versions}
    assert writer.acknowledged(acks).items() <= logged.items()
    for name in logged:
        if (store / "ents" / name).exists():
            assert verify(folder, name) == [], "a version's folder is whole or not there"


def _crash(store: Path, acks: Path, rounds: int, *, links: bool = True) -> None:
    chance = random.Random(rounds)  # noqa: S311
    create(store, articles(1), name="ents")
    for number in range(rounds):
        processes = _start(
            writer.write, store, acks, range(3 * number, 3 * number + 3), links=links
        )
        time.sleep(chance.uniform(0.1, 0.4))
        for process in chance.sample(processes, chance.randint(1, 3)):
            process.kill()
        for process in processes:
            process.join()
        if number % 10 == 0 and (store / "ents/README.md").exists():
            load_dataset(str(store / "ents"), cache_dir=str(acks / "cache"))
    _check(store, acks)
    folder = DatasetFolder(store, "ents")
    repair(folder)
    assert verify(folder, deep=True) == []
    assert len(writer.acknowledged(acks)) > 0
    assert create(store, articles(2, start=10**6), name="ents").manifest.bump == "major"


def test_thirty_commits_with_killed_writers(tmp_path: Path) -> None:
    _crash(tmp_path / "store", tmp_path / "acks", 10)


@pytest.mark.faults
@pytest.mark.parametrize("links", [True, False])
def test_three_hundred_commits_with_killed_writers(tmp_path: Path, links: bool) -> None:
    _crash(tmp_path / "store", tmp_path / "acks", 100, links=links)


def test_killed_writers_on_a_file_system_without_links(tmp_path: Path) -> None:
    _crash(tmp_path / "store", tmp_path / "acks", 5, links=False)


def test_eight_writers_at_once(tmp_path: Path) -> None:
    store, acks = tmp_path / "store", tmp_path / "acks"
    create(store, articles(1), name="ents")
    for process in _start(writer.write, store, acks, range(8)):
        process.join()
        assert process.exitcode == 0
    _check(store, acks)
    assert len(writer.acknowledged(acks)) + len(list(acks.glob("*.refused"))) == 8
    assert len(read_log(DatasetFolder(store, "ents")).versions) == 1 + len(
        writer.acknowledged(acks)
    )
    assert verify(DatasetFolder(store, "ents"), deep=True) == []


def test_eight_writers_of_a_dataset_that_is_not_there(tmp_path: Path) -> None:
    store, acks = tmp_path / "store", tmp_path / "acks"
    together = _FORK.Barrier(8)
    for process in _begin(writer.write, store, acks, range(8), together):
        process.join()
        assert process.exitcode == 0
    # nobody removes unasked what another one has just added
    assert list(writer.acknowledged(acks)) == ["v1.0.0"]
    refused = [path.read_text() for path in acks.glob("*.refused")]
    assert len(refused) == 7
    assert all("another writer committed v1.0.0 first" in text for text in refused)


def test_one_of_eight_gets_the_tag(tmp_path: Path) -> None:
    store, acks = tmp_path / "store", tmp_path / "acks"
    create(store, articles(1), name="ents")
    for process in _start(writer.tag, store, acks, range(8)):
        process.join()
        assert process.exitcode == 0
    assert len(list(acks.glob("*.json"))) == 1
    assert len(list(acks.glob("*.refused"))) == 7
    assert read_log(DatasetFolder(store, "ents")).tags == {"paper": "v1.0.0"}


def test_collecting_and_loading_while_others_commit(tmp_path: Path) -> None:
    store, acks = tmp_path / "store", tmp_path / "acks"
    create(store, articles(1), name="ents")
    stop = tmp_path / "stop"
    collector = _FORK.Process(target=writer.collect_often, args=(store, stop))
    collector.start()
    for number in range(2):
        processes = _start(writer.write, store, acks, range(3 * number, 3 * number + 3))
        while any(process.is_alive() for process in processes):
            loaded = load_dataset(str(store / "ents"), cache_dir=str(tmp_path / "cache"))
            assert sum(map(len, loaded.values())) in (1, 3)
        for process in processes:
            process.join()
    stop.touch()
    collector.join()
    assert collector.exitcode == 0
    _check(store, acks)
    # a writer whose rows another one's commit would remove is told so, and stops
    refused = [path.read_text() for path in acks.glob("*.refused")]
    assert all("another writer committed" in text for text in refused)
    made = len(writer.acknowledged(acks))
    assert made >= 2
    assert made + len(refused) == 6
    assert verify(DatasetFolder(store, "ents"), deep=True) == []
