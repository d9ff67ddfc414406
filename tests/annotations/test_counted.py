"""What is kept, counted and flagged: people, skips, drafts, repeats, merged projects."""

from __future__ import annotations

import hashlib
import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from annotate.annotations.gather import Gathering, TaskChecker
from annotate.annotations.notes import note_tasks
from annotate.annotations.source import open_input
from annotate.pipeline import read_annotations, stream_annotations
from annotate.schemes import load_scheme
from annotate.schemes.base import Reject
from annotate.schemes.entities import Entity
from annotate.schemes.label_config import shipped_config
from tests.annotations.exports import (
    KEY,
    TEXT,
    annotation,
    choice,
    codes,
    gather_bytes,
    gather_tasks,
    region,
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
        (
            {"id": "a", "created_at": "2026-02-01T00:00:00.5Z"},
            {"id": "b", "created_at": "2026-02-01T00:00:00Z"},
        ),
        (
            {"updated_at": "2026-02-01T00:00:00.5Z"},
            {"updated_at": "2026-02-01T01:00:00+01:00"},
        ),
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
