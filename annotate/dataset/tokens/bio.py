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

from annotate.dataset.arrow.arrays import (
    integer_array,
    integer_values,
    list_array,
    list_lengths,
    string_array,
    string_bytes,
    strings_between,
)
from annotate.dataset.arrow.hashing import hash_tokens
from annotate.dataset.arrow.tables import arrow_schema, label_lists
from annotate.dataset.tokens.tagging import Array, Spans, Tagged, tag_texts
from annotate.schemes.columns import STRING, Column, Labels, ListOf
from annotate.tokens import Tokens, Utf8

_OUTSIDE = "O"
_AT_ONCE = 1 << 17
"""Bytes that are looked at together: few calls, and arrays that fit into a cache."""
_MOST_WRITTEN = 1000
"""A token hardly has so many characters."""


class TokenRow(NamedTuple):
    """The tokens of a text with one tag each."""

    places: list[tuple[int, int]]
    """(start, end) of each, in code points."""
    tags: list[str]
    kept: list[int]
    """The places, among the spans that were given, of those that the tags show."""
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
    whole = Utf8(text.encode("utf-8"))
    placed = Spans(np.zeros(len(found), np.int64), starts, ends, codes)
    made = tag_texts(whole, np.array([0, len(whole.data)]), placed, labels)
    borders = (made.tokens.starts, made.tokens.ends)
    places = zip(*(whole.characters_before(each).tolist() for each in borders), strict=True)
    names = bio_names(labels)
    tags = [names[tag] for tag in made.tags.tolist()]
    return TokenRow(list(places), tags, made.kept.tolist(), made.dropped, made.moved)


def token_rows(gold: pa.Table, path: str, schemas: Mapping[str, tuple[Column, ...]]) -> TokenTable:
    """The rows of the token config for gold rows, tagged with the labels at `path`."""
    schema, labels = arrow_schema(schemas["bio"]), label_lists(schemas["gold"])[path]
    ids, (data, begins) = gold.column("id").to_pylist(), string_bytes(gold.column("text"))
    spans = _read_spans(gold, path)
    parts = [
        _make_part(
            ids[first:last],
            Utf8(data[begins[first] : begins[last]]),
            begins[first : last + 1] - begins[first],
            spans.of_texts(first, last),
            labels,
        )
        for first, last in _pieces(begins)
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


def _pieces(begins: Array) -> Iterator[tuple[int, int]]:
    """Where pieces of about `_AT_ONCE` bytes begin and end; a text is whole in one."""
    first, texts = 0, len(begins) - 1
    while first < texts:
        last = int(np.searchsorted(begins, begins[first] + _AT_ONCE))
        yield first, min(last, texts)
        first = last


def _make_part(
    ids: Sequence[str], whole: Utf8, begins: Array, spans: Spans, labels: tuple[str, ...]
) -> _Part:
    """The rows of texts that stand in `whole` one after the other, each from one of `begins`."""
    made = tag_texts(whole, begins, spans, labels)
    tokens, counts = made.tokens, np.diff(made.borders)
    # tokens hold every character but white space, so all of them are the texts without it
    joined = np.frombuffer(whole.data, np.uint8).compress(tokens.is_visible).tobytes()
    hashes = _hash_rows(ids, joined, whole, made, bio_names(labels))
    arrays = [
        string_array(ids),
        list_array(counts, strings_between(joined, tokens.places)),
        list_array(counts, integer_array(made.tags)),
        string_array(hashes),
    ]
    return _Part(arrays, made.dropped, made.moved)


def _hash_rows(
    ids: Sequence[str], joined: bytes, whole: Utf8, made: Tagged, names: Sequence[str]
) -> list[str]:
    """The row hash of each text; `joined` are all tokens."""
    inside = np.flatnonzero(made.tags)
    tagged = np.searchsorted(inside, made.borders)
    places = inside - np.repeat(made.borders[:-1], np.diff(tagged))
    pairs = list(
        zip(places.tolist(), (names[tag] for tag in made.tags[inside].tolist()), strict=True)
    )
    until = made.tokens.places[made.borders]
    borders = (pairwise(each.tolist()) for each in (until, made.borders, tagged))
    write = _writer(_lengths(whole, made.tokens))
    return [
        hash_tokens(name, joined[a:b].decode("utf-8"), write(c, d), pairs[e:f])
        for name, (a, b), (c, d), (e, f) in zip(ids, *borders, strict=True)
    ]


def _lengths(whole: Utf8, tokens: Tokens) -> Array:
    """How many characters each token has."""
    if whole.is_ascii:
        return tokens.sizes
    return whole.characters_before(tokens.ends) - whole.characters_before(tokens.starts)


def _writer(lengths: Array) -> Callable[[int, int], list[int] | msgspec.Raw]:
    """A function from where a row begins and ends in `lengths` to its own, mostly as JSON."""
    if lengths.max(initial=0) < _MOST_WRITTEN:
        numerals = _numerals().take(lengths)  # as an index, 32 bits take five times as long
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
