"""What is sound and has no place in the scheme: counted, and no fault."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotate.annotations.gather import Gathering, stream
from annotate.annotations.source import open_input
from annotate.schemes import load_scheme
from annotate.schemes.entities import Entity
from annotate.schemes.label_config import parse_label_config, shipped_config
from tests.annotations.exports import (
    KEY,
    annotation,
    choice,
    codes,
    gather_tasks,
    region,
    relation,
    task,
)

ANGELA = region("a", 5, 11, "PER")


@pytest.mark.parametrize(
    ("label", "fitting"),
    [("Content", {"mode", "attitude", "negated"}), ("Source", {"kind"}), ("Cue", set())],
)
def test_choices_on_a_region_whose_label_they_do_not_belong_to_are_unused(
    label: str, fitting: set[str]
) -> None:
    chosen = {"mode": "direct", "attitude": "fact", "negated": "yes", "kind": "named"}
    choices = [choice("a", *item) for item in chosen.items()]
    content = [region("b", 0, 3, "Content", "role"), relation("b", "a", "source")]
    claim = content if label == "Source" else []
    drawn = annotation(region("a", 5, 11, label, "role"), *choices, *claim)
    gathering = gather_tasks("claims", task(drawn))
    assert codes(gathering) == []
    counts = gathering.ledger.counts
    assert counts["choices_read"] == counts["choices_kept"] == len(fitting)
    assert counts["unused_results"] == 4 - len(fitting)


def test_the_kind_of_a_source_that_no_claim_uses_is_unused() -> None:
    source = [region("a", 5, 11, "Source", "role"), choice("a", "kind", "named")]
    gathering = gather_tasks("claims", task(annotation(*source)))
    assert codes(gathering) == []
    counts = gathering.ledger.counts
    assert (counts["regions_kept"], counts["unused_results"]) == (1, 1)
    assert counts["choices_read"] == counts["choices_kept"] == 0


def test_a_faulty_choice_is_set_aside_wherever_it_stands() -> None:
    source = region("a", 5, 11, "Source", "role")
    strange = choice("a", "mode", "loud"), choice("a", "mode", "direct", "mixed")
    gathering = gather_tasks("claims", task(annotation(source, *strange)))
    assert codes(gathering) == [
        ("unknown_label", "choice", True),
        ("too_many_choices", "choice", True),
    ]


def test_results_of_controls_that_the_scheme_does_not_use_are_unused(tmp_path: Path) -> None:
    begin, end, _ = shipped_config("entities").xml.rpartition("</View>")
    more = (
        '<Labels name="tone" toName="text"><Label value="PER"/></Labels>'
        '<Choices name="topic" toName="text"><Choice value="NOM"/></Choices>'
    )
    config = parse_label_config(begin + more + end, where="own.xml")
    drawn = region("t", 0, 2, "PER", "tone"), region("u", 0, 99, "none", "tone")
    made = task(annotation(ANGELA, *drawn, choice("c", "topic", "NOM")))
    (tmp_path / "in.json").write_text(json.dumps([made]))
    sources = [open_input(str(tmp_path / "in.json"))]
    gathering = stream(sources, load_scheme("entities"), config, KEY).gather()
    assert codes(gathering) == []
    assert gathering.tasks[0].annotations[0].record == [Entity(5, 11, "PER")]
    counts = gathering.ledger.counts
    assert (counts["regions_read"], counts["choices_read"], counts["unused_results"]) == (1, 0, 3)


def _with_tone(scheme: str, result: list[Any], tmp_path: Path, **data: Any) -> Gathering:
    """Gather one annotation under the shipped config with a control more, `tone`."""
    begin, end, _ = shipped_config(scheme).xml.rpartition("</View>")
    tone = '<Labels name="tone" toName="text"><Label value="hot"/></Labels>'
    config = parse_label_config(begin + tone + end, where="own.xml")
    (tmp_path / "in.json").write_text(json.dumps([task(annotation(*result), **data)]))
    sources = [open_input(str(tmp_path / "in.json"))]
    return stream(sources, load_scheme(scheme), config, KEY).gather()


HOT, COLD = region("t", 0, 2, "hot", "tone"), region("u", 3, 4, "hot", "tone")


def test_what_hangs_on_a_region_of_an_unused_control_is_unused(tmp_path: Path) -> None:
    nominal = choice("t", "mention", "NOM")
    relations = relation("t", "u"), relation("t", "a")
    gathering = _with_tone("entities", [ANGELA, HOT, COLD, nominal, *relations], tmp_path)
    assert codes(gathering) == []
    counts = gathering.ledger.counts
    assert counts["unused_results"] == 5
    assert (counts["regions_read"], counts["choices_read"], counts["relations_read"]) == (1, 0, 0)


def test_no_claim_has_a_source_of_another_control(tmp_path: Path) -> None:
    content = region("c", 13, 22, "Content", "role")
    among, across = relation("t", "u"), relation("c", "t", "source")
    gathering = _with_tone("claims", [content, HOT, COLD, among, across], tmp_path)
    # the relation of the two is unused; without the other the source would be implicit
    assert codes(gathering) == [
        ("contradicting_relation", "relation", True),
        ("incomplete_claim", "region", False),
    ]
    assert "t is of a control that the scheme does not use" in (
        gathering.ledger.set_aside[0].detail
    )
    assert gathering.ledger.counts["unused_results"] == 3


def test_a_faulty_choice_on_a_region_of_an_unused_control_is_set_aside(tmp_path: Path) -> None:
    strange, nowhere = choice("t", "mention", "LOUD"), choice("x", "mention", "NOM")
    gathering = _with_tone("entities", [ANGELA, HOT, strange, nowhere], tmp_path)
    assert [code for code, *_ in codes(gathering)] == ["unknown_label", "dangling_relation"]


_BOTH = """<View><Relations><Relation value="source"/></Relations>
<Labels name="role" toName="text"><Label value="Source"/><Label value="Content"/></Labels>
<Labels name="entity" toName="text"><Label value="PER"/></Labels>
<Choices name="mention" toName="text" perRegion="true"><Choice value="NOM"/></Choices>
<Choices name="mode" toName="text" perRegion="true"><Choice value="direct"/></Choices>
<Text name="text" value="$text"/></View>"""
"""A label config that serves two schemes."""


@pytest.mark.parametrize(
    ("scheme", "faults", "read", "kept", "unused"),
    [
        ("entities", ["dangling_relation"], (2, 1, 0), (2, 0, 0), 8),
        (
            "claims",
            ["contradicting_relation", "dangling_relation", "incomplete_claim"],
            (3, 3, 0),
            (2, 1, 0),
            5,
        ),
    ],
)
def test_what_hangs_on_regions_that_the_scheme_does_not_use_is_unused(
    scheme: str,
    faults: list[str],
    read: tuple[int, int, int],
    kept: tuple[int, int, int],
    unused: int,
    tmp_path: Path,
) -> None:
    drawn = [
        region("c", 0, 3, "Content", "role"),
        region("s", 5, 11, "Source", "role"),
        relation("c", "s", "source"),
        region("d", 12, 16, "Content", "role"),
        region("p", 5, 11, "PER"),
        region("q", 37, 41, "PER"),
        relation("p", "q", "source"),
        relation("d", "p", "source"),
        relation("c", "nowhere", "source"),
        choice("s", "mention", "NOM"),
        choice("p", "mode", "direct"),
    ]
    (tmp_path / "in.json").write_text(json.dumps([task(annotation(*drawn))]))
    config = parse_label_config(_BOTH, where="both.xml")
    sources = [open_input(str(tmp_path / "in.json"))]
    gathering = stream(sources, load_scheme(scheme), config, KEY).gather()
    assert [code for code, _, _ in codes(gathering)] == faults
    counts = gathering.ledger.counts
    kinds = ("regions", "relations", "choices")
    assert tuple(counts[f"{kind}_read"] for kind in kinds) == read
    assert tuple(counts[f"{kind}_kept"] for kind in kinds) == kept
    assert counts["unused_results"] == unused


@pytest.mark.parametrize("scheme", ["entities", "stance"])
def test_relations_without_a_label_are_unused_where_the_scheme_has_none(scheme: str) -> None:
    label, control = ("PER", "entity") if scheme == "entities" else ("Evidence", "evidence")
    drawn = [region(name, n, n + 2, label, control) for n, name in enumerate("ab")]
    sound, faulty = relation("a", "b"), [relation("a", "c"), relation("a", "b", "of")]
    stance = [choice("c", "stance", "favor")] if scheme == "stance" else []
    gathering = gather_tasks(scheme, task(annotation(*drawn, *stance, sound, *faulty), target="Bo"))
    assert codes(gathering) == [
        ("dangling_relation", "relation", True),
        ("unknown_label", "relation", True),
    ]
    counts = gathering.ledger.counts
    assert (counts["relations_read"], counts["relations_kept"]) == (2, 0)
    assert counts["unused_results"] == 1
