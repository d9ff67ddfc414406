"""Shards on a Dask cluster: a scheduler and workers, each a program of its own."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from textwrap import dedent

import pytest

from annotate.engine import dask, open_engine
from annotate.errors import AnnotateError, EngineError, ExportError, Unreachable
from tests.engine import work
from tests.engine.cluster import Cluster
from tests.engine.test_local import names, shards
from tests.engine.work import Shard


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        cluster.add_worker()
        cluster.add_worker()
        yield cluster
    finally:
        cluster.stop()


def test_a_killed_and_a_late_worker_change_nothing(cluster: Cluster, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    late = 0

    def coming() -> Iterator[Shard]:
        """Shards until the late worker has done some."""
        for number in range(3000):
            yield Shard(number, str(there))
            if late and number % 10 == 0 and (there / f"by-{late}").exists():
                return

    first, second = cluster.workers
    with open_engine("dask", scheduler=cluster.address) as engine:
        results = engine.map(work.write_and_sign, coming())
        found = list(islice(results, 20))
        first.kill()
        late = cluster.add_worker().pid
        found += results
    assert found == names(len(found))
    with open_engine("here") as engine:
        assert found == list(engine.map(work.write, shards(here, len(found))))
    files = {path.name for path in there.iterdir() if not path.name.startswith("tmp-")}
    workers = {f"by-{pid}" for pid in (first.pid, second.pid, late)}
    assert files == {*names(len(found)), *workers}


def test_only_a_few_shards_are_in_flight(cluster: Cluster) -> None:
    drawn = 0

    def count() -> Iterator[int]:
        nonlocal drawn
        for number in range(10_000):
            drawn = number + 1
            yield number

    with open_engine("dask", scheduler=cluster.address) as engine:
        found = [(n, drawn) for n in islice(engine.map(work.slow_head, count()), 50)]
    assert [n for n, _ in found] == list(range(50)), "out of order"
    threads = 2
    assert max(drawn - n for n, drawn in found) == 3 * threads


def test_an_error_is_raised_as_it_was(cluster: Cluster, tmp_path: Path) -> None:
    with (
        pytest.raises(ExportError) as caught,
        open_engine("dask", scheduler=cluster.address) as engine,
    ):
        list(engine.map(work.fail_at_three, shards(tmp_path, 40)))
    assert str(caught.value) == "export.json: task 3: is no JSON; mend it"
    written = {path.name for path in tmp_path.iterdir()}
    assert set(names(40)[12:]).isdisjoint(written)


def test_the_loggers_of_the_caller_have_their_levels_back(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("distributed", "distributed.client", "tornado.application")
    loggers = [logging.getLogger(name) for name in names]
    levels = [logging.WARNING, logging.DEBUG, logging.NOTSET]
    monkeypatch.setattr(dask, "_CONNECT", 5)

    def seen() -> list[int]:
        return [logger.level for logger in loggers]

    def fail(address: str) -> None:
        with pytest.raises(AnnotateError), open_engine("dask", scheduler=address) as engine:
            list(engine.map(work.fail_at_three, shards(tmp_path, 4)))

    before = seen()
    try:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        one = open_engine("dask", scheduler=cluster.address)
        with one, open_engine("dask", scheduler=cluster.address):
            assert seen() == 3 * [logging.CRITICAL]
            for address in (cluster.address, "rubbish://x"):
                fail(address)
                assert seen() == 3 * [logging.CRITICAL]
        assert seen() == levels
        for address in (cluster.address, "rubbish://x"):
            fail(address)
            assert seen() == levels
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def test_a_scheduler_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask, "_CONNECT", 0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(Unreachable) as caught, open_engine("dask", scheduler=address):
            pass
    assert str(caught.value).startswith(f"{address}: no Dask scheduler answers")
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 3


def test_what_takes_the_connection_and_says_nothing_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dask, "_CONNECT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(Unreachable) as caught, open_engine("dask", scheduler=address):
            pass
    assert str(caught.value) == (
        f"{address}: no Dask scheduler answers: what listens there takes the connection and says"
        " nothing; check the address, or start one with `dask scheduler`"
    )


@pytest.mark.parametrize(
    ("address", "said"), [("rubbish://x", "rubbish"), ("tls://127.0.0.1:9", "TLS configuration")]
)
def test_an_address_that_is_none_is_said(address: str, said: str) -> None:
    with (
        pytest.raises(Unreachable, match=f"no Dask scheduler answers: .*{said}") as caught,
        open_engine("dask", scheduler=address),
    ):
        pass
    assert "\n" not in str(caught.value)


def test_other_versions_are_one_line() -> None:
    def side(python: str, **packages: str | None) -> dict[str, object]:
        return {"host": {"python": f"{python}.2.final.0"}, "packages": packages}

    same = {"dask": "1", "distributed": "1", "pyarrow": "26", "annotate": "0.1.0"}
    ours = side("3.11", **same)
    found = {"client": ours, "workers": {"tcp://a": ours, "tcp://b": side("3.12", **same)}}
    with pytest.raises(Unreachable) as caught:
        dask._check_versions(found, "tcp://s")
    assert str(caught.value) == (
        "tcp://s: the worker tcp://b has python 3.12, and here is 3.11;"
        " install the same versions on both sides"
    )
    found["workers"]["tcp://b"] = side("3.11", **{**same, "annotate": None})  # type: ignore[index]
    with pytest.raises(Unreachable, match="has annotate not installed, and here"):
        dask._check_versions(found, "tcp://s")


def test_deaths_and_losses_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker yet; then a shard at which workers die; then no scheduler any more."""
    done = tmp_path / "done"
    done.mkdir()
    cluster = Cluster(tmp_path, settings={"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"})
    open_it = partial(open_engine, "dask", scheduler=cluster.address)
    try:
        monkeypatch.setattr(dask, "_ARRIVE", 0.5)
        with pytest.raises(Unreachable, match="had no worker for"), open_it():
            pass
        monkeypatch.setattr(dask, "_ARRIVE", 30)
        cluster.add_worker()
        cluster.add_worker()
        with pytest.raises(EngineError) as died, open_it() as engine:
            list(engine.map(work.die_at_seven, shards(done, 40)))
        assert f"{cluster.address}: shard 7 (Shard(number=7" in str(died.value)
        cluster.add_worker()
        assert _lose(cluster, done) == f"{cluster.address}: dropped a shard"
    finally:
        cluster.stop()


def _lose(cluster: Cluster, folder: Path) -> str:
    """What a program says whose scheduler is killed: its error, and nothing else."""
    code = """
        import os, signal, sys
        from annotate.engine import open_engine
        from annotate.errors import Unreachable
        from tests.engine import work
        address, scheduler, folder = sys.argv[1:]
        try:
            with open_engine("dask", scheduler=address) as engine:
                shards = [work.Shard(n, folder) for n in range(4000)]
                results = engine.map(work.write_slowly, shards)
                next(results)
                os.kill(int(scheduler), signal.SIGKILL)
                list(results)
        except Unreachable as error:
            sys.exit(f"{error.where}: {error.what}")
    """
    command = [sys.executable, "-c", dedent(code), cluster.address]
    done = subprocess.run(
        [*command, str(cluster.scheduler.pid), str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    return done.stderr.strip()
