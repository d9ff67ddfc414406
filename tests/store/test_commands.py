"""The commands of `annotate version`, as a person runs them."""

from __future__ import annotations

import copy
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from annotate.pipeline import create_version, load_version
from annotate.store.folder import DatasetFolder
from annotate.store.versions import open_version
from tests.command import Ran, annotate
from tests.store.made import KEY, articles, commit_lie, config_xml, export


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a dataset of two versions, made by the command."""
    home = tmp_path_factory.mktemp("home")
    (home / "config.xml").write_text(config_xml(), encoding="utf-8")
    for count in (12, 13):
        export(home / f"{count}.json", articles(count))
        assert _create(home, f"{count}.json").code == 0
    return home


def _create(home: Path, *inputs: str, options: tuple[str, ...] = ()) -> Ran:
    given = [part for name in inputs for part in ("--from", name)]
    return annotate(
        *("version", "create", "ents", "--scheme", "entities", "--config", "config.xml"),
        *(*given, *options),
        home=home,
    )


def _run(home: Path, *args: str) -> Ran:
    return annotate("version", *args, home=home)


def test_an_unchanged_version_is_refused(home: Path) -> None:
    ran = _create(home, "13.json")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "annotate: ents: nothing differs from v1.1.0\n"


def test_where_nothing_differs_what_was_set_aside_is_said(home: Path) -> None:
    tasks = articles(13)
    beyond = copy.deepcopy(tasks[4]["annotations"][0]["result"][0])
    beyond["id"] = "r9"
    beyond["value"] |= {"start": 500, "end": 510}
    tasks[4]["annotations"][0]["result"].append(beyond)
    export(home / "beyond.json", tasks)
    ran = _create(home, "beyond.json", options=("--max-rejects", "1"))
    assert (ran.code, ran.out) == (1, "")
    aside, error = ran.err.splitlines()
    assert aside.startswith(
        "set aside: beyond.json: task 1, annotation 1, region r9: out_of_bounds"
    )
    assert error == "annotate: ents: nothing differs from v1.1.0"


def test_other_names_alone_are_no_version_and_are_said(home: Path) -> None:
    tasks = articles(13)
    for item in tasks:
        for annotation in item["annotations"]:
            annotation["completed_by"] += 100
    export(home / "others.json", tasks)
    ran = _create(home, "others.json")
    assert ran.code == 1
    said = "nothing but names of annotators differs from v1.1.0"
    assert ran.err == f"annotate: ents: {said}\n"


def test_a_dry_run_with_a_carried_version(home: Path) -> None:
    export(home / "more.json", articles(2, start=30))
    ran = _create(home, "more.json", "ents@v1.1.0", options=("--dry-run",))
    assert ran.code == 0, ran.err
    assert ran.out.startswith("ents would be v1.2.0 (minor): ")
    assert not (home / "datasets/ents/v1.2.0").exists()


def test_diff_ends_with_one_where_asked(home: Path) -> None:
    assert _run(home, "diff", "ents", "v1.0.0", "v1.1.0").code == 0
    assert _run(home, "diff", "ents", "v1.0.0", "v1.1.0", "--exit-code").code == 1
    assert _run(home, "diff", "ents", "v1.1.0", "v1.1.0", "--exit-code").code == 0


def test_rebuild_finds_the_recorded_inputs(home: Path) -> None:
    assert _run(home, "rebuild", "ents", "--json").json["same"] is True
    moved = home / "moved"
    moved.mkdir()
    shutil.move(home / "12.json", moved / "x.json")
    assert _run(home, "rebuild", "ents", "v1.0.0").code == 1
    assert _run(home, "rebuild", "ents", "v1.0.0", "--from", "moved/x.json").code == 0


def test_a_rebuild_that_makes_another_hash_ends_with_one(home: Path) -> None:
    shutil.copytree(home / "datasets", home / "lied")
    folder = DatasetFolder(home / "lied", "ents")
    found = open_version(folder).manifest.logical_hash
    commit_lie(folder)
    ran = _run(home, "rebuild", "ents", "--store", "lied")
    assert (ran.code, ran.out) == (1, f"ents v9.0.0: another logical hash: {found}\n"), ran.err
    ran = _run(home, "rebuild", "ents", "--store", "lied", "--json")
    assert (ran.code, ran.json["same"], ran.json["found"]) == (1, False, found)


_FEW_FILES = """
import resource
from annotate.cli import main
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 400))
main()
"""


def test_rebuild_takes_more_inputs_than_files_may_be_open(tmp_path: Path) -> None:
    names = [export(tmp_path / f"{n}.json", articles(1, start=n)) for n in range(100)]
    create_version("ents", scheme="entities", inputs=names, store=tmp_path / "datasets", key=KEY)
    done = subprocess.run(
        [sys.executable, "-c", _FEW_FILES, "version", "rebuild", "ents"],
        cwd=tmp_path,
        env=os.environ | {"ANNOTATE_PSEUDONYM_KEY": "a key for the tests alone"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("ents v1.0.0: the same logical hash\n", "")


def test_a_dataset_without_a_version_is_not_whole(home: Path) -> None:
    (home / "empty" / "ents" / ".annotate" / "log").mkdir(parents=True)
    (home / "empty" / "ents" / "v1.0.0").mkdir()
    (home / "empty" / "ents" / "v1.0.0" / "half").touch()
    for more in ([], ["--repair"]):
        ran = _run(home, "verify", "ents", "--store", "empty", *more)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err == "annotate: empty/ents: ents has no version yet\n"
    assert (home / "empty" / "ents" / "v1.0.0" / "half").exists()


def test_a_copy_without_its_hidden_folder_is_told_apart_from_none(home: Path) -> None:
    (home / "visible").mkdir()
    shutil.copytree(
        home / "datasets/ents", home / "visible/ents", ignore=shutil.ignore_patterns(".*")
    )
    ran = _run(home, "show", "ents", "v1.0.0", "--store", "visible")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "annotate: visible/ents: versions of 'ents' are there and no log of them;"
        " copy the hidden folder `.annotate` too\n"
    )
    ran = _run(home, "show", "ent", "v1.0.0", "--store", "visible")
    assert (ran.code, ran.err.split(";")[0]) == (1, "annotate: visible/ent: no dataset 'ent'")


def test_a_wrong_name_of_a_version_names_versions_and_tags(home: Path) -> None:
    shutil.copytree(home / "datasets", home / "tagged")
    assert _run(home, "tag", "ents", "v1.0.0", "paper", "--store", "tagged").code == 0
    ran = _run(home, "show", "ents", "papers", "--store", "tagged")
    assert ran.code == 1
    assert ran.err == ("annotate: ents has no version papers; it has v1.0.0, v1.1.0, paper\n")


def test_damage_is_named_and_repaired(home: Path) -> None:
    copy = home / "copy"
    shutil.copytree(home / "datasets", copy)
    assert _run(home, "verify", "ents", "--store", "copy", "--deep").code == 0
    card = copy / "ents/v1.0.0/README.md"
    card.write_text("not the card", encoding="utf-8")
    ran = _run(home, "verify", "ents", "--store", "copy")
    assert ran.code == 1
    assert ran.out == "v1.0.0/README.md: is not the file that was committed\n"
    assert ran.err == "damaged: v1.0.0\n"
    ran = _run(home, "verify", "ents", "v1.1.0", "--store", "copy")
    assert (ran.code, ran.err) == (0, "ents v1.1.0 is whole\n")
    repair = ("verify", "ents", "--store", "copy", "--repair")
    ran = _run(home, *repair, "--json")
    done = {"repaired": ["v1.0.0/README.md"], "removed": [], "problems": []}
    assert (ran.code, ran.json) == (0, done)
    (copy / "ents/v1.0.0/data/mine.txt").touch()
    (copy / "ents/README.md").write_text("mine", encoding="utf-8")
    ran = _run(home, *repair)
    assert (ran.code, ran.out.splitlines()) == (
        0,
        [
            "made again: README.md",
            "removed, since it belongs to no version: v1.0.0/data/mine.txt",
        ],
    )


def test_tag_log_restore_retract_gc(home: Path) -> None:
    shutil.copytree(home / "datasets", home / "own")
    store = ("--store", "own")
    assert _run(home, "tag", "ents", "v1.0.0", "paper", *store).out == "ents v1.0.0 is paper\n"
    assert _run(home, "tag", "ents", "v1.1.0", "paper", *store).code == 1
    heads = [e["kind"] for e in _run(home, "log", "ents", "--json", *store).json]
    assert heads == ["tag", "version", "version"]
    assert "version v1.1.0 (newest)" in _run(home, "log", "ents", *store).out
    tags = [entry["tags"] for entry in _run(home, "list", "ents", "--json", *store).json]
    assert tags == [["paper"], []]
    lines = _run(home, "list", "ents", *store).out.splitlines()
    assert [line.endswith("  [paper]") for line in lines] == [True, False]
    assert _run(home, "restore", "ents", "paper", "out", *store).code == 0
    assert (home / "out/manifest.json").is_file()
    article = _run(home, "retract", "ents", _an_article(home), "--json", *store).json
    assert article["marked"] == ["v1.0.0", "v1.1.0"]
    assert not any(entry["purged"] for entry in _run(home, "list", "ents", "--json", *store).json)
    said = _run(home, "gc", "ents", "--purge", "--dry-run", *store).err
    assert said.splitlines()[-1].startswith("not reached: what copies of the store hold")
    planned = _run(home, "gc", "ents", "--purge", "--dry-run", "--json", *store).json
    assert _run(home, "gc", "ents", "--purge", "--json", *store).json == planned
    assert planned["purged"] == ["v1.0.0", "v1.1.0"]
    listed = _run(home, "list", "ents", "--json", *store).json
    assert [entry["version"] for entry in listed if entry["purged"]] == planned["purged"]
    shown = _run(home, "list", "ents", *store).out
    assert shown.count("(purged: it held a retracted article)") == 2
    assert _run(home, "show", "ents", "v1.0.0", *store).code == 1
    assert _run(home, "verify", "ents", "--deep", *store).code == 0


@pytest.mark.parametrize("store", ["a:b", "corpus:2024/x", "~/x"])
def test_a_folder_may_have_any_name(tmp_path: Path, store: str) -> None:
    (tmp_path / "config.xml").write_text(config_xml(), encoding="utf-8")
    for count in (2, 3):
        export(tmp_path / f"{count}.json", articles(count))
        ran = _create(tmp_path, f"{count}.json", options=("--store", store))
        assert ran.code == 0, ran.err
    for args in (
        ("verify", "ents", "--deep"),
        ("diff", "ents", "v1.0.0", "v1.1.0"),
        ("restore", "ents", "v1.0.0", f"{store}-whole"),
        ("restore", "ents", "v1.0.0", f"{store}-bare", "--offsets-only"),
    ):
        ran = _run(tmp_path, *args, "--store", store)
        assert ran.code == 0, ran.err
    ran = annotate("hydrate", f"{store}-bare", "2.json", "-o", f"{store}-again", home=tmp_path)
    assert ran.code == 0, ran.err
    again = "croissant.json", "manifest.json"
    for name in again:
        made = (tmp_path / f"{store}-again" / name).read_bytes()
        assert made == (tmp_path / store / "ents/v1.0.0" / name).read_bytes()
    rows = load_version("ents", store=Path(os.path.relpath(tmp_path / store)))
    assert sum(map(len, rows.values())) == 3


@pytest.mark.parametrize("address", ["gs://b/x", "S3://b/x", "memory://x", "file:///x", "s3:/b/x"])
def test_an_address_is_not_taken_for_a_folder(home: Path, tmp_path: Path, address: str) -> None:
    shutil.copytree(home / "datasets", tmp_path / "datasets")
    shutil.copy(home / "config.xml", tmp_path)
    export(tmp_path / "2.json", articles(2))
    before = sorted(tmp_path.iterdir())
    for ran in (
        _create(tmp_path, "2.json", options=("--store", address)),
        _run(tmp_path, "list", "--store", address),
        _run(tmp_path, "verify", "ents", "--store", address),
        _run(tmp_path, "restore", "ents", "v1.0.0", address),
    ):
        assert (ran.code, ran.out) == (1, "")
        assert f"{address}: is an address and no " in ran.err
    assert sorted(tmp_path.iterdir()) == before


def test_a_message_cannot_act_on_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "config.xml").write_text(config_xml(), encoding="utf-8")
    export(tmp_path / "2.json", articles(2))
    message = "\x1b[31mred\x1b]0;title\a\u202e\nents v9.9.9"
    assert _create(tmp_path, "2.json", options=("-m", message)).code == 0
    for args in (("list",), ("log", "ents"), ("show", "ents")):
        out = _run(tmp_path, *args).out
        assert not set(out) & {"\x1b", "\a", "\u202e"}
        assert "␛[31mred␛]0;title␇" in out
    assert len(_run(tmp_path, "list").out.splitlines()) == 1
    assert "\nents v9.9.9" not in _run(tmp_path, "log", "ents").out
    assert _run(tmp_path, "list", "--json").json[0]["message"] == message


def test_a_store_that_is_not_there_is_no_empty_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "empty").mkdir()
    for options, said in (
        (("--store", "none"), "annotate: none: no such store; "),
        (("--store", "file"), "annotate: file: is no folder; "),
        ((), "annotate: datasets: no such store; "),
    ):
        for as_json in ((), ("--json",)):
            ran = _run(tmp_path, "list", *options, *as_json)
            assert (ran.code, ran.out) == (1, "")
            assert ran.err.startswith(said)
            assert len(ran.err.splitlines()) == 1
    assert _run(tmp_path, "list", "--store", "empty")[:2] == (0, "")


def test_a_diff_of_what_no_version_has_is_refused(home: Path) -> None:
    who = next(
        iter(open_version(DatasetFolder(home / "datasets", "ents")).manifest.numbers.annotators)
    )
    for options, said in (
        (("--label", "NOPE"), "has the label NOPE; the labels are PER, ORG, GPE"),
        (("--annotator", "p-nobody"), "has the annotator p-nobody; the annotators are p-"),
    ):
        for form in ((), ("--json",), ("--html", "x.html")):
            ran = _run(home, "diff", "ents", "v1.0.0", "v1.1.0", *options, *form)
            assert (ran.code, ran.out) == (1, "")
            assert ran.err.startswith(f"annotate: ents v1.0.0 -> v1.1.0: neither version {said}")
    assert not (home / "x.html").exists()
    for options in (("--label", "GPE"), ("--annotator", who)):
        assert _run(home, "diff", "ents", "v1.0.0", "v1.1.0", *options).code == 0


def _an_article(home: Path) -> str:
    import pyarrow.parquet as pq

    file = next((home / "datasets/ents/v1.1.0/data").glob("train-gold*"))
    found: str = pq.read_table(file, columns=["article_id"])["article_id"][0].as_py()
    return found
