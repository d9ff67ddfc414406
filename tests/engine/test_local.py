"""Shards in this process and in several: order, errors, deaths, and nobody left behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path

import pytest

from annotate.engine import EngineName, open_engine
from annotate.errors import EngineError, ExportError, InputError
from tests.engine import work
from tests.engine.work import Shard

BOTH = pytest.mark.parametrize("name", ["here", "local"])


def shards(folder: Path, count: int) -> list[Shard]:
    return [Shard(number, str(folder)) for number in range(count)]


def names(count: int) -> list[str]:
    return [sha256(f"shard {n}\n".encode()).hexdigest()[:12] for n in range(count)]


def alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet buried does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def await_gone(pids: list[int]) -> None:
    until = time.monotonic() + 10
    while any(map(alive, pids)):
        assert time.monotonic() < until, "processes were left behind"
        time.sleep(0.05)


@BOTH
def test_results_come_in_the_order_of_the_shards(name: EngineName) -> None:
    with open_engine(name, processes=2) as engine:
        assert list(engine.map(work.slow_head, range(9))) == list(range(9))
        assert list(engine.map(work.square, range(100))) == [n * n for n in range(100)]
        assert list(engine.map(work.square, [])) == []


def test_local_is_other_processes_and_one_is_this(tmp_path: Path) -> None:
    with open_engine("local", processes=2) as engine:
        found = set(engine.map(work.process_of, range(20)))
    assert len(found) == 2
    assert os.getpid() not in found
    with open_engine("local", processes=1) as engine:
        assert set(engine.map(work.process_of, range(3))) == {os.getpid()}


def test_only_a_few_shards_are_in_flight() -> None:
    drawn = 0

    def count() -> Iterator[int]:
        nonlocal drawn
        for number in range(10_000):
            drawn = number + 1
            yield number

    with open_engine("local", processes=2) as engine:
        most = 0
        for done, _ in enumerate(islice(engine.map(work.slow_head, count()), 200)):
            most = max(most, drawn - done)
    assert most == 8, "four a process"
    with open_engine("here") as engine:
        assert next(engine.map(work.square, count())) == 0
        assert drawn == 1


@BOTH
def test_an_error_is_raised_as_it_was_and_takes_back_the_rest(
    name: EngineName, tmp_path: Path
) -> None:
    with (
        pytest.raises(ExportError) as caught,
        open_engine(name, processes=2) as engine,
    ):
        list(engine.map(work.fail_at_three, shards(tmp_path, 40)))
    assert str(caught.value) == "export.json: task 3: is no JSON; mend it"
    assert caught.value.where == "export.json: task 3"
    written = {path.name for path in tmp_path.iterdir() if not path.name.startswith("tmp-")}
    assert set(names(40)[8:]).isdisjoint(written)


def test_an_error_does_not_wait_for_a_shard_before_it() -> None:
    begun = time.monotonic()
    with pytest.raises(ExportError), open_engine("local", processes=2) as engine:
        list(engine.map(work.fail_but_the_first, range(3)))
    assert time.monotonic() - begun < 45


def test_what_a_mapping_left_is_taken_back_by_the_next(tmp_path: Path) -> None:
    def go() -> Iterator[int]:
        (tmp_path / "go").touch()
        yield 3

    with open_engine("local", processes=2) as engine:
        assert next(engine.map(work.write_when_told, shards(tmp_path, 8))) == names(1)[0]
        assert list(engine.map(work.square, go())) == [9]
    # the last had not come to the processes yet
    assert names(8)[7] not in {path.name for path in tmp_path.iterdir()}


def test_a_worker_that_is_killed_changes_nothing(tmp_path: Path) -> None:
    with open_engine("local", processes=2) as engine:
        found = list(engine.map(work.write_or_die_once, shards(tmp_path, 30)))
    assert found == names(30)
    assert (tmp_path / "died").exists(), "nobody was killed"
    left = {path.name for path in tmp_path.iterdir()} - {*found, "died"}
    # the pool kills the other worker too, perhaps before it has renamed what it wrote
    assert len(left) <= 1, left
    assert all(name.startswith("tmp-") for name in left)


def test_a_worker_that_is_killed_from_outside_changes_nothing(tmp_path: Path) -> None:
    with open_engine("local", processes=2) as engine:
        results = engine.map(work.write_slowly, shards(tmp_path, 60))
        found = list(islice(results, 10))
        victim = next(iter(engine.map(work.process_of, [0])))
        os.kill(victim, signal.SIGKILL)
        found += results
    assert found == names(60)


def test_a_shard_at_which_workers_die_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(EngineError) as caught,
        open_engine("local", processes=2) as engine,
    ):
        list(engine.map(work.die_at_seven, shards(tmp_path, 40)))
    assert "2 processes: shard 7 (Shard(number=7, folder=" in str(caught.value)
    assert "memory" in caught.value.do
    assert (tmp_path / "run-7").read_text() == "xxx"
    assert not (tmp_path / "run-39").exists()


def test_no_process_is_left_after_an_error(tmp_path: Path) -> None:
    pids: list[int] = []

    def coming() -> Iterator[Shard]:
        yield from shards(tmp_path, 3)
        until = time.monotonic() + 30
        while len(pids) < 2 and time.monotonic() < until:
            pids[:] = [int(path.name) for path in tmp_path.iterdir()]
            time.sleep(0.05)
        raise ExportError("ends too early")

    with (
        pytest.raises(ExportError, match="ends too early"),
        open_engine("local", processes=2) as engine,
    ):
        list(engine.map(work.sleep_long, coming()))
    assert len(pids) == 2
    await_gone(pids)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_no_process_is_left_when_the_program_is_stopped(
    tmp_path: Path, how: signal.Signals
) -> None:
    code = """
        import sys
        from annotate.engine import open_engine
        from tests.engine import work
        if __name__ == "__main__":
            with open_engine("local", processes=2) as engine:
                list(engine.map(work.sleep_long, [work.Shard(n, sys.argv[1]) for n in range(9)]))
    """
    script = tmp_path / "program.py"
    script.write_text(textwrap.dedent(code))
    folder = tmp_path / "marks"
    folder.mkdir()
    root = Path(__file__).resolve().parents[2]
    program = subprocess.Popen(
        [sys.executable, str(script), str(folder)],
        env={**os.environ, "PYTHONPATH": str(root)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    pids: list[int] = []
    while len(pids) < 2 and program.poll() is None:
        pids = [int(path.name) for path in folder.iterdir()]
        time.sleep(0.05)
    # a terminal sends Ctrl-C to the whole group, a kill goes to one
    (os.killpg if how is signal.SIGINT else os.kill)(program.pid, how)
    _, words = program.communicate(timeout=20)
    await_gone(pids)
    assert len(pids) == 2
    assert program.returncode in (-how, 128 + how)
    assert words.count("Traceback") == (1 if how is signal.SIGINT else 0), words


@pytest.mark.parametrize("call", ["of_script, range(9)", "partial(of_script), [1]", "repr, [Of()]"])
def test_what_stands_in_the_script_is_refused_before_a_process_looks_for_it(call: str) -> None:
    code = f"""
        from functools import partial
        from annotate.engine import open_engine
        class Of: pass
        def of_script(number): return number
        with open_engine("local", processes=1) as engine:
            list(engine.map({call}))
        with open_engine("local", processes=2) as engine:
            list(engine.map({call}))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, check=False, text=True
    )
    name = "Of" if "Of()" in call else "of_script"
    said = f"UsageError: {name} stands in the script or notebook, which "
    assert done.stderr.splitlines()[-1].startswith(f"annotate.errors.{said}"), done.stderr
    assert done.stderr.count("Traceback") == 1


def test_a_script_that_does_not_look_at_its_name_runs_once(tmp_path: Path) -> None:
    code = """
        from annotate.engine import open_engine
        from tests.engine import work
        print("once")
        spec = __spec__
        with open_engine("local", processes=2) as engine:
            print(sum(engine.map(work.square, range(9))))
        assert __spec__ is spec
    """
    script = tmp_path / "program.py"
    script.write_text(textwrap.dedent(code))
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, "once\n204\n"), done.stderr


def test_ctrl_c_is_heard_by_the_program_alone() -> None:
    with open_engine("local", processes=2) as engine:
        assert list(engine.map(work.hears_interrupts, range(4))) == [False] * 4
    assert work.hears_interrupts(0)


def test_arrow_takes_one_thread_in_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with open_engine("local", processes=2) as engine:
        assert list(engine.map(work.arrow_threads, range(4))) == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"name": "ray"}, "no engine 'ray'; use one of here, local, dask"),
        ({"name": "local", "processes": 0}, "0 processes do no work; ask for one or more"),
        (
            {"name": "local", "processes": 1 << 31},
            "2147483648 processes are too many for one machine; ask for one a core, 1024 at most",
        ),
        ({"name": "dask"}, "needs the address of a scheduler; give it as tcp://HOST:PORT"),
        (
            {"name": "dask", "scheduler": "tcp://x:1", "processes": 2},
            "takes no number of processes; start more workers",
        ),
        ({"name": "local", "scheduler": "tcp://x:1"}, "the engine local has no scheduler"),
    ],
)
def test_what_does_not_fit_together_is_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(InputError) as caught, open_engine(**options):  # type: ignore[arg-type]
        pass
    assert said in str(caught.value)


def test_processes_load_what_they_need_before_the_first_shard() -> None:
    with open_engine("local", processes=2, modules=["wave"]) as engine:
        until = time.monotonic() + 30
        while len(multiprocessing.active_children()) < 2:
            assert time.monotonic() < until, "no process started by itself"
        assert set(engine.map(work.has_loaded, ["wave"] * 9)) == {True}
    with open_engine("local", processes=2) as engine:
        assert not multiprocessing.active_children()
        assert set(engine.map(work.has_loaded, ["wave"] * 9)) == {False}
