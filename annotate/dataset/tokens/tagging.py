"""Texts with their spans -> the tokens of all of them with BIO tags, as arrays.

Of nested or overlapping spans the outermost (longest, then first) is kept. A
border inside a token moves to the token's border. Both losses are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from annotate.tokens import Tokens, Utf8, token_bytes

Array = npt.NDArray[np.int64]


class Spans(NamedTuple):
    """Spans of some texts, as arrays of one length."""

    texts: Array
    """The number of the text each stands in, ascending."""
    starts: Array
    """In code points of that text."""
    ends: Array
    labels: Array
    """By number."""

    def of_texts(self, first: int, last: int) -> Spans:
        """Those of the texts from `first` on and before `last`, numbered anew."""
        begin, end = np.searchsorted(self.texts, [first, last])
        texts, *rest = (values[begin:end] for values in self)
        return Spans(texts - first, *rest)


class Tagged(NamedTuple):
    """The tokens of some texts that stand one after the other, and their tags."""

    tokens: Tokens
    tags: Array
    """Of each token: 0 outside, 1 + 2n where one of label n begins, 2 + 2n inside."""
    borders: Array
    """The number of tokens before each text, and of all."""
    kept: Array
    """The places, among the spans that were given, of those that the tags show."""
    dropped: int
    """Spans left out because another covers them."""
    moved: int
    """Spans whose border lay inside a token."""


def tag_texts(whole: Utf8, begins: Array, spans: Spans, labels: Sequence[str]) -> Tagged:
    """Tag the tokens of texts that stand in `whole` one after the other.

    `begins` are the bytes before each text, and of all; the labels of the spans are places
    in `labels`.
    """
    tokens = token_bytes(whole, begins)
    starts, ends = tokens.starts, tokens.ends
    borders = np.searchsorted(starts, begins)
    order = _outermost_first(spans, labels)
    spans = Spans(*(values[order] for values in spans))
    before = whole.characters_before(begins)[spans.texts]
    wanted_starts, wanted_ends = (
        whole.bytes_before(before + places) for places in (spans.starts, spans.ends)
    )
    firsts = np.maximum(np.searchsorted(ends, wanted_starts, "right"), borders[spans.texts])
    lasts = np.minimum(np.searchsorted(starts, wanted_ends, "left"), borders[spans.texts + 1])
    kept = _choose(firsts.tolist(), lasts.tolist(), len(starts))
    firsts, lasts = firsts[kept], lasts[kept]
    is_moved = (starts[firsts] < wanted_starts[kept]) | (ends[lasts - 1] > wanted_ends[kept])
    tags = _tags(firsts, lasts, spans.labels[kept], len(starts))
    dropped = len(spans.texts) - len(kept)
    return Tagged(tokens, tags, borders, order[kept], dropped, int(np.count_nonzero(is_moved)))


def _outermost_first(spans: Spans, labels: Sequence[str]) -> Array:
    """The places of the spans: text by text the longest first, then the first, then by the name of
    the label."""
    ranks = np.argsort(np.array(sorted(range(len(labels)), key=lambda n: labels[n]), np.int64))
    lengths = spans.ends - spans.starts
    order: Array = np.lexsort((ranks[spans.labels], spans.starts, -lengths, spans.texts))
    return order


def _choose(firsts: Sequence[int], lasts: Sequence[int], total: int) -> list[int]:
    """The spans that have tokens, none of them in a span before; `total` tokens there are."""
    taken, kept = bytearray(total), []
    for number, (first, last) in enumerate(zip(firsts, lasts, strict=True)):
        if first < last and taken.find(1, first, last) < 0:
            taken[first:last] = b"\1" * (last - first)
            kept.append(number)
    return kept


def _tags(firsts: Array, lasts: Array, labels: Array, total: int) -> Array:
    """The tag of each of `total` tokens; the tokens of a span are `firsts` to before `lasts`."""
    counts = lasts - firsts
    before = np.cumsum(counts) - counts
    tags = np.zeros(total, np.int64)
    tags[np.arange(counts.sum()) + np.repeat(firsts - before, counts)] = np.repeat(
        2 * labels + 2, counts
    )
    tags[firsts] = 2 * labels + 1
    return tags
