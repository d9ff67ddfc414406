"""A text and spans -> tokens in sentences with one tag each, and what that cannot hold.

Tokens and the choice among nested spans (the outermost is kept) are those of a version's bio
config. A line is a sentence; a span across a line break is cut at it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

from annotate.dataset.tokens.bio import tag_tokens
from annotate.formats.base import Losses
from annotate.schemes.base import Drawing

_BREAKS = re.compile(r"[\n\r]")


class Token(NamedTuple):
    """A token with its tag; offsets are code points."""

    text: str
    start: int
    end: int
    tag: str


def tag_sentences(
    text: str, drawing: Drawing, losses: Losses, names: Mapping[str, str]
) -> list[list[Token]]:
    """The sentences of a text as tokens with IOB2 tags; counts what tags cannot hold.

    `names` says which labels a format writes under another name.
    """
    spans = []
    for shape in drawing.shapes:
        for start, end in shape.fragments:
            if text[start:end].strip():
                spans.append((start, end, shape.label))
            else:
                losses.lose("span without a visible character")
    row = tag_tokens(text, [(start, end, names.get(label, label)) for start, end, label in spans])
    for place in row.kept:
        label = spans[place][2]
        losses.alter_name(label, names.get(label, label))
    loose = sum(is_loose(text, *spans[place][:2]) for place in row.kept)
    losses.alter("span with white space at its border, cut off", loose)
    losses.lose("span nested in or overlapping another (the outermost is kept)", row.dropped)
    losses.alter("span with a border inside a token, moved to the token's border", row.moved)
    losses.lose_choices(drawing)
    losses.lose_structure(drawing)
    losses.lose_undecided(drawing)
    if not row.places:
        losses.lose_text()
    sentences: list[list[Token]] = []
    sentence: list[Token] = []
    breaks = chain((found.start() for found in _BREAKS.finditer(text)), [len(text)])
    following, is_cut = -1, False
    for (start, end), tag in zip(row.places, row.tags, strict=True):
        is_cut &= tag.startswith("I-")
        if following < start:
            following = next(place for place in breaks if place >= start)
            sentences.append(sentence := [])
            if tag.startswith("I-"):
                losses.alter("span across a line break, cut at it", not is_cut)
                is_cut = True
                tag = f"B-{tag[2:]}"
        sentence.append(Token(text[start:end], start, end, tag))
    return sentences


def is_loose(text: str, start: int, end: int) -> bool:
    """Whether a span begins or ends with white space, which no token covers."""
    return text[start].isspace() or text[end - 1].isspace()


def tokens_of(places: Sequence[tuple[int, int]], start: int, end: int) -> range:
    """Which of the sorted tokens at `places` a span touches."""
    first = bisect_right(places, start, key=itemgetter(1))
    return range(first, bisect_left(places, end, key=itemgetter(0)))


def iobes(tags: Sequence[str]) -> list[str]:
    """IOB2 tags of one sentence as IOBES: S for a single token, E for the last of several."""
    done = []
    for tag, after in zip(tags, [*tags[1:], "O"], strict=True):
        last = after != f"I-{tag[2:]}"
        place = {"B": "S", "I": "E"}.get(tag[0], tag[0]) if last else tag[0]
        done.append(tag if tag == "O" else f"{place}-{tag[2:]}")
    return done
