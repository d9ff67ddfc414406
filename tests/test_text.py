"""Tokens and offsets of text, against patterns and codecs of the standard library."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from annotate.text import find_tokens, utf16_places

_TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]))


@given(_TEXTS)
@example("")
@example("Ukraines 27-nation blocs, don’t_do 😀👩‍👩‍👧 ½ ²x é 𝕏y\u2028z\u200b")
def test_tokens_are_those_of_the_pattern(text: str) -> None:
    expected = [found.span() for found in re.finditer(r"\w+|[^\w\s]", text)]
    starts, ends = find_tokens(text)
    assert list(zip(starts.tolist(), ends.tolist(), strict=True)) == expected


@given(_TEXTS)
def test_places_of_utf16_units(text: str) -> None:
    for units, place in utf16_places(text).items():
        assert len(text[:place].encode("utf-16-le")) == 2 * units
