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

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from operator import eq
from typing import Any, NamedTuple

import numpy as np

from annotate.annotations.gather import GatheredTask
from annotate.consensus.coefficients import F1, KAPPA, NOMINAL_ALPHA, Ints
from annotate.consensus.measure import Measure, Pair, make_rows
from annotate.schemes.base import Scheme, Span
from annotate.schemes.overlap import Part, assign, overlap, touching
from annotate.text import find_tokens

_TOLERANCE = 1
"""Tokens that a border may be apart."""


class Drawn(NamedTuple):
    """The spans of one annotator on one text."""

    spans: list[Span]
    tokens: list[tuple[int, int]]
    """Of each span: the first token that ends behind its start, and the first behind its end."""


class Text(NamedTuple):
    """A text that several annotators have drawn on."""

    tokens: int
    """How many it has."""
    drawn: list[Drawn]
    """By annotation."""


class Matches(NamedTuple):
    """Pairs of spans that match, by label."""

    exact: Counter[str]
    tolerant: Counter[str]
    overlap: Counter[str]


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
        texts = {number: place_spans(tasks[number].data.text, drawn[number]) for number in pairs}
        yield from _measure_f1(texts, pairs, labels)
        yield _measure_tokens(texts, pairs)
        yield _measure_kappa(texts, pairs)


def place_spans(text: str, drawn: Sequence[list[Span]]) -> Text:
    """Put everybody's spans on the tokens of `text`, which themselves are not kept."""
    starts, ends = find_tokens(text)
    placed = []
    for spans in drawn:
        firsts = np.searchsorted(ends, [start for start, _, _ in spans], "right").tolist()
        lasts = np.searchsorted(starts, [end for _, end, _ in spans], "left").tolist()
        placed.append(Drawn(spans, list(zip(firsts, lasts, strict=True))))
    return Text(len(starts), placed)


def count_matches(first: Drawn, second: Drawn) -> Matches:
    """The spans of two annotators of one text that match, in each of the three ways."""
    found = Matches(Counter(), Counter(), Counter())
    for (_, _, label), n in (Counter(first.spans) & Counter(second.spans)).items():
        found.exact[label] += n
    mine, theirs = _by_label(first), _by_label(second)
    for label in mine.keys() & theirs.keys():
        near, overlapping = {}, {}
        (parts, tokens), (other_parts, other_tokens) = mine[label], theirs[label]
        for i, j in touching(parts, other_parts):
            overlapping[i, j] = 1 + overlap(parts[i], other_parts[j]) / 1000
            if _near(tokens[i], other_tokens[j]):
                near[i, j] = overlapping[i, j]
        found.tolerant[label] = len(assign(near))
        found.overlap[label] = len(assign(overlapping))
    return found


def _by_label(drawn: Drawn) -> dict[str, tuple[list[Part], list[tuple[int, int]]]]:
    found: dict[str, tuple[list[Part], list[tuple[int, int]]]] = defaultdict(lambda: ([], []))
    for (start, end, label), tokens in zip(drawn.spans, drawn.tokens, strict=True):
        parts, places = found[label]
        parts.append(((start, end),))
        places.append(tokens)
    return found


def _near(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether both borders are within the tolerance, in tokens."""
    return all(abs(a - b) <= _TOLERANCE for a, b in zip(one, other, strict=True))


def _measure_f1(
    texts: Mapping[int, Text],
    pairs: Mapping[int, list[tuple[int, int, Pair]]],
    labels: list[str],
) -> Iterator[Measure]:
    rows, counts = [], []
    matches: dict[str, list[Counter[str]]] = {kind: [] for kind in Matches._fields}
    for number, found in pairs.items():
        drawn = texts[number].drawn
        own = [Counter(span[2] for span in one.spans) for one in drawn]
        for i, j, row in found:
            rows.append(row)
            counts.append(own[i] + own[j])
            for kind, matched in zip(matches, count_matches(drawn[i], drawn[j]), strict=True):
                matches[kind].append(matched)
    both = _table(counts, labels)
    for kind, kept in matches.items():
        paired = _table(kept, labels)
        whole = np.stack([paired.sum(axis=1), both.sum(axis=1)], axis=1).tolist()
        name = f"span F1, {kind}"
        yield Measure(name, None, F1, make_rows(rows, whole, both.sum(axis=1).tolist()))
        for n, label in enumerate(labels):
            one = np.stack([paired[:, n], both[:, n]], axis=1).tolist()
            found_rows = make_rows(rows, one, both[:, n].tolist())
            yield Measure(name, label, F1, found_rows, narrow=False)


def _table(counts: Sequence[Counter[str]], labels: Sequence[str]) -> Ints:
    """A row for each counter, a column for each label."""
    table: Ints = np.array([[count[label] for label in labels] for count in counts], np.int64)
    return table.reshape(len(counts), len(labels))


def _measure_tokens(
    texts: Mapping[int, Text], pairs: Mapping[int, list[tuple[int, int, Pair]]]
) -> Measure:
    codes, sets = _token_sets(texts)
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


def _token_sets(texts: Mapping[int, Text]) -> tuple[dict[int, list[Ints]], int]:
    """The set of labels on each token, as a number, by task and annotation; and how many sets."""
    labels = {span[2] for text in texts.values() for drawn in text.drawn for span in drawn.spans}
    bits = {label: 1 << n for n, label in enumerate(sorted(labels))}
    on = {number: [_bits_on(drawn, bits) for drawn in text.drawn] for number, text in texts.items()}
    sets = sorted({0}.union(*(own.values() for several in on.values() for own in several)))
    code = {bits: n for n, bits in enumerate(sets)}
    found: dict[int, list[Ints]] = {}
    for number, several in on.items():
        found[number] = [np.zeros(texts[number].tokens, np.int64) for _ in several]
        for codes, own in zip(found[number], several, strict=True):
            codes[list(own)] = [code[bits] for bits in own.values()]
    return found, len(sets)


def _bits_on(drawn: Drawn, bits: Mapping[str, int]) -> dict[int, int]:
    """The labels on each token that has any, as one number with a bit for each."""
    on: dict[int, int] = defaultdict(int)
    for (_, _, label), (first, last) in zip(drawn.spans, drawn.tokens, strict=True):
        for token in range(first, last):
            on[token] |= bits[label]
    return on


def _measure_kappa(
    texts: Mapping[int, Text], pairs: Mapping[int, list[tuple[int, int, Pair]]]
) -> Measure:
    on: dict[tuple[int, int], dict[tuple[int, int], str]] = {}
    for number, text in texts.items():
        for place, drawn in enumerate(text.drawn):
            labels: dict[tuple[int, int], set[str]] = defaultdict(set)
            for start, end, label in drawn.spans:
                labels[start, end].add(label)
            on[number, place] = {span: "+".join(sorted(own)) for span, own in labels.items()}
    values = ["", *sorted({value for own in on.values() for value in own.values()})]
    code = {value: n for n, value in enumerate(values)}
    rows, sums, units = [], [], []
    for number, found in pairs.items():
        for i, j, row in found:
            mine, theirs = on[number, i], on[number, j]
            spans = mine.keys() | theirs.keys()
            said = [[code[own.get(span, "")] for span in spans] for own in (mine, theirs)]
            totals = [np.bincount(own, minlength=len(values)).tolist() for own in said]
            agreeing = sum(map(eq, *said))
            rows.append(row)
            sums.append([agreeing, *chain(*totals)])
            units.append(len(spans))
    return Measure("span kappa", None, KAPPA, make_rows(rows, sums, units), mean_of_pairs=True)
