"""Dawid and Skene on spans against plain loops: the model, the legal tags, errors, reliability.

Words are apart by one space and nobody nests, so that a word is a token and all is plain.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest

from annotate.annotations.gather import GatheredTask
from annotate.consensus.resolve import resolve_tasks
from annotate.consensus.suspects import suspects_report
from annotate.schemes import load_scheme
from annotate.schemes.entities import Entity
from tests.consensus.gathered import gathered

_LABELS = ["ORG", "PER"]
_TAGS = ["O", "B-ORG", "I-ORG", "B-PER", "I-PER"]
_ALL = range(len(_TAGS))
_SMOOTHING, _ROUNDS, _TOLERANCE = 5, 50, 1e-3
_WORDS = 12

Row = tuple[tuple[str, int], ...]
Run = tuple[int, int, str]
Table = list[list[float]]


def _draw(r: random.Random, true: Sequence[Run], skill: float) -> list[Run]:
    """What somebody draws where `true` is right: first word, last word, label."""
    own: list[Run] = []
    for first, last, label in true:
        if r.random() < skill:
            last += r.random() < 0.2 and last + 1 < _WORDS
            found = label if r.random() < skill else r.choice(_LABELS)
            if not own or own[-1][1] < first:
                own.append((first, last, found))
    return own


def _crowd(seed: int) -> list[dict[str, list[Run]]]:
    r = random.Random(seed)  # noqa: S311 -- an invented crowd
    tasks = []
    for _ in range(25):
        firsts = [n for n in range(_WORDS - 1) if r.random() < 0.3]
        true = [(n, n + r.randint(0, 1), r.choice(_LABELS)) for n in firsts]
        tasks.append({who: _draw(r, true, 0.4 + 0.15 * n) for n, who in enumerate("abcd")})
        del tasks[-1][r.choice("abcd")]
    return tasks


def _places(run: Run) -> tuple[int, int]:
    return 3 * run[0], 3 * run[1] + 2


def _task(number: int, drawn: dict[str, list[Run]]) -> GatheredTask:
    records = {who: [Entity(*_places(run), run[2]) for run in own] for who, own in drawn.items()}
    return gathered(f"t{number:02}", "ab " * (_WORDS - 1) + "ab", records)


def _said(drawn: dict[str, list[Run]]) -> list[Row]:
    """Of each word the tag of everybody asked."""
    tags = {who: [0] * _WORDS for who in drawn}
    for who, own in drawn.items():
        for first, last, label in own:
            begin = _TAGS.index(f"B-{label}")
            tags[who][first : last + 1] = [begin] + [begin + 1] * (last - first)
    return [tuple((who, tags[who][n]) for who in sorted(tags)) for n in range(_WORDS)]


class _Model(NamedTuple):
    chances: dict[Row, list[float]]
    counts: dict[str, Table]


def _fit(rows: Counter[Row]) -> _Model:
    chances = {row: [sum(tag == k for _, tag in row) / len(row) for k in _ALL] for row in rows}
    counts = _count(rows, chances)
    for _ in range(_ROUNDS):
        before = chances
        chances = {row: _chances(row, rows, before, counts) for row in rows}
        counts = _count(rows, chances)
        moved = max(abs(chances[row][k] - before[row][k]) for row in rows for k in _ALL)
        if moved < _TOLERANCE:
            break
    return _Model({row: _chances(row, rows, chances, counts) for row in rows}, counts)


def _count(rows: Counter[Row], chances: dict[Row, list[float]]) -> dict[str, Table]:
    """Annotator -> true tag -> tag said -> how often, as expected."""
    counts = {who: [[0.0 for _ in _ALL] for _ in _ALL] for who in "abcd"}
    for row, times in rows.items():
        for who, tag in row:
            for k in _ALL:
                counts[who][k][tag] += times * chances[row][k]
    return counts


def _chances(
    row: Row, rows: Counter[Row], before: dict[Row, list[float]], counts: dict[str, Table]
) -> list[float]:
    scores = []
    for k in _ALL:
        prior = sum(times * before[other][k] for other, times in rows.items()) / rows.total()
        score = math.log(max(prior, 1e-10))
        mean = [sum(own[k][tag] for own in counts.values()) for tag in _ALL]
        mean[k] += _SMOOTHING
        for who, tag in row:
            observed = counts[who][k]
            right = observed[tag] + _SMOOTHING * mean[tag] / sum(mean)
            score += math.log(max(right / (sum(observed) + _SMOOTHING), 1e-10))
        scores.append(score)
    weights = [math.exp(score - max(scores)) for score in scores]
    return [weight / sum(weights) for weight in weights]


def _follows(before: int, tag: int) -> bool:
    return tag in (0, 1, 3) or before in (tag - 1, tag)


def _decode(chances: Sequence[Sequence[float]]) -> list[Run]:
    """The legal tags whose chances multiply to the most, as runs."""
    paths: dict[int, tuple[float, list[int]]] = {0: (0, [])}
    for own in chances:
        steps = [
            (score + math.log(max(own[tag], 1e-12)), [*path, tag])
            for before, (score, path) in paths.items()
            for tag in _ALL
            if _follows(before, tag)
        ]
        ends = {path[-1] for _, path in steps}
        paths = {tag: max(step for step in steps if step[1][-1] == tag) for tag in ends}
    runs: list[Run] = []
    for place, tag in enumerate(max(paths.values())[1]):
        if tag in (1, 3):
            runs.append((place, place, _TAGS[tag][2:]))
        elif tag:
            runs[-1] = (runs[-1][0], place, runs[-1][2])
    return runs


@pytest.fixture(scope="module", params=range(2))
def crowd(request: pytest.FixtureRequest) -> list[dict[str, list[Run]]]:
    return _crowd(request.param)


def _learn(crowd: Sequence[dict[str, list[Run]]]) -> _Model:
    return _fit(Counter(row for drawn in crowd for row in _said(drawn)))


def test_gold_is_the_likeliest_legal_tags(crowd: list[dict[str, list[Run]]]) -> None:
    model = _learn(crowd)
    tasks = [_task(number, drawn) for number, drawn in enumerate(crowd)]
    resolved = resolve_tasks(tasks, load_scheme("entities"), policy="dawid-skene")
    for drawn, (_, gold) in zip(crowd, resolved, strict=True):
        runs = _decode([model.chances[row] for row in _said(drawn)])
        expected = [
            (*_places(run), run[2], sorted(who for who, own in drawn.items() if run in own))
            for run in runs
        ]
        found = [(s, e, label, voters) for _, s, e, _, label, *_, voters in gold.values[0]]
        assert found == expected


def test_suspects_are_what_is_wrong_by_the_model(crowd: list[dict[str, list[Run]]]) -> None:
    model = _learn(crowd)
    report = suspects_report(
        [_task(n, drawn) for n, drawn in enumerate(crowd)], load_scheme("entities")
    )
    expected: dict[tuple[Any, ...], float] = {}
    for number, drawn in enumerate(crowd):
        said = _said(drawn)
        chances = [model.chances[row] for row in said]
        runs = _decode(chances)
        for who, own in drawn.items():
            for run in own:
                first, last, label = run
                right = [chances[n][dict(said[n])[who]] for n in range(first, last + 1)]
                if last + 1 < _WORDS:
                    right.append(1 - chances[last + 1][_TAGS.index(f"I-{label}")])
                met = [other for other in runs if other[0] <= last and other[1] >= first]
                common = {o: min(o[1], last) - max(o[0], first) for o in met}
                likely = max(met, key=common.__getitem__, default=(first, last, None))
                if min(right) < 0.5 and likely != run:
                    expected[number, who, *_places(run), label, *likely] = 1 - min(right)
            for run in runs:
                first, last, label = run
                if not any(other[0] <= last and other[1] >= first for other in own):
                    begin = _TAGS.index(f"B-{label}")
                    there = min(
                        chances[n][begin] + chances[n][begin + 1] for n in range(first, last + 1)
                    )
                    if there > 0.5:
                        expected[number, who, *_places(run), None, *run] = there
    found = {
        (
            *(int(s["unit_key"][1:]), s["annotator"], s["start"], s["end"], s["said"]),
            *(s["likely_start"] // 3, s["likely_end"] // 3, s["likely"]),
        ): s["chance_of_error"]
        for s in report["suspects"]
    }
    assert found == pytest.approx(expected)


def test_reliability_is_the_expected_share(crowd: list[dict[str, list[Run]]]) -> None:
    model = _learn(crowd)
    report = suspects_report(
        [_task(n, drawn) for n, drawn in enumerate(crowd)], load_scheme("entities")
    )
    found = [entry for entry in report["annotators"] if entry["question"] == "entity"]
    assert len(found) == 8
    for entry in found:
        counts = model.counts[entry["annotator"]]
        right = sum(counts[k][k] for k in _ALL[1:])
        true, drawn = sum(map(sum, counts[1:])), sum(sum(own[1:]) for own in counts)
        n = true if entry["measure"] == "recall" else drawn
        share = right / n
        assert entry["value"] == pytest.approx(share)
        for end in (entry["low"], entry["high"]):
            assert abs(end - share) == pytest.approx(1.959964 * math.sqrt(end * (1 - end) / n))
        assert entry["low"] < share < entry["high"]
