"""Texts whose line ends changed since they were annotated, and the spans that stand on them."""

from __future__ import annotations

from typing import Any

import pytest

from annotate.schemes.entities import Entity
from tests.annotations.exports import annotation, codes, gather_tasks, region, stamped

WAS = "Ab\nOlin\n😀 Rome"
NOW = "Ab\r\nOlin\r\n😀 Rome"


def test_a_text_whose_line_ends_changed_is_mended_on_request() -> None:
    ada = annotation(region("a", 0, 3, "PER", text="Ada"))
    changed = stamped("Ada\r\nmet Bo.", "Ada\nmet Bo.", ada)
    assert codes(gather_tasks("entities", changed))[0][0] == "text_changed"
    gathering = gather_tasks("entities", changed, repair=True)
    assert codes(gathering) == []
    assert gathering.tasks[0].data.text == "Ada\nmet Bo."
    assert [note.code for note in gathering.ledger.repairs] == ["line_ends"]


@pytest.mark.parametrize(
    ("now", "was", "drawn"),
    [
        (NOW, WAS, (4, 8, 12, 16)),  # on the text that is stored
        (NOW, WAS, (3, 7, 10, 14)),  # on the text as it was
        (WAS, NOW, (3, 7, 10, 14)),
        (WAS, NOW, (4, 8, 12, 16)),
        (WAS.replace("\n", "\r"), NOW, (3, 7, 10, 14)),
    ],
)
def test_spans_stay_on_their_words_where_line_ends_are_put_back(
    now: str, was: str, drawn: tuple[int, int, int, int]
) -> None:
    olin = region("a", *drawn[:2], "PER", text="Olin")
    rome = region("b", *drawn[2:], "GPE", text="Rome")
    plain = region("c", 0, 2, "MISC")  # before any line end
    gathering = gather_tasks(
        "entities", stamped(now, was, annotation(olin, rome, plain)), repair=True
    )
    assert codes(gathering) == []
    text, record = gathering.tasks[0].data.text, gathering.tasks[0].annotations[0].record
    assert text == was
    assert [text[e.start : e.end] for e in record] == ["Ab", "Olin", "Rome"]


@pytest.mark.parametrize(
    "spans",
    [
        [region("a", 4, 8, "PER")],  # names no text
        [region("a", 4, 8, "PER", text="Olin"), region("b", 12, 16, "GPE")],
        [region("a", 4, 8, "PER", text="Olin"), region("b", 10, 14, "GPE", text="Rome")],
        [region("a", 4, 8, "PER", text="Rome")],
        [region("a", 4, 8, "PER", text="Olin"), region("b", 12, 17, "GPE", text="Rome")],
    ],
)
def test_spans_are_not_guessed_where_line_ends_are_put_back(spans: list[dict[str, Any]]) -> None:
    gathering = gather_tasks("entities", stamped(NOW, WAS, annotation(*spans)), repair=True)
    found = codes(gathering)
    assert ("text_changed", "annotation", True) in found
    assert gathering.ledger.counts["regions_read"] == len(spans)
    assert not gathering.tasks


@pytest.mark.parametrize(
    "ends", [(None, 8), (4, None), ("4", 8), (4, "8"), (8, 4), (4, 4), (-1, 8)]
)
def test_a_span_without_a_place_is_set_aside_where_line_ends_are_put_back(ends: Any) -> None:
    spans = [
        region("a", 4, 8, "PER", text="Olin"),
        region("b", ends[0], ends[1], "PER", text="Olin"),
    ]
    gathering = gather_tasks("entities", stamped(NOW, WAS, annotation(*spans)), repair=True)
    if ends == (-1, 8):  # it lies outside the text that it would be moved on
        assert not gathering.tasks
    else:
        code = "empty_span" if ends == (4, 4) else "out_of_bounds"
        assert codes(gathering) == [(code, "region", True)]
        assert gathering.tasks[0].annotations[0].record == [Entity(3, 7, "PER")]


def test_a_span_that_says_the_same_in_both_texts_is_not_guessed() -> None:
    spans = annotation(region("a", 4, 5, "PER", text="a"))
    gathering = gather_tasks("entities", stamped("b\r\naaaa", "b\naaaa", spans), repair=True)
    assert codes(gathering)[0] == ("text_changed", "annotation", True)


def test_a_border_inside_a_line_end_takes_all_of_it() -> None:
    # in "Ab\r\nOlin\r\n😀 Rome" 3 and 9 stand between CR and LF
    spans = [region("a", 3, 8, "PER", text="\\nOlin"), region("b", 4, 9, "PER", text="Olin\\n")]
    gathering = gather_tasks("entities", stamped(NOW, WAS, annotation(*spans)), repair=True)
    assert codes(gathering) == []
    record = gathering.tasks[0].annotations[0].record
    assert [WAS[e.start : e.end] for e in record] == ["\nOlin", "Olin\n"]


def test_a_span_from_the_first_character_is_moved_where_it_ends() -> None:
    spans = [region("a", 0, 6, "ORG", text="Ab\\nOl")]
    gathering = gather_tasks("entities", stamped(NOW, WAS, annotation(*spans)), repair=True)
    assert codes(gathering) == []
    assert gathering.tasks[0].annotations[0].record == [Entity(0, 5, "ORG")]


def test_each_annotation_shows_for_itself_where_its_spans_are() -> None:
    sure = annotation(region("a", 4, 8, "PER", text="Olin"))
    unsure = annotation(region("a", 4, 8, "PER"), number=2, by=2)
    gathering = gather_tasks("entities", stamped(NOW, WAS, sure, unsure), repair=True)
    assert codes(gathering) == [
        ("text_changed", "annotation", True),
        ("text_changed", "region", False),
    ]
    assert [a.record for a in gathering.tasks[0].annotations] == [[Entity(3, 7, "PER")]]
