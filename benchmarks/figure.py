"""Figures of the benchmarks -> the table that is saved, and its picture (SVG)."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

_HIGH, _LEFT, _BOUND, _ALL = 28, 330, 260, 860
_SHOWN = 1.25
"""The largest share of a bound whose bar is drawn whole."""
_STYLE = """<style>
text { fill: #24292f } .quiet { fill: #57606a } .track { fill: #d8dee4 }
.within { fill: #0072b2 } .beyond { fill: #d55e00 } .bound { stroke: #24292f }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .quiet { fill: #9198a1 } .track { fill: #2d333b }
.within { fill: #56b4e9 } .beyond { fill: #e69f00 } .bound { stroke: #e6edf3 }
}
</style>"""
"""For light and dark pages; the picture has no ground of its own."""


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
        bound = "" if self.most is None else f"  (at most {_number(self.most)})"
        return f"{self.benchmark:<10}{self.name:<46}{_number(self.value):>9} {self.unit}{bound}"


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
    high = 70 + _HIGH * len(bound)
    line = _LEFT + _BOUND
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_ALL} {high}"'
        ' font-family="system-ui, sans-serif" font-size="12.5">',
        _STYLE,
        '<text x="20" y="24" font-size="15">Each figure as a share of what it may be</text>',
        f'<text class="quiet" x="{line}" y="48" text-anchor="middle">at most</text>',
        *(part for row, each in enumerate(bound) for part in _bar(*each, 58 + _HIGH * row)),
        f'<path class="bound" d="M{line} 54v{high - 60}" stroke-dasharray="3 3"/>',
    ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _bar(figure: Figure, most: float, y: int) -> Iterator[str]:
    """The row of a figure, whose bar ends in a gap where it is longer than can be shown."""
    share = figure.value / most
    kind = "within" if share <= 1 else "beyond"
    width = min(share, _SHOWN) * _BOUND
    end, middle = max(_LEFT + width, _LEFT + _BOUND) + 10, y + 13
    label, unit = escape(figure.name), escape(figure.unit)
    at = f'y="{y}" height="17"'
    yield f'<text x="{_LEFT - 10}" y="{middle}" text-anchor="end">'
    yield f'<tspan class="quiet">{escape(figure.benchmark)}</tspan>  {label}</text>'
    yield f'<rect class="track" x="{_LEFT}" {at} width="{_BOUND}" rx="2"/>'
    yield f'<rect class="{kind}" x="{_LEFT}" {at} width="{max(width, 1):.0f}" rx="2"/>'
    if share > _SHOWN:
        yield f'<rect class="{kind}" x="{_LEFT + width + 3:.0f}" {at} width="5" rx="2"/>'
        end += 10
    yield f'<text x="{end:.0f}" y="{middle}">{_number(figure.value)} {unit}'
    yield f'<tspan class="quiet">  of {_number(most)}</tspan></text>'


def _number(value: float) -> str:
    """Three digits that count, and no exponent."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
