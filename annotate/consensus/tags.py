"""Spans of several annotators on one text -> tags on tokens, and tags -> spans.

Tokens are cut at every border that anybody drew, so that each span is a run of
tokens and no border is lost (white space at the ends of a span is). A tag says
outside, begins or inside, and the label. Spans that one annotator nested or
overlapped stand on different layers, each a tag sequence of its own; spans of
equal borders and label stand on one layer whoever drew them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Sized
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

import numpy as np

from annotate.consensus.coefficients import Floats, Ints
from annotate.schemes.base import Span, StoodSpan
from annotate.schemes.overlap import ALIKE
from annotate.tokens import find_tokens

_LABEL = itemgetter(2)
_EQUAL = 1e-6
OUTSIDE = 0
RunT = TypeVar("RunT", bound=tuple[Any, ...])


class Run(NamedTuple):
    """A span as a run of tokens."""

    first: int
    last: int
    """The last token, inclusive."""
    label: str
    copy: int
    """Ordinal among equal ones of one annotator."""


class Layer(NamedTuple):
    """Where anybody drew anything on one layer."""

    tokens: Ints
    """Places of the tokens, ascending."""
    runs: Mapping[str, list[Run]]
    """Annotator -> spans; every annotator is in, in the order given."""
    untouched: int
    """Tokens of the text that nobody marked on this layer."""


class Tagging(NamedTuple):
    """One text with everybody's spans."""

    starts: Ints
    """Of each token."""
    ends: Ints
    layers: list[Layer]
    places: Mapping[str, dict[Run, int]]
    """Annotator -> span -> its place among what was drawn."""


def count_tags(labels: Sized) -> int:
    """How many tags there are: outside, then begin and inside of each label."""
    return 1 + 2 * len(labels)


def make_tagging(text: str, drawn: Mapping[str, Sequence[Span]]) -> Tagging:
    """Put everybody's spans on the tokens of `text`; a span of white space only is left out."""
    borders = {border for spans in drawn.values() for span in spans for border in span[:2]}
    starts, ends = _cut_tokens(text, sorted(borders))
    runs: dict[str, list[Run]] = {}
    places: dict[str, dict[Run, int]] = {}
    for annotator in sorted(drawn):
        runs[annotator], places[annotator] = [], {}
        seen: Counter[tuple[int, int, str]] = Counter()
        inner = [_strip(text, start, end) for start, end, _ in drawn[annotator]]
        firsts = starts.searchsorted([start for start, _ in inner]).tolist()
        lasts = ends.searchsorted([end for _, end in inner]).tolist()
        for place, key in enumerate(zip(firsts, lasts, map(_LABEL, drawn[annotator]), strict=True)):
            if inner[place][0] < inner[place][1]:
                run = Run(*key, seen[key])
                runs[annotator].append(run)
                places[annotator][run] = place
                seen[key] += 1
    return Tagging(starts, ends, _make_layers(runs, len(starts)), places)


def stood_spans(tagging: Tagging, runs: Sequence[tuple[int, int, str]]) -> list[StoodSpan]:
    """Runs of tokens as spans, sorted; voters are those who drew the same run and label.

    Of equal runs the second has those who drew it twice, and so on.
    """
    starts = tagging.starts[[first for first, _, _ in runs]].tolist() if runs else []
    ends = tagging.ends[[last for _, last, _ in runs]].tolist() if runs else []
    seen: Counter[tuple[int, int, str]] = Counter()
    stood = []
    for start, end, key in zip(starts, ends, runs, strict=True):
        run = Run(*key, seen[key])
        seen[key] += 1
        voters = {who: own[run] for who, own in tagging.places.items() if run in own}
        stood.append(StoodSpan(start, end, run.label, voters))
    return sorted(stood, key=lambda span: span[:3])


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return end - len(piece.lstrip()), start + len(piece.rstrip())


def _cut_tokens(text: str, borders: Sequence[int]) -> tuple[Ints, Ints]:
    """Starts and ends of the tokens, cut at those of `borders`, ascending, that lie inside them."""
    starts, ends = find_tokens(text)
    wanted = np.array(borders, np.int64)
    before = starts.searchsorted(wanted) - 1
    inside = wanted[(before >= 0) & (wanted < ends[before])]
    if not len(inside):
        return starts, ends
    return np.sort(np.concatenate([starts, inside])), np.sort(np.concatenate([ends, inside]))


def _make_layers(runs: Mapping[str, list[Run]], size: int) -> list[Layer]:
    homes = _assign_layers(runs)
    layers = []
    for number in range(max(homes.values(), default=0) + 1):
        here = {who: [run for run in own if homes[run] == number] for who, own in runs.items()}
        touched = {n for own in here.values() for run in own for n in range(run[0], run[1] + 1)}
        tokens = np.array(sorted(touched), dtype=np.int64)
        layers.append(Layer(tokens, here, size - len(tokens)))
    return layers


def _assign_layers(runs: Mapping[str, list[Run]]) -> dict[Run, int]:
    """The layer of every span: two that one annotator overlapped are never on one.

    The spans with most voters choose first, and each takes the free layer
    where it overlaps most with what is there, so that two annotators' ideas of
    one span meet on one layer.
    """
    apart: dict[Run, set[Run]] = defaultdict(set)
    for own in runs.values():
        for one, other in _overlapping(own):
            apart[one].add(other)
            apart[other].add(one)
    votes = Counter(run for own in runs.values() for run in own)
    if not apart:
        return dict.fromkeys(votes, 0)
    near: dict[Run, list[Run]] = defaultdict(list)
    for one, other in _overlapping(list(votes)):
        near[one].append(other)
        near[other].append(one)
    apart = _inherit(apart, near)
    homes: dict[Run, int] = {}
    for run in sorted(votes, key=lambda r: (-votes[r], r.first - r.last, r)):
        taken = {homes[other] for other in apart[run] if other in homes}
        placed = [other for other in near[run] if other in homes and homes[other] not in taken]
        if placed:
            homes[run] = homes[max(placed, key=lambda other: (_alike(run, other), -homes[other]))]
        else:
            homes[run] = next(n for n in range(len(taken) + 1) if n not in taken)
    return homes


def _inherit(apart: Mapping[Run, set[Run]], near: Mapping[Run, list[Run]]) -> dict[Run, set[Run]]:
    """What must be apart, with what holds for another idea of the same span."""
    grown: dict[Run, set[Run]] = defaultdict(set)
    for one, others in near.items():
        kept = apart.get(one, set())
        alike = [o for o in others if o not in kept and _alike(one, o) >= ALIKE]
        for other in kept.union(*(apart.get(o, set()) for o in alike)) - {one}:
            grown[one].add(other)
            grown[other].add(one)
    return grown


def sharing(runs: Sequence[RunT], first: int, last: int) -> Sequence[RunT]:
    """Those that share a token with `first` to `last`, of sorted runs that share none."""
    begin = bisect_left(runs, first, key=itemgetter(1))
    return runs[begin : bisect_right(runs, last, key=itemgetter(0))]


def _overlapping(runs: Sequence[Run]) -> list[tuple[Run, Run]]:
    ordered, found = sorted(runs), []
    for n, run in enumerate(ordered):
        for other in ordered[n + 1 :]:
            if other.first > run.last:
                break
            found.append((run, other))
    return found


def _alike(one: Run, other: Run) -> float:
    common = min(one.last, other.last) - max(one.first, other.first) + 1
    return common / (max(one.last, other.last) - min(one.first, other.first) + 1)


def tag_codes(layer: Layer, labels: Mapping[str, int]) -> Ints:
    """Codes of the tags on the layer's tokens, tokens x annotators, then one untouched row."""
    codes = np.zeros((len(layer.tokens) + 1, len(layer.runs)), dtype=np.int64)
    place = {int(token): n for n, token in enumerate(layer.tokens)}
    for column, own in enumerate(layer.runs.values()):
        for run in own:
            begins = place[run.first]
            inside = 2 * labels[run.label] + 2
            codes[begins : begins + run.last - run.first + 1, column] = inside
            codes[begins, column] = inside - 1
    return codes


def tag_weights(layer: Layer) -> Ints:
    """How many tokens each row of `tag_codes` stands for."""
    weights = np.ones(len(layer.tokens) + 1, dtype=np.int64)
    weights[-1] = layer.untouched
    return weights


def decode_tags(layer: Layer, posterior: Floats) -> tuple[list[tuple[int, int, int]], int]:
    """Likeliest legal tags -> (first token, last token, place of the label), and the ties.

    `posterior` is tokens x tags. Illegal sequences (inside without a begin, or
    after another label) are repaired by the legal sequence of highest
    probability (Viterbi). A token with two equally likely tags stays outside.
    """
    if not len(layer.tokens):
        return [], 0
    best = np.sort(posterior, axis=1)
    tied = best[:, -1] - best[:, -2] < _EQUAL if best.shape[1] > 1 else np.zeros(len(best), bool)
    sure = posterior.copy()
    sure[tied] = np.eye(posterior.shape[1])[OUTSIDE]
    tags = sure.argmax(axis=1)
    firsts = np.flatnonzero(np.diff(layer.tokens, prepend=-2) > 1)
    for first, last in _illegal_runs(tags, firsts):
        tags[first:last] = _viterbi(np.log(np.maximum(sure[first:last], 1e-12)))
    ties = int(np.count_nonzero(np.logical_or.reduceat(tied, firsts)))
    return _read(tags, layer.tokens), ties


def _illegal_runs(tags: Ints, firsts: Ints) -> list[tuple[int, int]]:
    """Begin and end of the runs of neighbours, which begin at `firsts`, that hold an inside tag
    without what it continues."""
    before = np.roll(tags, 1)
    before[firsts] = OUTSIDE
    wrong = (tags > 0) & (tags % 2 == 0) & (before != tags) & (before != tags - 1)
    runs = np.unique(firsts.searchsorted(np.flatnonzero(wrong), "right") - 1)
    ends = np.append(firsts[1:], len(tags))
    return list(zip(firsts[runs].tolist(), ends[runs].tolist(), strict=True))


def _viterbi(scores: Floats) -> Ints:
    size = scores.shape[1]
    inside = np.arange(2, size, 2)
    illegal = np.zeros((size, size), dtype=bool)
    illegal[:, inside] = True
    illegal[inside, inside] = illegal[inside - 1, inside] = False
    total = np.where(np.isin(np.arange(size), inside), -np.inf, scores[0])
    came = np.zeros(scores.shape, dtype=np.int64)
    for n in range(1, len(scores)):
        steps = np.where(illegal, -np.inf, total[:, None])
        came[n] = steps.argmax(axis=0)
        total = steps.max(axis=0) + scores[n]
    path = [int(total.argmax())]
    for n in range(len(scores) - 1, 0, -1):
        path.append(int(came[n, path[-1]]))
    return np.array(path[::-1], dtype=np.int64)


def _read(tags: Ints, tokens: Ints) -> list[tuple[int, int, int]]:
    spans: list[tuple[int, int, int]] = []
    for token, tag in zip(tokens.tolist(), tags.tolist(), strict=True):
        if tag % 2 == 1:
            spans.append((token, token, tag // 2))
        elif tag:
            begin, _, label = spans.pop()
            spans.append((begin, token, label))
    return spans
