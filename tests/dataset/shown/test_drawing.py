"""Rows drawn for the terminal."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.dataset.shown.drawing import draw_row
from annotate.schemes import load_scheme
from annotate.text import visible


def _entities(text: str, *spans: tuple[int, int, str]) -> dict[str, Any]:
    entities = [{"start": a, "end": b, "label": label, "mention": "NAM"} for a, b, label in spans]
    head = {"id": "abc", "title": "T", "date": None, "url": None}
    return {**head, "text": text, "entities": entities}


def _lines(row: dict[str, Any], *, width: int = 80, scheme: str = "entities") -> list[str]:
    """What is drawn below the facts."""
    return draw_row(row, load_scheme(scheme), width=width).split("\n")[3:]


def test_spans_stand_below_their_words() -> None:
    row = _entities("Anna Novak of Tesk spoke.", (0, 10, "PER"), (0, 4, "X"), (14, 18, "GPE"))
    assert _lines(row) == [
        "Anna Novak of Tesk spoke.",
        "└1 PER───┘    └3 ┘",
        "└2 ┘",
        "",
        "  1 PER: Anna Novak",
        "  2 X: Anna",
        "  3 GPE: Tesk",
    ]


def test_only_facts_that_are_known_are_told() -> None:
    drawn = draw_row(_entities("Tesk") | {"date": "2024-05-24"}, load_scheme("entities"), width=80)
    assert drawn.split("\n")[:5] == ["id: abc", "title: T", "date: 2024-05-24", "", "Tesk"]


def test_a_span_over_a_line_break_goes_on() -> None:
    row = _entities("One two three four five six seven.", (8, 23, "LOC"))
    assert _lines(row, width=20)[:4] == [
        "One two three four",
        "        └1 LOC─────",
        "five six seven.",
        "─1 ┘",
    ]


def test_wide_and_combining_characters_keep_the_columns() -> None:
    text = "東京 e\u0301s Tesk"
    assert _lines(_entities(text, (7, 11, "GPE")))[:2] == [text, " " * 8 + "└1 ┘"]


@pytest.mark.parametrize(
    ("word", "columns"),
    [
        ("\u0e15\u0e31\u0e49\u0e07", 2),  # Thai: to, a vowel, a tone, ngo
        ("\u092f\u0947", 1),  # Devanagari: ya with the vowel sign e
        ("\u1112\u1161\u11ab", 2),  # a syllable of Korean, spelled out
        ("\u2764\ufe0f", 1),
    ],
)
def test_marks_of_other_scripts_take_no_column(word: str, columns: int) -> None:
    text = f"{word} Tesk"
    lines = _lines(_entities(text, (len(word) + 1, len(text), "GPE")))
    assert lines[:2] == [text, " " * (columns + 1) + "└1 ┘"]


def test_a_text_cannot_move_the_cursor() -> None:
    row = _entities("a\x1b[2J\tb\r\u202ec", (0, 1, "PER"))
    drawn = draw_row(row, load_scheme("entities"), width=80)
    assert "a␛[2J␉b␍\ufffdc" in drawn
    assert not {"\x1b", "\t", "\r", "\u202e"} & set(drawn)


def test_claims_with_their_links_and_choices() -> None:
    def span(start: int, end: int) -> list[dict[str, Any]]:
        return [{"start": start, "end": end, "text": "", "part": 0}]

    claim = {
        "content": span(10, 22),
        "source": span(0, 4),
        "cue": span(5, 9),
        "mode": "indirect",
        "source_kind": ["named"],
        "attitude": "belief",
        "negated": None,
    }
    row = {**_entities("Anna said it would rain."), "claims": [claim], "unlinked": []}
    assert _lines(row, scheme="claims") == [
        "Anna said it would rain.",
        "└2 ┘ └3 ┘ └1 Content─┘",
        "",
        "  1 Content: it would rai (mode indirect; attitude belief; source 2; cue 3)",
        "  2 Source: Anna (kind named)",
        "  3 Cue: said",
        "    negated: undecided",
    ]


def test_fragments_that_overlap_are_quoted_once() -> None:
    spans = [{"start": a, "end": b, "text": "", "part": 0} for a, b in ((0, 12), (5, 20), (21, 23))]
    claim = {"content": spans, "source": [], "cue": [], "source_kind": []}
    unset = {"mode": "undetermined", "attitude": "assertion", "negated": False}
    row = {**_entities("Anna said it would rain."), "claims": [claim | unset], "unlinked": []}
    assert _lines(row, scheme="claims")[-1] == "  1 Content: Anna said it would r … in"


_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)


@given(_texts, st.data())
def test_any_text_is_drawn_whole_and_harmless(text: str, data: st.DataObject) -> None:
    starts = data.draw(st.lists(st.integers(0, len(text) - 1), max_size=4))
    spans = [(a, data.draw(st.integers(a + 1, len(text))), "PER") for a in starts]
    drawn = draw_row(_entities(text, *spans), load_scheme("entities"), width=20)
    assert not [c for c in drawn if c != "\n" and unicodedata.category(c) in ("Cc", "Cf")]
    shown = "".join(visible(text.replace("\n", "")).split())
    bars = set("└─┘")
    lines = [line for line in drawn.split("\n")[3:] if not bars & set(line) or bars & set(text)]
    assert all(character in "".join(lines) for character in shown)
