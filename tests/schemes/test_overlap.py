"""Assignments against all permutations, groups by hand."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.schemes.overlap import (
    ALIKE,
    Part,
    assign,
    assign_most,
    empty_stretches,
    group_alike,
    match_parts,
    merge_parts,
    overlap,
    touching,
)

_SPANS = st.tuples(st.integers(0, 25), st.integers(1, 12)).map(lambda s: ((s[0], s[0] + s[1]),))
_PARTS = st.lists(_SPANS, max_size=5)


def test_overlap_counts_code_points() -> None:
    assert overlap(((0, 4),), ((2, 6),)) == pytest.approx(2 / 6)
    assert overlap(((0, 2), (8, 10)), ((0, 10),)) == pytest.approx(4 / 10)
    assert overlap(((0, 2),), ((2, 4),)) == 0


def test_fragments_that_overlap_each_other_count_once() -> None:
    assert overlap(((0, 4), (0, 4)), ((0, 4), (0, 4))) == 1
    assert overlap(((0, 4), (2, 6)), ((0, 6),)) == 1
    assert overlap(((0, 4), (2, 6)), ((3, 9),)) == pytest.approx(3 / 9)


def test_a_fragment_may_end_before_the_one_it_stands_in() -> None:
    nested: Part = ((0, 10), (2, 4))
    assert match_parts([nested], [((6, 10),)]) == match_parts([((6, 10),)], [nested]) == [(0, 0)]
    # all ten code points and the last eight of them are alike, though one fragment ends at 4
    assert group_alike({"a": [nested], "b": [((2, 10),)]}) == [{"a": 0, "b": 0}]
    assert group_alike({"a": [nested], "b": [((4, 10),)]}) == [{"a": 0, "b": 0}]
    assert list(empty_stretches(30, [nested])) == [(10, 20), (20, 30)]


_DRAWN = st.lists(_SPANS, min_size=1, max_size=4).map(lambda s: tuple(sorted(p[0] for p in s)))


@given(_DRAWN, _DRAWN)
def test_overlap_is_that_of_the_sets_of_code_points(first: Part, second: Part) -> None:
    one, other = ({n for pair in part for n in range(*pair)} for part in (first, second))
    assert overlap(first, second) == pytest.approx(len(one & other) / len(one | other))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([(6, 11), (6, 11), (7, 11)], [(7, 11), (7, 11), (8, 10)]),
        ([(1, 5), (8, 12), (8, 12)], [(6, 11), (7, 11), (9, 13)]),
        ([(0, 5), (2, 7), (4, 7)], [(4, 8), (4, 8), (7, 9)]),
    ],
)
def test_of_pairings_as_good_as_each_other_one_is_made_from_either_side(
    first: list[tuple[int, int]], second: list[tuple[int, int]]
) -> None:
    mine, theirs = ([(span,) for span in spans] for spans in (first, second))
    turned = match_parts(theirs, mine, ALIKE)
    assert match_parts(mine, theirs, ALIKE) == sorted((i, j) for j, i in turned)


def _best(first: list[Part], second: list[Part]) -> float:
    short, long = sorted((first, second), key=len)
    return max(
        sum(overlap(a, b) for a, b in zip(short, order, strict=False))
        for order in permutations(long, len(short))
    )


@settings(max_examples=300, deadline=None)
@given(_PARTS, _PARTS)
def test_no_other_pairing_overlaps_more(first: list[Part], second: list[Part]) -> None:
    pairs = match_parts(first, second)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    total = sum(overlap(first[i], second[j]) for i, j in pairs)
    assert total == pytest.approx(_best(first, second))


_TENTHS = st.sampled_from([0.5, 0.6, 0.9, 1.0])
_CELLS = st.dictionaries(st.tuples(*[st.integers(0, 3)] * 2), st.tuples(_TENTHS, st.integers(0, 2)))


@settings(max_examples=300, deadline=None)
@given(_CELLS)
def test_of_the_best_pairings_the_least_apart_is_made(
    cells: dict[tuple[int, int], tuple[float, int]],
) -> None:
    def total(pairs: Iterable[tuple[int, int]]) -> tuple[float, int]:
        found = [cells[pair] for pair in pairs if pair in cells]
        return round(-sum(weight for weight, _ in found), 6), sum(apart for _, apart in found)

    weights = {pair: weight for pair, (weight, _) in cells.items()}
    pairs = assign(weights, lambda i, j: cells[i, j][1])
    assert total(pairs) == min(total(enumerate(order)) for order in permutations(range(4)))


@settings(max_examples=300, deadline=None)
@given(_PARTS, _PARTS)
def test_no_other_pairing_pairs_more(first: list[Part], second: list[Part]) -> None:
    ends = {(i, j) for i, j in touching(first, second) if overlap(first[i], second[j])}
    pairs = assign_most(sorted(ends))
    assert ends.issuperset(pairs)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    few, many = sorted((len(first), len(second)))
    turned = {(j, i) for i, j in ends} if len(first) > len(second) else ends
    orders = permutations(range(many), few)
    assert len(pairs) == max(len(turned.intersection(enumerate(order))) for order in orders)


def test_hundreds_of_parts_within_each_other_are_paired() -> None:
    # 300 took ten seconds, and twice as many twenty times as long
    first, second = ([((n, 3000 - n + more),) for n in range(1000)] for more in (0, 1))
    best = [(n, n) for n in range(1000)]
    assert match_parts(first[:400], second[:400]) == best[:400]
    assert len(assign_most(touching(first, second))) == 1000


def test_the_best_sum_is_not_the_greedy_one() -> None:
    # the most alike pair, 8/12, would leave the other two unpaired: 6/10 + 6/14 is more
    first: list[Part] = [((0, 10),), ((6, 16),)]
    second: list[Part] = [((2, 12),), ((0, 6),)]
    assert match_parts(first, second) == [(0, 1), (1, 0)]
    assert match_parts([((0, 10),)], [((9, 30),)], least=0.5) == []


@settings(deadline=None)
@given(st.lists(_PARTS, min_size=2, max_size=4))
def test_who_drew_what_first_decides_no_group(drawn: list[list[Part]]) -> None:
    named = {f"a{n}": parts for n, parts in enumerate(drawn)}
    turned = {f"z{9 - n}": parts for n, parts in reversed(list(enumerate(drawn)))}

    def shape(groups: list[dict[str, int]], of: dict[str, list[Part]]) -> list[list[Part]]:
        return sorted(sorted(of[name][place] for name, place in g.items()) for g in groups)

    assert shape(group_alike(named), named) == shape(group_alike(turned), turned)


@settings(max_examples=300, deadline=None)
@given(st.lists(_PARTS, min_size=1, max_size=3))
def test_alike_parts_stay_apart_only_where_an_annotator_has_both(drawn: list[list[Part]]) -> None:
    of = {f"a{n}": parts for n, parts in enumerate(drawn)}
    groups = [set(group.items()) for group in group_alike(of)]
    every = sorted((name, place) for name, parts in of.items() for place in range(len(parts)))
    assert sorted(drawing for group in groups for drawing in group) == every

    def alike(one: tuple[str, int], other: tuple[str, int]) -> bool:
        first, second = of[one[0]][one[1]], of[other[0]][other[1]]
        return one[0] != other[0] and overlap(first, second) >= ALIKE

    for group, other in combinations(groups, 2):
        if not {name for name, _ in group} & {name for name, _ in other}:
            assert not any(alike(a, b) for a in group for b in other)
    for group in groups:
        reached = {min(group)}
        for _ in group:
            reached |= {b for b in group if any(alike(a, b) for a in reached)}
        assert reached == group, "nothing holds it together"


def test_no_group_has_two_parts_of_one_annotator() -> None:
    groups = group_alike({"a": [((0, 10),), ((0, 10),)], "b": [((0, 9),)]})
    assert groups == [{"b": 0, "a": 0}, {"a": 1}]


def test_the_most_alike_come_together_first() -> None:
    # 8/10 of one and 8/9 of the other: the first in the text must wait for the second
    drawn: dict[str, list[Part]] = {"a": [((0, 10),), ((2, 11),)], "b": [((2, 10),)]}
    assert group_alike(drawn) == [{"a": 0}, {"b": 0, "a": 1}]


def test_of_equal_parts_those_at_one_place_come_together() -> None:
    part, far = ((0, 10),), ((20, 30),)
    groups = group_alike({"a": [far, part], "b": [part, part]})
    assert groups == [{"b": 0}, {"a": 1, "b": 1}, {"a": 0}]


def test_a_group_stands_where_its_first_part_does() -> None:
    # c is nearest to a (17/20), then b to c (17/22); only then a to b (18/24)
    drawn: dict[str, list[Part]] = {
        "a": [((0, 20),), ((1, 3),)],
        "b": [((2, 24),)],
        "c": [((3, 20),)],
    }
    assert group_alike(drawn) == [{"a": 0, "b": 0, "c": 0}, {"a": 1}]


def test_merged_is_what_more_than_half_drew() -> None:
    parts: dict[str, Part] = {"a": ((0, 10),), "b": ((2, 10),), "c": ((2, 12), (20, 22))}
    assert merge_parts(parts, lambda some, all_: 2 * len(some) > len(all_)) == ((2, 10),)
    assert merge_parts(parts, lambda some, _: bool(some)) == ((0, 12), (20, 22))


def test_what_enough_drew_exactly_so_keeps_its_fragments() -> None:
    split: Part = ((0, 4), (4, 9))
    parts: dict[str, Part] = {"a": split, "b": split, "c": ((0, 12),)}
    assert merge_parts(parts, lambda some, all_: 2 * len(some) > len(all_)) == split
    assert merge_parts(parts, lambda some, _: bool(some)) == ((0, 12),)
    assert merge_parts({"a": split}, lambda some, _: bool(some)) == split


def test_stretches_where_nobody_drew() -> None:
    parts: list[Part] = [((10, 20),), ((15, 25), (28, 30))]
    # the mean part is (10 + 15) // 2 = 12 long: nothing fits before 10, one after 30
    assert list(empty_stretches(50, parts)) == [(30, 42)]
    assert list(empty_stretches(50, [])) == []
