"""Texts that are refused, offsets against a codec of the standard library, what is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.errors import ArticleError
from annotate.text import canonical_text, decode_text, utf16_places, visible

_TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("text", "said"),
    [("a\0b", "NUL at offset 1"), ("ab\udc80\0", r"lone surrogate U\+DC80 at offset 2")],
)
def test_a_forbidden_character_is_named(text: str, said: str) -> None:
    with pytest.raises(ArticleError, match=f"^a.txt: {said}; "):
        canonical_text(text, where="a.txt")


def test_bytes_that_are_not_utf8_are_named_with_their_line() -> None:
    with pytest.raises(ArticleError, match=r"^a.txt: not UTF-8: byte 0xff at offset 1 \(line 2\)"):
        decode_text(b"\n\xff", where="a.txt")


@given(_TEXTS)
def test_places_of_utf16_units(text: str) -> None:
    ends = range(len(text) + 1)
    expected = {len(text[:end].encode("utf-16-le")) // 2: end for end in ends}
    assert utf16_places(text) == expected


def test_nothing_that_is_shown_acts_on_a_terminal() -> None:
    assert visible("a\x1b[31m\u202eb\x07\n") == "a␛[31m\ufffdb␇␊"
    assert visible("Größe 😀 …") == "Größe 😀 …"
