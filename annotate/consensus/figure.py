"""A measured value, or the reason why there is none."""

from __future__ import annotations

from typing import NamedTuple


class Figure(NamedTuple):
    """A coefficient with what it rests on; a figure without meaning has no value."""

    value: float | None
    n: int
    """Units it rests on: items, tokens, spans or claims, as its measure says."""
    low: float | None = None
    """Lower end of the 95 % bootstrap interval."""
    high: float | None = None
    undefined: str | None = None
    """Why there is no value, or no interval; None where all is well."""

    def __str__(self) -> str:
        if self.value is None:
            return f"undefined ({self.undefined})"
        if self.low is None or self.high is None:
            return f"{self.value:.3f}"
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"
