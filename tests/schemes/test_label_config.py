"""Which text the controls of a label config label."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from annotate.annotations.gather import stream
from annotate.annotations.source import open_input
from annotate.errors import ConfigError
from annotate.formats.label_studio import Pen
from annotate.models import Task
from annotate.schemes import load_scheme
from annotate.schemes.entities import Entity
from annotate.schemes.label_config import fit_config, parse_label_config, text_field
from annotate.tasks.config_check import check_config
from annotate.tasks.preview import render_preview
from tests.annotations.exports import KEY, TEXT, annotation, codes, region, relation, task

ENTITIES = load_scheme("entities")
LABELS = '<Labels name="entity" toName="{}"><Label value="GPE"/></Labels>'
MENTION = '<Choices name="mention" toName="{}" perRegion="true"><Choice value="NOM"/></Choices>'
HEAD, BODY = '<Text name="head" value="$title"/>', '<Text name="text" value="$text"/>'


def test_of_two_texts_the_one_that_is_labelled(tmp_path: Path) -> None:
    xml = f"<View>{HEAD}{LABELS.format('text')}{BODY}</View>"
    config = parse_label_config(xml, where="two.xml")
    path = tmp_path / "export.json"
    drawn = annotation(region("r", 37, 41, "GPE"))
    path.write_text(json.dumps([task(drawn, title="The weather in the north of the land")]))
    gathering = stream([open_input(str(path))], ENTITIES, config, KEY).gather()
    assert codes(gathering) == []
    assert gathering.tasks[0].data.text == TEXT
    assert gathering.tasks[0].annotations[0].record == [Entity(37, 41, "GPE")]
    assert Pen(config, ENTITIES).field == "text"
    page = render_preview(config, ENTITIES, Task(data={"title": "A", "text": "Rome"}), title="t")
    assert "<pre>Rome</pre>" in page


@pytest.mark.parametrize(
    ("controls", "said"),
    [
        (
            LABELS.format("text") + MENTION.format("head"),
            "its controls point to different objects: entity to 'text', mention to 'head'",
        ),
        (LABELS.format("body"), "entity points to 'body', which is no <Text>"),
    ],
)
def test_controls_that_label_no_one_text(controls: str, said: str) -> None:
    config = parse_label_config(f"<View>{HEAD}{controls}{BODY}</View>", where="two.xml")
    with pytest.raises(ConfigError, match=said):
        fit_config(config, "entities", ENTITIES.needs, ENTITIES.relations)


def test_a_text_behind_an_address_is_refused() -> None:
    text = '<Text name="text" value="$text" valueType="url"/>'
    config = parse_label_config(f"<View>{LABELS.format('text')}{text}</View>", where="url.xml")
    with pytest.raises(ConfigError, match=r"""'text' has valueType="url", and the text must"""):
        fit_config(config, "entities", ENTITIES.needs, ENTITIES.relations)


def test_a_control_that_the_scheme_does_not_know_may_point_elsewhere() -> None:
    stars = '<Rating name="stars" toName="head"/>'
    xml = f"<View>{stars}{HEAD}{LABELS.format('text')}{BODY}</View>"
    config = parse_label_config(xml, where="two.xml")
    fit_config(config, "entities", ENTITIES.needs, ENTITIES.relations)
    assert text_field(config, ENTITIES.needs) == "text"


def test_a_control_of_any_kind_may_stand_beside(tmp_path: Path) -> None:
    more = (
        '<Image name="photo" value="$photo"/><RectangleLabels name="face" toName="photo">'
        '<Label value="PER"/></RectangleLabels><Filter name="find" toName="entity"/>'
    )
    path, export = tmp_path / "own.xml", tmp_path / "export.json"
    path.write_text(f"<View>{LABELS.format('text')}{more}{BODY}</View>")
    value = {"x": 1, "y": 1, "width": 9, "height": 9, "rectanglelabels": ["PER"]}
    names = {"from_name": "face", "to_name": "photo", "type": "rectanglelabels", "id": "b"}
    box = {**names, "value": value}
    export.write_text(json.dumps([task(annotation(region("r", 37, 41, "GPE"), box))]))
    config = parse_label_config(path.read_text(), where="own.xml")
    gathering = stream([open_input(str(export))], ENTITIES, config, KEY).gather()
    assert codes(gathering) == []
    assert gathering.ledger.counts["unused_results"] == 1


def test_relations_that_the_scheme_does_not_know_are_unused(tmp_path: Path) -> None:
    relations = '<Relations><Relation value="works for"/></Relations>'
    path, export = tmp_path / "own.xml", tmp_path / "export.json"
    path.write_text(f"<View>{LABELS.format('text')}{relations}{BODY}</View>")
    assert check_config(path, ENTITIES, {}) == []
    drawn = [region("p", 29, 34, "GPE"), region("r", 37, 41, "GPE")]
    links = [relation("p", "r", "works for"), relation("r", "p"), relation("p", "r", "strange")]
    export.write_text(json.dumps([task(annotation(*drawn, *links))]))
    config = parse_label_config(path.read_text(), where="own.xml")
    gathering = stream([open_input(str(export))], ENTITIES, config, KEY).gather()
    assert codes(gathering) == [("unknown_label", "relation", True)]
    assert gathering.ledger.counts["unused_results"] == 2
    assert gathering.ledger.counts["relations_kept"] == 0


def test_a_config_without_a_labelled_text_has_no_field() -> None:
    config = parse_label_config(f"<View>{HEAD}{LABELS.format('body')}</View>", where="no.xml")
    with pytest.raises(ConfigError, match=r"no\.xml: no control of the scheme points to a <Text>"):
        text_field(config, ENTITIES.needs)


def test_a_mapping_may_be_of_one_control_or_of_the_relations_alone(tmp_path: Path) -> None:
    claims = load_scheme("claims")
    parts = ("source", "cue", "content")
    labels = "".join(f'<Label value="{name}"/>' for name in parts)
    ends = "".join(f'<Relation value="{name}"/>' for name in ("source", "cue", "part"))
    xml = f'<View><Labels name="role" toName="text">{labels}</Labels>'
    xml += f"<Relations>{ends}</Relations>{BODY}</View>"
    names = {f"role.{name}": name.capitalize() for name in parts} | {"relation.part": "continues"}
    config = parse_label_config(xml, where="alike.xml", names=names)
    fit_config(config, "claims", claims.needs, claims.relations)
    assert config.controls["role"].mapped == {name: name.capitalize() for name in parts}
    assert config.relations == {"source": "source", "cue": "cue", "part": "continues"}
    path = tmp_path / "alike.xml"
    path.write_text(xml)
    assert check_config(path, claims, names) == []
    # what is of one alone comes before what is of all
    both = parse_label_config(xml, where="x", names=names | {"source": "Cue"})
    assert (both.controls["role"].mapped["source"], both.relations["source"]) == ("Source", "Cue")
    with pytest.raises(
        ConfigError, match=r"--map names role\.part, which the config does not have"
    ):
        parse_label_config(xml, where="x", names={"role.part": "Cue"})
