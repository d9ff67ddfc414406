"""What is kept, counted and flagged: people, skips, drafts, repeats, merged projects."""

from __future__ import annotations

import hashlib
import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from annotate.annotations.gather import Gathering, TaskChecker, stream
from annotate.annotations.notes import note_tasks
from annotate.annotations.source import open_input
from annotate.pipeline import read_annotations, stream_annotations
from annotate.schemes import load_scheme
from annotate.schemes.base import Reject
from annotate.schemes.entities import Entity
from annotate.schemes.label_config import parse_label_config, shipped_config
from tests.annotations.exports import (
    KEY,
    TEXT,
    annotation,
    choice,
    codes,
    gather_bytes,
    gather_tasks,
    region,
    relation,
    task,
)
from tests.shared import shared

ANGELA = region("a", 5, 11, "PER")
ROME = region("r", 37, 41, "GPE")


def test_the_newest_of_a_person_counts_and_the_older_is_not_checked() -> None:
    gathering = gather_tasks(
        "entities",
        task(
            annotation(ROME, number=9),
            annotation(region("bad", 5, 99, "PER"), number=3),
            annotation(ANGELA, number=4, by=2),
        ),
    )
    assert codes(gathering) == []
    found = {a.annotator: a.record for a in gathering.tasks[0].annotations}
    assert found == {
        KEY.pseudonym("1"): [Entity(37, 41, "GPE")],
        KEY.pseudonym("2"): [Entity(5, 11, "PER")],
    }
    (older,) = gathering.ledger.superseded
    assert (older.annotator, older.annotation) == (KEY.pseudonym("1"), "3")


def test_tasks_that_are_gone_through_twice_are_checked_twice_and_counted_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ANNOTATE_PSEUDONYM_KEY", "a key for tests only")
    bad = annotation(ROME, region("b", 5, 99, "PER"), number=2, by=2)
    path = tmp_path / "export.json"
    path.write_text(json.dumps([task(annotation(ANGELA), bad)]), encoding="utf-8")
    whole = read_annotations("entities", [str(path)])
    alone = stream_annotations("entities", [str(path)])
    for _ in range(2):
        assert list(alone) == whole.tasks
        assert alone.ledger.report() == whole.ledger.report()
    counts = alone.ledger.counts
    assert (counts["regions_read"], counts["regions_kept"]) == (3, 2)


def test_two_exports_of_one_project_and_two_projects() -> None:
    one = task(annotation(ANGELA, number=1), annotation(ROME, number=2, by=2))
    later = task(annotation(ANGELA, number=1), annotation(ANGELA, number=5, by=3)) | {"id": 900}
    exports = [json.dumps([one]).encode(), json.dumps([later]).encode()]
    gathering = gather_bytes("entities", *exports)
    assert codes(gathering) == []
    assert len(gathering.tasks) == 1
    assert len(gathering.tasks[0].annotations) == 3
    assert gathering.ledger.counts["duplicate"] == 1
    assert gathering.ledger.counts["annotations_read"] == 4
    turned = gather_bytes("entities", *reversed(exports))
    assert _said(turned) == _said(gathering)


def test_skips_drafts_predictions_truth_and_nothing() -> None:
    whole = task(
        annotation(number=1, was_cancelled=True),
        annotation(number=2, by=2),
        annotation(ROME, number=3, by=3, ground_truth=True),
    ) | {"drafts": [{"id": 1, "result": [ANGELA]}], "predictions": [4, 5]}
    counts = gather_tasks("entities", whole).ledger.counts
    assert (counts["skipped"], counts["empty"], counts["ground_truth"]) == (1, 1, 1)
    assert (counts["drafts"], counts["predictions"]) == (1, 2)
    assert (counts["annotations_read"], counts["annotations_kept"]) == (3, 2)


def _said(gathering: Gathering) -> list[tuple[Any, ...]]:
    """What the tasks hold, wherever they stand in the inputs."""
    return [(one.data, one.annotations) for one in gathering.tasks]


def _alone(*result: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An annotation that says neither who made it nor its id."""
    return {"result": list(result), **more}


def test_annotations_that_name_nobody_and_have_no_id_are_a_person_each() -> None:
    one = task(_alone(ANGELA), _alone(ROME), _alone(ROME), annotation(ANGELA, by=None))
    gathering = gather_tasks("entities", one)
    assert gathering.ledger.counts["annotations_kept"] == 4
    assert not gathering.ledger.superseded
    names = {a.annotator: a.record for a in gathering.tasks[0].annotations}
    assert len(names) == 4
    assert names[KEY.pseudonym("annotation 1")] == [Entity(5, 11, "PER")]
    turned = gather_tasks("entities", one | {"annotations": one["annotations"][::-1]})
    assert _said(turned) == _said(gathering)
    twice = gather_bytes("entities", *[json.dumps([one]).encode()] * 2)
    assert _said(twice) == _said(gathering)
    assert twice.ledger.counts["duplicate"] == 4


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ({"id": "10"}, {"id": "9"}),
        ({"id": 10}, {"id": "9"}),
        ({"id": "10"}, {"id": 9}),
        ({"id": 9}, {"id": "b7-c1", "created_at": "2026-03-01T00:00:00Z"}),
        ({"id": "a", "created_at": "2026-02-01T00:00:00Z"}, {"id": "b"}),
        ({"id": "a"}, {"id": None}),
        ({"updated_at": "2026-02-01T00:00:00Z"}, {"updated_at": "2026-01-31T00:00:00Z"}),
        ({"created_at": "2026-02-01T00:00:00Z"}, {"updated_at": "2026-03-01T00:00:00Z"}),
        ({"id": "9" * 5000, "created_at": "2026-03-01T00:00:00Z"}, {"id": "b"}),
    ],
)
def test_which_annotation_of_a_person_is_the_newest(
    newer: dict[str, Any], older: dict[str, Any]
) -> None:
    pair = [task(annotation(ROME) | newer), task(annotation(ANGELA) | older)]
    for exports in (pair, pair[::-1]):
        gathering = gather_bytes("entities", *(json.dumps([one]).encode() for one in exports))
        assert gathering.tasks[0].annotations[0].record == [Entity(37, 41, "GPE")]
        assert len(gathering.ledger.superseded) == 1


def test_the_order_of_inputs_does_not_decide_which_of_equal_age_counts() -> None:
    exports = [json.dumps([task(annotation(*r))]).encode() for r in ([ROME], [ANGELA], [ROME])]
    found = [gather_bytes("entities", *order) for order in permutations(exports)]
    assert all(_said(one) == _said(found[0]) for one in found)
    assert {one.ledger.counts["duplicate"] for one in found} == {1}
    assert {len(one.ledger.superseded) for one in found} == {1}


def test_what_is_kept_and_flagged() -> None:
    nobody = annotation(ANGELA, region("b", 5, 11, "PER"), number=1, by=None)
    early = annotation(ROME, number=2, by={"id": 2, "email": "x@y.example"})
    early["created_at"] = "2025-01-01T00:00:00Z"
    gathering = gather_tasks("entities", task(nobody, early))
    assert codes(gathering) == []
    assert sorted(flag.code for flag in gathering.ledger.flags) == [
        "clock_skew",
        "duplicate_span",
        "nobody",
    ]
    records = [a.record for a in gathering.tasks[0].annotations]
    assert [Entity(5, 11, "PER"), Entity(5, 11, "PER")] in records
    assert KEY.pseudonym("2") in {a.annotator for a in gathering.tasks[0].annotations}
    undated = gather_tasks("entities", task(early) | {"created_at": None})
    assert [flag.code for flag in undated.ledger.flags] == []


def test_what_is_said_of_a_task_in_no_text_is_left_out_and_flagged() -> None:
    odd = task(
        annotation(ROME), title=["x"], date=20240101, url="https://a.example/b", licence=None
    )
    gathering = gather_tasks("entities", odd)
    assert codes(gathering) == []
    data = gathering.tasks[0].data
    assert (data.title, data.date, data.url) == (None, None, "https://a.example/b")
    assert [(flag.code, flag.detail) for flag in gathering.ledger.flags] == [
        ("no_text", "data.title is ['x']"),
        ("no_text", "data.date is 20240101"),
    ]


@pytest.mark.parametrize(
    ("said", "named_by"),
    [
        ({"url": "https://A.example/b#c"}, '["url","https://a.example/b"]'),
        ({}, f'["text","{hashlib.sha256(TEXT.encode()).hexdigest()}"]'),
    ],
)
def test_a_task_made_elsewhere_is_an_article(said: dict[str, str], named_by: str) -> None:
    (found,) = gather_tasks("entities", task(annotation(ROME), date="last week", **said)).tasks
    data = found.data
    assert data.article_id == data.group == hashlib.sha256(named_by.encode()).hexdigest()[:32]
    assert (data.unit, data.unit_start, data.date) == ("article", 0, "last week")
    assert data.text_sha256 == hashlib.sha256(TEXT.encode()).hexdigest()


@pytest.mark.parametrize(
    "said", ["20240105", "2024-01-05T23:10:00Z", " 2024-01-05 ", "Fri, 05 Jan 2024 23:10:00 GMT"]
)
def test_a_date_of_a_task_is_read_as_that_of_an_article(said: str) -> None:
    (found,) = gather_tasks("entities", task(annotation(ROME), date=said)).tasks
    assert found.data.date == "2024-01-05"


def test_milliseconds_stay_in_a_task_as_they_are() -> None:
    (found,) = gather_tasks("entities", task(annotation(ROME), date="1712010112345")).tasks
    assert found.data.date == "1712010112345"


def test_user_objects_and_numbers_are_one_person() -> None:
    one = task(annotation(ROME, by={"id": 3, "email": "a@b.example"}))
    two = task(annotation(ROME, number=2, by=3))
    gathering = gather_tasks("entities", one, two)
    assert len(gathering.tasks[0].annotations) == 1
    assert len(gathering.ledger.superseded) == 1


def test_results_of_other_controls_are_counted() -> None:
    stance = choice("c", "stance", "favor")
    rating = {"id": "n", "from_name": "sure", "to_name": "text", "type": "rating"}
    gathering = gather_tasks("stance", task(annotation(stance, rating), target="Bo"))
    assert codes(gathering) == [("unknown_control", "choice", True)]
    assert gathering.tasks[0].annotations[0].record.label == "favor"


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


def test_a_task_set_aside_whole_is_named_where_that_costs_an_annotation(tmp_path: Path) -> None:
    aside = Reject("retracted", "task", "", "it was retracted")
    scheme, config = load_scheme("entities"), shipped_config("entities")
    listed = {}
    for name, skipped in (("done", False), ("skipped", True)):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps([task(annotation(ANGELA, was_cancelled=skipped))]))
        (noted,) = note_tasks([open_input(str(path))], scheme, config).tasks.values()
        checker = TaskChecker(scheme, config, KEY, repair=False)
        assert checker.check(noted.fragments, aside=aside) is None
        listed[name] = [(e.code, e.kind, e.root) for e in checker.ledger.set_aside]
    kinds = (("annotation", False), ("region", False), ("task", True))
    assert listed == {"done": [("retracted", *kind) for kind in kinds], "skipped": []}


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


# what is in the real exports, counted by reading them: tasks, tasks without a finished
# annotation, annotations read and kept, skipped, drafts, regions read and kept, relations
# read and kept, choices read and kept
_REAL = {
    "fx_entities_json_all.json": (20, 2, 28, 27, 1, 2, 104, 103, 0, 0, 0, 0),
    "fx_entities_api_tasks_list.json": (20, 2, 28, 27, 1, 0, 104, 103, 0, 0, 0, 0),
    "snapshot_full.json": (20, 2, 28, 27, 1, 2, 104, 103, 0, 0, 0, 0),
    "fx_claims_json_all.json": (20, 2, 28, 27, 1, 1, 87, 87, 41, 41, 27, 27),
    "fx_stance_single_json_all.json": (8, 2, 11, 11, 0, 0, 0, 0, 0, 0, 11, 11),
}
_FIELDS = (
    "tasks",
    "tasks_without_annotation",
    "annotations_read",
    "annotations_kept",
    "skipped",
    "drafts",
    "regions_read",
    "regions_kept",
    "relations_read",
    "relations_kept",
    "choices_read",
    "choices_kept",
)


def test_the_real_exports() -> None:
    from annotate.pipeline import read_annotations

    claims = {
        "span": "role",
        "speech": "mode",
        "Claim": "Content",
        "attributed_to": "source",
        "cued_by": "cue",
    }
    for name, expected in _REAL.items():
        scheme = next((s for s in ("claims", "stance") if s in name), "entities")
        config = "stance_single.xml" if scheme == "stance" else f"{scheme}.xml"
        gathering = read_annotations(
            scheme,
            [str(shared("exports", name))],
            config=shared("exports", "configs", config),
            names=claims if scheme == "claims" else {},
            key=KEY,
        )
        counts = gathering.ledger.counts
        assert tuple(counts[field] for field in _FIELDS) == expected, name
        broken = [("unknown_control", "region", True)] * (scheme == "entities")
        assert codes(gathering) == broken, name
