"""Offsets of text, against a codec of the standard library."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from annotate.text import utf16_places

_TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]))


@given(_TEXTS)
def test_places_of_utf16_units(text: str) -> None:
    for units, place in utf16_places(text).items():
        assert len(text[:place].encode("utf-16-le")) == 2 * units
