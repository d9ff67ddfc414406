"""Each way to break a region, a relation or a text: set aside with its code, neighbours kept."""

from __future__ import annotations

import json
from collections import Counter
from itertools import permutations
from typing import Any

import pytest

from annotate.schemes.claims import Claim, ClaimSet
from annotate.schemes.entities import Entity
from tests.annotations.exports import (
    TEXT,
    annotation,
    choice,
    codes,
    gather_bytes,
    gather_tasks,
    region,
    relation,
    stamped,
    task,
)

ROME = region("ok", 37, 41, "GPE", text="Rome")
KEPT = Entity(37, 41, "GPE")
ADA = annotation(region("a", 0, 3, "PER", text="Ada"))


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (region("x", 37, 99, "PER"), "out_of_bounds"),
        (region("x", -1, 3, "PER"), "out_of_bounds"),
        (region("x", -1, 2, "PER", text="Go"), "out_of_bounds"),
        (region("x", 5, 99, "PER", text="Angela"), "out_of_bounds"),
        (region("x", 9, 4, "PER"), "out_of_bounds"),
        (region("x", 4.5, 9, "PER"), "out_of_bounds"),
        (region("x", "4", "9", "PER"), "out_of_bounds"),
        (region("x", True, 9, "PER"), "out_of_bounds"),
        (region("x", None, 9, "PER"), "out_of_bounds"),
        (region("x", 5, "11", "PER"), "out_of_bounds"),
        (region("x", [5], 11, "PER", text="Angela"), "out_of_bounds"),
        (region("x", 5, {}, "PER", text="Angela"), "out_of_bounds"),
        (region("x", 5, 5, "PER"), "empty_span"),
        (region("x", 5, 5, "PER", text=""), "empty_span"),
        (region("x", 5, 11, "PER", text="Ungela"), "text_mismatch"),
        (region("x", 5, 11, "PER", text=5), "text_mismatch"),
        (region("x", 5, 11, "PER", text=["Angela"]), "text_mismatch"),
        (region("x", 5, 11, "DOG"), "unknown_label"),
        (region("x", 5, 11, "PER") | {"from_name": "nothing"}, "unknown_control"),
        (region("x", 5, 11, "PER") | {"from_name": None}, "unknown_control"),
        (region("x", 5, 11, "PER") | {"from_name": []}, "unknown_control"),
        (region("x", 5, 11, "PER") | {"to_name": "title"}, "wrong_object"),
        (region("x", 5, 11, "PER") | {"id": None}, "wrong_object"),
        (region("x", 5, 11, "PER") | {"value": None}, "wrong_object"),
        (region("x", 5, 11, "PER", labels=[]), "unknown_label"),
        (region("x", 5, 11, "PER", labels="PER"), "unknown_label"),
        (region("x", 5, 11, "PER", labels=5), "unknown_label"),
        (region("x", 5, 11, "PER", labels=[["PER"]], text="Angela"), "unknown_label"),
    ],
)
def test_a_broken_region(broken: dict[str, Any], code: str) -> None:
    gathering = gather_tasks("entities", task(annotation(broken, ROME)))
    assert codes(gathering) == [(code, "region", True)]
    assert gathering.tasks[0].annotations[0].record == [KEPT]
    counts = gathering.ledger.counts
    assert (counts["regions_read"], counts["regions_kept"]) == (2, 1)
    entry = gathering.ledger.set_aside[0]
    assert (entry.task, entry.annotation) == ("7", "1")
    assert entry.unit_key == gathering.tasks[0].data.unit_key


def test_an_entry_of_a_strange_shape() -> None:
    raw = json.dumps([task(annotation(ROME))]).replace(
        '"result": [', '"result": [17, {"value": 3}, '
    )
    gathering = gather_bytes("entities", raw.encode())
    assert [code for code, *_ in codes(gathering)] == ["wrong_object", "wrong_object"]
    said = [entry.detail for entry in gathering.ledger.set_aside]
    assert said == ["not a result: 17", "not a result: its value is 3"]
    assert gathering.tasks[0].annotations[0].record == [KEPT]


@pytest.mark.parametrize("strange", [[], {}, 5, None])
def test_names_of_regions_that_are_no_text(strange: Any) -> None:
    hanging = [choice(strange, "mention", "NOM"), relation(strange, "a")]
    result = gather_tasks("entities", task(annotation(region("a", 5, 11, "PER"), *hanging)))
    assert result.tasks[0].annotations[0].record == [Entity(5, 11, "PER")]
    assert [code for code, *_ in codes(result)] == ["dangling_relation", "dangling_relation"]


@pytest.mark.parametrize("words", [[None, None], ["Angela", "Bo Li"]])
def test_equal_region_ids(words: list[str | None]) -> None:
    places = ((5, 11), (28, 33))
    twin = [region("x", *p, "PER", text=said) for p, said in zip(places, words, strict=True)]
    gathering = gather_tasks(
        "entities", task(annotation(*twin, choice("x", "mention", "NOM"), ROME))
    )
    assert codes(gathering) == [
        ("duplicate_region_id", "region", True),
        ("duplicate_region_id", "region", True),
        ("end_rejected", "choice", False),
    ]
    assert gathering.tasks[0].annotations[0].record == [KEPT]


def test_several_labels_on_a_region_are_several_entities() -> None:
    both = region("x", 37, 41, "GPE", labels=["GPE", "LOC"])
    gathering = gather_tasks("entities", task(annotation(both, choice("x", "mention", "NOM"))))
    assert codes(gathering) == []
    assert gathering.tasks[0].annotations[0].record == [
        Entity(37, 41, "GPE", "NOM"),
        Entity(37, 41, "LOC", "NOM"),
    ]


def test_several_labels_on_a_region_have_no_meaning_as_roles() -> None:
    both = region("x", 14, 20, "Content", "role", labels=["Content", "Source"])
    gathering = gather_tasks("claims", task(annotation(both)))
    assert codes(gathering) == [("too_many_choices", "region", True)]
    assert gathering.tasks[0].annotations[0].record == ClaimSet(())


def test_choices() -> None:
    gathering = gather_tasks(
        "entities",
        task(
            annotation(
                ROME,
                region("b", 28, 33, "PER"),
                choice("ok", "mention", "NAM", "NOM"),
                choice("b", "mention", "DOG"),
                choice("b", "mention", "PRO"),
                choice("gone", "mention", "NOM"),
            )
        ),
    )
    assert codes(gathering) == [
        ("too_many_choices", "choice", True),
        ("unknown_label", "choice", True),
        ("dangling_relation", "choice", True),
    ]
    assert gathering.tasks[0].annotations[0].record == [Entity(28, 33, "PER", "PRO"), KEPT]


@pytest.mark.parametrize("order", list(permutations(("favor", "against", "favor"))))
def test_of_several_answers_none_is_taken_for_its_place(order: tuple[str, ...]) -> None:
    choices = [choice(f"c{place}", "stance", value) for place, value in enumerate(order)]
    gathering = gather_tasks("stance", task(annotation(*choices), target="Rome"))
    assert codes(gathering) == [
        *[("too_many_choices", "choice", True)] * 2,
        ("too_many_choices", "choice", False),
        ("no_result", "annotation", False),
    ]


def test_of_several_answers_on_a_region_none_is_taken_for_its_place() -> None:
    mentions = choice("ok", "mention", "NOM"), choice("ok", "mention", "PRO")
    other = region("b", 28, 33, "PER"), choice("b", "mention", "PRO")
    gathering = gather_tasks("entities", task(annotation(ROME, *mentions, *other)))
    assert codes(gathering) == [("too_many_choices", "choice", root) for root in (True, False)]
    assert gathering.tasks[0].annotations[0].record == [Entity(28, 33, "PER", "PRO"), KEPT]


def test_the_same_answer_twice_stands() -> None:
    mentions = choice("ok", "mention", "NOM"), choice("ok", "mention", "NOM")
    gathering = gather_tasks("entities", task(annotation(ROME, *mentions)))
    assert codes(gathering) == [("too_many_choices", "choice", True)]
    assert gathering.tasks[0].annotations[0].record == [Entity(37, 41, "GPE", "NOM")]


def test_a_choice_of_an_unknown_control_takes_no_other_choice_along() -> None:
    mentions = choice("ok", "certainty", "high"), choice("ok", "mention", "NOM")
    gathering = gather_tasks("entities", task(annotation(ROME, *mentions)))
    assert codes(gathering) == [("unknown_control", "choice", True)]
    assert gathering.tasks[0].annotations[0].record == [Entity(37, 41, "GPE", "NOM")]


def test_a_region_that_an_unknown_control_labels_too_keeps_its_choices() -> None:
    again = ROME | {"from_name": "topic"}
    result = gather_tasks("entities", task(annotation(ROME, again, choice("ok", "mention", "NOM"))))
    assert codes(result) == [("unknown_control", "region", True)]
    assert result.tasks[0].annotations[0].record == [Entity(37, 41, "GPE", "NOM")]


def test_a_misplaced_choice_is_no_region_that_was_set_aside() -> None:
    hanging = choice("ok", "certainty", "high"), choice("ok", "mention", "DOG")
    gathering = gather_tasks("entities", task(annotation(ROME, *hanging)))
    assert codes(gathering) == [
        ("unknown_control", "choice", True),
        ("unknown_label", "choice", True),
    ]


@pytest.mark.parametrize("odd", [{"to_name": "title"}, {"from_name": "topic"}, {"value": None}])
def test_a_misplaced_region_on_other_words_shares_its_id(odd: dict[str, Any]) -> None:
    twin = region("ok", 5, 11, "PER") | odd
    gathering = gather_tasks(
        "entities", task(annotation(ROME, twin, choice("ok", "mention", "NOM")))
    )
    assert sorted(codes(gathering)) == [
        ("duplicate_region_id", "region", True),
        ("end_rejected", "choice", False),
        ("unknown_control" if "from_name" in odd else "wrong_object", "region", True),
    ]
    assert gathering.tasks[0].annotations[0].record == []


def _claim(*more: dict[str, Any]) -> dict[str, Any]:
    return task(
        annotation(
            region("c", 14, 20, "Content", "role"),
            region("s", 28, 33, "Source", "role"),
            region("q", 23, 27, "Cue", "role"),
            relation("c", "s", "source"),
            relation("c", "q"),
            *more,
        )
    )


def test_relations() -> None:
    gathering = gather_tasks(
        "claims",
        _claim(
            relation("c", "gone", "source"),
            relation("s", "s"),
            relation("c", "s", "DOG"),
            relation("c", "s", "cue"),
            relation("s", "q"),
        ),
    )
    assert codes(gathering) == [
        ("dangling_relation", "relation", True),
        ("self_relation", "relation", True),
        ("unknown_label", "relation", True),
        ("contradicting_relation", "relation", True),
        ("contradicting_relation", "relation", True),
    ]
    record = gathering.tasks[0].annotations[0].record
    assert record.claims == (
        Claim(((14, 20),), source=(((28, 33),),), cue=(((23, 27),),), source_kind=(None,)),
    )


def test_a_bad_region_takes_relations_choices_and_the_claim_it_makes_untrue() -> None:
    gathering = gather_tasks(
        "claims",
        _claim(
            region("bad", 28, 99, "Source", "role"),
            choice("bad", "kind", "named"),
            region("d", 0, 2, "Content", "role"),
            choice("d", "mode", "direct"),
            relation("d", "bad", "source"),
        ),
    )
    assert codes(gathering) == [
        ("out_of_bounds", "region", True),
        ("end_rejected", "choice", False),
        ("end_rejected", "relation", False),
        ("incomplete_claim", "region", False),
        ("end_rejected", "choice", False),
    ]
    assert len(gathering.tasks[0].annotations[0].record.claims) == 1
    assert gathering.ledger.root_causes == 1


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (relation("d", "gone", "source"), "dangling_relation"),
        (relation("d", "s", "DOG"), "unknown_label"),
        (relation("d", "s") | {"labels": "source"}, "unknown_label"),
        (relation("d", "s") | {"labels": {"cue": 1}}, "unknown_label"),
        (relation("s", "d", "cue"), "contradicting_relation"),
    ],
)
def test_a_claim_whose_only_source_relation_is_set_aside_is_not_kept_as_implicit(
    wrong: dict[str, Any], code: str
) -> None:
    other = region("d", 0, 2, "Content", "role")
    gathering = gather_tasks("claims", _claim(other, wrong))
    assert codes(gathering) == [
        (code, "relation", True),
        ("incomplete_claim", "region", False),
    ]
    (claim,) = gathering.tasks[0].annotations[0].record.claims
    assert claim.content == ((14, 20),)
    gathering = gather_tasks("claims", _claim(other, wrong, relation("d", "s")))
    assert codes(gathering) == [(code, "relation", True)]
    assert len(gathering.tasks[0].annotations[0].record.claims) == 2


@pytest.mark.parametrize(
    ("bad", "joined", "is_kept"),
    [
        ([region("bad", 0, 99, "Content", "role")], "s", True),
        ([region("bad", 0, 99, "Content", "role")], "c", False),
        ([region("bad", 0, 99, "Source", "role")], "s", False),
        ([region("bad", 0, 99, "Cue", "role")], "c", False),
        ([region("bad", 0, 99, "Contents", "role")], "s", False),
        (
            [region("bad", 0, 2, "Content", "role"), region("bad", 2, 4, "Source", "role")],
            "s",
            False,
        ),
        (
            [region("bad", 0, 2, "Content", "role"), region("bad", 2, 4, "Content", "role")],
            "s",
            True,
        ),
        ([region("bad", 0, 2, "Content", "foreign")], "s", False),
    ],
)
def test_a_claim_loses_nothing_by_a_content_that_shares_its_source(
    bad: list[dict[str, Any]], joined: str, is_kept: bool
) -> None:
    drawn = [region("c", 14, 20, "Content", "role"), region("s", 28, 33, "Source", "role")]
    gathering = gather_tasks(
        "claims", task(annotation(*drawn, *bad, relation("c", "s"), relation("bad", joined)))
    )
    assert ("incomplete_claim" not in {code for code, *_ in codes(gathering)}) == is_kept
    record = gathering.tasks[0].annotations[0].record
    assert [claim.source for claim in record.claims] == ([(((28, 33),),)] if is_kept else [])


def test_every_region_that_is_kept_is_in_the_record() -> None:
    drawn = [
        region("c", 14, 20, "Content", "role"),
        region("s", 28, 33, "Source", "role"),
        region("bad", 0, 99, "Source", "role"),
        relation("c", "s"),
        relation("c", "bad"),
    ]
    gathering = gather_tasks("claims", task(annotation(*drawn)))
    assert codes(gathering)[0] == ("out_of_bounds", "region", True)
    assert gathering.ledger.counts["regions_kept"] == 1
    record = gathering.tasks[0].annotations[0].record
    assert record == ClaimSet((), (("Source", ((28, 33),)),))


def test_nothing_is_set_aside_twice() -> None:
    gathering = gather_tasks(
        "claims",
        task(
            annotation(
                region("a", 0, 2, "Content", "role"),
                region("b", 5, 11, "Content", "role"),
                region("bad", 28, 99, "Source", "role"),
                choice("a", "mode", "direct"),
                choice("b", "mode", "mixed"),
                relation("a", "b"),
                relation("a", "bad"),
                region("q", 23, 27, "Cue", "role"),
                relation("a", "q", "source"),
            )
        ),
    )
    assert sorted(codes(gathering)) == [
        ("contradicting_relation", "relation", True),
        ("end_rejected", "choice", False),
        ("end_rejected", "choice", False),
        ("end_rejected", "relation", False),
        ("end_rejected", "relation", False),
        ("incomplete_claim", "region", False),
        ("incomplete_claim", "region", False),
        ("out_of_bounds", "region", True),
    ]


def test_of_relations_between_the_same_ends_each_is_set_aside() -> None:
    bad = region("bad", 28, 99, "Source", "role")
    twice = relation("c", "s", "source"), relation("c", "s", "cue")
    gathering = gather_tasks("claims", _claim(*twice, bad, relation("c", "bad")))
    assert gathering.ledger.counts["relations_kept"] == 0
    parts = Counter(
        (entry.code, entry.part) for entry in gathering.ledger.set_aside if entry.kind == "relation"
    )
    assert parts == {
        ("end_rejected", "c -> bad"): 1,
        ("end_rejected", "c -> s"): 2,
        ("end_rejected", "c -> q"): 1,
        ("contradicting_relation", "c -> s"): 1,
    }
    gathering.ledger.close(max_rejects=2)


@pytest.mark.parametrize("result", [None, "text", {}])
def test_no_result(result: Any) -> None:
    other = annotation(ROME, number=2, by=2)
    gathering = gather_tasks("entities", task(annotation(result=result), other))
    assert codes(gathering) == [("no_result", "annotation", True)]
    assert len(gathering.tasks[0].annotations) == 1


@pytest.mark.parametrize(
    ("chosen", "code"),
    [
        (choice("s", "stance", "bogus"), "unknown_label"),
        (choice("s", "stance", "favor", "against"), "too_many_choices"),
        (choice("s", "stance", "favor") | {"to_name": "title"}, "wrong_object"),
        (choice("s", "stance", "favor") | {"value": None}, "wrong_object"),
    ],
)
def test_a_stance_that_was_set_aside_is_one_fault(chosen: dict[str, Any], code: str) -> None:
    gathering = gather_tasks("stance", task(annotation(chosen), target="Bo"))
    assert codes(gathering) == [(code, "choice", True), ("no_result", "annotation", False)]


def test_a_choice_beside_a_stance_that_was_not_chosen_is_a_fault_of_its_own() -> None:
    chosen = choice("e", "explicitness", "bogus")
    gathering = gather_tasks("stance", task(annotation(chosen), target="Bo"))
    assert codes(gathering) == [
        ("unknown_label", "choice", True),
        ("no_result", "annotation", True),
    ]


def test_a_stance_that_was_not_chosen() -> None:
    evidence = region("e", 0, 2, "Evidence", "evidence")
    gathering = gather_tasks("stance", task(annotation(evidence), target="Bo"))
    assert codes(gathering) == [("no_result", "annotation", True), ("no_result", "region", False)]
    assert not gathering.tasks


@pytest.mark.parametrize(
    ("text", "code"),
    [("Ada\0Bo", "nul"), ("Ada \ud800 Bo", "lone_surrogate")],
)
def test_a_text_that_cannot_be_kept(text: str, code: str) -> None:
    sentences = {
        "nul": "the text holds NUL",
        "lone_surrogate": "half of a character stands in the task",
    }
    healthy = task(annotation(ROME, number=2))
    gathering = gather_tasks(
        "entities", task(annotation(region("a", 0, 3, "PER")), text=text), healthy
    )
    assert codes(gathering) == [(code, "annotation", True), (code, "region", False)]
    assert gathering.ledger.set_aside[0].detail == sentences[code]
    assert [t.data.text for t in gathering.tasks] == [TEXT]


def test_the_choice_of_a_stance_goes_along_with_its_text() -> None:
    changed = stamped("Ada", "Ben", annotation(choice("s", "stance", "favor")))
    gathering = gather_tasks("stance", changed)
    assert codes(gathering) == [
        ("text_changed", "annotation", True),
        ("text_changed", "choice", False),
    ]
    assert gathering.ledger.counts["choices_kept"] == 0


def test_an_entry_with_labels_is_a_region_whatever_its_type_says() -> None:
    untyped = region("x", 5, 11, "PER") | {"type": None}
    gathering = gather_tasks("entities", task(annotation(untyped)))
    assert codes(gathering) == []
    assert gathering.tasks[0].annotations[0].record == [Entity(5, 11, "PER")]


@pytest.mark.parametrize("join", ["array", "lines", "page", "pages", "events"])
@pytest.mark.parametrize("place", ["text", "note"])
def test_half_a_character_costs_its_task_alone(join: str, place: str) -> None:
    sick = task(annotation(region("a", 0, 3, "PER")), text="Ada met Bo \ud83d.")
    if place == "note":  # where nobody looks, beside a text that is whole
        sick = task(annotation(region("a", 0, 3, "PER")), text="Ada met Bo.") | {"note": "\udc00"}
    healthy = task(annotation(ROME, number=2)) | {"id": 8}
    gathering = gather_bytes("entities", _joined(join, healthy, sick))
    assert [code for code, _, root in codes(gathering) if root] == ["lone_surrogate"]
    assert [t.data.text for t in gathering.tasks] == [TEXT]


def _joined(how: str, *tasks: dict[str, Any]) -> bytes:
    documents: list[dict[str, Any]] = list(tasks)
    if how == "page":
        documents = [{"tasks": tasks, "total": len(tasks)}]
    if how == "pages":
        documents = [{"tasks": [one]} for one in tasks]
    if how == "events":
        documents = [
            {"action": "ANNOTATION_CREATED", "task": one, "annotation": one["annotations"][0]}
            for one in tasks
        ]
    export = json.dumps(documents) if how == "array" else "\n".join(map(json.dumps, documents))
    return export.encode()


def test_surrogate_pairs_and_escaped_backslashes_are_not_lone() -> None:
    text = "pair 😀, literal \\ud800"
    gathering = gather_tasks("entities", task(annotation(region("a", 0, 4, "MISC")), text=text))
    assert codes(gathering) == []
    assert gathering.tasks[0].data.text == text


def test_a_changed_text() -> None:
    gathering = gather_tasks("entities", stamped("Ada met Bob.", "Ada met Bo.", ADA), repair=True)
    assert codes(gathering) == [
        ("text_changed", "annotation", True),
        ("text_changed", "region", False),
    ]


def test_what_a_changed_text_does_to_spans_is_no_fault_of_its_own() -> None:
    drawn = [region("b", 5, 8, "PER", text="Ada"), choice("b", "mention", "NOM")]
    kept, moved = region("a", 0, 3, "MISC"), region("x", 4, 8, "PER", text="xAda")
    changed = stamped("And Ada.", "And  Ada.", annotation(kept, *drawn, moved))
    gathering = gather_tasks("entities", changed)
    assert codes(gathering) == [
        ("text_changed", "annotation", True),
        ("text_mismatch", "region", False),
        ("text_mismatch", "region", False),
        ("end_rejected", "choice", False),
        ("text_changed", "region", False),
    ]
    assert gathering.ledger.root_causes == 1
    counts = gathering.ledger.counts
    assert (counts["regions_read"], counts["regions_kept"]) == (3, 0)


def test_utf16_offsets() -> None:
    # "Angela" stands at 5 in characters and at 6 in UTF-16 units, "Rome" at 37 and 38
    regions = [
        region("a", 6, 12, "PER", text="Angela"),
        region("r", 38, 42, "GPE", text="Rome"),
        choice("r", "mention", "NOM"),
    ]
    aside = gather_tasks("entities", task(annotation(*regions)))
    assert [code for code, *_ in codes(aside)] == ["utf16_offsets", "utf16_offsets", "end_rejected"]
    mended = gather_tasks("entities", task(annotation(*regions)), repair=True)
    assert codes(mended) == []
    assert mended.tasks[0].annotations[0].record == [
        Entity(5, 11, "PER"),
        Entity(37, 41, "GPE", "NOM"),
    ]
    assert [note.code for note in mended.ledger.repairs] == ["utf16_offsets"]


def test_true_offsets_that_utf16_would_explain_too_are_not_mended() -> None:
    # "a" stands at 1 and at 2; at 2 by UTF-16 is the first
    both = region("x", 2, 3, "PER", labels=["PER", "ORG"], text="a")
    gathering = gather_tasks("entities", task(annotation(both), text="😀aa"), repair=True)
    assert gathering.ledger.repairs == []
    assert gathering.tasks[0].annotations[0].record == [Entity(2, 3, "ORG"), Entity(2, 3, "PER")]


@pytest.mark.parametrize(("start", "end", "code"), [(3, 3, "empty_span"), (3, 0, "out_of_bounds")])
def test_what_holds_no_character_is_no_utf16_offset(start: int, end: int, code: str) -> None:
    regions = [region("a", 0, 2, "PER", text="Go"), region("x", start, end, "PER", text="")]
    gathering = gather_tasks("entities", task(annotation(*regions)), repair=True)
    assert codes(gathering) == [(code, "region", True)]
    assert gathering.tasks[0].annotations[0].record == [Entity(0, 2, "PER")]


def test_what_utf16_does_not_explain_is_not_mended() -> None:
    regions = [region("a", 6, 12, "PER", text="Angela"), region("r", 1, 5, "GPE", text="Rome")]
    gathering = gather_tasks("entities", task(annotation(*regions)), repair=True)
    assert [code for code, *_ in codes(gathering)] == ["text_mismatch", "text_mismatch"]
    assert not gathering.ledger.repairs
