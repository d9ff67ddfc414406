"""Versions of small datasets: what a plain reader sees, and the number that follows."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import load_dataset

from annotate.errors import InputError, RejectsError, StateError, UsageError, VersionError
from annotate.pipeline import create_version, load_version
from annotate.store.create.retract import retract_article
from annotate.store.folder import DatasetFolder
from annotate.store.tag import tag_version
from annotate.store.versions import load_log
from tests.store.made import KEY, articles, config_xml, create, create_in, export, our_task, task


def _rows(loaded: Any) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for split in loaded.values() for row in split}


def _names(loaded: Any) -> list[tuple[int, int, str]]:
    """(start, end, label) of all entities."""
    split = next(iter(loaded.values()))
    label = split.features["entities"].feature["label"]
    return sorted(
        (e["start"], e["end"], label.int2str(e["label"]))
        for row in _rows(loaded).values()
        for e in row["entities"]
    )


def test_the_numbers_follow_the_rules(tmp_path: Path) -> None:
    store = tmp_path / "store"
    base = articles(6)
    assert create(store, base).manifest.version == "v1.0.0"
    assert create(store, base + articles(1, start=6)).manifest.version == "v1.1.0"
    assert create(store, base).manifest.version == "v2.0.0"  # a row went
    assert create(store, base, labels=("PER", "ORG", "GPE", "LOC")).manifest.version == "v2.1.0"
    (store / "ents" / "card.md").write_text("Ours.\n", encoding="utf-8")
    labels = ("PER", "ORG", "GPE", "LOC")
    assert create(store, base, labels=labels).manifest.version == "v2.1.1"
    assert create(store, base, labels=("PER", "ORG", "GPE")).manifest.version == "v3.0.0"
    assert "Ours." in (store / "ents" / "README.md").read_text(encoding="utf-8")


def test_another_annotation_is_minor_and_another_licence_is_patch(tmp_path: Path) -> None:
    store = tmp_path / "store"
    text = "Anna Novak spoke."
    person, other = [(0, 10, "PER")], [(0, 10, "PER")]
    create(store, [task(text, {1: person}, licence="CC-BY-4.0")])
    second = create(store, [task(text, {1: person, 2: other}, licence="CC-BY-4.0")])
    assert second.manifest.version == "v1.1.0"
    third = create(store, [task(text, {1: person, 2: other}, licence="CC0-1.0")])
    assert third.manifest.version == "v1.1.1"
    assert {r["licence"] for r in _rows(load_version("ents", store=store)).values()} == {"CC0-1.0"}


def test_an_unchanged_version_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    store = tmp_path / "store"
    create(store, articles(3))
    before = sorted(p for p in store.rglob("*"))
    with pytest.raises(VersionError, match=r"nothing differs from v1\.0\.0"):
        create(store, articles(3))
    assert sorted(p for p in store.rglob("*")) == before


def test_a_store_that_a_file_stands_in_the_way_of_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "link").symlink_to("nowhere")
    for store, way in (("file", "file"), ("file/deeper", "file"), ("link", "link")):
        with pytest.raises(InputError) as caught:
            create_in(tmp_path / store, tmp_path / "in", articles(1))
        assert str(caught.value) == (
            f"{tmp_path / way}: is no folder; name another store, or move it away"
        )
    assert (tmp_path / "file").read_text() == "no folder"


def test_a_dry_run_says_what_would_be_and_writes_nothing(tmp_path: Path) -> None:
    store = tmp_path / "store"
    planned = create(store, articles(3), dry_run=True)
    assert not store.exists()
    made = create(store, articles(3))
    assert planned.report() == made.report()


def test_rows_of_an_older_version_are_carried_over(tmp_path: Path) -> None:
    store = tmp_path / "store"
    create(store, articles(4))
    made = create(store, articles(2, start=4), carried=["ents@v1.0.0"])
    assert made.manifest.version == "v1.1.0"
    assert sum(made.manifest.rows().values()) == 6
    whole = create(tmp_path / "other", articles(6))
    assert made.manifest.logical_hash == whole.manifest.logical_hash
    old = _rows(load_version("ents", "v1.0.0", store=store))
    new = _rows(load_version("ents", store=store))
    assert {name: new[name] for name in old} == old
    assert [c.name for c in made.manifest.carried] == ["ents@v1.0.0"]


def test_carried_labels_keep_their_names_when_the_list_grows(tmp_path: Path) -> None:
    store = tmp_path / "store"
    create(store, articles(2, label="GPE"))
    create(
        store,
        articles(1, label="LOC", start=2),
        labels=("LOC", "PER", "ORG", "GPE"),
        carried=["ents@v1.0.0"],
    )
    found = _names(load_version("ents", store=store))
    assert found == [(0, 10, "GPE"), (0, 10, "GPE"), (0, 10, "LOC")]
    with pytest.raises(VersionError, match="GPE"):
        create(store, articles(1, start=9), labels=("PER",), carried=["ents@v1.0.0"])


def test_carrying_never_loses_an_annotator(tmp_path: Path) -> None:
    store = tmp_path / "store"
    text = "Anna Novak spoke."
    create(store, [task(text, {1: [(0, 10, "PER")], 2: [(0, 4, "PER")]})])
    one = [task(text, {1: [(0, 10, "PER")]})]
    with pytest.raises(StateError, match=KEY.pseudonym("2")):
        create(store, one, carried=["ents@v1.0.0"])


def test_of_versions_that_share_a_task_none_loses_an_annotator(tmp_path: Path) -> None:
    store, text = tmp_path / "store", "Anna Novak spoke."
    said = {1: [(0, 10, "PER")], 2: [(0, 4, "ORG")]}
    for name, people in (("one", (1,)), ("two", (2,)), ("both", (1, 2))):
        create(store, [task(text, {n: said[n] for n in people})], name=name)
    one, two, both = (f"{name}@v1.0.0" for name in ("one", "two", "both"))
    lost = f"two v1.0.0 lacks the annotations by {KEY.pseudonym('1')} of one v1.0.0; give the"
    for carried in ([one, two], [both, one, two]):
        with pytest.raises(StateError, match=lost):
            create(store, [], carried=carried)
    assert create(store, [], carried=[one, two, both]).manifest.numbers.annotators == {
        KEY.pseudonym(str(n)): 1 for n in said
    }
    # what the inputs hold stands for all of them
    create(store, [task(text, said)], carried=[one, two], name="new")
    with pytest.raises(StateError, match=f"the inputs lack .* {KEY.pseudonym('1')} of one"):
        create(store, [task(text, {2: said[2]})], carried=[one, two], name="newer")


def test_an_item_that_has_a_split_keeps_it(tmp_path: Path) -> None:
    store = tmp_path / "store"
    create(store, articles(40))
    splits = {s: {r["id"] for r in rows} for s, rows in load_version("ents", store=store).items()}
    assert set(splits) == {"train", "validation", "test"}
    assert create(store, articles(60)).manifest.version == "v1.1.0"
    newer = {s: {r["id"] for r in rows} for s, rows in load_version("ents", store=store).items()}
    assert all(ids <= newer[split] for split, ids in splits.items())


def test_a_bridge_between_splits_is_set_aside(tmp_path: Path) -> None:
    store = tmp_path / "store"
    create(store, [our_task(n, group=f"g{n}") for n in range(40)])
    splits = load_version("ents", store=store)
    train, test = (int(splits[split][0]["id"], 16) for split in ("train", "test"))
    joined = [our_task(n, group="joined" if n in (train, test) else f"g{n}") for n in range(40)]
    made = create(
        store, [*joined, our_task(50, group="g50"), our_task(99, group="joined")], max_rejects=1
    )
    assert made.manifest.version == "v1.1.0", "the two stay the stories that they were"
    assert sum(made.manifest.rows().values()) == 41
    report, line = made.report(), made.ledger.set_aside[-1].line()
    assert (report["annotations"], report["regions_read"], report["regions_kept"]) == (41, 42, 41)
    assert [(r["code"], r["unit_key"]) for r in report["rejected"]] == [
        ("split_bridge", f"{99:032x}")
    ] * 3, "an annotation, its region and the task"
    assert line.endswith(
        f"export.json: task 1, unit_key {99:032x}: split_bridge: "
        "the group joined stands in two splits already"
    )
    with pytest.raises(RejectsError, match=rf"1 set aside, .*: task 1, unit_key {99:032x}: split"):
        create(store, [*joined, our_task(50, group="g50"), our_task(99, group="joined")])
    one = create(tmp_path / "one", [our_task(n, group="story") for n in range(30)])
    assert len(one.manifest.rows()) == 1, "a group never crosses splits"


@pytest.mark.parametrize(
    "name",
    ["..", "../x", "/etc/x", "a/b", "", ".hidden", "A", "a..b", "ä", "a\n", "a\0b", "‮a", "-a"],
)
def test_names_that_could_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="is no dataset name"):
        create(tmp_path / "store", articles(1), name=name)
    assert not (tmp_path / "store").exists()


def test_inputs_of_one_name_are_both_recorded(tmp_path: Path) -> None:
    from annotate.pipeline import create_version
    from tests.store.made import config_xml, export

    config = tmp_path / "config.xml"
    config.write_text(config_xml(), encoding="utf-8")
    inputs = [export(tmp_path / f"{n}" / "export.json", articles(1, start=n)) for n in range(2)]
    made = create_version(
        "ents", scheme="entities", inputs=inputs, store=tmp_path / "store", config=config, key=KEY
    )
    assert [used.name for used in made.manifest.inputs] == ["export.json", "export.json"]
    assert len({used.sha256 for used in made.manifest.inputs}) == 2


def test_the_manifest_says_nothing_of_the_machine(tmp_path: Path) -> None:
    create(tmp_path / "store", articles(2))
    text = (tmp_path / "store" / "ents" / "v1.0.0" / "manifest.json").read_text(encoding="utf-8")
    assert str(tmp_path) not in text
    assert json.loads(text)["tools"].keys() == {"annotate", "pyarrow", "python"}


def test_plain_lines_of_the_design_page(tmp_path: Path) -> None:
    store = tmp_path / "store"
    create(store, articles(30))
    folder = str(store / "ents")
    cache = str(tmp_path / "cache")
    assert len(_rows(load_dataset(folder, cache_dir=cache))) == 30
    create(store, articles(31))  # the cache is warm now
    assert len(_rows(load_dataset(folder, cache_dir=cache))) == 31
    assert len(_rows(load_dataset(folder, "v1.0.0", cache_dir=cache))) == 30
    assert len(_rows(load_dataset(folder, "v1.1.0", cache_dir=cache))) == 31
    assert len(_rows(load_dataset(f"{folder}/v1.0.0", cache_dir=cache))) == 30
    bio = load_dataset(folder, "v1.1.0-bio", cache_dir=cache)
    row = bio["train"][0]
    names = bio["train"].features["ner_tags"].feature
    assert [names.int2str(tag) for tag in row["ner_tags"][:3]] == ["B-PER", "I-PER", "O"]
    annotations = load_dataset(folder, "v1.1.0-annotations", cache_dir=cache)
    assert sum(map(len, annotations.values())) == 62
    streamed = load_dataset(folder, "v1.1.0", streaming=True)
    plain = load_dataset(folder, "v1.1.0", cache_dir=cache)
    assert {s: list(rows) for s, rows in streamed.items()} == {
        s: list(rows) for s, rows in plain.items()
    }


def test_a_dataset_of_one_row(tmp_path: Path) -> None:
    create(tmp_path / "store", articles(1))
    for streaming in (False, True):
        loaded = load_dataset(str(tmp_path / "store" / "ents"), streaming=streaming)
        assert [len(list(rows)) for rows in loaded.values()] == [1]


def test_unusual_label_names_survive(tmp_path: Path) -> None:
    labels = (
        "a b",
        "ü/ß",
        '"quoted"',
        "none",
        "0",
        "emoji 😀",
        "x: y",
        "a,b",
        "# c",
        "{d}",
        "null",
    )
    tasks = [task(f"Number {n} is here.", {1: [(0, 6, label)]}) for n, label in enumerate(labels)]
    create(tmp_path / "store", tasks, labels=labels)
    for name in ("ents", "ents/v1.0.0"):
        loaded = load_dataset(str(tmp_path / "store" / name))
        assert _names(loaded) == sorted((0, 6, label) for label in labels)
        label = next(iter(loaded.values())).features["entities"].feature["label"]
        assert tuple(label.names) == labels


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"policy": "most"}, r"no policy 'most'; use one of majority, adjudicated, .*"),
        ({"ties": "keep"}, r"no ties 'keep'; use one of drop, adjudicate, error"),
        (
            {"inputs": "export.json"},
            r"export\.json: is one name and not a list; put it into a list",
        ),
        ({"inputs": []}, r"no input; name an export, or a project with --project"),
        ({"inputs": iter(())}, r"no input; name .*"),
        ({"message": None}, r"the message None is no text; give a str"),
        ({"message": b"words"}, r"the message b'words' is no text; give a str"),
        ({"message": "half a \ud83d"}, r"-m: the message is not UTF-8; write it in UTF-8"),
        ({"name": Path("ents")}, r"PosixPath\('ents'\) is no dataset name; use .*"),
        ({"carried": "ents@v1.0.0"}, r"ents@v1\.0\.0: is one name and not a list; put .*"),
        ({"migrations": Path("to.yml")}, r"to\.yml: is one name and not a list; put .*"),
    ],
)
def test_what_python_gives_wrong_is_said_before_anything_is_read(
    tmp_path: Path, options: dict[str, Any], said: str
) -> None:
    given: dict[str, Any] = {"inputs": ["no.json"], "key": KEY, "store": tmp_path} | options
    with pytest.raises(InputError) as refused:
        create_version(given.pop("name", "ents"), scheme="entities", **given)
    assert re.fullmatch(said, str(refused.value))


def test_a_message_that_is_no_text_marks_and_names_nothing(tmp_path: Path) -> None:
    create(tmp_path / "store", articles(2))
    folder = DatasetFolder(tmp_path / "store", "ents")
    before = [path.name for path in (tmp_path / "store/ents/.annotate/log").iterdir()]
    with pytest.raises(UsageError, match="is not UTF-8"):
        tag_version(folder, "v1.0.0", "paper", message="half a \ud83d")
    with pytest.raises(UsageError, match="the message None is no text"):
        retract_article(folder, load_log(folder).versions[0].version, message=cast(str, None))
    assert [path.name for path in (tmp_path / "store/ents/.annotate/log").iterdir()] == before


def test_inputs_may_be_paths_and_fewer_rejects_than_none_are_none(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    export(path, articles(2))
    options: dict[str, Any] = {"key": KEY, "store": tmp_path / "store", "max_rejects": -5}
    (tmp_path / "labels.xml").write_text(config_xml(), encoding="utf-8")
    options["config"] = tmp_path / "labels.xml"
    made = create_version("ents", scheme="entities", inputs=[path], **options)
    assert made.manifest.version == "v1.0.0"


def test_a_version_whose_folder_is_gone_is_loaded_from_its_objects(tmp_path: Path) -> None:
    create(tmp_path, articles(12))
    expected = _rows(load_version("ents", store=tmp_path))
    (tmp_path / "ents/v1.0.0/manifest.json").unlink()
    assert _rows(load_version("ents", store=tmp_path)) == expected
    shutil.rmtree(tmp_path / "ents/v1.0.0")
    assert _rows(load_version("ents", store=tmp_path)) == expected
    assert not (tmp_path / "ents/v1.0.0").exists()


def test_mentions_of_a_config_of_ones_own_may_be_unset(tmp_path: Path) -> None:
    choices = '<Choices name="mention" toName="text" perRegion="true"><Choice value="COMMON"/>'
    config = tmp_path / "own.xml"
    config.write_text(config_xml().replace("</View>", f"{choices}</Choices></View>"), "utf-8")
    spans = [(0, 4, "PER"), (5, 10, "PER")]
    one = task("Anna Novak spoke.", {1: spans})
    chosen = {"choices": ["COMMON"]}
    mention = {"id": "r1", "type": "choices", "from_name": "mention", "to_name": "text"}
    one["annotations"][0]["result"].append(mention | {"value": chosen})
    inputs = [export(tmp_path / "export.json", [one])]
    store = tmp_path / "store"
    create_version("ents", scheme="entities", inputs=inputs, store=store, config=config, key=KEY)
    for name in ("v1.0.0", "v1.0.0-annotations"):
        rows = load_dataset(str(store / "ents"), name, cache_dir=str(tmp_path / "c"))["train"]
        mentions = rows.features["entities"].feature["mention"]
        found = [mentions.int2str(entity["mention"]) for entity in rows[0]["entities"]]
        assert found == ["NAM", "COMMON"]


@pytest.mark.parametrize("name", ["Größe [x] y", "a*b?", "[!a]"])
def test_a_version_is_loaded_from_a_folder_named_like_a_pattern(tmp_path: Path, name: str) -> None:
    create(tmp_path / name, articles(12))
    split_of = {
        row: path.name.split("-")[0]
        for path in (tmp_path / name / "ents/v1.0.0/data").iterdir()
        for row in pq.read_table(pa.BufferReader(path.read_bytes()))["id"].to_pylist()
    }
    loaded = load_version("ents", store=tmp_path / name)
    assert {row["id"]: split for split, rows in loaded.items() for row in rows} == split_of


def test_a_damaged_version_is_not_loaded(tmp_path: Path) -> None:
    create(tmp_path, articles(12))
    path = next((tmp_path / "ents/v1.0.0/data").glob("train-gold-*"))
    table = pq.read_table(pa.BufferReader(path.read_bytes()))
    path.unlink()  # its object is the same file
    titles = pa.array(["edited"] * len(table), pa.string())
    place = table.column_names.index("title")
    pq.write_table(table.set_column(place, table.field(place), titles), path)
    with pytest.raises(StateError, match=f"{path.name} of ents v1.0.0 is damaged"):
        load_version("ents", store=tmp_path)
