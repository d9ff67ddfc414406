"""What everybody said, counted by hand."""

from __future__ import annotations

import tracemalloc

import pytest

from annotate.consensus.ballots import TagCounts, Tally
from annotate.consensus.learned import learn
from annotate.consensus.tags import make_tagging
from annotate.schemes import load_scheme
from annotate.schemes.claims import Claim, ClaimSet
from annotate.schemes.entities import Entity
from tests.consensus.gathered import gathered


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


@pytest.mark.parametrize("scheme", ["entities", "claims"])
def test_what_is_held_does_not_grow_with_the_tasks(scheme: str) -> None:
    few, many = _most_held(scheme, 40), _most_held(scheme, 240)
    # a task that is held takes 20 kB of text alone, 4 MB for 200 more
    assert many - few < 1_000_000


def _most_held(scheme: str, tasks: int) -> int:
    """The most bytes at once while so many tasks are learned from."""
    records = {"entities": [Entity(0, 4, "GPE")], "claims": ClaimSet((Claim(((0, 4),)),))}
    texts = (f"Rome {number} " + "is here " * 2500 for number in range(tasks))
    drawn = {"a": records[scheme], "b": records[scheme]}
    coming = (gathered(str(n), text, drawn) for n, text in enumerate(texts))
    tracemalloc.start()
    try:
        learn(coming, load_scheme(scheme))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
