"""A label config that changed in the middle: refused, or read in its present words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from annotate.annotations.gather import Gathering, stream
from annotate.annotations.migrate import (
    Renames,
    compare_configs,
    compose,
    migrate_config,
    rename_result,
    with_older_names,
)
from annotate.annotations.migration import Migration
from annotate.annotations.migration_file import read_migration
from annotate.annotations.pseudonym import PseudonymKey
from annotate.annotations.source import Source, open_input
from annotate.errors import ConfigError, InputError
from annotate.schemes import load_scheme
from annotate.schemes.label_config import LabelConfig, parse_label_config, shipped_config
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


def collect(
    sources: list[Source],
    config: LabelConfig,
    migrations: Sequence[Migration] = (),
    known: Mapping[str, LabelConfig] | None = None,
) -> Gathering:
    return stream(
        sources,
        load_scheme("entities"),
        config,
        KEY,
        read_with=lambda pushed: migrate_config(config, migrations, pushed, known or {}),
    ).gather()


def labels_of(gathering: Gathering) -> list[str]:
    gathering.ledger.close(max_rejects=0)
    return [e.label for task in gathering.tasks for a in task.annotations for e in a.record]


def test_the_digest_is_the_one_that_push_gives() -> None:
    assert OLD.digest == config_digest(OLD.xml)
    styled = parse_label_config(f'<?xml-model href="labels.rng"?>{OLD.xml}', where="styled.xml")
    assert styled.digest == config_digest(styled.xml)


def test_refused_with_the_exact_differences(tmp_path: Path) -> None:
    sources = [export(tmp_path / "old.json", "GPE", OLD.digest)]
    with pytest.raises(ConfigError) as caught:
        collect(sources, NEW, known={OLD.digest: OLD})
    assert f"tasks of {tmp_path / 'old.json'}" in str(caught.value)
    assert "gone entity GPE, entity LOC; new entity PLACE" in str(caught.value)
    assert f"from: {OLD.digest} and to: {NEW.digest}" in str(caught.value)
    with pytest.raises(ConfigError, match="no version here was made with"):
        collect(sources, NEW)


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
        assert labels_of(collect(sources, NEW, [RENAMED], known)) == ["PLACE"] * 4 + ["PER"]
        config = migrate_config(NEW, [RENAMED], {OLD.digest: "a.json"}, known)
        assert config.digest == NEW.digest
        assert config.values("entity") == ("PER", "PLACE")
    assert RENAMED.lines() == ["entity GPE became PLACE", "entity LOC became PLACE"]


def test_without_old_tasks_nothing_is_asked(tmp_path: Path) -> None:
    sources = [export(tmp_path / "a.json", "PER", NEW.digest)]
    assert labels_of(collect(sources, NEW)) == ["PER"]


def test_tasks_made_elsewhere_are_read_by_every_migration(tmp_path: Path) -> None:
    sources = [
        export(tmp_path / "a.json", "GPE", None, number=1),
        export(tmp_path / "b.json", "PLACE", NEW.digest, number=2),
    ]
    assert labels_of(collect(sources, NEW, [RENAMED])) == ["PLACE"] * 2


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
        gathered = collect(inputs, last, [second, RENAMED], {OLD.digest: OLD})
        assert labels_of(gathered) == ["SITE"] * 3


def test_a_control_is_renamed_and_a_label_of_it_later(tmp_path: Path) -> None:
    middle = make_config("PER", "GPE", control="span")
    last = make_config("PER", "PLACE", control="span")
    first = Migration(before=OLD.digest, after=middle.digest, controls={"entity": "span"})
    second = Migration(
        before=middle.digest, after=last.digest, labels={"span": {"GPE": "PLACE", "LOC": "PLACE"}}
    )
    sources = [
        export(tmp_path / "a.json", "GPE", OLD.digest, number=1),
        export(tmp_path / "b.json", "GPE", middle.digest, control="span", number=2),
    ]
    for steps in ([first, second], [second, first]):
        assert labels_of(collect(sources, last, steps, {OLD.digest: OLD})) == ["PLACE"] * 2


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


def test_labels_of_a_control_that_is_not_there_do_not_fit() -> None:
    labels = RENAMED.labels | {"tone": {"HOT": "COLD"}}
    step = Migration(before=OLD.digest, after=NEW.digest, labels=labels)
    with pytest.raises(ConfigError, match="tone COLD is not in the label config"):
        migrate_config(NEW, [step], {OLD.digest: "a.json"}, {OLD.digest: OLD})


def test_a_control_that_is_gone_stands_for_its_labels() -> None:
    span = make_config("PER", "GPE", control="span")
    assert compare_configs(OLD, span) == (["control entity"], ["control span"])


def test_a_name_that_still_means_something_else_cannot_become_another() -> None:
    config = shipped_config("claims")
    step = Migration(
        before=X,
        after=config.digest,
        controls={"mode": "attitude", "role": "role", "speech": "style"},
        relations={"cue": "source", "continues": "continues", "by": "author"},
    )
    with pytest.raises(ConfigError) as caught:
        compose(config, [step])
    assert (
        "control mode would mean two things; control style is not in the label config; "
        "relation cue would mean two things; relation author is not in the label config"
    ) in str(caught.value)


def test_a_name_that_became_two_things_is_refused() -> None:
    config = shipped_config("claims")
    first = Migration(
        before=X,
        after=Y,
        labels={"role": {"Claim": "Content"}},
        controls={"how": "mode"},
        relations={"by": "source"},
    )
    second = Migration(
        before=Y,
        after=config.digest,
        labels={"role": {"Claim": "Cue"}},
        controls={"how": "attitude"},
        relations={"by": "cue"},
    )
    said = "role Claim would mean .*control how would mean .*relation by would mean two things"
    with pytest.raises(ConfigError, match=said):
        compose(config, [first, second])


X, Y = "a" * 64, "b" * 64


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ([(OLD.digest, X), (X, OLD.digest)], f"in a circle, through {OLD.digest}"),
        ([(OLD.digest, X), (X, Y), (Y, X)], f"in a circle, through {X}"),
        ([(OLD.digest, OLD.digest)], "in a circle"),
        ([(OLD.digest, X)], f"leads to the label config {X}, and none from there"),
        ([(NEW.digest, OLD.digest)], "leads from the label config given"),
        ([(X, NEW.digest)], f"from the label config {X}, and no task of the inputs"),
        ([(OLD.digest, NEW.digest), (X, Y), (Y, OLD.digest)], f"from the label config {X}, and no"),
    ],
)
def test_migrations_that_lead_nowhere(ends: list[tuple[str, str]], said: str) -> None:
    steps = [Migration(before=before, after=after) for before, after in ends]
    for given in (steps, steps[::-1]):
        with pytest.raises(ConfigError) as caught:
            migrate_config(NEW, given, {OLD.digest: "a.json", NEW.digest: "b.json"}, {})
        if given is steps:
            assert said in str(caught.value)


def test_two_migrations_from_one_config() -> None:
    other = RENAMED.model_copy(update={"labels": {"entity": {"GPE": "PLACE"}}})
    with pytest.raises(ConfigError, match="two migrations lead from"):
        migrate_config(NEW, [RENAMED, other], {OLD.digest: "a.json"}, {})
    # the same one twice is one
    migrate_config(NEW, [RENAMED, RENAMED], {OLD.digest: "a.json"}, {OLD.digest: OLD})


def test_a_migration_may_be_asked_for_by_a_version_carried_over() -> None:
    migrate_config(NEW, [RENAMED], {NEW.digest: "a.json"}, {}, carried=[OLD.digest])


def test_a_region_of_two_labels_that_became_one_has_one(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    export(path, "GPE", OLD.digest)
    (task,) = json.loads(path.read_text())
    task["annotations"][0]["result"][0]["value"]["labels"] = ["GPE", "LOC", "PER"]
    path.write_text(json.dumps([task]))
    assert labels_of(collect([open_input(str(path))], NEW, [RENAMED])) == ["PER", "PLACE"]


def test_what_label_studio_stored_is_renamed() -> None:
    renames = Renames({"role": {"Claim": "Content"}}, {"span": "role"}, {"said_by": "source"})
    value: dict[str, Any] = {"start": 0, "end": 3}
    stored: list[dict[str, Any]] = [
        {"id": "a", "from_name": "span", "type": "labels", "value": value | {"labels": ["Claim"]}},
        {"id": "b", "from_name": "role", "type": "labels", "value": value | {"labels": ["Cue"]}},
        {"id": "a", "from_name": "mode", "type": "choices", "value": value | {"choices": ["x"]}},
        {"type": "relation", "from_id": "a", "to_id": "b", "labels": ["said_by", "cue"]},
    ]
    before = json.dumps(stored)
    made = rename_result(stored, renames)
    assert [item.get("from_name") for item in made] == ["role", "role", "mode", None]
    assert made[0]["value"] == value | {"labels": ["Content"]}
    assert made[1:3] == stored[1:3]
    assert made[3] == stored[3] | {"labels": ["source", "cue"]}
    assert json.dumps(stored) == before


def test_what_is_no_result_and_no_name_is_left_out() -> None:
    relation = {"type": "relation", "from_id": "a", "to_id": "b", "labels": [["x"], "cue"]}
    chosen = {"id": "a", "from_name": "mode", "type": "choices", "value": {"choices": [{}, "y"]}}
    made = rename_result([5, "x", None, relation, chosen], Renames({}, {}, {"cue": "source"}))
    assert made == [relation | {"labels": ["source"]}, chosen | {"value": {"choices": ["y"]}}]


def test_mapped_names_are_renamed_too() -> None:
    """`--map` says what a name means to us, the migration what it was called before."""
    config = make_config("Person", "Ort")._replace(
        controls=parse_label_config(
            make_config("Person", "Ort").xml,
            where="mine.xml",
            names={"Person": "PER", "Ort": "LOC"},
        ).controls
    )
    step = Migration(before=X, after=config.digest, labels={"entity": {"Platz": "Ort"}})
    control = with_older_names(config, compose(config, [step])).controls["entity"]
    assert control.mapped == {"Person": "PER", "Ort": "LOC", "Platz": "LOC"}
    assert control.values == ("PER", "LOC")


def test_file(tmp_path: Path) -> None:
    (tmp_path / "old.xml").write_text(OLD.xml)
    (tmp_path / "m.yaml").write_text(
        f"from: old.xml\nto: {NEW.digest}\nlabels:\n  entity: {{GPE: PLACE, LOC: PLACE}}\n"
    )
    found = read_migration(tmp_path / "m.yaml")
    assert found.migration == RENAMED
    assert {digest: config.xml for digest, config in found.configs.items()} == {OLD.digest: OLD.xml}
    stored = RENAMED.model_dump()
    assert stored["from"] == OLD.digest
    assert set(stored) == {"from", "to", "labels", "controls", "relations"}
    assert Migration.model_validate_json(RENAMED.model_dump_json()) == RENAMED
    (tmp_path / "m.json").write_text(json.dumps(stored))
    assert read_migration(tmp_path / "m.json") == (RENAMED, {})


def test_every_value_of_a_file_is_a_text(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(f"from: {'1' * 64}\nto: {'2' * 64}\nlabels: {{entity: {{NO: 1e3, 7: on}}}}\n")
    migration = read_migration(path).migration
    assert migration.labels == {"entity": {"NO": "1e3", "7": "on"}}
    assert migration.before == "1" * 64


def test_a_character_that_json_escapes_in_two_halves_is_one(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    labels = {"entity": {"😀 mood": "𝔸", "\ufeffBOM": "plain"}}
    path.write_text(json.dumps({"from": "1" * 64, "to": "2" * 64, "labels": labels}))
    assert "\\ud83d\\ude00" in path.read_text()
    assert read_migration(path).migration.labels == labels


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such migration file"),
        ('{"from": "a",\n "labels": {"\\ud800": "b"}}', "line 2 has half of a surrogate pair"),
        ('{"\\ud83d\\ude00": "a", "😀": "b"}', "😀 stands twice, line 1"),
        ("[", "cannot be read"),
        ("- a", "is no migration"),
        (f"from: {'0' * 64}\nto: {'1' * 64}\nlabel: {{}}\n", "label: Extra inputs"),
        (f"to: {'1' * 64}\n", "from: Field required"),
        ("from: gone.xml\nto: gone.xml\n", "from: .*gone.xml: no such label config"),
        ('from: "a\\0.xml"\nto: b.xml\n', "from: .*cannot be read"),
        ('{"from": "\\ud800.xml", "to": "b.xml"}', "line 1 has half of a surrogate pair"),
        (f"from: {'0' * 64}\nto: {'1' * 64}\nlabels: {{entity: {{A: }}}}", "labels.entity.A: "),
        ("a: &x [1]\nb: *x\n", "cannot be read: it has an alias"),
        ("labels: {entity: {A: B, A: C}}\n", "A stands twice, line 1"),
        ("? [a]\n: b\n", "a name that is no text"),
        ("[" * 5_000, "is nested too deep"),
        ("!!python/object/apply:os.getcwd []", "is no migration"),
        ("x" * 1_100_000, "is larger than 1048576 bytes"),
    ],
)
def test_unusable_files(content: str | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=said) as caught:
        read_migration(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
