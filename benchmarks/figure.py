"""Figures of the benchmarks -> the table that is saved, and its picture (SVG)."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

_HIGH, _LEFT, _WIDE = 26, 330, 300
_WITHIN, _BEYOND = "#0072b2", "#d55e00"


class Figure(NamedTuple):
    """One number of one benchmark."""

    benchmark: str
    name: str
    value: float
    unit: str
    most: float | None = None
    """What it should not exceed; None where nothing was asked."""

    def line(self) -> str:
        """One line of a table."""
        bound = "" if self.most is None else f"  (at most {self.most:g})"
        return f"{self.benchmark:<10}{self.name:<46}{self.value:>9.3g} {self.unit}{bound}"


def to_json(figures: Sequence[Figure]) -> str:
    """The figures and the machine they were measured on."""
    machine = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.system(),
    }
    found = {"machine": machine, "figures": [figure._asdict() for figure in figures]}
    return json.dumps(found, indent=1) + "\n"


def draw(figures: Sequence[Figure]) -> str:
    """A bar for each figure that has a bound: its share of the bound, which is the line."""
    bound = [(figure, figure.most) for figure in figures if figure.most]
    high = 60 + _HIGH * len(bound)
    bar_at = _LEFT + _WIDE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 820 {high}"'
        ' font-family="sans-serif" font-size="12" fill="#333">',
        f'<rect width="820" height="{high}" fill="#fff"/>',
        '<text x="20" y="24" font-size="14">Each figure as a share of what it may be</text>',
    ]
    for row, (figure, most) in enumerate(bound):
        y = 44 + _HIGH * row
        share = figure.value / most
        colour = _WITHIN if share <= 1 else _BEYOND
        width = min(share, 1.4) * _WIDE
        label = escape(f"{figure.benchmark}: {figure.name}")
        shown = escape(f"{figure.value:.3g} of {most:g} {figure.unit}")
        parts += [
            f'<text x="{_LEFT - 8}" y="{y + 13}" text-anchor="end">{label}</text>',
            f'<rect x="{_LEFT}" y="{y}" width="{width:.0f}" height="17" fill="{colour}"/>',
            f'<text x="{max(_LEFT + width, bar_at) + 8:.0f}" y="{y + 13}">{shown}</text>',
        ]
    parts.append(f'<path d="M{bar_at} 38v{high - 54}" stroke="#333" stroke-dasharray="3 3"/>')
    return "\n".join([*parts, "</svg>"]) + "\n"
