"""Spans of each annotator -> how far the annotators drew the same.

Spans of one annotator may nest and overlap. F1 pairs spans of one label one to
one, as many as can be paired:

- exact: equal borders,
- tolerant: both borders at most one token apart,
- overlap: at least one code point in common.

Token alpha is Krippendorff's nominal alpha over tokens, where the value of a
token is the set of labels on it. Span kappa is Cohen's kappa over the borders
that either drew, with "not drawn" as a value; as nobody counts the spans that
neither drew, it is low where many spans are missed by one, and often negative.

The spans of a thousand tasks are compared at once, as columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from annotate.consensus.coefficients import F1, KAPPA, NOMINAL_ALPHA, Ints
from annotate.consensus.measure import Measure, Pairs, count_cells, make_rows
from annotate.consensus.span_columns import Drawn, Spans
from annotate.schemes.overlap import assign_most

_TOLERANCE = 1
"""Tokens that a border may be apart."""
_TASKS = 1000
"""Tasks that are compared at once: each span takes a hundred numbers, each token in one a dozen."""
_PAIRS = 10_000
"""Pairs of annotations that are: a crowd on one text makes the square of its number."""
_BITS = 62
"""Labels whose sets fit an int64."""


class Held(NamedTuple):
    """What annotations have where they have anything, sorted by annotation and place."""

    annotation: Ints
    place: Ints
    value: NDArray[Any]


class Counted(NamedTuple):
    """How often each set of labels stands somewhere, for each pair."""

    sets: NDArray[Any]
    """Sorted; a set is a number with a bit for each label."""
    mine: Ints
    """Places where the one has the set, pairs x sets."""
    theirs: Ints
    """Likewise the other."""
    either: Ints
    """Places where either has anything."""
    equal: Ints
    """Those where both have the same."""


class Compared(NamedTuple):
    """What comes of comparing the annotations of each pair."""

    both: Ints
    """Spans that the two drew, pairs x labels."""
    matches: dict[str, Ints]
    """How many of them match, by the way of matching; pairs x labels."""
    tokens: Counted
    borders: Counted


def measure_spans(spans: Spans, pairs: Pairs) -> Iterator[Measure]:
    """The measures of spans."""
    drawn, labels = spans
    blocks = [compare_spans(part, own, len(labels)) for part, own in _blocks(drawn, pairs)] or [
        compare_spans(drawn, pairs, len(labels))
    ]
    yield from _measure_f1(blocks, pairs, labels)
    yield _measure_tokens(_join([block.tokens for block in blocks]), pairs, drawn.tokens)
    yield _measure_kappa(_join([block.borders for block in blocks]), pairs)


def compare_spans(drawn: Drawn, pairs: Pairs, labels: int) -> Compared:
    """Compare the annotations of each pair."""
    counts = count_cells(drawn.annotation, drawn.label, (len(drawn.tokens), labels))
    span, token = _ranges(drawn.first, drawn.last)
    tokens = _hold_sets(drawn.annotation[span], token, drawn.label[span], labels)
    borders = _hold_sets(drawn.annotation, _borders(drawn), drawn.label, labels)
    return Compared(
        counts[pairs.one] + counts[pairs.other],
        count_matches(drawn, pairs, labels),
        _count_sets(tokens, pairs, len(drawn.tokens)),
        _count_sets(borders, pairs, len(drawn.tokens)),
    )


def count_matches(drawn: Drawn, pairs: Pairs, labels: int) -> dict[str, Ints]:
    """How many spans match in each of the three ways, pairs x labels."""
    shape = (len(pairs.task), labels)
    kind = _borders(drawn) * labels + drawn.label
    alike = _hold(drawn.annotation, kind, np.ones_like(kind), np.add)
    pair, one, other = _meet(alike, pairs)
    times = np.minimum(alike.value[one], alike.value[other])
    exact = count_cells(np.repeat(pair, times), np.repeat(alike.place[one] % labels, times), shape)
    pair, one, other = _touching(drawn, pairs, labels)
    near = np.abs(drawn.first[one] - drawn.first[other]) <= _TOLERANCE
    near &= np.abs(drawn.last[one] - drawn.last[other]) <= _TOLERANCE
    return {
        "exact": exact,
        "tolerant": _count_assigned(drawn, pair[near], one[near], other[near], shape),
        "overlap": _count_assigned(drawn, pair, one, other, shape),
    }


def _count_assigned(
    drawn: Drawn, pair: Ints, one: Ints, other: Ints, shape: tuple[int, int]
) -> Ints:
    """How many of the spans that may be paired are, one to one: as many as can be."""
    spans = len(drawn.start)
    ends = np.stack([pair * spans + one, pair * spans + other])
    free = np.ones(len(pair), np.bool_)
    for end in ends:
        _, place, times = np.unique(end, return_inverse=True, return_counts=True)
        free &= times[place] == 1
    assigned = assign_most(zip(*ends[:, ~free].tolist(), strict=True))
    stands = np.array([*ends[0, free].tolist(), *(end for end, _ in assigned)], np.int64)
    return count_cells(stands // spans, drawn.label[stands % spans], shape)


def _touching(drawn: Drawn, pairs: Pairs, labels: int) -> tuple[Ints, Ints, Ints]:
    """Pair, span of the one, and span of the other that has its label and overlaps it."""
    group = drawn.annotation * labels + drawn.label
    size = int(drawn.end.max(initial=0)) + 1
    starts = group * size + drawn.start
    order = np.argsort(starts, kind="stable")
    starts = starts[order]
    # spans may nest: one that began before and ends later must not be passed over
    reach = np.maximum.accumulate((group * size + drawn.end)[order])
    pair, one = _spread(drawn.annotation, pairs.one)
    theirs = (pairs.other[pair] * labels + drawn.label[one]) * size
    low = np.searchsorted(reach, theirs + drawn.start[one], "right")
    high = np.searchsorted(starts, theirs + drawn.end[one], "left")
    which, at = _ranges(low, high)
    other = order[at]
    overlaps = drawn.end[other] > drawn.start[one[which]]
    return pair[which][overlaps], one[which][overlaps], other[overlaps]


def _measure_f1(
    blocks: Sequence[Compared], pairs: Pairs, labels: Sequence[str]
) -> Iterator[Measure]:
    both = np.concatenate([block.both for block in blocks])
    for kind in blocks[0].matches:
        paired = np.concatenate([block.matches[kind] for block in blocks])
        name, units = f"span F1, {kind}", both.sum(axis=1)
        sums = np.stack([paired.sum(axis=1), units], axis=1)
        yield Measure(name, None, F1, make_rows(pairs, sums, units))
        for n, label in enumerate(labels):
            sums = np.stack([paired[:, n], both[:, n]], axis=1)
            yield Measure(name, label, F1, make_rows(pairs, sums, both[:, n]), narrow=False)


def _join(blocks: Sequence[Counted]) -> Counted:
    """What was counted, one block after the other, with a column for every set."""
    sets = np.unique(np.concatenate([block.sets for block in blocks]))
    either = np.concatenate([block.either for block in blocks])
    equal = np.concatenate([block.equal for block in blocks])
    mine, theirs = (np.zeros((len(either), len(sets)), np.int64) for _ in range(2))
    row = 0
    for block in blocks:
        here = slice(row, row + len(block.either)), np.searchsorted(sets, block.sets)
        mine[here], theirs[here] = block.mine, block.theirs
        row += len(block.either)
    return Counted(sets, mine, theirs, either, equal)


def _blocks(drawn: Drawn, pairs: Pairs) -> Iterator[tuple[Drawn, Pairs]]:
    """The annotations and the pairs of some tasks at a time, numbered anew."""
    tasks = int(pairs.task.max(initial=-1)) + 1
    borders = np.searchsorted(pairs.task, np.arange(0, tasks + _TASKS, _TASKS))
    borders = np.union1d(borders, np.arange(0, len(pairs.task), _PAIRS))
    for begin, end in pairwise(borders.tolist()):
        if begin == end:
            continue
        own = Pairs._make(column[begin:end] for column in pairs)
        low = int(min(own.one.min(), own.other.min()))
        high = int(max(own.one.max(), own.other.max())) + 1
        # of their own kind, else the whole column would be copied
        ends = np.array([low, high], drawn.annotation.dtype)
        here = slice(*np.searchsorted(drawn.annotation, ends))
        columns = [column[here].astype(np.int64) for column in drawn[:-1]]
        part = Drawn._make([*columns, drawn.tokens[low:high]])
        yield (
            part._replace(annotation=part.annotation - low),
            own._replace(one=own.one - low, other=own.other - low),
        )


def _count_sets(held: Held, pairs: Pairs, annotations: int) -> Counted:
    sets = np.unique(held.value)
    codes = np.searchsorted(sets, held.value)
    counts = count_cells(held.annotation, codes, (annotations, len(sets)))
    pair, one, other = _meet(held, pairs)
    both, equal = (_sizes(own, pairs) for own in (pair, pair[codes[one] == codes[other]]))
    mine, theirs = counts[pairs.one], counts[pairs.other]
    return Counted(sets, mine, theirs, mine.sum(axis=1) + theirs.sum(axis=1) - both, equal)


def _measure_tokens(found: Counted, pairs: Pairs, tokens: Ints) -> Measure:
    """Alpha over all tokens; those without a label are a value too."""
    units, drawn = tokens[pairs.one], found.mine + found.theirs
    alike = 2 * (units - found.either + found.equal)
    sums = np.column_stack([alike, 2 * units - drawn.sum(axis=1), drawn])
    return Measure("token alpha", None, NOMINAL_ALPHA, make_rows(pairs, sums, units))


def _measure_kappa(found: Counted, pairs: Pairs) -> Measure:
    """Kappa over the borders that either drew; not to draw is a value too."""
    mine, theirs = (
        np.column_stack([found.either - own.sum(axis=1), own]) for own in (found.mine, found.theirs)
    )
    rows = make_rows(pairs, np.column_stack([found.equal, mine, theirs]), found.either)
    return Measure("span kappa", None, KAPPA, rows, mean_of_pairs=True)


def _borders(drawn: Drawn) -> Ints:
    """A number for each two borders, the same wherever they are drawn."""
    size = int(drawn.end.max(initial=0)) + 1
    numbers: Ints = np.unique(drawn.start * size + drawn.end, return_inverse=True)[1]
    return numbers


def _hold_sets(annotation: Ints, place: Ints, label: Ints, labels: int) -> Held:
    """The set of labels at each place, as a number with a bit for each."""
    bits = np.array([1 << n for n in range(labels)], np.int64 if labels <= _BITS else object)
    return _hold(annotation, place, bits[label], np.bitwise_or)


def _hold(annotation: Ints, place: Ints, value: NDArray[Any], join: np.ufunc) -> Held:
    """What each annotation has at each place, several values joined to one."""
    size = int(place.max(initial=0)) + 1
    keys = annotation * size + place
    order = np.argsort(keys, kind="stable")  # quick, as most stand in order
    keys = keys[order]
    begins = np.flatnonzero(np.diff(keys, prepend=-1))
    found = divmod(keys[begins], size)
    return Held(*found, join.reduceat(value[order], begins))


def _meet(held: Held, pairs: Pairs) -> tuple[Ints, Ints, Ints]:
    """Pair, and where both of its annotations hold something at one place."""
    size = int(held.place.max(initial=0)) + 1
    keys = held.annotation * size + held.place
    pair, one = _spread(held.annotation, pairs.one)
    wanted = pairs.other[pair] * size + held.place[one]
    other = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    met = keys[other] == wanted
    return pair[met], one[met], other[met]


def _spread(annotation: Ints, wanted: Ints) -> tuple[Ints, Ints]:
    """Where the wanted annotations stand in a column of them, which ascends."""
    return _ranges(*(np.searchsorted(annotation, wanted, side) for side in ("left", "right")))


def _ranges(low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """Which range, and the numbers in it, of all ranges one after the other."""
    lengths = high - low
    which = np.repeat(np.arange(len(low)), lengths)
    before = np.cumsum(lengths) - lengths
    return which, np.arange(len(which)) + (low - before)[which]


def _sizes(pair: Ints, pairs: Pairs) -> Ints:
    """How often each pair comes."""
    return np.bincount(pair, minlength=len(pairs.task))
