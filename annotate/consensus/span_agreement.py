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
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from annotate.annotations.gather import GatheredTask
from annotate.consensus.coefficients import F1, NOMINAL_ALPHA, Ints, kappa_formula
from annotate.consensus.measure import Measure, Pair, make_rows
from annotate.schemes.base import Scheme, Span
from annotate.schemes.overlap import assign, overlap, touching
from annotate.text import token_ranges

KINDS = ("exact", "tolerant", "overlap")
_TOLERANCE = 1
"""Tokens that a border may be apart."""


def measure_spans(
    tasks: Sequence[GatheredTask],
    pairs: Mapping[int, list[tuple[int, int, Pair]]],
    scheme: Scheme[Any],
) -> Iterator[Measure]:
    """The measures of spans; nothing where the scheme has none.

    `pairs` are, for each task, places of two annotations with the pair's row.
    """
    drawn = [[scheme.spans(a.record) for a in task.annotations] for task in tasks]
    labels = sorted({span[2] for task in drawn for spans in task for span in spans})
    if labels:
        yield from _measure_f1(tasks, pairs, drawn, labels)
        yield _measure_tokens(tasks, pairs, drawn)
        yield _measure_kappa(pairs, drawn)


def count_matches(
    first: Sequence[Span], second: Sequence[Span], kind: str, tokens: Sequence[tuple[int, int]] = ()
) -> Counter[str]:
    """Pairs of spans that match, by label; `tokens` are needed for `tolerant`."""
    if kind == "exact":
        both = Counter(first) & Counter(second)
        return Counter(label for (_, _, label), n in both.items() for _ in range(n))
    found: Counter[str] = Counter()
    mine, theirs = _by_label(first), _by_label(second)
    ends = [end for _, end in tokens]
    starts = [start for start, _ in tokens]
    for label in mine.keys() & theirs.keys():
        weights = {}
        for i, j in touching(mine[label], theirs[label]):
            (one,), (other,) = mine[label][i], theirs[label][j]
            if kind == "overlap" or _near(one, other, starts, ends):
                weights[i, j] = 1 + overlap((one,), (other,)) / 1000
        found[label] = len(assign(weights))
    return found


def _by_label(spans: Sequence[Span]) -> dict[str, list[tuple[tuple[int, int], ...]]]:
    found: dict[str, list[tuple[tuple[int, int], ...]]] = defaultdict(list)
    for start, end, label in spans:
        found[label].append(((start, end),))
    return found


def _near(one: tuple[int, int], other: tuple[int, int], starts: list[int], ends: list[int]) -> bool:
    """Whether both borders are within the tolerance, in tokens."""
    first = bisect_right(ends, one[0]) - bisect_right(ends, other[0])
    last = bisect_left(starts, one[1]) - bisect_left(starts, other[1])
    return abs(first) <= _TOLERANCE and abs(last) <= _TOLERANCE


def _measure_f1(
    tasks: Sequence[GatheredTask],
    pairs: Mapping[int, list[tuple[int, int, Pair]]],
    drawn: list[list[list[Span]]],
    labels: list[str],
) -> Iterator[Measure]:
    rows = [row for found in pairs.values() for _, _, row in found]
    tokens = {number: token_ranges(tasks[number].data.text) for number in pairs}
    counts = {
        number: [Counter(span[2] for span in spans) for spans in drawn[number]] for number in pairs
    }
    both = np.array(
        [
            [counts[number][i][label] + counts[number][j][label] for label in labels]
            for number, found in pairs.items()
            for i, j, _ in found
        ]
    ).reshape(len(rows), len(labels))
    for kind in KINDS:
        matched = np.array(
            [
                [count[label] for label in labels]
                for number, found in pairs.items()
                for i, j, _ in found
                for count in [
                    count_matches(drawn[number][i], drawn[number][j], kind, tokens[number])
                ]
            ]
        ).reshape(len(rows), len(labels))
        whole = np.stack([matched.sum(axis=1), both.sum(axis=1)], axis=1).tolist()
        name = f"span F1, {kind}"
        yield Measure(name, None, F1, make_rows(rows, whole, both.sum(axis=1).tolist()))
        for n, label in enumerate(labels):
            own = np.stack([matched[:, n], both[:, n]], axis=1).tolist()
            found_rows = make_rows(rows, own, both[:, n].tolist())
            yield Measure(name, label, F1, found_rows, narrow=False)


def _measure_tokens(
    tasks: Sequence[GatheredTask],
    pairs: Mapping[int, list[tuple[int, int, Pair]]],
    drawn: list[list[list[Span]]],
) -> Measure:
    codes, sets = _token_sets(tasks, pairs, drawn)
    rows, sums, units = [], [], []
    for number, found in pairs.items():
        counts = [np.bincount(own, minlength=sets) for own in codes[number]]
        for i, j, row in found:
            mine, theirs = codes[number][i], codes[number][j]
            agreeing = 2 * int((mine == theirs).sum())
            rows.append(row)
            sums.append([agreeing, *(counts[i] + counts[j]).tolist()])
            units.append(len(mine))
    return Measure("token alpha", None, NOMINAL_ALPHA, make_rows(rows, sums, units))


def _token_sets(
    tasks: Sequence[GatheredTask],
    pairs: Mapping[int, list[tuple[int, int, Pair]]],
    drawn: list[list[list[Span]]],
) -> tuple[dict[int, list[Ints]], int]:
    """The set of labels on each token, as a number, by task and annotation; and how many sets."""
    known: dict[frozenset[str], int] = {frozenset(): 0}
    found: dict[int, list[Ints]] = {}
    for number in pairs:
        tokens = token_ranges(tasks[number].data.text)
        starts, ends = [start for start, _ in tokens], [end for _, end in tokens]
        found[number] = []
        for spans in drawn[number]:
            on: dict[int, set[str]] = defaultdict(set)
            for start, end, label in spans:
                for token in range(bisect_right(ends, start), bisect_left(starts, end)):
                    on[token].add(label)
            codes = np.zeros(len(tokens), dtype=np.int64)
            for token, labels in on.items():
                codes[token] = known.setdefault(frozenset(labels), len(known))
            found[number].append(codes)
    order = sorted(known, key=sorted)
    place = np.empty(len(known), dtype=np.int64)
    place[[known[labels] for labels in order]] = np.arange(len(known))
    return {number: [place[codes] for codes in own] for number, own in found.items()}, len(known)


def _measure_kappa(
    pairs: Mapping[int, list[tuple[int, int, Pair]]], drawn: list[list[list[Span]]]
) -> Measure:
    on: dict[tuple[int, int], dict[tuple[int, int], str]] = {}
    for number in pairs:
        for place, spans in enumerate(drawn[number]):
            labels: dict[tuple[int, int], set[str]] = defaultdict(set)
            for start, end, label in spans:
                labels[start, end].add(label)
            on[number, place] = {span: "+".join(sorted(own)) for span, own in labels.items()}
    values = ["", *sorted({value for own in on.values() for value in own.values()})]
    code = {value: n for n, value in enumerate(values)}
    rows, sums, units = [], [], []
    for number, found in pairs.items():
        for i, j, row in found:
            mine, theirs = on[number, i], on[number, j]
            table = np.zeros(len(values) ** 2)
            for span in mine.keys() | theirs.keys():
                said = code[mine.get(span, "")], code[theirs.get(span, "")]
                table[said[0] * len(values) + said[1]] += 1
            rows.append(row)
            sums.append(table.tolist())
            units.append(int(table.sum()))
    formula = kappa_formula(len(values))
    return Measure("span kappa", None, formula, make_rows(rows, sums, units), mean_of_pairs=True)
