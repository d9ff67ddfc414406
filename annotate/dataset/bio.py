"""Gold spans -> tokens with BIO tags, and what that form cannot hold.

Tokens are runs of word characters, or single other visible characters. Of
nested or overlapping spans the outermost (longest, then first) is kept. A
border inside a token moves to the token's border. Both losses are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from annotate.dataset.arrays import integer_array, joined_strings, list_array, string_array
from annotate.dataset.arrow import arrow_schema, label_lists
from annotate.dataset.hashing import hash_tokens
from annotate.schemes.columns import STRING, Column, Labels, ListOf
from annotate.text import find_tokens

Spans = Iterable[tuple[int, int, str]]
"""(start, end, label) in code points."""
_OUTSIDE = "O"
_NONE = np.zeros(0, np.int64)


class TokenRow(NamedTuple):
    """A text as tokens with one tag each."""

    tokens: list[str]
    tags: list[str]
    dropped: int
    """Spans left out because another covers them."""
    moved: int
    """Spans whose border lay inside a token."""


class TokenTable(NamedTuple):
    """Texts as rows of the token config."""

    table: pa.Table
    dropped: int
    moved: int


class _Tagged(NamedTuple):
    starts: Any
    """Of the tokens, as an array; so are the ends."""
    ends: Any
    tagged: list[tuple[int, str]]
    """(token, tag) of each token inside a span, in text order."""
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


def tag_tokens(text: str, spans: Spans) -> TokenRow:
    """Tag the tokens of `text`."""
    found = _tag(text, spans)
    tags = [_OUTSIDE] * len(found.starts)
    for place, tag in found.tagged:
        tags[place] = tag
    borders = zip(found.starts.tolist(), found.ends.tolist(), strict=True)
    return TokenRow([text[a:b] for a, b in borders], tags, found.dropped, found.moved)


def token_table(rows: Sequence[tuple[str, str, Spans]], columns: tuple[Column, ...]) -> TokenTable:
    """The rows of the token config for (id, text, spans) of gold rows; `columns` are its own.

    Tokens hold every character but white space, so the bytes of the column are
    those of the texts without it.
    """
    codes = {name: code for code, name in enumerate(bio_names(_labels(columns)))}
    joined, counts, hashes = [], [], []
    sizes, tags = [_NONE], [_NONE]
    dropped = moved = 0
    for name, text, spans in rows:
        found = _tag(text, spans)
        solid, lengths = "".join(text.split()), found.ends - found.starts
        joined.append(solid)
        counts.append(len(lengths))
        hashes.append(hash_tokens(name, solid, lengths.tolist(), found.tagged))
        sizes.append(lengths if text.isascii() else _byte_sizes(text, found))
        own = np.zeros(len(lengths), np.int64)
        for place, tag in found.tagged:
            own[place] = codes[tag]
        tags.append(own)
        dropped, moved = dropped + found.dropped, moved + found.moved
    arrays = [
        string_array([name for name, _, _ in rows]),
        list_array(counts, joined_strings("".join(joined), np.concatenate(sizes))),
        list_array(counts, integer_array(np.concatenate(tags))),
        string_array(hashes),
    ]
    return TokenTable(pa.Table.from_arrays(arrays, schema=arrow_schema(columns)), dropped, moved)


def token_rows(gold: pa.Table, path: str, schemas: Mapping[str, tuple[Column, ...]]) -> TokenTable:
    """The rows of the token config for gold rows, tagged with the labels at `path`."""
    spans = _spans_by_row(gold, path, label_lists(schemas["gold"])[path])
    ids, texts = (gold.column(name).to_pylist() for name in ("id", "text"))
    return token_table(list(zip(ids, texts, spans, strict=True)), schemas["bio"])


def _spans_by_row(gold: pa.Table, path: str, names: Sequence[str]) -> Iterator[Spans]:
    """The spans of each row at `path`, the label of a list of records (`entities.label`)."""
    column = gold.column(path.partition(".")[0]).combine_chunks()
    found = column.flatten()
    starts, ends, codes = (found.field(name).to_pylist() for name in ("start", "end", "label"))
    begin = 0
    for count in column.value_lengths().to_pylist():
        stop = begin + count
        labels = (names[code] for code in codes[begin:stop])
        yield list(zip(starts[begin:stop], ends[begin:stop], labels, strict=True))
        begin = stop


def _tag(text: str, spans: Spans) -> _Tagged:
    starts, ends = find_tokens(text)
    wanted = sorted(spans, key=lambda span: (span[0] - span[1], *span))
    firsts = np.searchsorted(ends, [start for start, _, _ in wanted], "right").tolist()
    lasts = np.searchsorted(starts, [end for _, end, _ in wanted], "left").tolist()
    tagged: dict[int, str] = {}
    dropped = moved = 0
    for (start, end, label), first, last in zip(wanted, firsts, lasts, strict=True):
        if first >= last or any(n in tagged for n in range(first, last)):
            dropped += 1
            continue
        moved += bool(starts[first] < start or ends[last - 1] > end)
        tagged[first] = f"B-{label}"
        tagged.update(dict.fromkeys(range(first + 1, last), f"I-{label}"))
    return _Tagged(starts, ends, sorted(tagged.items()), dropped, moved)


def _byte_sizes(text: str, found: _Tagged) -> Any:
    """The length of each token in bytes of UTF-8."""
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    widths = 1 + (codes > 0x7F) + (codes > 0x7FF).astype(np.int64) + (codes > 0xFFFF)
    until = np.concatenate([[0], np.cumsum(widths)])
    return until[found.ends] - until[found.starts]


def _labels(columns: tuple[Column, ...]) -> tuple[str, ...]:
    """The labels behind the tags of the token config."""
    tags: Any = next(column.type for column in columns if column.name == "ner_tags")
    return tuple(name.removeprefix("B-") for name in tags.item.names if name.startswith("B-"))
