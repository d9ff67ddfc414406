"""The same version whatever makes it: this process, others, or a Dask cluster."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from annotate import pipeline
from annotate.annotations.notes import note_tasks
from annotate.dataset.shard import InThisProcess
from annotate.errors import ExportError, RejectsError, StateError
from annotate.pipeline import create_version
from annotate.store.create import plan
from annotate.store.create.version import Created, Runners
from tests.engine.cluster import Cluster
from tests.store.made import KEY, articles, config_xml, export, task


def _tasks() -> list[dict[str, Any]]:
    """Tasks of several stories and splits, one skipped and one with a region set aside."""
    broken = task("Nobody met Bo.", {1: [(0, 99, "PER")], 2: [(11, 13, "PER")]})
    skipped = task("Skipped by all.", {3: []})
    skipped["annotations"][0]["was_cancelled"] = True
    return [*articles(60), broken, skipped]


def _create(folder: Path, **options: Any) -> Created:
    config = folder / "labels.xml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(config_xml(), encoding="utf-8")
    inputs = [export(folder / "export.json", _tasks())]
    return create_version(
        "ents",
        scheme="entities",
        inputs=inputs,
        config=config,
        store=folder / "store",
        key=KEY,
        **{"max_rejects": 1, **options},
    )


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "_SHARD_TASKS", 4)


def _told(created: Created) -> Any:
    """What a version is, but for the day and the number of shards."""
    report = created.report()
    files = {
        name: [file.sha256 for file in config.files]
        for name, config in created.manifest.configs.items()
    }
    return report, files, created.manifest.counts, created.manifest.ties_found


@pytest.mark.usefixtures("small_shards")
def test_processes_make_the_same_version(tmp_path: Path) -> None:
    here = _create(tmp_path / "here", engine="here")
    assert here.report()["tasks"] == 62
    assert here.manifest.rejected == {"out_of_bounds": 1}
    local = _create(tmp_path / "local", engine="local", processes=2)
    assert _told(local) == _told(here)


def test_the_size_of_shards_does_not_enter(tmp_path: Path, monkeypatch: Any) -> None:
    whole = _create(tmp_path / "whole", engine="here")
    monkeypatch.setattr(plan, "_SHARD_TASKS", 1)
    assert _told(_create(tmp_path / "single", engine="here")) == _told(whole)


@pytest.mark.usefixtures("small_shards")
def test_a_cluster_that_loses_a_worker_makes_the_same_version(tmp_path: Path) -> None:
    here = _create(tmp_path / "here", engine="here")
    folder = tmp_path / "cluster"
    folder.mkdir()
    cluster = Cluster(folder)
    try:
        first = cluster.add_worker()
        cluster.add_worker()
        killer = threading.Timer(1.0, first.kill)
        killer.start()
        made = _create(tmp_path / "dask", engine="dask", scheduler=cluster.address)
        killer.join()
    finally:
        cluster.stop()
    assert _told(made) == _told(here)


class _Elsewhere(NamedTuple):
    """Runs shards where the inputs are not: they are gone when the first one is unpickled."""

    inputs: Path
    shares_files: bool = False

    def map(self, function: Callable[[Any], Any], shards: Iterable[Any]) -> Iterator[Any]:
        sent = [bytes(ForkingPickler.dumps(shard)) for shard in shards]
        self.inputs.unlink()
        for shard in sent:
            yield ForkingPickler.loads(ForkingPickler.dumps(function(ForkingPickler.loads(shard))))


@pytest.mark.usefixtures("small_shards")
def test_workers_that_share_no_files_need_none(tmp_path: Path, monkeypatch: Any) -> None:
    here = _create(tmp_path / "here", engine="here")
    runners = Runners(_Elsewhere(tmp_path / "there" / "export.json"), InThisProcess())
    monkeypatch.setattr(pipeline, "_open_runners", lambda *_: nullcontext(runners))
    assert _told(_create(tmp_path / "there")) == _told(here)


@pytest.mark.usefixtures("small_shards")
def test_an_input_that_changes_under_way_is_refused(tmp_path: Path, monkeypatch: Any) -> None:
    def note_and_change(*noted: Any) -> Any:
        notes = note_tasks(*noted)
        export(tmp_path / "export.json", articles(3))
        return notes._replace(elsewhere=[])  # else their texts are read here, before any shard

    monkeypatch.setattr(pipeline, "note_tasks", note_and_change)
    with pytest.raises(ExportError, match="changed or removed while it was read"):
        _create(tmp_path, engine="local", processes=2)
    assert not (tmp_path / "store").exists()


@pytest.mark.usefixtures("small_shards")
@pytest.mark.parametrize("engine", ["here", "local"])
def test_errors_come_through_and_nothing_is_written(engine: Any, tmp_path: Path) -> None:
    with pytest.raises(RejectsError, match="1 set aside, 0 allowed"):
        _create(tmp_path, engine=engine, processes=2, max_rejects=0)
    with pytest.raises(StateError, match="2 annotators under the policy single"):
        _create(tmp_path, engine=engine, processes=2, policy="single")
    assert not (tmp_path / "store").exists()
