"""What `verify --deep` says of spans, ids and claims, on tables made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from annotate.dataset.arrow.tables import make_table
from annotate.schemes import load_scheme
from annotate.schemes.columns import Column
from annotate.schemes.label_config import shipped_config
from annotate.store.care.spans import check_spans

_TEXT = "Anna said 😀 it is so."
_CONTENT = (12, 20, "it is so", 0)


def _column(scheme: str) -> Column:
    columns = load_scheme(scheme).columns(shipped_config(scheme), gold=True)
    return next(column for column in columns if column.name == scheme)


def _claim(**changed: Any) -> tuple[Any, ...]:
    values = {
        "id": "c1",
        "source": [(0, 4, "Anna", 0)],
        "cue": [(5, 9, "said", 0)],
        "content": [_CONTENT],
        "source_kind": ["named"],
        "mode": "direct",
        "attitude": "assertion",
        "negated": False,
        "votes": 2,
        "voters": ["p"],
    }
    names = [field.name for field in _column("claims").type.item.fields]  # type: ignore[union-attr]
    return tuple((values | changed)[name] for name in names)


def _found(scheme: str, values: list[Any], texts: list[str | None]) -> list[tuple[int, str]]:
    column = _column(scheme)
    rows = make_table([column], [(value,) for value in values]).combine_chunks().to_batches()[0]
    return list(check_spans(column, rows.column(0), texts))


def test_a_whole_claim_has_nothing_wrong() -> None:
    fragments = [(0, 2, "An", 0), (2, 4, "na", 0)]
    claims = [
        [_claim()],
        [],
        [_claim(), _claim(id="c2", source=[], source_kind=[]), _claim(id="c3", source=fragments)],
        [_claim(content=[(12, 21, "it is so.", 0)])],
    ]
    assert _found("claims", claims, [_TEXT] * 4) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"cue": [(5, 9, "says", 0)]}, "the span 5-9 is not 'says'"),
        ({"cue": [(6, 10, "said", 0)]}, "the span 6-10 is not 'said'"),
        ({"cue": [(9, 9, "", 0)]}, "the span 9-9 is not ''"),
        ({"cue": [(-2, 3, "", 0)]}, "the span -2-3 is not ''"),
        ({"content": [_CONTENT, (19, 99, "o.", 0)]}, "the span 19-99 is not 'o.'"),
        ({"cue": [(None, 9, "said", 0)]}, "the span None-9 is not 'said'"),
        ({"source_kind": []}, "claim c1 has 1 sources and another number of kinds"),
        (
            {"source": [(0, 4, "Anna", 0), (5, 9, "said", 1)]},
            "claim c1 has 2 sources and another number of kinds",
        ),
        ({"content": []}, "claim c1 has no content"),
    ],
)
def test_what_is_wrong_with_a_claim_is_said_of_its_row(changed: dict[str, Any], said: str) -> None:
    claims = [[], [_claim(id="c0"), _claim(**changed)], [_claim()]]
    assert _found("claims", claims, [None, _TEXT, _TEXT]) == [(1, said)]


def test_an_id_may_stand_in_two_rows_and_not_twice_in_one() -> None:
    twice = [_claim(), _claim(id="c2"), _claim()]
    assert _found("claims", [[_claim()], twice], [_TEXT] * 2) == [(1, "the id c1 stands 2 times")]
    span = ("e1", 0, 4, "Anna", "PER", "NAM", 2, ["p"])
    assert _found("entities", [[span], [span, span]], [_TEXT] * 2) == [
        (1, "the id e1 stands 2 times")
    ]


def test_rows_without_a_text_are_another_check() -> None:
    assert _found("claims", [[_claim(cue=[(5, 9, "says", 0)])]], [None]) == []
