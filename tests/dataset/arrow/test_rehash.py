"""Row hashes from Arrow against those of the rows that were written."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.dataset.arrow.hashing import RowHashes, row_hasher
from annotate.dataset.arrow.rehash import rehash
from annotate.dataset.arrow.tables import make_table
from annotate.dataset.tokens.bio import bio_columns, tag_tokens
from annotate.schemes.columns import (
    BOOL,
    FLOAT32,
    FLOAT64,
    INT32,
    STRING,
    Column,
    Labels,
    ListOf,
    StructOf,
)

_NAMES = ("a b", "ü", "none")
_SPAN = StructOf((Column("start", INT32), Column("text", STRING), Column("label", Labels(_NAMES))))
_CLAIM = StructOf(
    (
        Column("id", STRING),
        Column("source", ListOf(_SPAN)),
        Column("kinds", ListOf(Labels(_NAMES))),
        Column("voters", ListOf(STRING)),
        Column("share", FLOAT32),
    )
)
_COLUMNS = (
    Column("id", STRING),
    Column("annotators", ListOf(STRING)),
    Column("claims", ListOf(_CLAIM)),
    Column("negated", BOOL),
    Column("lead_time", FLOAT64),
    Column("label", Labels(_NAMES)),
    Column("row_hash", STRING),
)
_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_label = st.none() | st.sampled_from(_NAMES)
_span = st.tuples(st.integers(-9, 9), st.none() | _text, _label)
_claim = st.tuples(
    _text,
    st.lists(_span, max_size=3),
    st.lists(_label, max_size=3),
    st.lists(_text, max_size=2),
    st.none() | st.floats(-1e30, 1e30),
)
_row = st.tuples(
    _text,
    st.lists(_text, max_size=2),
    st.lists(_claim, max_size=3),
    st.none() | st.booleans(),
    st.none() | st.floats(allow_nan=False),
    _label,
    _text,
)


def _expected(row: tuple[Any, ...]) -> str:
    """The hash by the documentation: neither annotators, voters nor the time enter."""
    name, _, claims, negated, _, label, _ = row
    kept = [[c[0], c[1], c[2], _exact(c[4])] for c in claims]
    return sha256(msgspec.json.encode([name, kept, negated, label])).hexdigest()[:32]


def _exact(value: float | None) -> float | None:
    return None if value is None else struct.unpack("f", struct.pack("f", value))[0]


def _batch(columns: Sequence[Column], rows: Sequence[tuple[Any, ...]]) -> pa.RecordBatch:
    return make_table(columns, rows).combine_chunks().to_batches()[0]


@given(st.lists(_row, min_size=1, max_size=5))
def test_every_value_enters_as_it_was_written(rows: list[tuple[Any, ...]]) -> None:
    batch, expected = _batch(_COLUMNS, rows), list(map(_expected, rows))
    assert list(map(row_hasher(_COLUMNS), rows)) == expected
    assert rehash(_COLUMNS, batch) == expected
    assert rehash(_COLUMNS, batch[1:]) == expected[1:]


def test_the_hashes_of_a_file_are_hashed_one_after_the_other() -> None:
    digits = [character * 32 for character in "abcd"]
    total = RowHashes()
    # of arrays that hold more than is asked for
    total.add(pa.chunked_array([pa.array(digits)[1:3], pa.array(digits)[:1]]))
    assert total.hexdigest() == sha256(b"b" * 32 + b"c" * 32 + b"a" * 32).hexdigest()


@pytest.mark.parametrize("broken", ["list", "record", "label"])
def test_what_no_row_was_hashed_with_is_another_hash(broken: str) -> None:
    row: tuple[Any, ...] = ("a", [], [("c", [], ["ü"], [], 0.5)], True, 1.0, "ü", "")
    empty: tuple[Any, ...] = ("a", [], [], True, 1.0, "ü", "")
    batch = _batch(_COLUMNS, [row if broken == "record" else empty])
    claims = batch.column("claims")
    if broken == "list":
        changed = {"claims": pa.array([None], claims.type)}
    elif broken == "record":
        changed = {"claims": pa.array([[None]], claims.type)}
    else:
        changed = {"label": pa.array([7], pa.int64())}
    arrays = [changed.get(name, batch.column(name)) for name in batch.schema.names]
    found = rehash(_COLUMNS, pa.RecordBatch.from_arrays(arrays, schema=batch.schema))
    assert found != rehash(_COLUMNS, batch)


_TEXTS = ("Anna Novak, née Ünal 😀!", "", "  ", "Tesk.", "日本 語")


def _tokens(texts: Sequence[str]) -> tuple[list[tuple[Any, ...]], list[str]]:
    """Rows of tokens with a span over the second token, and their hashes by the documentation."""
    rows, hashes = [], []
    for number, text in enumerate(texts):
        tokens = [text[start:end] for start, end in tag_tokens(text, []).places]
        tags = ["B-b" if n == 1 else "O" for n in range(len(tokens))]
        tagged = [[1, "B-b"]] if len(tokens) > 1 else []
        entered = [str(number), "".join(tokens), list(map(len, tokens)), tagged]
        hashes.append(sha256(msgspec.json.encode(entered)).hexdigest()[:32])
        rows.append((str(number), tokens, tags, ""))
    return rows, hashes


def test_rows_of_tokens() -> None:
    columns = bio_columns(("a", "b"))
    rows, expected = _tokens(_TEXTS)
    batch = _batch(columns, rows)
    assert rehash(columns, batch) == expected
    assert rehash(columns, batch[1:4]) == expected[1:4]
    assert rehash(columns, batch[1:3]) == expected[1:3]


def test_a_row_whose_tags_are_not_as_many_as_its_tokens_has_no_hash() -> None:
    columns = bio_columns(("a", "b"))
    rows, expected = _tokens(_TEXTS)
    batch = _batch(columns, rows)
    tags = [[0] * len(row[1]) for row in rows]
    tags[0], tags[4] = tags[0][1:], [0, 3]  # 3 is B-b
    changed = pa.array(tags, pa.list_(pa.int64()))
    batch = batch.set_column(2, batch.schema.field(2), changed)
    found = rehash(columns, batch)
    assert len(rows[3][1]) == len(rows[4][1]) == 2
    assert found[0] is None
    assert found[1:3] == expected[1:3]
    assert found[3] != expected[3]
    assert found[4] == expected[4]
