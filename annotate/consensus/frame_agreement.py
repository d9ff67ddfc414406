"""Claims of each annotator -> how far the annotators made the same claims.

Two annotators' claims are paired by their contents, one to one, so that the
overlaps sum to the most; a pair overlaps by at least half.

- agr: of one annotator's claims, the share whose content overlaps any of the
  other's (Wiebe, Wilson and Cardie, Annotating expressions of opinions and
  emotions in language, 2005); directional for a pair, both ways in the whole.
- claim F1: paired claims.
- F1 of a role, on paired claims: parts that overlap, or have equal borders.
- relation F1: a link counts where the claims are paired and the linked parts
  overlap; of all links that either drew.
- alpha of an attribute, on paired claims.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from annotate.annotations.gather import GatheredTask
from annotate.consensus.coefficients import F1, NOMINAL_ALPHA, Formula
from annotate.consensus.measure import Measure, Pairs, count_cells, make_rows
from annotate.schemes.base import Frame, Scheme
from annotate.schemes.overlap import ALIKE, Part, assign, match_parts, overlap, touching

AGR = Formula(lambda sums: F1.values(sums) / 2, lambda sums: "no claim was made")
"""Found / made, over (found, made)."""


class Compared(NamedTuple):
    """The frames of two annotators on one text."""

    sums: dict[str, tuple[int, int]]
    """(matched, drawn by both) of every figure."""
    paired: list[tuple[int, int]]
    """The frames that are one, by their places."""


def measure_frames(
    tasks: Sequence[GatheredTask], pairs: Pairs, scheme: Scheme[Any]
) -> Iterator[Measure]:
    """The measures of claims; nothing where the scheme has none."""
    made = [scheme.frames(a.record) for task in tasks for a in task.annotations]
    frames = [frame for own in made for frame in own]
    if not frames:
        return
    role, links = frames[0].role, list(frames[0].links)
    both = [
        (made[i], made[j]) for i, j in zip(pairs.one.tolist(), pairs.other.tolist(), strict=True)
    ]
    compared = [compare_frames(mine, theirs, (role, *links)) for mine, theirs in both]

    def measure(name: str, sums: str, formula: Formula = F1, **options: Any) -> Measure:
        values = np.array([own.sums[sums] for own in compared], np.int64).reshape(-1, 2)
        return Measure(
            name, formula=formula, rows=make_rows(pairs, values, values[:, 1]), **options
        )

    for name in ("agr", "agr to", "agr from"):
        yield measure(name, name, AGR, of=None, wide=name == "agr")
    for name in ("claim F1", "relation F1"):
        yield measure(name, name, of=None)
    for name in (role, *links):
        for kind in ("exact", "overlap"):
            yield measure(f"F1 on paired claims, {kind}", f"{name} {kind}", of=name, narrow=False)
    for name in frames[0].attributes:
        values = sorted({str(frame.attributes[name]) for frame in frames})
        yield _measure_attribute(name, values, both, [own.paired for own in compared], pairs)


def compare_frames(
    first: Sequence[Frame], second: Sequence[Frame], roles: Sequence[str]
) -> Compared:
    """Compare the frames of two annotators; `roles` are that of the anchors, then the links'."""
    mine, theirs = [frame.anchor for frame in first], [frame.anchor for frame in second]
    shares = {(i, j): overlap(mine[i], theirs[j]) for i, j in touching(mine, theirs)}
    met = [ends for ends, share in shares.items() if share > 0]
    one, other = len({i for i, _ in met}), len({j for _, j in met})
    paired = assign({ends: shares[ends] for ends in met if shares[ends] >= ALIKE})
    sums = {
        "agr": (one + other, len(mine) + len(theirs)),
        "agr to": (one, len(mine)),
        "agr from": (other, len(theirs)),
        "claim F1": (len(paired), len(mine) + len(theirs)),
    }
    related = 0
    for role in roles:
        parts = [(_parts(first[i], role), _parts(second[j], role)) for i, j in paired]
        drawn = sum(len(one) + len(other) for one, other in parts)
        counted = [_count_alike(one, other) for one, other in parts]
        exact, alike = sum(n for n, _ in counted), sum(n for _, n in counted)
        sums[f"{role} exact"] = (exact, drawn)
        sums[f"{role} overlap"] = (alike, drawn)
        related += alike if role != roles[0] else 0
    sums["relation F1"] = (related, _links(first) + _links(second))
    return Compared(sums, paired)


def _parts(frame: Frame, role: str) -> tuple[Part, ...]:
    return (frame.anchor,) if role == frame.role else frame.links[role]


def _links(frames: Sequence[Frame]) -> int:
    return sum(len(parts) for frame in frames for parts in frame.links.values())


def _count_alike(mine: Sequence[Part], theirs: Sequence[Part]) -> tuple[int, int]:
    """How many parts are equal, and how many overlap, one to one."""
    if not mine or not theirs:
        return 0, 0
    if mine == theirs and len(mine) == len(mine[0]) == 1:  # as mostly
        return 1, 1
    return (Counter(mine) & Counter(theirs)).total(), len(match_parts(mine, theirs))


def _measure_attribute(
    name: str,
    values: Sequence[str],
    both: Sequence[tuple[Sequence[Frame], Sequence[Frame]]],
    paired: Sequence[Sequence[tuple[int, int]]],
    pairs: Pairs,
) -> Measure:
    """Alpha of what the frames that are one say."""
    code = {value: n for n, value in enumerate(values)}
    units = np.array(list(map(len, paired)), np.int64)
    said = np.array(
        [
            (code[str(mine[i].attributes[name])], code[str(theirs[j].attributes[name])])
            for (mine, theirs), found in zip(both, paired, strict=True)
            for i, j in found
        ],
        np.int64,
    ).reshape(-1, 2)
    pair, shape = np.repeat(np.arange(len(units)), units), (len(units), len(values))
    one, other = said.T
    totals = count_cells(pair, one, shape) + count_cells(pair, other, shape)
    agreeing = np.bincount(pair[one == other], minlength=len(units))
    sums = np.column_stack([2 * agreeing, totals])
    rows = make_rows(pairs, sums, units)
    return Measure("alpha on paired claims", name, NOMINAL_ALPHA, rows, narrow=False)
