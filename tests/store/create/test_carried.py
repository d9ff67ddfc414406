"""Rows carried over from versions of many row groups: the same files as from the exports."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from annotate.dataset.arrow import layout
from annotate.dataset.arrow.rowgroups import RowGroup
from annotate.dataset.manifest import Manifest
from annotate.pipeline import load_version
from annotate.store.create import parts, waiting
from annotate.store.create.retract import retract_article
from annotate.store.folder import DatasetFolder
from annotate.store.versions import open_version
from tests.articles.made import records
from tests.store.made import create, task

_TEXTS = [record["text"] for record in records(40)]
_LABELS = ("PER", "ORG", "GPE")


@pytest.fixture(autouse=True)
def _small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Row groups of a few rows, which cut between the annotations of a task too."""
    for name, size in (("SMALL_BYTES", 200), ("LEAST_BYTES", 2_000), ("MOST_BYTES", 3_000)):
        monkeypatch.setattr(layout, name, size)
    for module in (parts, waiting):  # and what is taken at a time is less than there is
        monkeypatch.setattr(module, "_AT_ONCE", 7)


def _tasks(labels: tuple[str, str] = ("PER", "ORG")) -> list[dict[str, Any]]:
    first, second = labels
    people = {1: [(0, 5, first), (6, 9, first)], 2: [(0, 5, second), (6, 9, first)]}
    return [task(text, people) for text in _TEXTS]


def _files(manifest: Manifest) -> dict[str, list[tuple[str, list[tuple[str, int]]]]]:
    """Config -> the SHA-256 of its files with the versions their rows first stood in."""
    configs = manifest.configs.items()
    return {name: [(file.sha256, file.batches) for file in c.files] for name, c in configs}


def test_new_rows_between_carried_ones(tmp_path: Path) -> None:
    before, after = _tasks(), _tasks(("GPE", "GPE"))
    mixed = [
        new if n % 7 == 0 else old for n, (old, new) in enumerate(zip(before, after, strict=True))
    ]
    for name in ("carried", "whole"):
        create(tmp_path / name, before[:25])
        create(tmp_path / name, before)
    carried = create(tmp_path / "carried", mixed[::7], carried=["ents@v1.1.0"])
    whole = create(tmp_path / "whole", mixed)
    assert carried.manifest.version == "v2.0.0"
    assert _files(carried.manifest) == _files(whole.manifest)
    assert carried.manifest.numbers == whole.manifest.numbers
    assert carried.manifest.logical_hash == whole.manifest.logical_hash


def test_a_row_that_leaves_from_between(tmp_path: Path) -> None:
    for name in ("retracted", "whole"):
        create(tmp_path / name, _tasks())
    rows = load_version("ents", store=tmp_path / "retracted")["train"]
    folder = DatasetFolder(tmp_path / "retracted", "ents")
    retract_article(folder, rows[5]["id"])
    left = [made for made in _tasks() if made["data"]["text"] != rows[5]["text"]]
    whole = create(tmp_path / "whole", left)
    assert _files(open_version(folder, None).manifest) == _files(whole.manifest)


def test_rows_of_two_versions_in_turn(tmp_path: Path) -> None:
    tasks = _tasks()
    create(tmp_path, tasks[::2], name="even")
    create(tmp_path, tasks[1::2], name="odd")
    carried = create(tmp_path, [], name="both", carried=["even@v1.0.0", "odd@v1.0.0"])
    whole = create(tmp_path, tasks, name="whole")
    assert _files(carried.manifest) == _files(whole.manifest)


def test_labels_that_have_other_codes_keep_their_names(tmp_path: Path) -> None:
    create(tmp_path, _tasks(), name="before", labels=_LABELS)
    turned = _LABELS[::-1]
    carried = create(tmp_path, [], name="after", labels=turned, carried=["before@v1.0.0"])
    whole = create(tmp_path, _tasks(), name="whole", labels=turned)
    assert _files(carried.manifest) == _files(whole.manifest)
    made = carried.manifest
    counts = {config: sum(made.rows(config).values()) for config in made.configs}
    assert counts == {"gold": 40, "annotations": 80, "bio": 40}
    rows = next(iter(load_version("after", store=tmp_path).values()))
    label = rows.features["entities"].feature["label"]
    assert label.names == list(turned)
    assert {label.int2str(e["label"]) for e in rows[0]["entities"]} == {"PER"}


def test_rows_stand_in_the_order_of_versions_past_the_tenth(tmp_path: Path) -> None:
    tasks = [made | {"data": made["data"] | {"date": "2026-01-02"}} for made in _tasks()[:12]]
    create(tmp_path, tasks[:1], split="date:2030-01-01")
    for number in range(11):
        made = create(tmp_path, tasks[number + 1 : number + 2], carried=[f"ents@v1.{number}.0"])
    batches = [batch for file in made.manifest.configs["gold"].files for batch in file.batches]
    assert batches == [(f"v1.{number}.0", 1) for number in range(12)]


def test_rows_that_change_are_read_once_though_two_versions_stand_in_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = _tasks()
    create(tmp_path, tasks[:20:2], name="even", labels=_LABELS)
    # whose files are in the order of its versions, and those of the next one of articles
    create(tmp_path, tasks[::2], name="even", labels=_LABELS)
    create(tmp_path, tasks[1::2], name="odd", labels=_LABELS)
    reads: list[tuple[str, int]] = []
    read = RowGroup.read

    def counted(group: RowGroup, leaves: Any, places: Any = None) -> Any:
        if {"id", "text"} <= set(leaves):  # whole gold rows
            reads.append((group.path.name, group.number))
        return read(group, leaves, places)

    monkeypatch.setattr(RowGroup, "read", counted)
    versions = ["even@v1.1.0", "odd@v1.0.0"]
    create(tmp_path, [], name="both", labels=_LABELS[::-1], carried=versions, dry_run=True)
    assert len(reads) > 6
    assert set(Counter(reads).values()) == {1}
