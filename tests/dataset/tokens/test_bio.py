"""The token config, against tokens, tags and hashes made row by row with the standard library."""

from __future__ import annotations

import hashlib
import json
import re
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from annotate.dataset.arrow.tables import make_table
from annotate.dataset.tokens import bio
from annotate.dataset.tokens.bio import TokenRow, bio_columns, bio_names, tag_tokens, token_rows
from annotate.schemes.columns import INT32, STRING, Column, Labels, ListOf, StructOf

_LABELS = ("PER", "ORG", "A")
_NAMES = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-A", "I-A")
_GOLD = (
    Column("id", STRING),
    Column("text", STRING),
    Column(
        "entities",
        ListOf(
            StructOf(
                (Column("start", INT32), Column("end", INT32), Column("label", Labels(_LABELS)))
            )
        ),
    ),
)
_BIO = bio_columns(_LABELS)
_HARD = "Él_2, 北京 \u00a0\u2028don’t😀\n\n𝕏y  end"

Span = tuple[int, int, str]


class _Row(NamedTuple):
    text: str
    spans: list[Span]


@st.composite
def _rows(draw: st.DrawFn) -> _Row:
    alphabet = st.one_of(
        st.sampled_from("ab1_ ,.\n\u00a0é’北\u2028😀𝕏"), st.characters(codec="utf-8")
    )
    text = draw(st.text(alphabet, max_size=40))
    places = st.integers(0, len(text))
    spans = draw(st.lists(st.tuples(places, places, st.sampled_from(_LABELS)), max_size=6))
    return _Row(text, [(min(a, b), max(a, b), label) for a, b, label in spans])


def _plain(row: _Row) -> TokenRow:
    """Tokens by the pattern, tags span by span."""
    found = [match.span() for match in re.finditer(r"\w+|[^\w\s]", row.text)]
    tags = ["O"] * len(found)
    dropped = moved = 0
    kept = []
    numbered = sorted(enumerate(row.spans), key=lambda s: (s[1][0] - s[1][1], s[1][0], s[1][2]))
    for place, (start, end, label) in numbered:
        inside = [n for n, (a, b) in enumerate(found) if a < end and b > start]
        if not inside or any(tags[n] != "O" for n in inside):
            dropped += 1
            continue
        kept.append(place)
        moved += found[inside[0]][0] < start or found[inside[-1]][1] > end
        for n in inside:
            tags[n] = f"{'B' if n == inside[0] else 'I'}-{label}"
    return TokenRow(found, tags, kept, dropped, moved)


def _plain_hash(name: str, tokens: list[str], tags: list[str]) -> str:
    tagged = [[n, tag] for n, tag in enumerate(tags) if tag != "O"]
    content = [name, "".join(tokens), [len(token) for token in tokens], tagged]
    document = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(document.encode("utf-8")).hexdigest()[:32]


@given(_rows())
@example(_Row("", [(0, 0, "PER")]))
@example(_Row("ab cd ef", [(0, 2, "PER"), (0, 2, "A"), (4, 8, "ORG"), (7, 8, "A")]))
def test_tags_are_those_of_span_after_span(row: _Row) -> None:
    assert tag_tokens(*row) == _plain(row)


@pytest.mark.parametrize("at_once", [1, 20, 1 << 18])
@given(rows=st.lists(_rows(), max_size=6))
@example(rows=[_Row("ab", [(0, 2, "PER"), (0, 2, "A")]), _Row("", []), _Row("cd", [(1, 2, "PER")])])
@example(rows=[_Row(_HARD, [(0, 4, "PER"), (0, len(_HARD), "A")]), _Row("x y", [(0, 3, "ORG")])])
@example(rows=[_Row("x" * length + " of 12 letters", [(0, 4, "ORG")]) for length in (10, 999)])
@example(rows=[_Row("x" * length + " of 12 letters", [(0, 4, "ORG")]) for length in (99, 1000)])
def test_a_table_is_its_rows_one_after_the_other(at_once: int, rows: list[_Row]) -> None:
    named = [(str(number), row) for number, row in enumerate(rows)]
    # a row before and one behind, cut off: what is tagged is a part of a longer table
    outer = [("before", _Row("a b", [(0, 3, "A")])), *named, ("behind", _Row("c", [(0, 1, "A")]))]
    gold = make_table(_GOLD, [(name, row.text, row.spans) for name, row in outer])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bio, "_AT_ONCE", at_once)
        made = token_rows(gold[1:-1], "entities.label", {"gold": _GOLD, "bio": _BIO})
    plain = [_plain(row) for _, row in named]
    tokens = [
        [row.text[a:b] for a, b in own.places] for (_, row), own in zip(named, plain, strict=True)
    ]
    assert made.table.to_pylist() == [
        {
            "id": name,
            "tokens": words,
            "ner_tags": [_NAMES.index(tag) for tag in own.tags],
            "row_hash": _plain_hash(name, words, own.tags),
        }
        for (name, _), own, words in zip(named, plain, tokens, strict=True)
    ]
    made.table.validate(full=True)
    assert made.dropped == sum(own.dropped for own in plain)
    assert made.moved == sum(own.moved for own in plain)


def test_names_of_tags() -> None:
    assert bio_names(_LABELS) == _NAMES
