"""Claims of each annotator -> how far the annotators made the same claims.

Two annotators' claims are paired by their contents, one to one, so that the
overlaps sum to the most; a pair overlaps by at least half. Of pairings as good
as each other the one is made whose claims differ least in their sources.

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

from annotate.consensus.coefficients import F1, NOMINAL_ALPHA, Floats, Formula, Ints
from annotate.consensus.frame_columns import Attribute, Frames
from annotate.consensus.measure import Measure, Pairs, make_rows

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
    """Alpha of what the frames that are one say.

    A frame's value counts once, shared out to its pairs: not everybody made the claim, so
    what a pair of the task weighs does not fit.
    """
    of_one, of_other = 1 / said.one_partners, 1 / said.other_partners
    shape = (len(pairs.task), len(said.values))
    totals = _add_up(said.pair, said.one, of_one, shape)
    totals += _add_up(said.pair, said.other, of_other, shape)
    agreeing = np.where(said.one == said.other, of_one + of_other, 0)
    sums = np.column_stack([np.bincount(said.pair, agreeing, len(pairs.task)), totals])
    rows = make_rows(pairs, sums, np.bincount(said.pair, minlength=len(pairs.task)))
    rows = rows._replace(weight=np.ones(len(pairs.task)))
    return Measure("alpha on paired claims", name, NOMINAL_ALPHA, rows, narrow=False)


def _add_up(row: Ints, column: Ints, values: Floats, shape: tuple[int, int]) -> Floats:
    """A table of the sums of values by row and column."""
    rows, columns = shape
    table = np.bincount(row * columns + column, values, rows * columns)
    return table.reshape(rows, columns).astype(np.float64)
