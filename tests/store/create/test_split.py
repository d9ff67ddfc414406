"""Splits of versions: by date and by outlet, frozen, and never one story in two."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from annotate.errors import InputError, StateError
from annotate.pipeline import load_version
from annotate.store.care.verify import verify
from annotate.store.create.rebuild import rebuild_version
from annotate.store.create.retract import retract_article
from annotate.store.folder import DatasetFolder
from tests.store.made import KEY, articles, create, inputs_folder, our_task


def _ours(number: int, date: str | None, *, group: str = "", host: str = "a") -> dict[str, Any]:
    url = f"https://{host}.example/{number}"
    return our_task(number, group=group or f"g{number}", date=date, url=url)


def _splits(store: Path) -> dict[int, str]:
    loaded = load_version("ents", store=store)
    return {int(row["id"], 16): split for split, rows in loaded.items() for row in rows}


def test_by_date_and_then_frozen(tmp_path: Path) -> None:
    store = tmp_path / "store"
    first = [_ours(1, "2023-12-31"), _ours(2, "2024-01-01"), _ours(3, "2024-05-05", group="g1")]
    made = create(store, first, split="date:2024-01-01")
    assert _splits(store) == {1: "train", 2: "test", 3: "train"}
    assert made.manifest.split == "date:2024-01-01"
    # the rule of the parent holds, and another one does not move what is there
    more = [*first, _ours(4, "2023-01-01"), _ours(5, "2024-02-02"), _ours(6, None, group="g2")]
    made = create(store, more)
    assert (made.manifest.version, made.manifest.split) == ("v1.1.0", "date:2024-01-01")
    assert _splits(store) == {1: "train", 2: "test", 3: "train", 4: "train", 5: "test", 6: "test"}
    made = create(store, [*more, _ours(7, "2024-02-02")], split="date:2025-01-01")
    assert made.manifest.version == "v1.2.0"
    assert _splits(store)[5] == "test"
    assert _splits(store)[7] == "train"


def test_by_outlet_and_rebuilt(tmp_path: Path) -> None:
    store = tmp_path / "store"
    tasks = [_ours(n, None, host=f"h{n % 50}") for n in range(100)]
    create(store, tasks, split="outlet")
    splits = _splits(store)
    assert all(splits[n] == splits[n % 50] for n in range(100))
    assert len(set(splits.values())) == 3
    export = str(inputs_folder(store) / "export.json")
    assert rebuild_version(DatasetFolder(store, "ents"), None, [export], key=KEY).same


def test_a_carried_version_is_placed_by_its_dates(tmp_path: Path) -> None:
    store = tmp_path / "store"
    create(store, [_ours(n, f"202{n}-01-01") for n in range(3, 6)], name="old")
    create(store, [_ours(9, "2029-01-01")], split="date:2024-06-01", carried=["old@v1.0.0"])
    assert _splits(store) == {3: "train", 4: "train", 5: "test", 9: "test"}


def test_a_new_row_after_splits_that_are_only_carried_over(tmp_path: Path) -> None:
    store = tmp_path / "store"
    create(store, [_ours(n, None, host=f"h{n}") for n in range(50)], split="outlet")
    splits = _splits(store)
    assert set(splits.values()) == {"train", "validation", "test"}
    host = next(n for n, split in splits.items() if split == "test")
    create(store, [_ours(50, None, host=f"h{host}")], carried=["ents@v1.0.0"])
    assert _splits(store) == {**splits, 50: "test"}


def test_an_item_that_returns_keeps_its_split(tmp_path: Path) -> None:
    store = tmp_path / "store"
    tasks = [_ours(n, "2024-01-01", group=f"s{n % 3}") for n in range(1, 7)]
    create(store, tasks, split="date:2023-01-01")
    assert set(_splits(store).values()) == {"test"}
    assert create(store, [*tasks, _ours(8, "2024-01-01")]).manifest.version == "v1.1.0"
    create(store, tasks[:1], split="date:2025-01-01")
    create(store, [*tasks[:1], _ours(9, "2024-01-01")])
    assert _splits(store) == {1: "test", 9: "train"}
    # 2 to 4 and 8 come back, 7 is a new article of the story of 2 and 5
    back = [*tasks[:4], _ours(7, "2024-01-01", group="s2"), _ours(8, "2024-01-01")]
    assert create(store, [*back, _ours(9, "2024-01-01")]).manifest.version == "v2.2.0"
    assert _splits(store) == {1: "test", 2: "test", 3: "test", 4: "test"} | {
        7: "test",
        8: "test",
        9: "train",
    }
    # so does one that is carried over from an older version
    create(store, [_ours(9, "2024-01-01")])
    create(store, [_ours(9, "2024-01-01")], carried=["ents@v1.0.0"])
    assert _splits(store) == {9: "train"} | dict.fromkeys(range(1, 7), "test")
    assert verify(DatasetFolder(store, "ents"), deep=True) == []


def test_an_item_that_returns_into_a_story_of_another_split_is_set_aside(tmp_path: Path) -> None:
    store = tmp_path / "store"
    create(store, [_ours(1, "2023-01-01"), _ours(2, "2025-01-01")], split="date:2024-01-01")
    create(store, [_ours(1, "2023-01-01")])
    both = [_ours(1, "2023-01-01"), _ours(2, "2025-01-01", group="g1"), _ours(3, "2023-01-01")]
    made = create(store, both, max_rejects=1)
    assert _splits(store) == {1: "train", 3: "train"}
    assert {(e.code, e.unit_key) for e in made.ledger.set_aside} == {("split_bridge", f"{2:032x}")}


def test_older_rows_are_read_only_where_some_left(tmp_path: Path) -> None:
    store = tmp_path / "store"
    one, two, more = (_ours(n, "2023-01-01") for n in (1, 2, 3))
    create(store, [one], split="date:2024-01-01")
    create(store, [one, two])
    create(store, [_ours(1, "2023-01-01", host="b"), two])
    # as in a clone: no objects; the rows of the first two versions are lost as well
    shutil.rmtree(store / "ents/.annotate/objects")
    for version in ("v1.0.0", "v1.1.0"):
        shutil.rmtree(store / "ents" / version / "data")
    assert create(store, [_ours(1, "2023-01-01", host="b"), two, more]).manifest.bump == "minor"
    create(store, [two, more])
    shutil.rmtree(store / "ents/.annotate/objects")
    shutil.rmtree(store / "ents/v2.1.0/data")
    with pytest.raises(StateError, match=r"of v2\.1\.0 is missing"):
        create(store, [one, two, more])


def test_a_version_that_is_not_in_the_store_says_nothing(tmp_path: Path) -> None:
    store = tmp_path / "store"
    create(store, [_ours(1, "2025-01-01"), _ours(2, "2025-01-01")], split="date:2024-01-01")
    create(store, [_ours(2, "2025-01-01")], split="date:2026-01-01")
    shutil.rmtree(store / "ents/.annotate/objects")
    shutil.rmtree(store / "ents/v1.0.0")
    create(store, [_ours(1, "2025-01-01"), _ours(2, "2025-01-01")])
    assert _splits(store) == {1: "train", 2: "test"}


def test_a_retraction_keeps_the_rule_and_the_splits(tmp_path: Path) -> None:
    store = tmp_path / "store"
    create(store, [_ours(n, f"202{n}-01-01") for n in range(3, 6)], split="date:2024-01-01")
    retract_article(DatasetFolder(store, "ents"), f"{5:032x}")
    create(store, [_ours(n, f"202{n}-01-01") for n in (3, 4, 6)])
    assert _splits(store) == {3: "train", 4: "test", 6: "test"}


def test_what_has_no_date_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1 of 2 new stories have no date"):
        create(
            tmp_path / "store", [_ours(1, "2024-01-01"), _ours(2, None)], split="date:2024-01-01"
        )
    assert not (tmp_path / "store").exists()


def test_a_story_in_two_splits_is_an_error(tmp_path: Path) -> None:
    store = tmp_path / "store"
    create(store, [_ours(1, "2023-01-01"), _ours(2, "2024-01-01")], split="date:2024-01-01")
    one = [_ours(1, "2023-01-01", group="one"), _ours(2, "2024-01-01", group="one")]
    with pytest.raises(StateError, match=r"the group one in train .* and test "):
        create(store, one)
    # a new article that joins them is set aside, and they stay two stories
    more = [_ours(3, "2024-01-01", group="one"), _ours(4, "2024-01-01")]
    create(store, [*one, *more], max_rejects=1)
    assert _splits(store) == {1: "train", 2: "test", 4: "test"}
    assert verify(DatasetFolder(store, "ents"), deep=True) == []


def test_the_ratio_is_the_default(tmp_path: Path) -> None:
    made = create(tmp_path / "store", articles(3))
    assert made.manifest.split == "ratio"
