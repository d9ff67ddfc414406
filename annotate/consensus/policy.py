"""Consensus policies: how many votes make a label gold.

| policy | a label stands when |
|---|---|
| majority | more than half of those who annotated the task gave it |
| adjudicated | a ground-truth annotation has it; without one, as majority |
| single | the one annotator gave it; a second annotator is refused |
| union | anybody gave it |
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

PolicyName = Literal["majority", "adjudicated", "single", "union"]
Ties = Literal["drop", "error"]
POLICIES: tuple[PolicyName, ...] = ("majority", "adjudicated", "single", "union")
TIES: tuple[Ties, ...] = ("drop", "error")


class Majority:
    """More than half of those asked."""

    def accepts(self, votes: int, asked: int) -> bool:
        """Whether `votes` are more than half of `asked`."""
        return 2 * votes > asked

    def choose(self, votes: Counter[Any], asked: int) -> Any | None:
        """The value with more than half of the votes; None where there is none."""
        return next((value for value, n in votes.items() if self.accepts(n, asked)), None)


class Union(Majority):
    """Anybody's label stands; of alternatives, the one with most votes, none on a tie."""

    def accepts(self, votes: int, asked: int) -> bool:
        """Whether anybody voted."""
        return votes > 0

    def choose(self, votes: Counter[Any], asked: int) -> Any | None:
        """The value with most votes; None where two have as many."""
        best = votes.most_common(2)
        if not best or (len(best) == 2 and best[0][1] == best[1][1]):
            return None
        return best[0][0]
