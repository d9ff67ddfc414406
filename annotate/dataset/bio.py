"""Gold rows -> rows of tokens with BIO tags, many at once, and what that form cannot hold.

Tokens are runs of word characters, or single other visible characters. What
becomes of spans that overlap, and of borders inside a token, `tagging` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from annotate.dataset.arrays import (
    integer_array,
    integer_values,
    joined_strings,
    list_array,
    list_lengths,
    string_array,
)
from annotate.dataset.arrow import arrow_schema, label_lists
from annotate.dataset.hashing import hash_tokens
from annotate.dataset.tagging import Array, Spans, Tokens, tag_texts
from annotate.schemes.columns import STRING, Column, Labels, ListOf
from annotate.text import character_bytes, without_spaces

_OUTSIDE = "O"
_AT_ONCE = 1 << 17
"""Characters that are looked at together: few calls, and arrays that fit into a cache."""
_MOST_WRITTEN = 1000
"""A token hardly has so many characters."""


class TokenRow(NamedTuple):
    """A text as tokens with one tag each."""

    tokens: list[str]
    tags: list[str]
    dropped: int
    """Spans left out because another covers them."""
    moved: int
    """Spans whose border lay inside a token."""


class TokenTable(NamedTuple):
    """Gold rows as rows of the token config."""

    table: pa.Table
    dropped: int
    moved: int


class _Part(NamedTuple):
    """The token rows of some texts."""

    arrays: list[pa.Array]
    """In column order."""
    dropped: int
    moved: int


def bio_names(labels: tuple[str, ...]) -> tuple[str, ...]:
    """`O` and the two tags of each label, in the order of the labels."""
    return (_OUTSIDE, *(f"{place}-{label}" for label in labels for place in "BI"))


def bio_columns(labels: tuple[str, ...]) -> tuple[Column, ...]:
    """The columns of the token config."""
    tags = Column("ner_tags", ListOf(Labels(bio_names(labels))))
    return (
        Column("id", STRING),
        Column("tokens", ListOf(STRING)),
        tags,
        Column("row_hash", STRING),
    )


def tag_tokens(text: str, spans: Iterable[tuple[int, int, str]]) -> TokenRow:
    """Tag the tokens of `text` with the spans, each (start, end, label) in code points."""
    found = list(spans)
    labels = tuple({label: None for _, _, label in found})
    starts, ends = (np.array([span[n] for span in found], np.int64) for n in (0, 1))
    codes = np.array([labels.index(label) for _, _, label in found], np.int64)
    made = tag_texts([text], Spans(np.zeros(len(found), np.int64), starts, ends, codes), labels)
    borders = zip(made.starts.tolist(), made.ends.tolist(), strict=True)
    names = bio_names(labels)
    tags = [names[tag] for tag in made.tags.tolist()]
    return TokenRow([text[a:b] for a, b in borders], tags, made.dropped, made.moved)


def token_rows(gold: pa.Table, path: str, schemas: Mapping[str, tuple[Column, ...]]) -> TokenTable:
    """The rows of the token config for gold rows, tagged with the labels at `path`."""
    schema, labels = arrow_schema(schemas["bio"]), label_lists(schemas["gold"])[path]
    ids, texts = (gold.column(name).to_pylist() for name in ("id", "text"))
    spans = _read_spans(gold, path)
    parts = [
        _make_part(ids[first:last], texts[first:last], spans.of_texts(first, last), labels)
        for first, last in _pieces(texts)
    ]
    # left in pieces: a row group is joined once, and that is a pass over all tokens
    batches = [pa.RecordBatch.from_arrays(part.arrays, schema=schema) for part in parts]
    table = pa.Table.from_batches(batches, schema)
    dropped = sum(part.dropped for part in parts)
    moved = sum(part.moved for part in parts)
    return TokenTable(table, dropped, moved)


def _read_spans(gold: pa.Table, path: str) -> Spans:
    """The spans of all rows at `path`, the label of a list of records (`entities.label`)."""
    column = gold.column(path.partition(".")[0]).combine_chunks()
    found = column.flatten()
    starts, ends, codes = (integer_values(found.field(name)) for name in ("start", "end", "label"))
    counts = list_lengths(column)
    return Spans(np.repeat(np.arange(len(counts)), counts), starts, ends, codes)


def _pieces(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where pieces of about `_AT_ONCE` characters begin and end; a text is whole in one."""
    first = size = 0
    for last, text in enumerate(texts, 1):
        size += len(text)
        if size >= _AT_ONCE or last == len(texts):
            yield first, last
            first, size = last, 0


def _make_part(
    ids: Sequence[str], texts: Sequence[str], spans: Spans, labels: tuple[str, ...]
) -> _Part:
    """Tokens hold every character but white space, so all of them are the texts without it."""
    tokens, whole = tag_texts(texts, spans, labels), "".join(texts)
    joined = without_spaces(whole)
    sizes = tokens.ends - tokens.starts
    hashes = _hash_rows(ids, joined, sizes, tokens, bio_names(labels))
    if not whole.isascii():
        places = character_bytes(whole)
        sizes = places[tokens.ends] - places[tokens.starts]
    counts = np.diff(tokens.borders)
    arrays = [
        string_array(ids),
        list_array(counts, joined_strings(joined, sizes)),
        list_array(counts, integer_array(tokens.tags)),
        string_array(hashes),
    ]
    return _Part(arrays, tokens.dropped, tokens.moved)


def _hash_rows(
    ids: Sequence[str], joined: str, lengths: Array, tokens: Tokens, names: Sequence[str]
) -> list[str]:
    """The row hash of each text; `joined` are all tokens, `lengths` theirs in code points."""
    inside = np.flatnonzero(tokens.tags != 0)
    tagged = np.searchsorted(inside, tokens.borders)
    places = inside - np.repeat(tokens.borders[:-1], np.diff(tagged))
    pairs = list(
        zip(places.tolist(), (names[tag] for tag in tokens.tags[inside].tolist()), strict=True)
    )
    until = np.concatenate([[0], np.cumsum(lengths)])[tokens.borders]
    borders = (pairwise(each.tolist()) for each in (until, tokens.borders, tagged))
    write = _writer(lengths)
    return [
        hash_tokens(name, joined[a:b], write(c, d), pairs[e:f])
        for name, (a, b), (c, d), (e, f) in zip(ids, *borders, strict=True)
    ]


def _writer(lengths: Array) -> Callable[[int, int], list[int] | msgspec.Raw]:
    """A function from where a row begins and ends in `lengths` to its own, mostly as JSON."""
    if lengths.max(initial=0) < _MOST_WRITTEN:
        numerals = _numerals()[lengths]
        return lambda a, b: msgspec.Raw(
            b"[%b]" % numerals[a:b].tobytes().translate(None, b"\0")[:-1]
        )
    values = lengths.tolist()
    return lambda a, b: values[a:b]


@cache
def _numerals() -> Any:
    """The numbers that tokens are long, as ASCII with a comma, filled up to equal lengths with NUL.

    To look them up is a third of the work of writing millions of numbers.
    """
    return np.array([b"%d," % number for number in range(_MOST_WRITTEN)])
