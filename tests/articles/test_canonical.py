"""The canonical text is made once: every format gives it back, and offsets into it hold."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from annotate.articles import read_articles
from annotate.errors import ArticleError
from annotate.models import Article
from annotate.text import canonical_text, decode_text

# every code point that a text may hold, line ends and marks more often than by chance
characters = st.one_of(
    st.characters(codec="utf-8", exclude_characters="\0"),
    st.sampled_from("\n\r\u2028\u0085\ufeff\u00a0é\u0301’“😀👩\u200d🚒\U0010ffff"),
)
# of byte order marks alone nothing is left, which is no article
texts = st.text(characters, min_size=1).filter(lambda text: text.lstrip("\ufeff").strip())


def read_one(name: str, data: bytes) -> Article:
    with TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        (article,) = read_articles([str(path)])
    return article


def as_jsonl(text: str) -> bytes:
    return json.dumps({"text": text}).encode() + b"\n"


def as_csv(text: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([["text"], [text]])
    return out.getvalue().encode()


def as_parquet(text: str) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"text": [text]}), out)
    return out.getvalue()


FORMATS = {"a.jsonl": as_jsonl, "a.csv": as_csv, "a.parquet": as_parquet}


@pytest.mark.parametrize("name", FORMATS)
@given(text=texts, data=st.data())
@settings(deadline=None, max_examples=60)
def test_read_write_read_is_the_identity(name: str, text: str, data: st.DataObject) -> None:
    write = FORMATS[name]
    once = read_one(name, write(text))
    start = data.draw(st.integers(0, len(once.text)))
    end = data.draw(st.integers(start, len(once.text)))

    again = read_one("b.jsonl", as_jsonl(once.text))

    assert again.text == once.text
    assert again.text[start:end].encode() == once.text[start:end].encode()
    assert again.article_id == once.article_id


@given(text=texts)
@example(text="\ufeff\ufeffx")
def test_only_line_ends_and_the_mark_change(text: str) -> None:
    expected = text.lstrip("\ufeff")
    expected = "\n".join("\n".join(expected.split("\r\n")).split("\r"))

    assert decode_text(text.encode(), where="x") == expected
    assert canonical_text(expected, where="x") == expected


@given(before=texts, after=texts, bad=st.sampled_from(["\0", "\ud800", "\udfff"]))
def test_what_no_text_may_hold_is_refused_with_its_place(before: str, after: str, bad: str) -> None:
    before = canonical_text(before, where="x")
    before = before.lstrip("\ufeff")
    with pytest.raises(ArticleError, match=rf"x: .* at offset {len(before)};"):
        canonical_text(before + bad + after, where="x")
