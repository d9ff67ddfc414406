"""A label config that changed between versions: refused, or built with what became of its names."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from datasets import load_dataset

from annotate.errors import ConfigError, VersionError
from annotate.pipeline import create_version, diff_versions, load_version
from annotate.schemes.label_config import parse_label_config
from annotate.store.care.verify import verify
from annotate.store.create.rebuild import rebuild_version
from annotate.store.create.retract import retract_article
from annotate.store.folder import DatasetFolder
from annotate.store.versions import open_version
from tests.command import annotate
from tests.store.made import KEY, config_xml, create, export, inputs_folder, task

OLD, NEW, LAST = ("PER", "GPE", "LOC"), ("PER", "PLACE"), ("PER", "SITE", "ORG")
MERGED = {"GPE": "PLACE", "LOC": "PLACE"}
TEXT = "Anna Novak spoke in Tesk on day {}."
_ROOT = Path(__file__).resolve().parents[3]


def digest(labels: Sequence[str]) -> str:
    return _digest_of(config_xml(labels))


def _digest_of(xml: str) -> str:
    return parse_label_config(xml, where="").digest


def pushed(labels: Sequence[str], *spans: str, start: int = 0) -> list[dict[str, Any]]:
    """A task for each label: Tesk is that, two annotators agree and one drew nothing."""
    made = []
    for number, label in enumerate(spans, start):
        text = TEXT.format(number)
        both = [(0, 10, "PER"), (20, 24, label)]
        data = {"url": f"https://example.org/{number}", "config_digest": digest(labels)}
        made.append(task(text, {1: both, 2: both, 3: []}, **data))
    return made


def migration(
    folder: Path, before: Sequence[str], after: Sequence[str], labels: dict[str, str]
) -> Path:
    path = folder / f"{'-'.join(before)}.json"
    ends = {"from": digest(before), "to": digest(after)}
    path.write_text(json.dumps(ends | {"labels": {"entity": labels}}))
    return path


def labels_of(store: Path, version: str | None = None) -> list[str]:
    """The labels of Tesk, by number of the day."""
    rows = [row for rows in load_version("ents", version, store=store).values() for row in rows]
    names = load_version("ents", version, store=store)["train"].features["entities"]
    of = names.feature["label"].int2str
    return [
        of(entity["label"])
        for row in sorted(rows, key=lambda row: row["url"])
        for entity in row["entities"]
        if entity["text"] == "Tesk"
    ]


def test_the_example_of_the_page_runs_as_it_stands(tmp_path: Path) -> None:
    page = (_ROOT / "docs" / "studio.md").read_text(encoding="utf-8")
    section = page.split("## A label config that changes\n")[1].split("\n## ")[0]
    written, command = (section.split(f"```{kind}\n")[1].split("```")[0] for kind in ("yaml", "sh"))
    (tmp_path / "places.yaml").write_text(written)
    before = config_xml(OLD).replace('name="entity"', 'name="span"')
    (tmp_path / "places-1.xml").write_text(before)
    (tmp_path / "places-2.xml").write_text(config_xml(NEW))
    old = json.dumps(pushed(OLD, "GPE", "LOC")).replace(digest(OLD), _digest_of(before))
    tasks = json.loads(old.replace('"from_name": "entity"', '"from_name": "span"'))
    export(tmp_path / "places.json", [*tasks, *pushed(NEW, "PLACE", start=2)])

    given = shlex.split(command.replace("\\\n", " "))
    assert given[0] == "annotate"
    refused = annotate(*given[1:-2], home=tmp_path)
    assert (refused.code, "say in a migration file" in refused.err) == (1, True), refused.err
    ran = annotate(*given[1:], home=tmp_path)
    assert ran.code == 0, ran.err
    store = tmp_path / "datasets"
    rows = [row for rows in load_version("places", store=store).values() for row in rows]
    assert [len(row["entities"]) for row in rows] == [2, 2, 2]
    manifest = json.loads((store / "places/v1.0.0/manifest.json").read_bytes())
    assert manifest["labels"]["entities.label"] == ["PER", "PLACE"]
    assert manifest["migrations"][0]["controls"] == {"span": "entity"}


def test_refused_right_with_a_migration_and_told(tmp_path: Path) -> None:
    store, folder = tmp_path / "store", DatasetFolder(tmp_path / "store", "ents")
    first = pushed(OLD, "GPE", "LOC", "GPE")
    create(store, first, labels=OLD)
    both = [*first, *pushed(NEW, "PLACE", start=3)]
    before = sorted(store.rglob("*"))
    with pytest.raises(ConfigError, match="gone entity GPE, entity LOC; new entity PLACE"):
        create(store, both, labels=NEW)
    assert sorted(store.rglob("*")) == before

    step = migration(tmp_path, OLD, NEW, MERGED)
    made = create(store, both, labels=NEW, migrations=[step])
    assert made.manifest.version == "v2.0.0"
    assert labels_of(store) == ["PLACE"] * 4
    assert labels_of(store, "v1.0.0") == ["GPE", "LOC", "GPE"]
    assert made.manifest.labels["entities.label"] == ["PER", "PLACE"]
    assert made.manifest.config_digest == digest(NEW)
    document = json.loads(step.read_text()) | {"controls": {}, "relations": {}}
    stored = json.loads((store / "ents/v2.0.0/manifest.json").read_bytes())
    assert stored["migrations"] == [document]
    card = (store / "ents/v2.0.0/README.md").read_text()
    assert "| renamed | entity GPE became PLACE; entity LOC became PLACE |" in card
    for diff in (made.diff, diff_versions("ents", "v1.0.0", "v2.0.0", store=store)):
        lines = diff.table("since").splitlines()
        assert lines[:3] == [
            "since: major",
            "  entity GPE became PLACE",
            "  entity LOC became PLACE",
        ]
        assert diff.labels["PLACE"]._asdict() == {"added": 1, "removed": 0, "relabelled": 3}
        assert diff.report()["migrations"] == [document]
        assert set(diff.report()) == {"bump", "splits", "labels", "migrations"}
    assert verify(folder, deep=True) == []
    moved = export(tmp_path / "moved.json", both)
    assert rebuild_version(folder, None, [moved], key=KEY).same

    # what the version before was made with is not told again
    more = [*both, *pushed(NEW, "PLACE", start=4)]
    grown = create(store, more, labels=NEW, migrations=[step])
    assert (grown.manifest.version, grown.manifest.migrations) == (
        "v2.1.0",
        made.manifest.migrations,
    )
    for diff in (grown.diff, diff_versions("ents", "v2.0.0", "v2.1.0", store=store)):
        assert set(diff.report()) == {"bump", "splits", "labels"}

    first = next(r["id"] for d in load_version("ents", store=store).values() for r in d)
    gone = retract_article(folder, str(first))
    assert gone.version == "v3.0.0"
    assert labels_of(store) == ["PLACE"] * 4
    assert "migrations" not in diff_versions("ents", "v2.0.0", "v3.0.0", store=store).report()
    assert diff_versions("ents", "v1.0.0", "v3.0.0", store=store).report()["migrations"]
    assert "migrations" not in diff_versions("ents", "v3.0.0", "v1.0.0", store=store).report()
    rebuilt = rebuild_version(folder, "v3.0.0", [], key=KEY)
    assert rebuilt.same

    # nor is it after a takedown
    more += pushed(NEW, "PLACE", start=5)
    later = create(store, more, labels=NEW, migrations=[step])
    assert later.manifest.version == "v3.1.0"
    for diff in (later.diff, diff_versions("ents", "v3.0.0", "v3.1.0", store=store)):
        assert "migrations" not in diff.report()


def test_a_config_that_only_grew_needs_no_migration(tmp_path: Path) -> None:
    store = tmp_path / "store"
    first = pushed(OLD, "GPE", "LOC")
    create(store, first, labels=OLD)
    grown = (*OLD, "ORG")
    made = create(store, [*first, *pushed(grown, "ORG", start=2)], labels=grown)
    assert made.manifest.version == "v1.1.0"
    assert made.manifest.migrations == []
    assert "migrations" not in made.diff.report()
    # rebuilt where the older config is known no more
    files = [str(inputs_folder(store) / "export.json")]
    assert rebuild_version(DatasetFolder(store, "ents"), None, files, key=KEY).same


def test_the_configs_of_a_migration_file_are_compared(tmp_path: Path) -> None:
    """In a first version nothing is known of older configs but by their files."""
    (tmp_path / "old.xml").write_text(config_xml(OLD))
    (tmp_path / "new.xml").write_text(config_xml(NEW))
    path = tmp_path / "m.yaml"
    path.write_text("from: old.xml\nto: new.xml\nlabels: {entity: {GPE: PLACE}}\n")
    with pytest.raises(ConfigError, match="does not say what became of entity LOC"):
        create(tmp_path / "store", pushed(OLD, "GPE"), labels=NEW, migrations=[path])
    path.write_text(path.read_text().replace("GPE: PLACE", "GPE: PLACE, LOC: PLACE"))
    create(tmp_path / "store", pushed(OLD, "GPE"), labels=NEW, migrations=[path])
    assert labels_of(tmp_path / "store") == ["PLACE"]


def renamed(folder: Path) -> list[Path]:
    """From OLD in two steps to LAST; no two labels become one."""
    middle = ("PER", "PLACE", "LOC")
    return [
        migration(folder, middle, LAST, {"PLACE": "SITE", "LOC": "ORG"}),
        migration(folder, OLD, middle, {"GPE": "PLACE"}),
    ]


def test_carried_rows_are_those_of_the_exports(tmp_path: Path) -> None:
    # the last task has both labels on one span, which stand the other way round when renamed
    both = [(20, 24, "GPE"), (20, 24, "LOC")]
    data = {"url": "https://example.org/3", "config_digest": digest(OLD)}
    last = task(TEXT.format(3), {1: both, 2: both}, **data)
    first, more = [*pushed(OLD, "GPE", "LOC"), last], pushed(LAST, "SITE", start=2)
    steps = renamed(tmp_path)
    whole = create(tmp_path / "whole", [*first, *more], labels=LAST, migrations=steps)
    create(tmp_path / "store", first, labels=OLD)
    with pytest.raises(VersionError, match=r"has the labels GPE, LOC in entities\.label"):
        create(tmp_path / "store", more, labels=LAST, carried=["ents@v1.0.0"])
    made = create(tmp_path / "store", more, labels=LAST, carried=["ents@v1.0.0"], migrations=steps)
    assert labels_of(tmp_path / "store") == ["SITE", "ORG", "SITE", "ORG", "SITE"]
    assert made.manifest.logical_hash == whole.manifest.logical_hash
    assert made.manifest.labels["entities.label"] == list(LAST)
    assert made.manifest.version == "v2.0.0"
    assert len(made.manifest.migrations) == 2
    folder = DatasetFolder(tmp_path / "store", "ents")
    assert verify(folder, deep=True) == []
    files = [str(inputs_folder(tmp_path / "store") / "export.json")]
    assert rebuild_version(folder, None, files, key=KEY).same


def test_carried_labels_that_became_one_are_refused(tmp_path: Path) -> None:
    create(tmp_path / "store", pushed(OLD, "GPE", "LOC"), labels=OLD)
    step = migration(tmp_path, OLD, NEW, MERGED)
    with pytest.raises(VersionError, match=r"ents v1\.0\.0 has GPE, LOC, of which the migration"):
        create(tmp_path / "store", [], labels=NEW, carried=["ents@v1.0.0"], migrations=[step])


def stance_xml(*values: str) -> str:
    choices = "".join(f'<Choice value="{value}"/>' for value in values)
    return (
        '<View><Text name="text" value="$text"/>'
        f'<Choices name="stance" toName="text">{choices}</Choices></View>'
    )


def test_carried_stances(tmp_path: Path) -> None:
    old, new = stance_xml("favor", "against", "none"), stance_xml("against", "none", "zustimmend")

    def answers(first: str, *others: str) -> list[dict[str, Any]]:
        result = {"from_name": "stance", "to_name": "text", "type": "choices"}
        return [
            {
                "id": number,
                "completed_by": number,
                "result": [{**result, "id": "s", "value": {"choices": [choice]}}],
            }
            for number, choice in enumerate((first, *others))
        ]

    config = parse_label_config(old, where="").digest
    data = {"text": "All of it.", "target": "it", "target_kind": "entity", "config_digest": config}
    given = answers("favor", "favor", "none")
    path = export(tmp_path / "old.json", [{"id": 1, "data": data, "annotations": given}])
    for name, xml in (("old", old), ("new", new)):
        (tmp_path / f"{name}.xml").write_text(xml)
    step = tmp_path / "m.yaml"
    step.write_text("from: old.xml\nto: new.xml\nlabels: {stance: {favor: zustimmend}}\n")
    options: dict[str, Any] = {"scheme": "stance", "key": KEY, "store": tmp_path / "store"}
    create_version("one", inputs=[path], config=tmp_path / "old.xml", **options)
    made = [
        create_version(
            name,
            inputs=inputs,
            carried=carried,
            migrations=[step],
            config=tmp_path / "new.xml",
            **options,
        )
        for name, inputs, carried in (("two", [path], []), ("one", [], ["one@v1.0.0"]))
    ]
    assert made[0].manifest.logical_hash == made[1].manifest.logical_hash
    (row,) = load_dataset(str(tmp_path / "store/one"))["train"]
    names = made[1].manifest.labels["label"]
    assert names == ["against", "none", "zustimmend"]
    assert names[row["label"]] == "zustimmend"
    shares = {names[one["label"]]: round(one["share"], 2) for one in row["distribution"]}
    assert shares == {"none": 0.33, "zustimmend": 0.67}


def test_carried_mentions_of_equal_spans(tmp_path: Path) -> None:
    """Equal spans of one label are numbered by their mentions, as they are called now."""
    choices = '<Choices name="mention" toName="text" perRegion="true">{}</Choices></View>'
    made = '<Choice value="NAM"/><Choice value="{}"/>'.format
    old, new = (
        config_xml(OLD).replace("</View>", choices.format(made(name))) for name in ("PRO", "BY")
    )
    for name, xml in (("old", old), ("new", new)):
        (tmp_path / f"{name}.xml").write_text(xml)
    anna = (0, 4, "PER")
    one = task("Anna left.", {1: [anna, anna], 2: [anna, anna]}, config_digest=_digest_of(old))
    for answer in one["annotations"]:
        region = answer["result"][1]
        said = {"from_name": "mention", "type": "choices", "value": {"choices": ["PRO"]}}
        answer["result"].append({"id": region["id"], "to_name": "text"} | said)
    path = export(tmp_path / "old.json", [one])
    step = tmp_path / "m.yaml"
    step.write_text("from: old.xml\nto: new.xml\nlabels: {mention: {PRO: BY}}\n")
    options: dict[str, Any] = {"scheme": "entities", "key": KEY, "store": tmp_path / "store"}
    create_version("one", inputs=[path], config=tmp_path / "old.xml", **options)
    options |= {"config": tmp_path / "new.xml", "migrations": [step]}
    again = create_version("two", inputs=[path], **options)
    carried = create_version("one", inputs=[], carried=["one@v1.0.0"], **options)
    assert carried.manifest.logical_hash == again.manifest.logical_hash


def test_a_carried_version_is_known_by_its_config(tmp_path: Path) -> None:
    """Tasks of a config that only a version of another dataset was made with."""
    store = tmp_path / "store"
    create(store, pushed(OLD, "GPE"), name="other", labels=OLD)
    with pytest.raises(ConfigError, match="no version here was made with the former"):
        create(store, pushed(OLD, "GPE", start=5), labels=NEW)
    with pytest.raises(ConfigError, match="gone entity GPE, entity LOC"):
        create(store, pushed(OLD, "GPE", start=5), labels=NEW, carried=["other@v1.0.0"])


def test_the_commands(tmp_path: Path) -> None:
    for name, labels in (("old", OLD), ("new", NEW)):
        (tmp_path / f"{name}.xml").write_text(config_xml(labels))
    export(tmp_path / "a.json", pushed(OLD, "GPE", "LOC"))
    export(tmp_path / "b.json", pushed(NEW, "PLACE", start=2))
    step = "from: old.xml\nto: new.xml\nlabels:\n  entity: {GPE: PLACE, LOC: PLACE}\n"
    (tmp_path / "m.yaml").write_text(step)
    inputs, config = ("a.json", "b.json"), ("--config", "new.xml")
    create = ("version", "create", "ents", "--scheme", "entities")
    given = [part for name in inputs for part in ("--from", name)]
    first = annotate(*create, "--config", "old.xml", "--from", "a.json", home=tmp_path)
    assert first.code == 0, first.err

    refused = annotate(*create, *config, *given, home=tmp_path)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("annotate: new.xml: the label config has changed since tasks of")
    assert refused.err.count("\n") == 1
    migrate = ("--migration", "m.yaml")
    made = annotate(*create, *config, *given, *migrate, home=tmp_path)
    assert made.code == 0, made.err
    assert "\n  entity GPE became PLACE\n" in made.out
    shown = annotate("version", "show", "ents", "--json", home=tmp_path).json
    assert shown["migrations"][0]["labels"] == {"entity": MERGED}
    assert shown["migrations"][0]["from"] == digest(OLD)
    told = annotate("version", "diff", "ents", "v1.0.0", "v2.0.0", home=tmp_path).out
    assert told.startswith("ents v1.0.0 -> v2.0.0: major\n  entity GPE became PLACE\n")

    unmigrated = annotate("check", "entities", *inputs, *config, home=tmp_path)
    assert (unmigrated.code, unmigrated.err.count("\n")) == (1, 1)
    for command, more in (
        ("check", ()),
        ("agreement", ()),
        ("suspects", ()),
        ("export", ("--format", "jsonl", "-o", "gold.jsonl")),
    ):
        done = annotate(command, "entities", *inputs, *config, *more, *migrate, home=tmp_path)
        assert done.code == 0, done.err
    rows = [json.loads(line) for line in (tmp_path / "gold.jsonl").read_text().splitlines()]
    assert [row["entities"][1]["label"] for row in rows] == ["PLACE"] * 3

    (tmp_path / "m.yaml").write_text("labels: [")
    broken = annotate(*create, *config, *given, *migrate, home=tmp_path)
    assert (broken.code, broken.err.count("\n")) == (1, 1)
    assert broken.err.startswith("annotate: m.yaml: cannot be read")


def test_a_version_without_migrations_reads_as_before(tmp_path: Path) -> None:
    store = tmp_path / "store"
    create(store, pushed(OLD, "GPE"), labels=OLD)
    version = open_version(DatasetFolder(store, "ents"))
    assert version.manifest.migrations == []
    assert version.manifest.parse_config().digest == digest(OLD)
