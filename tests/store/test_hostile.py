"""A store that somebody else wrote into: what it says never leads out of the dataset's folder."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotate.dataset.arrow.rehash import rehash
from annotate.dataset.arrow.tables import columns_of, features_of
from annotate.errors import StateError, VersionError
from annotate.pipeline import diff_versions
from annotate.report.page import version_page
from annotate.store.bare.offsets import checkout_bare
from annotate.store.care.collect import collect
from annotate.store.care.reading import reading
from annotate.store.care.repair import repair
from annotate.store.care.verify import verify
from annotate.store.create.retract import retract_article
from annotate.store.diff.changes import find_changes
from annotate.store.folder import DatasetFolder
from annotate.store.log import read_log
from annotate.store.versions import Version, open_version
from tests.command import annotate
from tests.store.made import LABELS, articles, create


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


def test_a_folder_in_the_place_of_a_manifest_is_none(store: Path) -> None:
    place = store / "ents" / "v1.1.0" / "manifest.json"
    place.unlink()
    place.mkdir()
    folder = DatasetFolder(store, "ents")
    assert open_version(folder).manifest.version == "v1.1.0"  # its object is there
    assert [problem.line() for problem in verify(folder)] == ["v1.1.0/manifest.json: is a folder"]


def test_a_version_whose_log_names_no_manifest_is_named(store: Path) -> None:
    entry = json.loads(max((store / "ents" / ".annotate" / "log").iterdir()).read_bytes())
    fields = {name: entry[name] for name in [*entry][5:]}
    _add_entry(store, **fields | {"version": "v1.2.0", "parent": "v1.1.0", "files": []})
    said = "manifest.json of v1.2.0 is missing"
    with pytest.raises(StateError, match=re.escape(said)):
        open_version(DatasetFolder(store, "ents"))
    assert said in {problem.what for problem in verify(DatasetFolder(store, "ents"))}


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


_TAG = {"kind": "tag", "tag": "paper", "version": "v1.0.0"}


@pytest.mark.parametrize("fields", [_TAG | {"kind": "branch"}, _TAG | {"signed_by": "somebody"}])
def test_an_entry_of_a_later_release_is_not_called_damaged(
    store: Path, fields: dict[str, Any]
) -> None:
    _add_entry(store, **fields)
    with pytest.raises(StateError, match="is of a later release; upgrade annotate"):
        read_log(DatasetFolder(store, "ents"))
    last = max((store / "ents" / ".annotate" / "log").iterdir())
    last.write_bytes(last.read_bytes().replace(b"paper", b"paner"))
    with pytest.raises(StateError, match="is damaged"):
        read_log(DatasetFolder(store, "ents"))


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


def test_a_log_behind_a_symbolic_link_is_not_repaired_away(store: Path) -> None:
    private = store / "ents" / ".annotate"
    private.rename(store.parent / "moved")
    private.symlink_to(store.parent / "moved")
    with pytest.raises(StateError, match="is a symbolic link"):
        repair(DatasetFolder(store, "ents"))
    assert len(read_log(DatasetFolder(store, "ents")).versions) == 2
    assert (store / "ents" / "README.md").is_file()


@pytest.mark.parametrize("place", [".annotate", ".annotate/objects"])
def test_nothing_is_committed_behind_a_symbolic_link(store: Path, place: str) -> None:
    link = store / "ents" / place
    link.rename(store.parent / "moved")
    link.symlink_to(store.parent / "moved")
    with pytest.raises(StateError, match="is a symbolic link"):
        create(store, articles(5))
    assert len(read_log(DatasetFolder(store, "ents")).versions) == 2


@pytest.mark.parametrize("place", ["README.md", "v1.0.0/manifest.json"])
def test_a_folder_in_the_place_of_a_file_is_named_and_stays(store: Path, place: str) -> None:
    path = store / "ents" / place
    path.unlink()
    path.mkdir()
    (path / "notes.txt").write_text("mine", encoding="utf-8")
    folder = DatasetFolder(store, "ents")
    assert f"{place}: is a folder" in [problem.line() for problem in verify(folder)]
    with pytest.raises(StateError, match="is a folder"):
        repair(folder)
    assert (path / "notes.txt").read_text(encoding="utf-8") == "mine"


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


def test_a_manifest_of_a_later_format_is_not_read_as_one_of_today(store: Path) -> None:
    _rewrite_manifest(store, lambda manifest: manifest.update(format=2, columns={}))
    with pytest.raises(StateError, match=r"not a manifest: .*format 2 takes a newer annotate"):
        open_version(DatasetFolder(store, "ents"))


def test_a_version_that_was_purged_without_a_mark_is_said(store: Path) -> None:
    _add_entry(store, kind="purge", versions=["v1.0.0"])
    with pytest.raises(VersionError, match=r"ents v1\.0\.0 was purged"):
        open_version(DatasetFolder(store, "ents"), "v1.0.0")


def _with(table: pa.Table, name: str, change: Callable[[list[Any]], object]) -> pa.Table:
    place = table.schema.get_field_index(name)
    values = table.column(name).to_pylist()
    change(values)
    field = table.schema.field(place)
    return table.set_column(place, field, pa.array(values, field.type))


def _changed(name: str, change: Callable[[list[Any]], object]) -> Callable[[pa.Table], pa.Table]:
    """Change the values of a column, and give the rows the hashes that fit them."""

    def forge(table: pa.Table) -> pa.Table:
        changed = _with(table, name, change)
        (batch,) = changed.combine_chunks().to_batches()
        made = rehash(columns_of(features_of(table.schema)), batch)
        return _with(changed, "row_hash", lambda old: old.__setitem__(slice(None), made))

    return forge


def _entity(**fields: Any) -> Callable[[pa.Table], pa.Table]:
    """Change an entity of the last row, which v1.1.0 has and v1.0.0 has not."""
    return _changed("entities", lambda rows: rows[-1][0].update(fields))


def _null(name: str) -> Callable[[pa.Table], pa.Table]:
    return _changed(name, lambda rows: rows.__setitem__(-1, None))


def _as(name: str, type_: pa.DataType) -> Callable[[pa.Table], pa.Table]:
    def cast(table: pa.Table) -> pa.Table:
        place = table.schema.get_field_index(name)
        return table.set_column(place, name, table.column(name).cast(type_))

    return cast


def _forge(store: Path, config: str, write: Callable[[pa.Table, Path], object]) -> Path:
    """Write other rows into a file of the newest version, and make manifest and log fit it."""
    path = max((store / "ents" / "v1.1.0" / "data").glob(f"*-{config}-*"))
    table = pq.ParquetFile(path).read()

    def change(manifest: dict[str, Any]) -> None:
        path.unlink()  # the object is the same file
        write(table, path)
        files = manifest["configs"][config]["files"]
        listed = next(file for file in files if file["path"].endswith(path.name))
        data = path.read_bytes()
        listed |= {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}

    _rewrite_manifest(store, change)
    return path


def _gold_rows(version: Version) -> list[dict[str, Any]]:
    with reading(version):
        return version.gold_rows(limit=9)


def _readers(store: Path) -> list[Callable[[], object]]:
    """What reads rows of the newest version."""
    folder = DatasetFolder(store, "ents")
    old, new = open_version(folder, "v1.0.0"), open_version(folder)
    return [
        lambda: _gold_rows(new),
        lambda: version_page(new, allow_unknown=True),
        lambda: diff_versions("ents", "v1.0.0", "v1.1.0", store=store),
        lambda: find_changes(old, new, most=9),
        lambda: checkout_bare(new, store / "bare"),
        lambda: create(store, articles(5), dry_run=True),
        lambda: create(store, [], name="other", carried=["ents@v1.1.0"], dry_run=True),
        lambda: retract_article(folder, "nobody"),
    ]


_FORGED: dict[str, Callable[[pa.Table], pa.Table]] = {
    "lacks the features of its columns": lambda table: table.replace_schema_metadata(None),
    "has the column text_sha256 where text belongs": lambda table: table.drop_columns(["text"]),
    "lacks the column row_hash": lambda table: table.drop_columns(["row_hash"]),
    "has the column id as large_string and not string": _as("id", pa.large_string()),
    "has the column group as dictionary<": _as("group", pa.dictionary(pa.int32(), pa.string())),
    "has a column more, ": lambda table: table.append_column("more", table.column("id")),
    "row [0-9a-f]{32} lacks its id, text, ": _null("text"),
    "row None lacks its id, ": _null("id"),
    "row [0-9a-f]{32}: a list or a record is null": _null("entities"),
    "row [0-9a-f]{32}: no label has the code 99": _entity(label=99),
    "row [0-9a-f]{32}: a span has no label": _entity(label=None),
    "row [0-9a-f]{32}: the span None-10 is not 'Anna Novak'": _entity(start=None),
    "row [0-9a-f]{32}: the span 0-999 is not 'Anna Novak'": _entity(end=999),
}


@pytest.mark.parametrize("said", _FORGED)
def test_forged_rows_that_manifest_and_log_fit_are_named(store: Path, said: str) -> None:
    forge = _FORGED[said]
    path = _forge(store, "gold", lambda table, path: pq.write_table(forge(table), path))
    place = f"v1.1.0/data/{path.name}"
    problems = [problem.line() for problem in verify(DatasetFolder(store, "ents"), deep=True)]
    assert any(re.match(f"{place}: {said}", line) for line in problems), problems
    for read in _readers(store):
        try:
            read()
        except VersionError as error:
            assert "no version of ents holds nobody" in str(error)
        except StateError as error:
            line = re.escape(f"{store}/ents/{place}: ") + said
            assert re.match(line, str(error)), error
            assert str(error).endswith("; run `annotate version verify ents --deep`")


@pytest.mark.parametrize(
    ("config", "forge", "row", "said"),
    [
        ("gold", _changed("text", lambda rows: rows.__setitem__(0, None)), 0, "lacks its id, text"),
        ("gold", lambda t: pa.concat_tables([t.slice(0, 2), t.slice(1)]), 1, "stands twice"),
        ("annotations", _changed("id", lambda rows: rows.__setitem__(2, "f" * 32)), None, "has no"),
        (
            "bio",
            _changed("ner_tags", lambda rows: rows[2].__setitem__(0, 0)),
            2,
            "is not what its gold row gives",
        ),
    ],
)
def test_a_forged_row_is_named_and_no_other(
    store: Path, config: str, forge: Callable[[pa.Table], pa.Table], row: int | None, said: str
) -> None:
    unit = "f" * 32
    if row is not None:
        unit = _gold_rows(open_version(DatasetFolder(store, "ents")))[row]["id"]
    path = _forge(store, config, lambda table, path: pq.write_table(forge(table), path))
    found = [(p.file, p.what) for p in verify(DatasetFolder(store, "ents"), deep=True)]
    rows = [(file, what) for file, what in found if what.startswith("row ")]
    assert {what.split()[1].rstrip(":") for _, what in rows} == {unit}
    assert rows[0][0] == f"data/{path.name}"
    assert rows[0][1].startswith(f"row {unit} {said}")


@pytest.mark.parametrize(
    ("config", "forge", "said"),
    [
        ("gold", lambda t: _with(t, "title", lambda rows: rows.__setitem__(0, "Other")), "another"),
        ("gold", lambda t: _with(t, "row_hash", lambda rows: rows.__setitem__(0, None)), "another"),
        ("annotations", lambda t: _with(t, "id", lambda rows: rows.reverse()), "has another hash"),
        ("gold", lambda t: pa.concat_tables([t, t.slice(0, 1)]), "stands twice"),
    ],
)
@pytest.mark.parametrize("labels", [LABELS, LABELS[::-1]], ids=["as it is", "with other codes"])
def test_a_forged_row_is_not_carried_over(
    store: Path,
    config: str,
    forge: Callable[[pa.Table], pa.Table],
    said: str,
    labels: Sequence[str],
) -> None:
    _forge(store, config, lambda table, path: pq.write_table(forge(table), path))
    with pytest.raises(StateError, match=rf"store/ents/v1\.1\.0: row [0-9a-f]{{32}} .*{said}"):
        create(store, [], name="other", carried=["ents@v1.1.0"], labels=labels)
    assert not (store / "other" / "v1.0.0").exists()


@pytest.mark.parametrize("config", ["gold", "annotations"])
@pytest.mark.parametrize("data", [b"", b"PAR1 and nothing more PAR1", b"PAR1\x15" + b"\xff" * 99])
def test_a_file_that_nobody_can_read_is_named(store: Path, config: str, data: bytes) -> None:
    path = _forge(store, config, lambda _, path: path.write_bytes(data))
    readers = _readers(store)
    for read in (readers[1], readers[3], readers[4], readers[6]):
        with pytest.raises(StateError, match=f"{path.name}: is what the log says, and nothing of"):
            read()


def test_rows_that_cannot_be_drawn_end_in_one_line(store: Path) -> None:
    forge = _entity(label=None)
    _forge(store, "gold", lambda table, path: pq.write_table(forge(table), path))
    for command in (
        ("show", "ents", "--limit", "9"),
        ("version", "diff", "ents", "v1.0.0", "v1.1.0"),
    ):
        ran = annotate(*command, "--store", str(store), home=store.parent)
        assert ran.code == 1
        (line,) = ran.err.splitlines()
        assert ": a span has no label; run `annotate version verify ents --deep`" in line


def test_a_card_that_is_not_utf8_is_shown(store: Path) -> None:
    card = store / "ents" / "v1.1.0" / "README.md"

    def change(_: dict[str, Any]) -> None:
        card.unlink()  # the object is the same file
        card.write_bytes(b"Caf\xe9\n")

    _rewrite_manifest(store, change)
    ran = annotate("version", "show", "ents", "--store", str(store), home=store.parent)
    assert (ran.code, ran.out) == (0, "Caf\ufffd\n\n")


def test_a_fault_of_ours_stays_one(store: Path) -> None:
    with pytest.raises(ZeroDivisionError), reading(open_version(DatasetFolder(store, "ents"))):
        1 / 0  # noqa: B018
