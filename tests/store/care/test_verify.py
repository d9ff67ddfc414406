"""Damage of any kind: found, named, and repaired where good bytes are left."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from annotate.dataset.manifest import Manifest
from annotate.errors import StateError
from annotate.pipeline import diff_versions
from annotate.report.page import version_page
from annotate.store.bare.offsets import checkout_bare
from annotate.store.care.reading import reading
from annotate.store.care.repair import repair
from annotate.store.care.verify import verify
from annotate.store.checkout import checkout
from annotate.store.commit import commit_version
from annotate.store.create.retract import retract_article
from annotate.store.diff.changes import find_changes
from annotate.store.folder import DatasetFolder
from annotate.store.local import file_sha256
from annotate.store.log import LoggedFile, read_log
from annotate.store.versions import open_version
from tests.command import annotate
from tests.store.made import articles, commit_lie, create


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two versions; tests work on copies."""
    store = tmp_path_factory.mktemp("whole") / "store"
    create(store, articles(12))
    create(store, articles(13))
    return store


@pytest.fixture
def store(whole: Path, tmp_path: Path) -> Path:
    """A copy without links between its files."""
    shutil.copytree(whole, tmp_path / "store")
    return tmp_path / "store"


def _flip(path: Path, place: int, bit: int = 1) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ bit]))


def _problems(store: Path, *, deep: bool = False) -> list[str]:
    return [problem.line() for problem in verify(DatasetFolder(store, "ents"), deep=deep)]


def test_a_whole_store_has_no_problem(store: Path) -> None:
    assert _problems(store, deep=True) == []


def test_one_flipped_byte_anywhere_is_found(store: Path) -> None:
    folder = DatasetFolder(store, "ents")
    chance = random.Random(20261123)  # noqa: S311
    files = [p for p in sorted((store / "ents" / "v1.1.0").rglob("*")) if p.is_file()]
    sizes = [p.stat().st_size for p in files]
    tried = [(p, chance.randrange(p.stat().st_size)) for p in files]
    tried += [(p, size - 1) for p, size in zip(files, sizes, strict=True)]
    for path in chance.choices(files, sizes, k=1000):
        tried.append((path, chance.randrange(path.stat().st_size)))
    for path, place in tried:
        bit = 1 << chance.randrange(8)
        _flip(path, place, bit)
        found = verify(folder, "v1.1.0")
        assert any(
            p.version == "v1.1.0" and path.as_posix().endswith(f"v1.1.0/{p.file}") for p in found
        ), (path, place, bit)
        _flip(path, place, bit)
    assert verify(folder) == []


def test_one_flipped_byte_of_the_log_is_found(store: Path) -> None:
    folder = DatasetFolder(store, "ents")
    for path in sorted((store / "ents/.annotate/log").iterdir()):
        for place in range(0, path.stat().st_size, 3):
            _flip(path, place)
            with pytest.raises(StateError):
                verify(folder)
            _flip(path, place)
    assert verify(folder) == []


def test_one_flipped_byte_of_the_card_or_an_object_is_found_and_repaired(store: Path) -> None:
    root = store / "ents"
    objects = [p for p in (root / ".annotate/objects").rglob("*") if p.is_file()]
    for path in [root / "README.md", *objects]:
        _flip(path, path.stat().st_size // 2)
    named = {problem.file for problem in verify(DatasetFolder(store, "ents"))}
    assert named == {p.relative_to(root).as_posix() for p in [root / "README.md", *objects]}
    assert named == {line.partition(": ")[0] for line in _problems(store)}
    repair(DatasetFolder(store, "ents"))
    assert _problems(store, deep=True) == []


def test_damaged_missing_and_extra_files_come_right_again(store: Path) -> None:
    root = store / "ents" / "v1.0.0"
    before = {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}
    for number, path in enumerate(before):
        if number % 2:
            path.unlink()
        else:
            _flip(path, 3)
    (root / "data" / "extra.txt").write_text("?", encoding="utf-8")
    shutil.rmtree(store / "ents" / "v1.1.0")
    problems = _problems(store)
    assert {line.split("/")[0] for line in problems} >= {"v1.0.0", "v1.1.0"}
    assert "v1.0.0/data/extra.txt: belongs to no version" in problems
    repair(DatasetFolder(store, "ents"))
    assert _problems(store, deep=True) == []
    assert {p: p.read_bytes() for p in root.rglob("*") if p.is_file()} == before


def test_an_edited_hard_link_is_named_and_only_the_card_can_be_made_again(tmp_path: Path) -> None:
    store = tmp_path / "linked"
    create(store, articles(1))
    root = store / "ents" / "v1.0.0"
    card, data = root / "README.md", next((root / "data").glob("*gold*"))
    assert card.stat().st_nlink == data.stat().st_nlink == 2
    _flip(card, 5)
    assert len(_problems(store)) == 2
    repair(DatasetFolder(store, "ents"))
    assert _problems(store) == []
    _flip(data, 5)
    for _ in range(2):
        found = verify(DatasetFolder(store, "ents"))
        assert [p.version for p in found] == ["v1.0.0", "v1.0.0"]
        assert any(p.file.endswith(data.name) for p in found)
        repair(DatasetFolder(store, "ents"))
    with pytest.raises(StateError, match="is damaged"):
        checkout(open_version(DatasetFolder(store, "ents")), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_object_that_another_version_needs_is_healed_by_the_next_commit(store: Path) -> None:
    root = store / "ents"
    shared = {p.name for p in (root / "v1.0.0/data").iterdir()} & {
        p.name for p in (root / "v1.1.0/data").iterdir()
    }
    assert shared, "a split that did not change is the same file"
    entry = read_log(DatasetFolder(store, "ents")).versions[0]
    file = next(f for f in entry.files if f.path.removeprefix("data/") in shared)
    _flip(root / ".annotate/objects" / file.sha256[:2] / file.sha256, 9)
    create(store, articles(12, label="ORG")[:1] + articles(14)[1:])
    assert not [line for line in _problems(store) if line.startswith("v2.0.0")]


def test_symbolic_links_are_named_and_never_followed(store: Path, tmp_path: Path) -> None:
    root = store / "ents"
    outside = tmp_path / "outside"
    shutil.copytree(root / "v1.0.0" / "data", outside)
    kept = {p.name: p.read_bytes() for p in outside.iterdir()}
    shutil.rmtree(root / "v1.0.0" / "data")
    (root / "v1.0.0" / "data").symlink_to(outside)
    card = root / "v1.1.0" / "README.md"
    (tmp_path / "card").write_bytes(card.read_bytes())
    card.unlink()
    card.symlink_to(tmp_path / "card")
    problems = _problems(store)
    assert "v1.1.0/README.md: is reached by a symbolic link" in problems
    assert sum("is reached by a symbolic link" in line for line in problems) == 1 + len(kept)
    repair(DatasetFolder(store, "ents"))
    assert _problems(store, deep=True) == []
    assert {p.name: p.read_bytes() for p in outside.iterdir()} == kept


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.write_bytes(b"\xff"), "is not UTF-8"),
        (lambda path: path.write_text("---\nauthor: Novak\n---\n"), "its front matter cannot be"),
        (lambda path: path.symlink_to("README.md"), "is a symbolic link"),
        (Path.mkdir, "is a folder"),
    ],
)
def test_words_that_cannot_be_used_hide_no_other_damage(
    store: Path, spoil: Callable[[Path], object], said: str
) -> None:
    spoil(store / "ents" / "card.md")
    _flip(next((store / "ents/v1.0.0/data").glob("*-gold-*")), 99)
    files, words = _problems(store)[:-1], _problems(store)[-1]
    assert any(line.startswith("v1.0.0/data/") for line in files)
    assert words.startswith(f"card.md: {said}")


def test_a_version_that_no_entry_names_is_said(store: Path) -> None:
    shutil.copytree(store / "ents" / "v1.0.0", store / "ents" / "v7.0.0")
    assert _problems(store) == ["v7.0.0: is not in the log"]


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../b", "", "a//b", "a\\b", "./a"])
def test_a_log_that_leads_out_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="leads out"):
        LoggedFile(path=path, sha256="0" * 64, bytes=1)


def test_a_removed_entry_breaks_the_chain(store: Path) -> None:
    os.remove(store / "ents/.annotate/log/00000001.json")  # noqa: PTH107
    with pytest.raises(StateError, match="does not follow"):
        verify(DatasetFolder(store, "ents"))


def test_a_clone_without_objects_is_whole_and_can_be_continued(store: Path) -> None:
    shutil.rmtree(store / "ents/.annotate/objects")
    shutil.rmtree(store / "ents/.annotate/tmp")
    assert _problems(store, deep=True) == []
    assert create(store, articles(14)).manifest.version == "v1.2.0"
    assert _problems(store, deep=True) == []


def _rewrite(store: Path, change: str) -> None:
    """Change a value inside the newest version's gold rows, and commit the lie to the log.

    What `verify` finds here it finds in the rows alone, since every file hash is right.
    """
    folder = DatasetFolder(store, "ents")
    version = open_version(folder)
    with folder.files.stage() as staged:
        for file in version.entry.files:
            target = staged / file.path
            target.parent.mkdir(exist_ok=True)
            shutil.copy(version.path(file.path), target)
        gold = next((staged / "data").glob("train-gold*"))
        table = pq.read_table(gold, partitioning=None)
        place = table.schema.get_field_index(change)
        column = table.column(change).combine_chunks()
        if change == "entities":
            values = column.to_pylist()
            values[0][0]["end"] += 1
            new = pa.array(values, column.type)
        else:
            new = pc.binary_join_element_wise(column, pa.scalar("x"), "")
        changed = table.set_column(place, table.schema.field(place), new)
        pq.write_table(changed.replace_schema_metadata(table.schema.metadata), gold)
        document = json.loads((staged / "manifest.json").read_bytes())
        for found in document["configs"]["gold"]["files"]:
            path = staged / found["path"]
            found["sha256"], found["bytes"] = file_sha256(path), path.stat().st_size
        document["version"], document["parent"] = "v9.0.0", "v1.1.0"
        manifest = Manifest.model_validate(document)
        (staged / "manifest.json").write_text(manifest.model_dump_json(indent=1) + "\n")
        assert commit_version(folder, read_log(folder), staged, manifest)


def test_changed_row_hashes_are_found_without_a_deep_look(store: Path) -> None:
    _rewrite(store, "row_hash")
    (problem,) = verify(DatasetFolder(store, "ents"), "v9.0.0")
    assert (problem.file, problem.what.partition(" ")[2]) == (
        "manifest.json",
        "has other row hashes than are listed",
    )


def test_a_logical_hash_that_the_log_repeats_takes_a_deep_look(store: Path) -> None:
    folder = DatasetFolder(store, "ents")
    commit_lie(folder)
    assert verify(folder, "v9.0.0") == []
    said = [problem.what for problem in verify(folder, "v9.0.0", deep=True)]
    assert said == ["the row hashes do not make its logical hash"]


def test_the_listed_row_hashes_are_those_of_the_file(store: Path) -> None:
    version = open_version(DatasetFolder(store, "ents"))
    files = [file for config in version.configs.values() for file in config.files]
    assert {file.path.split("-")[1] for file in files} == {"gold", "annotations", "bio"}
    for file in files:
        rows = pq.read_table(version.path(file.path), partitioning=None).column("row_hash")
        digits = "".join(rows.to_pylist())
        assert file.row_hashes == hashlib.sha256(digits.encode("ascii")).hexdigest()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("text", "text_sha256 is not that of its text"),
        ("title", "has another hash than is written in it"),
        ("entities", "is not 'Anna Novak'"),
    ],
)
def test_deep_finds_what_the_hashes_of_the_files_do_not(
    store: Path, change: str, said: str
) -> None:
    _rewrite(store, change)
    folder = DatasetFolder(store, "ents")
    assert verify(folder, "v9.0.0") == []
    assert any(said in problem.what for problem in verify(folder, "v9.0.0", deep=True))


@pytest.mark.parametrize("config", ["gold", "annotations"])
def test_nothing_is_built_on_a_damaged_file(store: Path, tmp_path: Path, config: str) -> None:
    version = open_version(DatasetFolder(store, "ents"))
    article = _rows(version.folder)[0]["article_id"]
    (path,) = version.config_paths(config)["train"]
    _write_with_other_times(path)
    named = (
        rf"data/{path.name} of ents v1\.1\.0 is damaged; run `annotate version verify ents --rep"
    )
    bare = partial(checkout_bare, version, tmp_path / "bare")
    for build in (
        partial(create, store, articles(14)),
        partial(create, store, articles(2, start=20), carried=["ents@v1.1.0"]),
        partial(create, store, [], name="other", carried=["ents@v1.1.0"]),
        partial(retract_article, DatasetFolder(store, "ents"), article),
        bare,
    ):
        with pytest.raises(StateError, match=named):
            build()
    assert [e.version for e in read_log(version.folder).versions] == ["v1.0.0", "v1.1.0"]
    assert not (tmp_path / "bare").exists()
    repair(version.folder)
    assert create(store, articles(14)).manifest.version == "v1.2.0"


def test_what_shows_a_damaged_file_names_it(store: Path) -> None:
    folder = DatasetFolder(store, "ents")
    old, new = open_version(folder, "v1.0.0"), open_version(folder)
    (path,) = new.config_paths("gold")["train"]
    whole, failed = path.read_bytes(), 0
    named = f"{folder.where}: data/{path.name} of ents v1.1.0 is damaged; run `annotate version"
    shown: tuple[Callable[[], object], ...] = (
        partial(_rows, folder, 100),
        partial(diff_versions, "ents", "v1.0.0", "v1.1.0", store=store),
        partial(find_changes, old, new, most=100),
        partial(version_page, new),
    )
    for place in range(0, len(whole), len(whole) // 25):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        for show in shown:
            try:
                show()
            except StateError as error:
                failed += 1
                assert str(error).startswith(named)
    assert failed > 25
    path.write_bytes(whole)
    for show in shown:
        show()


def test_a_report_is_not_made_of_a_damaged_file(store: Path, tmp_path: Path) -> None:
    (path,) = open_version(DatasetFolder(store, "ents")).config_paths("gold")["train"]
    _write_with_other_times(path)
    ran = annotate("report", "ents", "-o", "x.html", "--store", store, home=tmp_path)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1)
    assert f"data/{path.name} of ents v1.1.0 is damaged" in ran.err
    assert not (tmp_path / "x.html").exists()


def test_a_damaged_card_is_not_shown(store: Path, tmp_path: Path) -> None:
    (store / "ents/v1.1.0/README.md").write_bytes(b"\xff")
    ran = annotate("version", "show", "ents", "--store", store, home=tmp_path)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1)
    assert "README.md of ents v1.1.0 is damaged" in ran.err


def _rows(folder: DatasetFolder, limit: int = 1) -> list[dict[str, Any]]:
    version = open_version(folder)
    with reading(version):
        return version.gold_rows(limit=limit)


def _write_with_other_times(path: Path) -> None:
    """A file that reads well and is another: every value is as it was but one column's."""
    table = pq.read_table(path, partitioning=None)
    name = "date" if "date" in table.column_names else "created_at"
    other = pa.array(["2001-01-01"] * len(table))
    pq.write_table(table.set_column(table.column_names.index(name), name, other), path)
