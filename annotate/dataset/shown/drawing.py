"""A row with labels by name -> lines of text with its labels drawn below.

Every line of the text is followed by one line for each layer of labels: a bar
as wide as the span, with a number and the label's name where there is room. A
list of all labels, relations and choices comes after the text. Control
characters of the text are shown as symbols, so that no text can move the
cursor, and wide characters count two columns.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from annotate.dataset.shown.excerpt import joined
from annotate.schemes.base import Drawing, Scheme, Shape
from annotate.text import visible

_LEAST_WIDTH = 20
_QUOTED = 60


class _Bar(NamedTuple):
    """A fragment of a shape."""

    start: int
    end: int
    name: str


def draw_row(row: Mapping[str, Any], scheme: Scheme[Any], *, width: int) -> str:
    """Draw a gold row (or one annotator's, with the text of its gold row)."""
    text, drawing = row["text"], scheme.draw(row)
    bars = [
        _Bar(start, end, f"{number} {visible(shape.label)}")
        for number, shape in enumerate(drawing.shapes, 1)
        for start, end in shape.fragments
    ]
    lines = [
        line
        for start, end in _wrap(text, max(width, _LEAST_WIDTH))
        for line in _draw_line(text, start, end, bars)
    ]
    known = {name: row[name] for name in ("id", "title", "date", "url")} | scheme.context(row)
    facts = [f"{name}: {visible(str(value))}" for name, value in known.items() if value]
    return "\n".join([*facts, "", *lines, "", *_list(drawing, text)])


def _columns(character: str) -> int:
    """How many columns of the terminal a visible character takes, as wcwidth of M. Kuhn has it."""
    # marks, and the vowels and finals of Korean letters that are spelled out
    if unicodedata.category(character) in ("Mn", "Me") or "\u1160" <= character <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _wrap(text: str, width: int) -> Iterator[tuple[int, int]]:
    """Ranges of the text that fit into a line, broken after a space where there is one."""
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        while start < end or not line:
            stop, used = start, 0
            while stop < end and used + _columns(visible(text[stop])) <= width:
                used += _columns(visible(text[stop]))
                stop += 1
            space = text.rfind(" ", start, stop)
            if stop < end and space > start:
                stop = space + 1
            yield start, stop
            start = stop
            if not line:
                break
        start = end + 1


def _draw_line(text: str, start: int, end: int, bars: Sequence[_Bar]) -> Iterator[str]:
    """A line of the text and the bars below it; the longest bars come first."""
    shown = [visible(character) for character in text[start:end]]
    yield "".join(shown).rstrip()
    places = [0]
    for character in shown:
        places.append(places[-1] + _columns(character))
    here = [bar for bar in bars if bar.start < end and bar.end > start]
    layers: list[list[tuple[int, str]]] = []
    for bar in sorted(here, key=lambda bar: (bar.start - bar.end, bar.start)):
        left = places[max(bar.start, start) - start]
        right = places[min(bar.end, end) - start]
        drawn = _bar(bar, right - left, opens=bar.start >= start, closes=bar.end <= end)
        layer = next((own for own in layers if _is_free(own, left, left + len(drawn))), None)
        if layer is None:
            layers.append(layer := [])
        layer.append((left, drawn))
    for layer in layers:
        line = ""
        for left, drawn in sorted(layer):
            line = line.ljust(left) + drawn
        yield line


def _bar(bar: _Bar, width: int, *, opens: bool, closes: bool) -> str:
    """`└2 Source──┘`; at least the number, even where that is wider than the span."""
    number = bar.name.split(" ", 1)[0]
    ends = ("└" if opens else "─", "┘" if closes else "─")
    room = width - 2
    if room < len(number):
        return f"└{number}"
    return ends[0] + bar.name[:room].ljust(room, "─") + ends[1]


def _is_free(layer: Sequence[tuple[int, str]], left: int, right: int) -> bool:
    return all(right <= start or left >= start + len(drawn) for start, drawn in layer)


def _list(drawing: Drawing, text: str) -> Iterator[str]:
    """Every label by its number, with its words, its choices and what it is linked to."""
    links: dict[int, list[str]] = {}
    for start, end, label in drawing.links:
        links.setdefault(start, []).append(f"{label} {end + 1}")
    for number, shape in enumerate(drawing.shapes):
        said = visible("; ".join([*shape.said, *links.get(number, [])]))
        more = f" ({said})" if said else ""
        yield f"{number + 1:>3} {visible(shape.label)}: {_words(shape, text)}{more}"
    for control, value in drawing.choices.items():
        yield f"    {control}: {visible(value)}"
    for control in drawing.undecided:
        yield f"    {control}: undecided"
    if not drawing.labels and not drawing.undecided:
        yield "    no labels"


def _words(shape: Shape, text: str) -> str:
    quoted = visible(" … ".join(text[start:end] for start, end in joined(shape.fragments)))
    return quoted if len(quoted) <= _QUOTED else quoted[: _QUOTED - 1] + "…"
