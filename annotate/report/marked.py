"""A drawing -> its text with the labels on it, and a list of them.

Nested and crossing spans become marks within marks: a mark that crosses
another is closed and opened again. The shorter of two that share words lies
nearer to the text. Whatever belongs together by links (a claim with its source
and cue) has one number; who hears the page hears `[1 Source: … ]`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from annotate.dataset.shown.excerpt import Piece, quoted
from annotate.report.html import Child, Html, element, escape, hidden, join, start_tag, table, words
from annotate.schemes.base import Drawing, Shape
from annotate.schemes.colours import Palette

_STEP = 5
"""Pixels between the lines of two marks that share words."""
_DEEPEST = 6


class _Fragment(NamedTuple):
    """A fragment of a shape, as it is drawn."""

    start: int
    end: int
    shape: int
    number: int
    """Which of the shape's fragments it is."""
    lane: int = 0
    """How many marks lie between it and the text."""


def mark_text(text: str, drawing: Drawing, palette: Palette) -> Html:
    """The text with its labels drawn on it."""
    fragments = _with_lanes(
        [
            _Fragment(start, end, place, number)
            for place, shape in enumerate(drawing.shapes)
            for number, (start, end) in enumerate(shape.fragments)
        ]
    )
    numbers = number_shapes(drawing)
    parts = _parts(text, fragments, _Pen(drawing, numbers, palette))
    deepest = max((fragment.lane for fragment in fragments), default=0)
    room = f"--room:{deepest * _STEP}px"
    return element("p", Html("".join(parts)), class_="text", dir_="auto", style=room)


def list_labels(text: str, drawing: Drawing, palette: Palette) -> Html:
    """The labels, linked ones in one line; empty where nothing was drawn."""
    numbers = number_shapes(drawing)
    heads = [n for n, shape in enumerate(drawing.shapes) if _is_head(drawing, n)]
    if not drawing.links:
        return _by_label(text, drawing.shapes, palette)
    roles = list(dict.fromkeys(link.label for link in drawing.links))
    rows: list[Sequence[Child]] = []
    for place in heads:
        ends = {
            role: [k.end for k in drawing.links if k[0] == place and k[2] == role] for role in roles
        }
        rows.append(
            (
                numbers[place][0],
                *(_ends(text, [drawing.shapes[n] for n in ends[role]]) for role in roles),
                _quote(text, drawing.shapes[place]),
                ", ".join(drawing.shapes[place].said),
            )
        )
    label = drawing.shapes[heads[0]].label
    linked = table(
        ("", *roles, label, "choices"),
        rows,
        caption=f"Every {label} with its links",
        class_="stack",
    )
    left = [shape for shape, own in zip(drawing.shapes, numbers, strict=True) if not own]
    return join([linked, _by_label(text, left, palette, after=" without a link")])


def label_badge(label: str, palette: Palette) -> Html:
    """A label's name in its colour."""
    return element("span", words(label), class_="badge", style=palette.style(label))


def choices_in_brackets(shape: Shape) -> str | None:
    """The choices on a shape, behind its words; None where there are none."""
    return f" ({', '.join(shape.said)})" if shape.choices else None


def quote(pieces: Sequence[Piece], name: str = "b") -> Html:
    """Words in context, the words themselves in an element `name`, those of a border in two."""
    if not pieces:
        return Html("")
    names = {"label": name, "came": "ins", "left": "del"}
    inner = (element(names[p.mark], p.text) if p.mark in names else p.text for p in pieces)
    return element("bdi", inner, class_="quote")


def number_shapes(drawing: Drawing) -> list[tuple[int, ...]]:
    """For each shape the numbers of what it belongs to, by links; none where nothing is linked."""
    numbers: list[list[int]] = [[] for _ in drawing.shapes]
    heads = [n for n in range(len(drawing.shapes)) if _is_head(drawing, n)]
    in_order = sorted(heads, key=lambda n: drawing.shapes[n].fragments)
    for number, place in enumerate(in_order if drawing.links else [], 1):
        numbers[place].append(number)
        for link in drawing.links:
            if link.start == place:
                numbers[link.end].append(number)
    return [tuple(dict.fromkeys(own)) for own in numbers]


def _is_head(drawing: Drawing, place: int) -> bool:
    """Whether others hang on it: it has the label of a shape that links start from."""
    label = drawing.shapes[place].label
    return any(drawing.shapes[link.start].label == label for link in drawing.links)


def _with_lanes(fragments: list[_Fragment]) -> list[_Fragment]:
    placed: list[_Fragment] = []
    lanes = [_Lane([], []) for _ in range(_DEEPEST + 1)]
    for fragment in sorted(fragments, key=lambda f: (f.end - f.start, f.start, f.shape)):
        below = (n for n in range(_DEEPEST, -1, -1) if lanes[n].meets(fragment))
        lane = min(1 + next(below, -1), _DEEPEST)
        lanes[lane].add(fragment)
        placed.append(fragment._replace(lane=lane))
    return placed


class _Lane(NamedTuple):
    """What the fragments of one lane cover: ranges in their order, none of which meets another."""

    starts: list[int]
    ends: list[int]

    def meets(self, fragment: _Fragment) -> bool:
        low, high = self._met(fragment)
        return low < high

    def add(self, fragment: _Fragment) -> None:
        low, high = self._met(fragment)
        start, end = fragment.start, fragment.end
        if low < high:
            start, end = min(start, self.starts[low]), max(end, self.ends[high - 1])
        self.starts[low:high], self.ends[low:high] = [start], [end]

    def _met(self, fragment: _Fragment) -> tuple[int, int]:
        """The ranges that share a place with a fragment, from the first to before the second."""
        return bisect_right(self.ends, fragment.start), bisect_left(self.starts, fragment.end)


class _Pen(NamedTuple):
    """How a mark is written."""

    drawing: Drawing
    numbers: Sequence[tuple[int, ...]]
    palette: Palette

    def begin(self, fragment: _Fragment, *, again: bool) -> str:
        shape = self.drawing.shapes[fragment.shape]
        style = f"{self.palette.style(shape.label)};--lane:{fragment.lane * _STEP}px"
        opened = start_tag(
            "mark", style=style, title=shape.label, class_="again" if again else None
        )
        if again:
            return opened
        number = ", ".join(map(str, self.numbers[fragment.shape]))
        more = "\u00a0…" if fragment.number else ""
        name = f"{number}\u00a0{shape.label}{more}" if number else f"{shape.label}{more}"
        badge = element("span", words(name), hidden(":"), class_="badge", style=style)
        return opened + hidden("[") + badge + "\u2060"

    def end(self, *, last: bool) -> str:
        return (hidden("]") if last else "") + "</mark>"


def _parts(text: str, fragments: Sequence[_Fragment], pen: _Pen) -> Iterator[str]:
    """The text cut at every border, with marks opened and closed so that they nest."""
    starting = sorted(fragments, key=lambda f: (f.start, -f.lane, -f.end, f.shape))
    borders = sorted({0, len(text), *(f.start for f in fragments), *(f.end for f in fragments)})
    open_: list[_Fragment] = []
    place = 0
    for position, following in zip(borders, [*borders[1:], len(text)], strict=True):
        ending = next((n for n, f in enumerate(open_) if f.end == position), len(open_))
        for fragment in reversed(open_[ending:]):
            yield pen.end(last=fragment.end == position)
        crossing = [f for f in open_[ending:] if f.end != position]
        open_[ending:] = crossing
        yield from (pen.begin(fragment, again=True) for fragment in crossing)
        while place < len(starting) and starting[place].start == position:
            open_.append(starting[place])
            yield pen.begin(starting[place], again=False)
            place += 1
        yield escape(text[position:following])


def _by_label(text: str, shapes: Sequence[Shape], palette: Palette, *, after: str = "") -> Html:
    found: dict[str, list[Shape]] = {}
    for shape in shapes:
        found.setdefault(shape.label, []).append(shape)
    items = [
        element(
            "li",
            label_badge(label, palette),
            f" {len(own)}{after}: ",
            _quotes(text, own),
        )
        for label, own in found.items()
    ]
    return element("ul", items, class_="labels") if items else Html("")


def _ends(text: str, shapes: Sequence[Shape]) -> Html:
    if not shapes:
        return element("i", "none")
    return _quotes(text, shapes)


def _quote(text: str, shape: Shape) -> Html:
    return words(quoted(text, shape.fragments, most=200))


def _quotes(text: str, shapes: Sequence[Shape]) -> Html:
    items = [join([_quote(text, s), choices_in_brackets(s)]) for s in shapes]
    return join([part for item in items for part in ("; ", item)][1:])
