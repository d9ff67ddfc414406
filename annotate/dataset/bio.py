"""Gold spans -> tokens with BIO tags, and what that form cannot hold.

Tokens are runs of word characters, or single other visible characters. Of
nested or overlapping spans the outermost (longest, then first) is kept. A
border inside a token moves to the token's border. Both losses are counted.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import NamedTuple

from annotate.text import token_borders


class TokenRow(NamedTuple):
    """A text as tokens with one tag each."""

    tokens: list[str]
    tags: list[str]
    dropped: int
    """Spans left out because another covers them."""
    moved: int
    """Spans whose border lay inside a token."""


def bio_names(labels: tuple[str, ...]) -> tuple[str, ...]:
    """`O` and the two tags of each label, in the order of the labels."""
    return ("O", *(f"{place}-{label}" for label in labels for place in "BI"))


def tag_tokens(text: str, spans: list[tuple[int, int, str]]) -> TokenRow:
    """Tag the tokens of `text`; `spans` are (start, end, label) in code points."""
    starts, ends = token_borders(text)
    tags = ["O"] * len(starts)
    dropped = moved = 0
    for start, end, label in sorted(spans, key=lambda span: (span[0] - span[1], *span)):
        inside = range(bisect_right(ends, start), bisect_left(starts, end))
        if not inside or any(tags[n] != "O" for n in inside):
            dropped += 1
            continue
        moved += starts[inside[0]] < start or ends[inside[-1]] > end
        for n in inside:
            tags[n] = f"{'B' if n == inside[0] else 'I'}-{label}"
    return TokenRow([text[a:b] for a, b in zip(starts, ends, strict=True)], tags, dropped, moved)
