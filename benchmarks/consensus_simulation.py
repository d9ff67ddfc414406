"""What each policy recovers of a known truth, by how much annotators miss.

    python -m benchmarks.consensus_simulation [-o docs/consensus.svg]

Crowds of 5, 20 and 50 invented annotators, five of whom annotate each task.
Entities: F1 of exact spans with their label. Stance: share of right labels, an
open one counts as wrong. Claims: F1 of contents that overlap by half or more.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from annotate.consensus.policy import PolicyName
from annotate.consensus.resolve import Gold, resolve_tasks
from annotate.schemes import load_scheme
from annotate.schemes.overlap import ALIKE, match_parts
from benchmarks.crowd import Crowd, at_words, make_crowd, make_people

_MISSES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
_CROWDS = {5: 40, 20: 80, 50: 120}
"""Annotators -> tasks (of which stance, whose tasks are small, has five times as many)."""
_POLICIES: tuple[PolicyName, ...] = ("majority", "union", "dawid-skene")
_SCHEMES = ("entities", "stance", "claims")
_COLOURS = {"majority": "#0072b2", "union": "#b3541e", "dawid-skene": "#009e73"}


class Point(NamedTuple):
    """One figure of the picture."""

    scheme: str
    annotators: int
    miss: float
    policy: str
    score: float


def main() -> None:
    """Print the table, and draw it where a file is named."""
    parser = argparse.ArgumentParser(description="What each policy recovers of a known truth.")
    parser.add_argument("-o", "--out", type=Path, help="write the picture (SVG) here")
    options = parser.parse_args()
    points: list[Point] = []
    print(f"{'scheme':9} {'annotators':>10} {'missed':>6}" + "".join(f"{p:>13}" for p in _POLICIES))
    for scheme in _SCHEMES:
        for annotators in _CROWDS:
            for miss in _MISSES:
                found = run(scheme, annotators, miss)
                points += found
                shown = "".join(f"{100 * point.score:13.1f}" for point in found)
                print(f"{scheme:9} {annotators:10} {miss:6.1f}{shown}", flush=True)
    if options.out:
        options.out.write_text(draw(points), encoding="utf-8")


def run(scheme: str, annotators: int, miss: float, *, seed: int = 1) -> list[Point]:
    """The score of every policy on one crowd."""
    people = make_people(annotators, miss, seed=seed)
    tasks = _CROWDS[annotators] * (5 if scheme == "stance" else 1)
    crowd = make_crowd(scheme, people, tasks=tasks, each=5, seed=seed + 1)
    return [
        Point(scheme, annotators, miss, policy, score(scheme, crowd, policy))
        for policy in _POLICIES
    ]


def score(scheme: str, crowd: Crowd, policy: PolicyName) -> float:
    """F1 (entities, claims) or share of right labels (stance) of a policy's gold."""
    found = matched = drawn = 0
    for (_, gold), truth in zip(
        resolve_tasks(crowd.tasks, load_scheme(scheme), policy=policy), crowd.truth, strict=True
    ):
        right, gold_size, true_size = _COUNTS[scheme](gold, truth)
        matched, found, drawn = matched + right, found + gold_size, drawn + true_size
    return 2 * matched / (found + drawn)


def _count_entities(gold: Gold, truth: list[tuple[int, int, str]]) -> tuple[int, int, int]:
    got = {(start, end, label) for _, start, end, _, label, *_ in gold.values[0]}
    want = {(*at_words(first, last), label) for first, last, label in truth}
    return len(got & want), len(got), len(want)


def _count_stance(gold: Gold, truth: str) -> tuple[int, int, int]:
    return int(gold.values[0] == truth), 1, 1


def _count_claims(gold: Gold, truth: list[tuple[tuple[int, int], object]]) -> tuple[int, int, int]:
    got = [tuple((start, end) for start, end, *_ in claim[3]) for claim in gold.values[0]]
    want = [(at_words(*claim[0]),) for claim in truth]
    return len(match_parts(got, want, ALIKE)), len(got), len(want)


_COUNTS: dict[str, Callable[[Gold, Any], tuple[int, int, int]]] = {
    "entities": _count_entities,
    "stance": _count_stance,
    "claims": _count_claims,
}


def draw(points: list[Point]) -> str:
    """One panel a scheme and size of crowd: score over the share missed, a line a policy."""
    wide, high, left, top = 190, 130, 60, 50
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 580" font-family="sans-serif"'
        ' font-size="11" fill="#333">',
        '<rect width="720" height="580" fill="#fff"/>',
        '<text x="60" y="22" font-size="14">What each policy recovers of the truth (%), by the'
        " share that annotators miss</text>",
    ]
    for row, scheme in enumerate(_SCHEMES):
        for column, annotators in enumerate(_CROWDS):
            x, y = left + column * (wide + 30), top + row * (high + 40)
            own = [p for p in points if (p.scheme, p.annotators) == (scheme, annotators)]
            parts.append(f'<text x="{x}" y="{y - 6}">{scheme}, {annotators} annotators</text>')
            parts += _panel(own, x, y, wide, high)
    for n, (policy, colour) in enumerate(_COLOURS.items()):
        x = left + n * 130
        parts.append(f'<rect x="{x}" y="556" width="18" height="4" fill="{colour}"/>')
        parts.append(f'<text x="{x + 24}" y="562">{policy}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(points: list[Point], x: int, y: int, wide: int, high: int) -> list[str]:
    def place(miss: float, value: float) -> tuple[float, float]:
        span = _MISSES[-1] - _MISSES[0]
        return x + wide * (miss - _MISSES[0]) / span, y + high * (1 - value)

    parts = []
    for value in (0, 0.25, 0.5, 0.75, 1):
        _, at = place(_MISSES[0], value)
        parts.append(f'<path d="M{x} {at:.1f}h{wide}" stroke="#ddd"/>')
        parts.append(
            f'<text x="{x - 6}" y="{at + 4:.1f}" text-anchor="end">{100 * value:.0f}</text>'
        )
    for miss in _MISSES:
        at, _ = place(miss, 0)
        parts.append(f'<text x="{at:.1f}" y="{y + high + 14}" text-anchor="middle">{miss}</text>')
    for policy, colour in _COLOURS.items():
        own = [place(p.miss, p.score) for p in points if p.policy == policy]
        line = " ".join(f"{a:.1f},{b:.1f}" for a, b in own)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2.5" fill="{colour}"/>' for a, b in own]
    return parts


if __name__ == "__main__":
    main()
