"""Targets that quote articles: what is left of them, and that they come back."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from annotate.dataset.bare.quotes import Place, find_quotes, join_pieces

_TEXT = "On Monday the new sea wall held. It will not hold for ever, he said."


def _row(text: str, title: str | None = None, name: str = "r") -> dict[str, str | None]:
    return {"id": name, "text": text, "title": title}


def test_a_quotation_is_a_place_and_letters_of_its_own_stay() -> None:
    asked = {
        "the new sea wall held",
        "The new sea wall held",
        "Ministers say the new sea-wall held on",
        "the new sea wall",
        "the new wall held it will not hold",
    }
    assert find_quotes([_row(_TEXT)], asked).pieces == {
        "the new sea wall held": [Place("r", "text", 10, 31)],
        "The new sea wall held": ["T", Place("r", "text", 11, 31)],
        "Ministers say the new sea-wall held on": [
            "Ministers say ",
            Place("r", "text", 10, 21),
            "-",
            Place("r", "text", 22, 31),
            " on",
        ],
        "the new wall held it will not hold": [
            "the new ",
            *(Place("r", "text", 22, 31), Place("r", "text", 32, 33)),
            *("i", Place("r", "text", 34, 49)),
        ],
    }


def test_titles_and_several_articles_are_quoted_too() -> None:
    rows = [_row(_TEXT, name="one"), _row("Other.", "Ferry strike enters its third day", "two")]
    value = "it will not hold for ever: ferry strike enters its third day"
    pieces = find_quotes(rows, {value}).pieces[value]
    assert [p.column for p in pieces if isinstance(p, Place)] == ["text", "title"]
    sources = {("one", "text"): _TEXT, ("two", "title"): "Ferry strike enters its third day"}
    assert join_pieces(pieces, lambda p: sources[p.id, p.column][p.start : p.end]) == value


def test_other_letters_throughout_cannot_be_places() -> None:
    asked = {"THE NEW SEA WALL HELD", "The New Sea Wall Held", "he said it will not hold for me"}
    assert find_quotes([_row(_TEXT)], asked).legible == {"THE NEW SEA WALL HELD"}


def test_a_letter_of_two_capitals_is_the_same_in_both() -> None:
    asked = {"Die strasse am meer bleibt", "DIE STRASSE AM MEER BLEIBT"}
    quotes = find_quotes([_row("die straße am meer bleibt zu.")], asked)
    assert quotes.pieces["Die strasse am meer bleibt"] == [
        *("D", Place("r", "text", 1, 8), "ss"),
        Place("r", "text", 9, 25),
    ]
    assert quotes.legible == {"DIE STRASSE AM MEER BLEIBT"}


_WORDS = st.lists(st.sampled_from(["a", "b", "C", "c", "d-d", "é."]), max_size=14).map(" ".join)


@given(st.lists(_WORDS, max_size=3), _WORDS)
def test_what_is_left_has_no_run_of_any_text(texts: list[str], value: str) -> None:
    def runs(text: str) -> set[tuple[str, ...]]:
        words = [word for word in re.split(r"\W+", text.casefold()) if word]
        return {tuple(words[n : n + 5]) for n in range(len(words) - 4)}

    rows = [_row(text, name=str(n)) for n, text in enumerate(texts)]
    found, legible = find_quotes(rows, {value})
    known = {run for text in texts for run in runs(text)}
    assert (value in found) == bool(runs(value) & known)
    for pieces in found.values():
        assert join_pieces(pieces, lambda p: texts[int(p.id)][p.start : p.end]) == value
        own = " ".join(piece for piece in pieces if isinstance(piece, str))
        assert (value in legible) == bool(runs(own) & known)
