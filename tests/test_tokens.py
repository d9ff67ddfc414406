"""Places of tokens, against the pattern of the standard library."""

from __future__ import annotations

import re
from itertools import accumulate

from hypothesis import example, given
from hypothesis import strategies as st

from annotate.tokens import find_tokens

_TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]))
_HARD = "Ukraines 27-nation blocs, don’t_do 😀👩‍👩‍👧 ½ ²x é 𝕏y\u2028z\u200b\u00a0\u3000Ж"
_HARD += " \x7f\x80 \u07ff\u0800 \uffff\U00010000"  # where one more byte is needed


@given(_TEXTS)
@example("")
@example(_HARD)
def test_tokens_are_those_of_the_pattern(text: str) -> None:
    expected = [found.span() for found in re.finditer(r"\w+|[^\w\s]", text)]
    starts, ends = find_tokens(text)
    assert list(zip(starts.tolist(), ends.tolist(), strict=True)) == expected


@given(st.lists(_TEXTS))
@example(["ab", "cd", "", "é", "é\u00a0", "x"])
@example([_HARD, _HARD])
def test_no_token_stands_across_two_texts(texts: list[str]) -> None:
    begins = [0, *accumulate(map(len, texts))]
    expected = [
        (begin + found.start(), begin + found.end())
        for begin, text in zip(begins, texts, strict=False)
        for found in re.finditer(r"\w+|[^\w\s]", text)
    ]
    starts, ends = find_tokens("".join(texts), begins)
    assert list(zip(starts.tolist(), ends.tolist(), strict=True)) == expected
