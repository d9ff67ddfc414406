"""What everybody said, counted by hand."""

from __future__ import annotations

from annotate.consensus.ballots import TagCounts, Tally
from annotate.consensus.tags import make_tagging


def test_rows_of_tags_are_counted_under_the_sorted_labels() -> None:
    counts = TagCounts()
    for n in range(600):
        mine, theirs = ("Z" if n % 3 else "A"), [(0, 4, "Z")] if n % 2 else []
        (layer,) = make_tagging("Rome is.", {"a": [(0, 4, mine)], "b": theirs}).layers
        counts.add(layer)
    assert counts.labels == ["A", "Z"]
    ((names, codes, weights),) = counts.rows()
    assert names == ("a", "b")
    # 1 begins A, 3 begins Z; two of the three tokens are outside, 600 times
    assert dict(zip(map(tuple, codes.tolist()), weights.tolist(), strict=True)) == {
        (0, 0): 1200,
        (1, 0): 100,
        (1, 3): 100,
        (3, 0): 200,
        (3, 3): 200,
    }


def test_equal_answers_are_one_with_a_count() -> None:
    tally = Tally()
    for number in range(3):
        tally.accept("claim", ["b"], ["a", "b"], (number, 9))
    tally.choose("mode", {"b": "direct", "a": None}, (0, 9))
    tally.choose("mode", {"a": None}, (0, 9))
    assert tally.said == {
        "claim": {(("a", False), ("b", True)): 3},
        "mode": {(("b", "direct"),): 1},
    }
