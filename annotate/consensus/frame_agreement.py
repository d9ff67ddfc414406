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
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from annotate.annotations.gather import GatheredTask
from annotate.consensus.coefficients import F1, NOMINAL_ALPHA, Formula
from annotate.consensus.measure import Measure, Pair, make_rows
from annotate.schemes.base import Frame, Scheme
from annotate.schemes.overlap import ALIKE, Part, match_parts, overlap, touching

AGR = Formula(lambda sums: F1.values(sums) / 2, lambda sums: "no claim was made")
"""Found / made, over (found, made)."""
_Sums = dict[str, list[float]]


def measure_frames(
    tasks: Sequence[GatheredTask],
    pairs: Mapping[int, list[tuple[int, int, Pair]]],
    scheme: Scheme[Any],
) -> Iterator[Measure]:
    """The measures of claims; nothing where the scheme has none."""
    made = [[scheme.frames(a.record) for a in task.annotations] for task in tasks]
    frames = [frame for task in made for own in task for frame in own]
    if not frames:
        return
    role, links = frames[0].role, list(frames[0].links)
    compared = [
        (row, compare_frames(made[number][i], made[number][j], (role, *links)))
        for number, found in pairs.items()
        for i, j, row in found
    ]
    rows = [row for row, _ in compared]
    for direction in ("agr", "agr to", "agr from"):
        values = [sums[direction] for _, sums in compared]
        units = [int(value[1]) for value in values]
        yield Measure(direction, None, AGR, make_rows(rows, values, units), wide=direction == "agr")
    for name in ("claim F1", "relation F1"):
        values = [sums[name] for _, sums in compared]
        yield Measure(name, None, F1, make_rows(rows, values, [int(v[1]) for v in values]))
    for name in (role, *links):
        for kind in ("exact", "overlap"):
            values = [sums[f"{name} {kind}"] for _, sums in compared]
            found_rows = make_rows(rows, values, [int(v[1]) for v in values])
            yield Measure(f"F1 on paired claims, {kind}", name, F1, found_rows, narrow=False)
    for name in frames[0].attributes:
        yield _measure_attribute(name, made, pairs)


def compare_frames(first: Sequence[Frame], second: Sequence[Frame], roles: Sequence[str]) -> _Sums:
    """(matched, drawn by both) of every figure, for the frames of two annotators."""
    mine, theirs = [frame.anchor for frame in first], [frame.anchor for frame in second]
    met = _met(mine, theirs)
    paired = match_parts(mine, theirs, ALIKE)
    one, other = len({i for i, _ in met}), len({j for _, j in met})
    sums: _Sums = {
        "agr": [one + other, len(mine) + len(theirs)],
        "agr to": [one, len(mine)],
        "agr from": [other, len(theirs)],
        "claim F1": [len(paired), len(mine) + len(theirs)],
        "relation F1": [0, _links(first) + _links(second)],
    }
    sums |= {f"{role} {kind}": [0, 0] for role in roles for kind in ("exact", "overlap")}
    for i, j in paired:
        _add_roles(sums, first[i], second[j])
    return sums


def _met(mine: Sequence[Part], theirs: Sequence[Part]) -> list[tuple[int, int]]:
    return [(i, j) for i, j in touching(mine, theirs) if overlap(mine[i], theirs[j]) > 0]


def _links(frames: Sequence[Frame]) -> int:
    return sum(len(parts) for frame in frames for parts in frame.links.values())


def _add_roles(sums: _Sums, one: Frame, other: Frame) -> None:
    anchors = (one.role, (one.anchor,), (other.anchor,))
    for name, mine, theirs in (anchors, *((r, p, other.links[r]) for r, p in one.links.items())):
        alike = len(match_parts(mine, theirs))
        for kind, matched in (
            ("exact", (Counter(mine) & Counter(theirs)).total()),
            ("overlap", alike),
        ):
            sums[f"{name} {kind}"][0] += matched
            sums[f"{name} {kind}"][1] += len(mine) + len(theirs)
        if name != one.role:
            sums["relation F1"][0] += alike


def _measure_attribute(
    name: str,
    made: list[list[list[Frame]]],
    pairs: Mapping[int, list[tuple[int, int, Pair]]],
) -> Measure:
    values = sorted({str(f.attributes[name]) for task in made for own in task for f in own})
    rows, sums, units = [], [], []
    for number, found in pairs.items():
        for i, j, row in found:
            mine, theirs = made[number][i], made[number][j]
            paired = match_parts([f.anchor for f in mine], [f.anchor for f in theirs], ALIKE)
            said = [
                (str(mine[a].attributes[name]), str(theirs[b].attributes[name])) for a, b in paired
            ]
            totals = Counter(value for two in said for value in two)
            rows.append(row)
            sums.append([2 * sum(a == b for a, b in said), *(totals[v] for v in values)])
            units.append(len(said))
    return Measure(
        "alpha on paired claims", name, NOMINAL_ALPHA, make_rows(rows, sums, units), narrow=False
    )
