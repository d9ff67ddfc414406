"""Tags by hand: cut tokens, layers, repair of illegal sequences."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.consensus.coefficients import Floats
from annotate.consensus.tags import Layer, decode_tags, make_tagging, stood_spans, tag_codes
from annotate.schemes.base import Span

TEXT = "Ukraines army left Bonn University today"


def _tags(drawn: dict[str, list[Span]]) -> list[list[list[int]]]:
    tagging = make_tagging(TEXT, drawn)
    labels = sorted(
        {run.label for layer in tagging.layers for own in layer.runs.values() for run in own}
    )
    place = {label: n for n, label in enumerate(labels)}
    return [tag_codes(layer, place).T.tolist() for layer in tagging.layers]


def test_a_border_inside_a_token_cuts_it() -> None:
    tagging = make_tagging(TEXT, {"a": [(0, 7, "GPE")], "b": [(0, 8, "GPE")]})
    assert (tagging.starts[:3].tolist(), tagging.ends[:3].tolist()) == ([0, 7, 9], [7, 8, 13])
    # a: begin; b: begin, inside; the last column is an untouched token
    assert _tags({"a": [(0, 7, "GPE")], "b": [(0, 8, "GPE")]}) == [[[1, 0, 0], [1, 2, 0]]]


def test_white_space_at_the_ends_of_a_span_is_left_out() -> None:
    tagging = make_tagging(TEXT, {"a": [(8, 14, "X"), (8, 9, "X")]})
    found = [(tagging.starts[n], tagging.ends[n], label) for n, _, label, _ in tagging.places["a"]]
    assert found == [(9, 13, "X")]


def test_nested_spans_stand_on_layers_whoever_drew_them() -> None:
    outer, inner = (19, 34, "ORG"), (19, 23, "GPE")
    tagging = make_tagging(TEXT, {"a": [outer, inner], "b": [inner], "c": [outer]})
    homes = [
        {who: [run.label for run in own] for who, own in layer.runs.items()}
        for layer in tagging.layers
    ]
    assert homes == [
        {"a": ["ORG"], "b": [], "c": ["ORG"]},
        {"a": ["GPE"], "b": ["GPE"], "c": []},
    ]


def test_another_idea_of_a_nested_span_joins_its_layer() -> None:
    outer, inner, wider = (14, 34, "ORG"), (19, 23, "GPE"), (14, 40, "ORG")
    tagging = make_tagging(TEXT, {"a": [outer, inner], "b": [inner], "c": [wider], "d": [inner]})
    (layer,) = [layer for layer in tagging.layers if layer.runs["c"]]
    assert layer.runs["a"][0].label == "ORG"


def test_equal_spans_of_one_annotator_are_both_kept() -> None:
    tagging = make_tagging(TEXT, {"a": [(0, 8, "GPE"), (0, 8, "GPE")]})
    assert len(tagging.layers) == 2


def _layer(tokens: list[int]) -> Layer:
    return Layer(np.array(tokens), {}, 0)


def _rows(*rows: list[float]) -> Floats:
    table: Floats = np.array(rows, dtype=np.float64)
    shares: Floats = table / table.sum(axis=1, keepdims=True)
    return shares


def test_an_inside_without_a_begin_is_repaired() -> None:
    # O, B-X, I-X: the begin is nearly as likely as the inside, so the span begins here
    posterior = _rows([0.2, 0.38, 0.42], [0.1, 0.1, 0.8])
    assert decode_tags(_layer([4, 5]), posterior) == ([(4, 5, 0)], 0)
    # outside is far likelier than a begin: the span starts one later, or not at all
    assert decode_tags(_layer([4]), _rows([0.45, 0.05, 0.5])) == ([], 0)


def test_an_inside_of_another_label_is_repaired() -> None:
    # O, B-X, I-X, B-Y, I-Y: X then inside Y; the cheapest legal way is X all along
    posterior = _rows([0.02, 0.9, 0.02, 0.04, 0.02], [0.02, 0.02, 0.46, 0.02, 0.48])
    assert decode_tags(_layer([0, 1]), posterior) == ([(0, 1, 0)], 0)


def test_tokens_apart_are_never_one_span() -> None:
    posterior = _rows([0.1, 0.8, 0.1], [0.3, 0.3, 0.4])
    spans, _ = decode_tags(_layer([2, 7]), posterior)
    assert (2, 2, 0) in spans
    assert all(last < 7 or first == 7 for first, last, _ in spans)


def test_a_tie_stays_outside_and_is_counted() -> None:
    assert decode_tags(_layer([3]), _rows([0.5, 0.5, 0.0])) == ([], 1)
    assert decode_tags(_layer([3, 4]), _rows([0.0, 0.5, 0.0, 0.5, 0.0], [0, 0, 0.5, 0, 0.5])) == (
        [],
        1,
    )


_ANY = st.lists(
    st.tuples(st.integers(0, 38), st.integers(1, 20), st.sampled_from("XY")).map(
        lambda s: (s[0], min(40, s[0] + s[1]), s[2])
    ),
    max_size=6,
)


@settings(deadline=None)
@given(_ANY, _ANY)
def test_what_one_drew_comes_back(first: list[Span], second: list[Span]) -> None:
    # tags of one annotator, decoded, are what was drawn, but for white space at the ends
    tagging = make_tagging(TEXT, {"a": first, "b": second})
    labels = ["X", "Y"]
    for column, (who, drawn) in enumerate((("a", first), ("b", second))):
        runs = []
        for layer in tagging.layers:
            codes = tag_codes(layer, {"X": 0, "Y": 1})[:-1, column]
            spans, ties = decode_tags(layer, np.eye(5)[codes])
            assert not ties
            runs += [(a, b, labels[label]) for a, b, label in spans]
        back = [(s.start, s.end, s.label) for s in stood_spans(tagging, runs)]
        stripped = []
        for start, end, label in drawn:
            piece = TEXT[start:end]
            if piece.strip():
                stripped.append((end - len(piece.lstrip()), start + len(piece.rstrip()), label))
        assert back == sorted(stripped)
        assert all(who in s.voters for s in stood_spans(tagging, runs))
