"""A store that somebody else wrote into: what it says never leads out of the dataset's folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from annotate.errors import StateError
from annotate.store.collect import collect
from annotate.store.folder import DatasetFolder
from annotate.store.log import read_log
from annotate.store.repair import repair
from tests.store.made import articles, create


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A dataset of two versions, and beside the store what is no part of it."""
    store = tmp_path / "store"
    create(store, articles(3))
    create(store, articles(4))
    (tmp_path / "home" / "work").mkdir(parents=True)
    (tmp_path / "home" / "work" / "thesis.txt").write_text("years", encoding="utf-8")
    return store


def _is_untouched(store: Path) -> bool:
    return (store.parent / "home" / "work" / "thesis.txt").read_text(encoding="utf-8") == "years"


def _add_entry(store: Path, **fields: Any) -> None:
    """Put an entry into the log as docs/versions.md says that one is made."""
    log = store / "ents" / ".annotate" / "log"
    last = max(log.iterdir())
    entry = {
        "seq": int(last.stem) + 1,
        "previous": hashlib.sha256(last.read_bytes()).hexdigest(),
        "created_at": "2026-01-02T03:04:05+00:00",
        "message": "",
        "digest": "",
        **fields,
    }
    entry["digest"] = hashlib.sha256(_written(entry)).hexdigest()[:32]
    (log / f"{entry['seq']:08d}.json").write_bytes(_written(entry))


def _written(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry, indent=1).encode() + b"\n"


@pytest.mark.parametrize("version", ["../../home", "v1.0.0/../../../home", "README.md"])
def test_a_purge_of_what_is_no_version_is_refused(store: Path, version: str) -> None:
    _add_entry(store, kind="purge", versions=[version])
    folder = DatasetFolder(store, "ents")
    with pytest.raises(StateError, match="the log entry is damaged"):
        collect(folder)
    assert _is_untouched(store)
    assert (store / "ents" / "README.md").is_file()


def test_an_entry_made_as_documented_is_read(store: Path) -> None:
    _add_entry(store, kind="tag", tag="paper", version="v1.0.0")
    assert read_log(DatasetFolder(store, "ents")).tags == {"paper": "v1.0.0"}


@pytest.mark.parametrize("place", [".annotate/objects", ".annotate/tmp", ".annotate/objects/zz"])
def test_nothing_is_collected_behind_a_symbolic_link(store: Path, place: str) -> None:
    link = store / "ents" / place
    if link.exists():
        link.rename(store / "aside")
    link.symlink_to(store.parent / "home")
    with pytest.raises(StateError, match="is a symbolic link"):
        collect(DatasetFolder(store, "ents"))
    assert _is_untouched(store)


def test_nothing_is_repaired_behind_a_symbolic_link(store: Path) -> None:
    last = read_log(DatasetFolder(store, "ents")).versions[-1]
    fields = {"version": "v1.2.0", "parent": "v1.1.0", "bump": "minor"}
    hashed = {"logical_hash": last.logical_hash, "files": [], "retracts": [], "marks": []}
    _add_entry(store, kind="version", **fields, **hashed)
    (store / "ents" / "v1.2.0").symlink_to(store.parent / "home")
    with pytest.raises(StateError, match="is a symbolic link"):
        repair(DatasetFolder(store, "ents"))
    assert _is_untouched(store)
