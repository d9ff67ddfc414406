"""A label config that changed in the middle: refused, or read in its present words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotate.annotations.gather import Gathering, gather
from annotate.annotations.migrate import (
    Migration,
    compare_configs,
    migrate_config,
    pushed_digests,
    read_migration,
)
from annotate.annotations.pseudonym import PseudonymKey
from annotate.annotations.source import Source, open_input
from annotate.errors import ConfigError, InputError
from annotate.schemes import load_scheme
from annotate.schemes.label_config import LabelConfig, parse_label_config
from annotate.studio.projects import config_digest

KEY = PseudonymKey(b"a key of the tests")
TEXT = "Ada met Bo in Osk."


def make_config(*labels: str, control: str = "entity", colour: str = "red") -> LabelConfig:
    values = "".join(f'<Label value="{label}" background="{colour}"/>' for label in labels)
    xml = (
        f'<View><Labels name="{control}" toName="text">{values}</Labels>'
        '<Text name="text" value="$text"/></View>'
    )
    names = {control: "entity"} if control != "entity" else {}
    return parse_label_config(xml, where="mine.xml", names=names)


OLD, NEW = make_config("PER", "GPE", "LOC"), make_config("PER", "PLACE")
RENAMED = Migration(
    before=OLD.digest, after=NEW.digest, labels={"entity": {"GPE": "PLACE", "LOC": "PLACE"}}
)


def export(
    path: Path, label: str, digest: str | None, *, control: str = "entity", number: int = 1
) -> Source:
    value = {"start": 14, "end": 17, "text": "Osk", "labels": [label]}
    region = {"id": "r", "from_name": control, "to_name": "text", "type": "labels", "value": value}
    data: dict[str, Any] = {"text": TEXT + " " * number, "url": f"https://news.example/{number}"}
    if digest is not None:
        data["config_digest"] = digest
    annotation = {"id": 1, "completed_by": 1, "result": [region]}
    path.write_text(json.dumps([{"id": 1, "data": data, "annotations": [annotation]}]))
    return open_input(str(path))


def collect(sources: list[Source], config: LabelConfig) -> Gathering:
    return gather(sources, load_scheme("entities"), config, KEY)


def labels_of(gathering: Gathering) -> list[str]:
    gathering.ledger.close(max_rejects=0)
    return [e.label for task in gathering.tasks for a in task.annotations for e in a.record]


def test_the_digest_is_the_one_that_push_gives() -> None:
    assert OLD.digest == config_digest(OLD.xml)


def test_refused_with_the_exact_differences(tmp_path: Path) -> None:
    sources = [export(tmp_path / "old.json", "GPE", OLD.digest)]
    pushed = pushed_digests(sources)
    assert pushed == {OLD.digest: str(tmp_path / "old.json")}
    with pytest.raises(ConfigError) as caught:
        migrate_config(NEW, [], pushed, {OLD.digest: OLD})
    assert "gone entity GPE, entity LOC; new entity PLACE" in str(caught.value)
    assert f"from: {OLD.digest} and to: {NEW.digest}" in str(caught.value)
    with pytest.raises(ConfigError, match="no version here was made with"):
        migrate_config(NEW, [], pushed, {})


def test_renamed_and_merged(tmp_path: Path) -> None:
    sources = [
        export(tmp_path / "a.json", "GPE", OLD.digest, number=1),
        export(tmp_path / "b.json", "LOC", OLD.digest, number=2),
        # pushed before the change, annotated after it
        export(tmp_path / "c.json", "PLACE", OLD.digest, number=3),
        export(tmp_path / "d.json", "PLACE", NEW.digest, number=4),
        export(tmp_path / "e.json", "PER", None, number=5),
    ]
    for known in ({}, {OLD.digest: OLD}):
        config = migrate_config(NEW, [RENAMED], pushed_digests(sources), known)
        assert labels_of(collect(sources, config)) == ["PLACE"] * 4 + ["PER"]
        assert config.digest == NEW.digest
        assert config.values("entity") == ("PER", "PLACE")
    assert RENAMED.lines() == ["entity GPE became PLACE", "entity LOC became PLACE"]


def test_without_old_tasks_nothing_is_asked(tmp_path: Path) -> None:
    sources = [export(tmp_path / "a.json", "PER", NEW.digest)]
    assert migrate_config(NEW, [], pushed_digests(sources), {}) == NEW


@pytest.mark.parametrize(
    "after",
    [make_config("PER", "GPE", "LOC", "ORG"), make_config("PER", "GPE", "LOC", colour="blue")],
)
def test_new_names_and_colours_need_no_migration(after: LabelConfig) -> None:
    assert after.digest != OLD.digest
    assert migrate_config(after, [], {OLD.digest: "a.json"}, {OLD.digest: OLD}) == after


def test_through_two_changes(tmp_path: Path) -> None:
    last = make_config("PER", "SITE", control="span")
    second = Migration(
        before=NEW.digest,
        after=last.digest,
        controls={"entity": "span"},
        labels={"span": {"PLACE": "SITE"}},
    )
    sources = [
        export(tmp_path / "a.json", "GPE", OLD.digest, number=1),
        export(tmp_path / "b.json", "PLACE", NEW.digest, number=2),
        export(tmp_path / "c.json", "SITE", last.digest, control="span", number=3),
    ]
    # given and found in any order
    for inputs in (sources, sources[::-1]):
        pushed = pushed_digests(inputs)
        config = migrate_config(last, [second, RENAMED], pushed, {OLD.digest: OLD})
        assert labels_of(collect(inputs, config)) == ["SITE"] * 3


def test_relations_are_renamed() -> None:
    def related(*labels: str) -> LabelConfig:
        relations = "".join(f'<Relation value="{label}"/>' for label in labels)
        return parse_label_config(
            f'<View><Relations>{relations}</Relations><Text name="text" value="$text"/></View>',
            where="mine.xml",
        )

    old, new = related("said_by", "cue"), related("source", "cue")
    assert compare_configs(old, new) == (["relation said_by"], ["relation source"])
    step = Migration(before=old.digest, after=new.digest, relations={"said_by": "source"})
    migrated = migrate_config(new, [step], {old.digest: "a.json"}, {old.digest: old})
    assert migrated.relations == {"source": "source", "cue": "cue", "said_by": "source"}


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({"GPE": "PLACE"}, "does not say what became of entity LOC"),
        ({"GPE": "PLACE", "LOC": "SPOT"}, "entity SPOT is not in the label config"),
        ({"GPE": "PLACE", "LOC": "PLACE", "PER": "PLACE"}, "entity PER would mean two things"),
    ],
)
def test_migrations_that_do_not_fit(labels: dict[str, str], said: str) -> None:
    step = Migration(before=OLD.digest, after=NEW.digest, labels={"entity": labels})
    with pytest.raises(ConfigError, match=said):
        migrate_config(NEW, [step], {OLD.digest: "a.json"}, {OLD.digest: OLD})


def test_migrations_in_a_circle_end() -> None:
    there = Migration(before=OLD.digest, after="0" * 64)
    back = Migration(before="0" * 64, after=OLD.digest)
    with pytest.raises(ConfigError, match="gone entity GPE"):
        migrate_config(NEW, [there, back], {OLD.digest: "a.json"}, {OLD.digest: OLD})


def test_file(tmp_path: Path) -> None:
    (tmp_path / "old.xml").write_text(OLD.xml)
    (tmp_path / "m.yaml").write_text(
        f"from: old.xml\nto: {NEW.digest}\nlabels:\n  entity: {{GPE: PLACE, LOC: PLACE}}\n"
    )
    assert read_migration(tmp_path / "m.yaml") == RENAMED
    stored = RENAMED.model_dump(by_alias=True)
    assert stored["from"] == OLD.digest
    assert Migration.model_validate(json.loads(json.dumps(stored))) == RENAMED


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such migration file"),
        ("[", "cannot be read"),
        ("- a", "is no migration"),
        (f"from: {'0' * 64}\nto: {'1' * 64}\nlabel: {{}}\n", "label: Extra inputs"),
        (f"to: {'1' * 64}\n", "from: Field required"),
        ("from: gone.xml\nto: gone.xml\n", "no such label config"),
    ],
)
def test_unusable_files(content: str | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=said):
        read_migration(path)
