"""Tags, restore, rebuild, takedown and collection."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from datasets import load_dataset

from annotate.annotations.pseudonym import PseudonymKey
from annotate.errors import InputError, RejectsError, StateError, VersionError
from annotate.pipeline import create_version, diff_versions, load_version
from annotate.store.bare.offsets import checkout_bare
from annotate.store.care.collect import collect
from annotate.store.care.repair import repair
from annotate.store.care.verify import verify
from annotate.store.checkout import checkout
from annotate.store.create.rebuild import rebuild_version
from annotate.store.create.retract import retract_article
from annotate.store.folder import DatasetFolder
from annotate.store.history import describe_log
from annotate.store.log import read_log
from annotate.store.tag import tag_version
from annotate.store.versions import dataset_names, open_version
from tests.command import Ran, annotate
from tests.store.made import KEY, articles, create, export, inputs_folder, our_task


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Two versions of twelve and thirteen articles."""
    create(tmp_path / "store", articles(12))
    create(tmp_path / "store", articles(13), message="One more")
    return tmp_path / "store"


@pytest.fixture
def folder(store: Path) -> DatasetFolder:
    return DatasetFolder(store, "ents")


def test_a_tag_is_given_once(folder: DatasetFolder) -> None:
    tag_version(folder, "v1.0.0", "paper")
    assert open_version(folder, "paper").entry.version == "v1.0.0"
    for version in ("v1.0.0", "v1.1.0"):
        with pytest.raises(VersionError, match=r"has the tag paper on v1\.0\.0"):
            tag_version(folder, version, "paper")
    with pytest.raises(VersionError, match=r"has no version v9\.9\.9"):
        tag_version(folder, "v9.9.9", "other")
    for name in ("v1.0.0", "v3.0.0", "", "a b", "../x", "/x", "ä", "a..b"):
        with pytest.raises(InputError, match="is no tag"):
            tag_version(folder, "v1.0.0", name)
    assert diff_versions("ents", "paper", "v1.1.0", store=folder.store).bump == "minor"
    assert verify(folder) == []


def test_the_log_is_told_newest_first(folder: DatasetFolder) -> None:
    tag_version(folder, "v1.0.0", "paper", message="As printed")
    lines = describe_log(read_log(folder)).splitlines()
    heads = [line for line in lines if line and not line.startswith(" ")]
    assert heads == ["tag paper", "version v1.1.0 (newest)", "version v1.0.0 (tag: paper)"]
    assert "    One more" in lines
    assert "    minor, after v1.0.0" in lines


def test_restore_writes_a_folder_that_loads(folder: DatasetFolder, tmp_path: Path) -> None:
    checkout(open_version(folder, "v1.0.0"), tmp_path / "out")
    loaded = load_dataset(str(tmp_path / "out"))
    assert sum(map(len, loaded.values())) == 12
    committed = Path(folder.where) / "v1.0.0"
    for path in committed.rglob("*"):
        if path.is_file():
            copy = tmp_path / "out" / path.relative_to(committed)
            assert copy.read_bytes() == path.read_bytes()
            assert copy.stat().st_ino != path.stat().st_ino
    with pytest.raises(InputError, match="is there already"):
        checkout(open_version(folder, "v1.0.0"), tmp_path / "out")


def test_restore_of_a_damaged_version_writes_nothing(folder: DatasetFolder, tmp_path: Path) -> None:
    (path,) = open_version(folder, "v1.0.0").config_paths("gold")["train"]
    path.write_bytes(path.read_bytes() + b"\0")  # its object is the same file
    with pytest.raises(StateError, match=r"-gold-.* of ents v1\.0\.0 is damaged"):
        checkout(open_version(folder, "v1.0.0"), tmp_path / "out" / "v1.0.0")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("write", [checkout, checkout_bare])
def test_restore_refuses_an_empty_folder_that_nothing_can_replace(
    folder: DatasetFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Any
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("empty")
    (tmp_path / "dangling").symlink_to("nowhere")
    monkeypatch.chdir(tmp_path / "empty")
    version = open_version(folder, "v1.0.0")
    for name in (".", "new/..", "../link", "../dangling"):
        with pytest.raises(InputError, match="is there already; name a new folder"):
            write(version, Path(name))
    write(version, Path("../empty"))
    assert (tmp_path / "empty" / "manifest.json").exists()


def test_a_folder_that_is_no_dataset_is_not_listed(folder: DatasetFolder) -> None:
    store = Path(folder.store)
    for name in ("ents copy", "Ents"):
        shutil.copytree(folder.where, store / name)
    assert dataset_names(store) == ["ents"]


def test_rebuild_makes_the_same_hash_with_any_key(folder: DatasetFolder, tmp_path: Path) -> None:
    moved = export(tmp_path / "elsewhere" / "renamed.json", articles(12))
    made = rebuild_version(folder, "v1.0.0", [moved], key=PseudonymKey(b"another key altogether"))
    assert made.same
    with pytest.raises(InputError, match=r"was made from export\.json \(SHA-256"):
        rebuild_version(folder, "v1.1.0", [moved], key=KEY)


def test_rebuild_of_a_carried_version(folder: DatasetFolder, tmp_path: Path) -> None:
    create(Path(folder.store), articles(2, start=20), carried=["ents@v1.0.0"])
    moved = export(tmp_path / "renamed.json", articles(2, start=20))
    assert rebuild_version(folder, None, [moved], key=KEY).same


def test_a_retracted_article_is_gone_for_good(store: Path, folder: DatasetFolder) -> None:
    old = load_version("ents", store=store)
    row = next(iter(old.values()))[0]
    gone = retract_article(folder, row["id"], message="asked for")
    assert gone == (row["article_id"], "v2.0.0", ["v1.0.0", "v1.1.0"])
    new = load_version("ents", store=store)
    kept = {r["id"]: r for rows in new.values() for r in rows}
    assert kept == {r["id"]: r for rows in old.values() for r in rows if r["id"] != row["id"]}
    assert "default: true" in (store / "ents/README.md").read_text(encoding="utf-8")
    assert "config_name: v1.0.0" not in (store / "ents/README.md").read_text(encoding="utf-8")
    assert verify(folder, deep=True) == []
    with pytest.raises(VersionError, match="nothing differs") as refused:
        create(store, articles(13))
    # two annotations with a region each, and the task
    assert [": retracted: " in note for note in refused.value.__notes__] == [True] * 5
    with pytest.raises(VersionError, match="nothing differs"):
        create(store, [], carried=["ents@v1.0.0", "ents@v2.0.0"])
    again = create(store, articles(14))
    aside = again.ledger.set_aside
    assert {(entry.code, entry.unit_key) for entry in aside} == {("retracted", row["id"])}
    assert [e.kind for e in aside] == ["annotation", "region"] * 2 + ["task"]
    assert again.ledger.root_causes == 0
    assert (again.report()["annotations"], again.report()["regions_kept"]) == (26, 26)
    carried = create(store, articles(15), carried=["ents@v1.0.0"])
    assert carried.ledger.set_aside == again.ledger.set_aside, "named once, from the inputs"
    (aside_here,) = create(store, articles(16, start=20), carried=["ents@v1.0.0"]).ledger.set_aside
    assert aside_here.line() == (
        f"ents v1.0.0: unit_key {row['id']}: retracted: "
        f"the article {row['article_id']} was retracted"
    )
    with pytest.raises(VersionError, match="no version of ents holds nothing"):
        retract_article(folder, "nothing")


def test_what_is_retracted_is_not_carried_into_another_dataset(
    store: Path, folder: DatasetFolder
) -> None:
    row = next(iter(load_version("ents", store=store).values()))[0]
    before = create(store, [], name="early", carried=["ents@v1.1.0"])
    retract_article(folder, row["id"])
    made = create(store, [], name="other", carried=["ents@v1.1.0"])
    assert (sum(made.manifest.rows().values()), before.report()["rejected"]) == (12, [])
    assert [(e.code, e.unit_key) for e in made.ledger.set_aside] == [("retracted", row["id"])]
    for name in ("early", "other"):
        assert rebuild_version(DatasetFolder(store, name), None, [], key=KEY).same


def test_a_second_retraction_is_refused(store: Path, folder: DatasetFolder) -> None:
    row = next(iter(load_version("ents", store=store).values()))[0]
    retract_article(folder, row["id"])
    for wanted in (row["id"], row["article_id"]):
        with pytest.raises(VersionError, match=r"was retracted already; v1\.0\.0, v1\.1\.0 hold"):
            retract_article(folder, wanted)
    assert read_log(folder).marked == {
        version: [row["article_id"]] for version in ("v1.0.0", "v1.1.0")
    }


def test_marked_versions_are_named(store: Path, folder: DatasetFolder) -> None:
    row = next(iter(load_version("ents", store=store).values()))[0]
    retract_article(folder, row["id"])
    words = f"is marked: it holds the retracted {row['article_id']}"

    def run(*args: str | Path) -> Ran:
        return annotate("version", *args, "--store", store, home=store.parent)

    listed = run("list", "ents").out.splitlines()
    assert ["holds a retracted article" in line for line in listed] == [True, True, False]
    entries = run("list", "ents", "--json").json
    assert [entry["marked"] for entry in entries] == [True, True, False]
    for version, is_marked in (("v1.0.0", True), ("v2.0.0", False)):
        shown = run("show", "ents", version)
        assert (words in shown.err) is is_marked
        shown = run("show", "ents", version, "--json")
        assert shown.json["marked"] is is_marked
        shown = run("restore", "ents", version, store.parent / f"restored-{version}")
        assert (words in shown.err) is is_marked


def test_inputs_that_are_all_retracted_are_named(tmp_path: Path) -> None:
    store = tmp_path / "store"
    create(store, articles(1))
    retract_article(DatasetFolder(store, "ents"), _only_row(store)["id"])
    with pytest.raises(StateError, match=r"nothing is left: .* task 1, unit_key \w+: retracted: "):
        create(store, articles(1))


def test_faults_of_a_retracted_task_are_no_root_causes(tmp_path: Path) -> None:
    store, group = tmp_path / "store", f"{1:032x}"
    create(store, [our_task(1, group=group), *articles(1)])
    retract_article(DatasetFolder(store, "ents"), group)
    gone = our_task(1, group=group)
    (sound,) = gone["annotations"]
    empty = sound | {"id": 2, "completed_by": 2, "result": None}
    for data in (gone["data"], gone["data"] | {"text_sha256": "0" * 64}):
        for several in ([empty], [sound, empty]):
            faulty = gone | {"data": data, "annotations": several}
            ledger = create(store, [faulty, *articles(2)], dry_run=True).ledger
            assert {entry.code for entry in ledger.set_aside} == {"retracted"}
            assert ledger.set_aside[-1].kind == "task"
            assert ledger.root_causes == 0


def _only_row(store: Path) -> dict[str, Any]:
    (rows,) = load_version("ents", store=store).values()
    return dict(rows[0])


def test_purging_removes_what_holds_a_retracted_article(store: Path, folder: DatasetFolder) -> None:
    create(store, articles(12, label="ORG"))
    tag_version(folder, "v1.0.0", "paper")
    article = next(iter(load_version("ents", store=store).values()))[0]
    retract_article(folder, article["article_id"])
    planned = collect(folder, purge=True, dry_run=True)
    assert (store / "ents/v1.0.0").exists()
    done = collect(folder, purge=True)
    assert done == planned
    assert done.purged == ["v1.0.0", "v1.1.0", "v2.0.0"]
    assert done.breaks == [
        "load_dataset of v1.0.0, and a diff with it",
        "the tag paper",
        "load_dataset of v1.1.0, and a diff with it",
        "load_dataset of v2.0.0, and a diff with it",
        "rebuilding v3.0.0, whose parent it is",
    ]
    assert not any((store / "ents" / version).exists() for version in done.purged)
    files = [p for p in store.rglob("*") if p.is_file() and p.read_bytes()[:4] == b"PAR1"]
    left = {i for p in files for i in pq.read_table(p, columns=["id"])["id"].to_pylist()}
    assert article["id"] not in left
    assert left
    newest = load_version("ents", store=store)
    assert article["id"] not in {r["id"] for rows in newest.values() for r in rows}
    with pytest.raises(VersionError, match=r"v1\.0\.0 was purged"):
        open_version(folder, "paper")
    assert verify(folder, deep=True) == []
    assert collect(folder, purge=True).files == []
    assert create(store, articles(20)).manifest.version == "v4.0.0"


def test_the_only_article_can_be_retracted(tmp_path: Path) -> None:
    create(tmp_path / "store", articles(1))
    folder = DatasetFolder(tmp_path / "store", "ents")
    row = next(iter(load_version("ents", store=tmp_path / "store").values()))[0]
    assert retract_article(folder, row["id"]).version is None
    collect(folder, purge=True)
    assert verify(folder) == []
    assert not (tmp_path / "store/ents/README.md").exists()
    assert create(tmp_path / "store", articles(2)).manifest.version == "v2.0.0"


def test_a_card_that_a_break_left_of_what_was_retracted_is_named_and_removed(
    tmp_path: Path,
) -> None:
    create(tmp_path, articles(1))
    folder, root = DatasetFolder(tmp_path, "ents"), tmp_path / "ents"
    left = {name: (root / name).read_bytes() for name in ("README.md", "CITATION.cff")}
    retract_article(folder, open_version(folder).gold_rows(limit=1)[0]["article_id"])
    for name, data in left.items():  # as where the program ended before they went
        (root / name).write_bytes(data)
    assert {problem.line() for problem in verify(folder)} == {
        "README.md: belongs to no version",
        "CITATION.cff: belongs to no version",
    }
    assert repair(folder) == ([], ["README.md", "CITATION.cff"])
    assert verify(folder) == []
    assert not (root / "README.md").exists()


def test_collecting_leaves_what_versions_need(store: Path, folder: DatasetFolder) -> None:
    private = store / "ents/.annotate"
    (private / "tmp" / "left").mkdir()
    (private / "tmp" / "left" / "half.parquet").write_bytes(b"half")
    (private / "objects" / "00").mkdir(exist_ok=True)
    (private / "objects" / "00" / ("0" * 64)).write_bytes(b"nobody's")
    before = {p for p in store.rglob("*") if p.is_file()}
    gone = collect(folder)
    assert gone.files == [".annotate/tmp/left", f".annotate/objects/00/{'0' * 64}"]
    assert {p for p in before if not p.exists()} == {
        private / "tmp/left/half.parquet",
        private / "objects/00" / ("0" * 64),
    }
    assert verify(folder, deep=True) == []


def test_another_key_and_too_many_rejects_are_refused(store: Path) -> None:
    tasks = articles(13)
    tasks[0]["annotations"][0]["result"][0]["value"]["end"] = 999
    with pytest.raises(RejectsError):
        create(store, tasks)
    with pytest.raises(StateError, match="restore that key"):
        create_version(
            "ents",
            scheme="entities",
            inputs=[export(store.parent / "e.json", articles(2))],
            config=inputs_folder(store) / "config.xml",
            store=store,
            key=PseudonymKey(b"not the key of before"),
        )


def test_an_article_whose_address_changed_is_retracted_under_each(tmp_path: Path) -> None:
    """A task made elsewhere is known by its text, its article by its address."""
    store, folder = tmp_path / "store", DatasetFolder(tmp_path / "store", "ents")
    tasks = articles(12)
    create(store, tasks)
    (row,) = [r for r in _gold(store) if r["url"] == "https://example.org/4"]
    tasks[4]["data"]["url"] = "https://example.org/moved"
    create(store, tasks)
    (moved,) = [r for r in _gold(store) if r["url"] == "https://example.org/moved"]
    assert moved["id"] == row["id"]
    assert moved["article_id"] != row["article_id"]
    create(store, [*tasks[:4], *tasks[5:]])
    gone = retract_article(folder, row["id"])
    assert gone.marked == ["v1.0.0", "v2.0.0"]
    names = {row["article_id"], moved["article_id"]}
    assert read_log(folder).retracted == names
    for address in ("4", "moved"):
        tasks[4]["data"]["url"] = f"https://example.org/{address}"
        aside = create(store, tasks + articles(1, start=20), dry_run=True).ledger.set_aside
        assert {entry.code for entry in aside} == {"retracted"}
    with pytest.raises(VersionError, match="was retracted already"):
        retract_article(folder, row["article_id"])


def _gold(store: Path) -> list[dict[str, Any]]:
    return [row for rows in load_version("ents", store=store).values() for row in rows]
