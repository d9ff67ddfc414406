"""A store that somebody else wrote into: what it says never leads out of the dataset's folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotate.errors import StateError, VersionError
from annotate.store.collect import collect
from annotate.store.folder import DatasetFolder
from annotate.store.log import read_log
from annotate.store.repair import repair
from annotate.store.retract import retract_article
from annotate.store.verify import verify
from annotate.store.versions import open_version
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


def _rewrite_manifest(store: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change what the newest version says of itself, and the log so that it agrees."""
    log = store / "ents" / ".annotate" / "log"
    last = max(log.iterdir())
    entry = json.loads(last.read_bytes())
    path = store / "ents" / entry["version"] / "manifest.json"
    manifest = json.loads(path.read_bytes())
    change(manifest)
    path.unlink()  # the object is the same file
    path.write_text(json.dumps(manifest), encoding="utf-8")
    for file in entry["files"]:
        data = (path.parent / file["path"]).read_bytes()
        file |= {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    last.unlink()
    _add_entry(store, **{key: entry[key] for key in [*entry][5:]})


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


def _gold(manifest: dict[str, Any]) -> dict[str, Any]:
    file: dict[str, Any] = manifest["configs"]["gold"]["files"][0]
    return file


@pytest.mark.parametrize(
    "change",
    [
        lambda m: _gold(m).update(split="../../../home/x"),
        lambda m: _gold(m).update(path="/etc/passwd"),
        lambda m: _gold(m).update(path="data/none.parquet"),
        lambda m: _gold(m).update(rows=1),
        lambda m: m["configs"].pop("gold"),
        lambda m: m["configs"]["gold"].update(files=[]),
        lambda m: m["configs"].update(more=m["configs"]["gold"]),
        lambda m: m.update(version="../../home"),
    ],
)
def test_a_manifest_of_no_version_is_refused(
    store: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    _rewrite_manifest(store, change)
    folder = DatasetFolder(store, "ents")
    for read in (
        lambda: open_version(folder).schemas(),
        lambda: create(store, articles(5)),
        lambda: retract_article(folder, open_version(folder, "v1.0.0").gold_rows(limit=1)[0]["id"]),
    ):
        with pytest.raises(StateError):
            read()
    assert verify(folder)


def test_a_version_that_was_purged_without_a_mark_is_said(store: Path) -> None:
    _add_entry(store, kind="purge", versions=["v1.0.0"])
    with pytest.raises(VersionError, match=r"ents v1\.0\.0 was purged"):
        open_version(DatasetFolder(store, "ents"), "v1.0.0")


def _bare(table: pa.Table) -> pa.Table:
    return table.replace_schema_metadata(None)


def _without_texts(table: pa.Table) -> pa.Table:
    place = table.schema.get_field_index("text")
    return table.set_column(place, "text", pa.nulls(len(table), pa.string()))


@pytest.mark.parametrize("forge", [_bare, _without_texts])
def test_a_forged_file_is_named_where_the_log_fits_it(
    store: Path, forge: Callable[[pa.Table], pa.Table]
) -> None:
    path = next((store / "ents" / "v1.1.0" / "data").glob("*-gold-*"))
    table = forge(pq.read_table(path, partitioning=None))

    def change(manifest: dict[str, Any]) -> None:
        path.unlink()  # the object is the same file
        pq.write_table(table, path)
        files = manifest["configs"]["gold"]["files"]
        listed = next(file for file in files if file["path"].endswith(path.name))
        data = path.read_bytes()
        listed |= {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}

    _rewrite_manifest(store, change)
    problems = [problem.line() for problem in verify(DatasetFolder(store, "ents"), deep=True)]
    assert any("no version: " in line for line in problems)
    assert all(line.startswith("v1.1.0") or "README" in line for line in problems)
