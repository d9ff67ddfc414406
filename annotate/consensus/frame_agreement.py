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

from collections.abc import Iterator
from typing import Any

import numpy as np

from annotate.consensus.coefficients import F1, NOMINAL_ALPHA, Formula
from annotate.consensus.frame_columns import Attribute, Frames
from annotate.consensus.measure import Measure, Pairs, count_cells, make_rows

AGR = Formula(lambda sums: F1.values(sums) / 2, lambda sums: "no claim was made")
"""Found / made, over (found, made)."""


def measure_frames(frames: Frames, pairs: Pairs) -> Iterator[Measure]:
    """The measures of claims; nothing where there are none."""
    if not frames.roles:
        return

    def measure(name: str, sums: str, formula: Formula = F1, **options: Any) -> Measure:
        nothing = np.zeros((len(pairs.task), 2), np.int64)
        values = frames.sums.get(sums, nothing)
        return Measure(
            name, formula=formula, rows=make_rows(pairs, values, values[:, 1]), **options
        )

    for name in ("agr", "agr to", "agr from"):
        yield measure(name, name, AGR, of=None, wide=name == "agr")
    for name in ("claim F1", "relation F1"):
        yield measure(name, name, of=None)
    for name in frames.roles:
        for kind in ("exact", "overlap"):
            yield measure(f"F1 on paired claims, {kind}", f"{name} {kind}", of=name, narrow=False)
    for name, attribute in frames.attributes.items():
        yield _measure_attribute(name, attribute, pairs)


def _measure_attribute(name: str, said: Attribute, pairs: Pairs) -> Measure:
    """Alpha of what the frames that are one say."""
    shape = (len(pairs.task), len(said.values))
    totals = count_cells(said.pair, said.one, shape) + count_cells(said.pair, said.other, shape)
    units, agreeing = (
        np.bincount(pair, minlength=len(pairs.task))
        for pair in (said.pair, said.pair[said.one == said.other])
    )
    sums = np.column_stack([2 * agreeing, totals])
    rows = make_rows(pairs, sums, units)
    return Measure("alpha on paired claims", name, NOMINAL_ALPHA, rows, narrow=False)
