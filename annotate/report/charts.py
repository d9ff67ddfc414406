"""Numbers -> small pictures in the line, for the eye only; the numbers stand beside them."""

from __future__ import annotations

from annotate.report.html import Html, element

_THIN = {"vector_effect": "non-scaling-stroke"}


def bar(share: float, style: str | None = None) -> Html:
    """A bar as long as `share` (0 to 1) of its cell."""
    rect = element("rect", width=round(max(share * 100, 0.8), 2), height=10, rx=1)
    return element("span", _picture(rect), class_="bar", style=style)


def whisker(value: float | None, low: float | None, high: float | None, floor: float) -> Html:
    """A point with its interval on an axis from `floor` to 1, with ticks at both ends and 0."""
    if value is None:
        return Html("")

    def at(number: float) -> float:
        return round(100 * (min(max(number, floor), 1) - floor) / (1 - floor), 2)

    parts = [_line(0, 100, "axis")]
    parts += [
        element("line", x1=at(tick), y1=1, x2=at(tick), y2=9, class_="axis", **_THIN)
        for tick in sorted({floor, 0.0, 1.0})
    ]
    if low is not None and high is not None:
        parts.append(_line(at(low), at(high), "range"))
    parts.append(element("rect", x=at(value) - 0.9, y=1.5, width=1.8, height=7, class_="point"))
    return element("span", _picture(*parts), class_="whisker")


def _line(start: float, end: float, class_: str) -> Html:
    return element("line", x1=start, y1=5, x2=end, y2=5, class_=class_, **_THIN)


def _picture(*shapes: Html) -> Html:
    return element(
        "svg",
        shapes,
        viewBox="0 0 100 10",
        preserveAspectRatio="none",
        aria_hidden="true",
        focusable="false",
    )
