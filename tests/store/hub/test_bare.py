"""Versions without texts on the Hub, with the real client against the stand-in."""

from __future__ import annotations

from pathlib import Path

import pytest
from datasets import load_dataset

from annotate.errors import StateError, VersionError
from annotate.store.bare.hydrate import hydrate, wanted_texts
from annotate.store.bare.texts import read_texts
from annotate.store.create.retract import retract_article
from annotate.store.folder import DatasetFolder
from annotate.store.hub.pull import pull_dataset
from annotate.store.hub.push import push_version
from annotate.store.local import write_synced
from tests.store.hub.standin import Blob, StandIn
from tests.store.hub.test_hub import REPO, hub, licensed, repo
from tests.store.made import articles, create, export

__all__ = ["hub"]
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def folder(tmp_path: Path) -> DatasetFolder:
    """Two versions of texts whose licence is not known."""
    create(tmp_path / "store", articles(3))
    create(tmp_path / "store", articles(5))
    return DatasetFolder(tmp_path / "store", "ents")


def _fetch(hub: StandIn, target: Path) -> Path:
    for path, data in hub.files.items():
        write_synced(target / path, data)
    return target


def test_standin_no_text_and_no_log_goes(
    folder: DatasetFolder, hub: StandIn, tmp_path: Path
) -> None:
    planned = push_version(folder, "v1.0.0", repo(hub, token=None), offsets_only=True, dry_run=True)
    assert hub.repo is None
    done = push_version(folder, "v1.0.0", repo(hub), offsets_only=True)
    assert planned == done._replace(commit=None)
    assert (len(hub.order), hub.tags) == (2, {"v1.0.0": hub.head})
    assert not [path for path in hub.files if path.startswith(".annotate") or "bio" in path]
    assert not [path for path, data in hub.files.items() if b"Anna Novak spoke" in data]
    push_version(folder, "v1.1.0", repo(hub), offsets_only=True)
    assert sorted(hub.tags) == ["v1.0.0", "v1.1.0"]
    again = push_version(folder, "v1.1.0", repo(hub), offsets_only=True)
    assert (again.files, again.commit, again.tagged) == ({}, None, False)
    card = hub.files["README.md"].decode()
    assert f'load_dataset("{REPO}", "v1.1.0")' in card
    assert "The texts are not in here" in card
    clone = _fetch(hub, tmp_path / "clone")
    for version, count in (("v1.0.0", 3), ("v1.1.0", 5)):
        assert sum(map(len, load_dataset(str(clone), version).values())) == count
    whole, texts = wanted_texts(clone / "v1.1.0")
    source = export(tmp_path / "e.json", articles(5))
    read_texts(texts, [source], field="text", store=tmp_path)
    assert hydrate(clone / "v1.1.0", whole, texts, tmp_path / "out").same_bytes


def test_standin_other_bytes_of_the_same_rows_are_not_sent(
    folder: DatasetFolder, hub: StandIn
) -> None:
    """As where another pyarrow wrote what is there."""
    push_version(folder, "v1.0.0", repo(hub), offsets_only=True)
    data = next(path for path in hub.files if path.endswith(".parquet"))
    hub.add({data: Blob(b"other bytes", False)})
    again = push_version(folder, "v1.0.0", repo(hub), offsets_only=True)
    assert (again.files, again.commit, again.tagged) == ({}, None, False)


def test_standin_texts_and_no_texts_do_not_mix(
    folder: DatasetFolder, hub: StandIn, tmp_path: Path
) -> None:
    push_version(folder, "v1.0.0", repo(hub), offsets_only=True)
    with pytest.raises(StateError, match="holds something else"):
        push_version(folder, "v1.1.0", repo(hub), allow_unknown_licence=True)
    with pytest.raises(StateError, match="its versions are without texts"):
        pull_dataset(DatasetFolder(tmp_path / "other", "ents"), repo(hub))
    create(tmp_path / "second", licensed(3))
    with pytest.raises(StateError, match=r"ents v1\.0\.0 on the Hub is not a version of this"):
        push_version(DatasetFolder(tmp_path / "second", "ents"), None, repo(hub), offsets_only=True)


def test_standin_a_repository_with_texts_is_refused(folder: DatasetFolder, hub: StandIn) -> None:
    push_version(folder, "v1.0.0", repo(hub), allow_unknown_licence=True)
    with pytest.raises(StateError, match="holds versions with their texts"):
        push_version(folder, "v1.1.0", repo(hub), offsets_only=True)
    assert len(hub.order) == 2


def test_standin_something_else_and_a_foreign_tag_are_refused(
    folder: DatasetFolder, hub: StandIn
) -> None:
    hub.make(REPO)
    hub.tags["v1.0.0"] = hub.head
    with pytest.raises(VersionError, match=r"the tag v1\.0\.0 on the Hub stands for something"):
        push_version(folder, "v1.0.0", repo(hub), offsets_only=True)
    hub.add({"model.bin": Blob(b"weights", False)})
    with pytest.raises(StateError, match="holds something else"):
        push_version(folder, "v1.1.0", repo(hub), offsets_only=True)


def test_standin_a_retracted_version_leaves_the_card(folder: DatasetFolder, hub: StandIn) -> None:
    push_version(folder, "v1.0.0", repo(hub), offsets_only=True)
    rows = load_dataset(str(Path(folder.where) / "v1.0.0"))
    retract_article(folder, next(iter(rows.values()))[0]["id"])
    with pytest.raises(VersionError, match="holds retracted articles"):
        push_version(folder, "v1.1.0", repo(hub), offsets_only=True)
    push_version(folder, "v2.0.0", repo(hub), offsets_only=True)
    card = hub.files["README.md"].decode()
    assert "config_name: v1.0.0" not in card
    assert "config_name: v2.0.0" in card
