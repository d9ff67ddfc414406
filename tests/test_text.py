"""Offsets of text, against a codec of the standard library, and what a terminal is shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from annotate.text import utf16_places, visible

_TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]))


@given(_TEXTS)
def test_places_of_utf16_units(text: str) -> None:
    ends = range(len(text) + 1)
    expected = {len(text[:end].encode("utf-16-le")) // 2: end for end in ends}
    assert utf16_places(text) == expected


def test_nothing_that_is_shown_acts_on_a_terminal() -> None:
    assert visible("a\x1b[31m\u202eb\x07\n") == "a␛[31m\ufffdb␇␊"
    assert visible("Größe 😀 …") == "Größe 😀 …"
