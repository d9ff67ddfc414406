"""Spans as WebAnno TSV 3.3, which INCEpTION reads: a folder with one file a row.

Offsets are UTF-16 units, as its specification says. A scheme without relations uses the layer
NamedEntity, which every project has; one with relations uses the span layer
`webanno.custom.Annotate` with `label` and the scheme's choices as features, and the relation
layer `webanno.custom.AnnotateLink` with `label`, which the project must have first. A line of the
text is a sentence. Borders inside a token become sub-tokens. Holds nested spans, and fragments
as spans that a relation joins; a span cannot begin or end with white space.
The format: https://inception-project.github.io/releases/33.0/docs/user-guide.html#sect_webannotsv
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from annotate.formats.base import Document, Losses, SpanFormat, Table
from annotate.formats.paths import file_stem
from annotate.formats.tokens import tokens_of
from annotate.schemes.base import Shape
from annotate.tokens import token_places

_ENTITY = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
_SPAN, _LINK = "webanno.custom.Annotate", "webanno.custom.AnnotateLink"
_VALUE = {c: f"\\{c}" for c in "\\[]|_;*"} | {"\t": "\\t", "\n": "\\n"}
_TEXT = {chr(n): f"\\{chr(n)}" for n in range(32) if not 7 < n < 14}
_TEXT |= {"\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", "\b": "\\b", "\\": "\\\\"}


class Webanno(SpanFormat):
    """A folder of `.tsv` files."""

    name = "webanno"
    suffix = ""
    not_held = "id and title (but in the name of the file), date, url and votes"

    def write(self, table: Table, path: Path) -> Losses:
        losses, layers = Losses(), _Layers(table)
        path.mkdir()
        for document in table.documents():
            file = _File(document, layers, losses)
            if not file.tokens:
                losses.lose_text()
                continue
            with (path / f"{file_stem(document.row)}.tsv").open(
                "w", encoding="utf-8", newline="\n"
            ) as out:
                out.writelines(file.lines())
        return losses


class _Layers:
    """The layers that a scheme's labels go to."""

    def __init__(self, table: Table) -> None:
        self.join = table.scheme.join
        controls = [need.name for need in table.scheme.needs if need.per_region]
        self.features = ["label", *controls] if table.scheme.relations else ["value"]
        self.choices = self.features[1:]
        self.links = bool(table.scheme.relations)

    def header(self) -> str:
        span = _SPAN if self.links else _ENTITY
        lines = ["#FORMAT=WebAnno TSV 3.3", f"#T_SP={'|'.join([span, *self.features])}"]
        if self.links:
            lines.append(f"#T_RL={_LINK}|label|BT_{_SPAN}")
        return "\n".join(lines) + "\n\n"


class _Unit(NamedTuple):
    """A line of the table: a token, or a part of one; offsets are code points."""

    start: int
    end: int
    name: str


class _Drawn(NamedTuple):
    """One span as it is written: its number and the units that it stands on."""

    number: int
    shape: Shape
    units: list[tuple[int, int]]


class _File:
    """One document as the lines of its file."""

    def __init__(self, document: Document, layers: _Layers, losses: Losses) -> None:
        self.text, self.layers, self.losses = document.text, layers, losses
        self.tokens = token_places(self.text)
        self.utf16 = _utf16_offsets(self.text)
        self.by_unit: dict[tuple[int, int], list[_Drawn]] = defaultdict(list)
        self.links: dict[tuple[int, int], list[tuple[str, _Drawn, _Drawn]]] = defaultdict(list)
        self.names: dict[tuple[int, int], str] = {}
        self.parts: dict[int, set[tuple[int, int]]] = defaultdict(set)
        self._place(document)

    def lines(self) -> Iterator[str]:
        """The file, line by line."""
        yield self.layers.header()
        sentences = list(_sentences(self.text, self.tokens))
        units = [
            list(self._units(number, tokens)) for number, (tokens, _) in enumerate(sentences, 1)
        ]
        self.names = {(u.start, u.end): u.name for found in units for u in found}
        for (_, shown), found in zip(sentences, units, strict=True):
            yield "\n"  # ahead of a sentence: none may follow the last
            for line in shown.split("\n"):
                yield f"#Text={''.join(_TEXT.get(c, c) for c in line)}\n"
            for unit in found:
                yield self._line(unit)

    def _place(self, document: Document) -> None:
        drawing, number = document.drawing, 0
        drawn: list[list[_Drawn]] = []
        for shape in drawing.shapes:
            drawn.append([])
            for start, end in shape.fragments:
                units = self._cover(start, end)
                if not units:
                    self.losses.lose("span without a visible character")
                    continue
                number += 1
                drawn[-1].append(_Drawn(number, shape, units))
                for unit in units:
                    self.by_unit[unit].append(drawn[-1][-1])
            for before, after in pairwise(drawn[-1]):
                self._link(before, after, self.layers.join or "")
            if not self.layers.links or not drawn[-1]:
                self.losses.lose_choices_of(shape)
        for start, end, label in drawing.links:
            if drawn[start] and drawn[end]:
                self._link(drawn[start][0], drawn[end][0], label)
            else:
                self.losses.lose(f"relation {label}")
        self.losses.lose_undecided(drawing)

    def _link(self, start: _Drawn, end: _Drawn, label: str) -> None:
        self.links[end.units[0]].append((label, start, end))

    def _cover(self, start: int, end: int) -> list[tuple[int, int]]:
        """The tokens of a span, whole or in part."""
        inside = [self.tokens[n] for n in tokens_of(self.tokens, start, end)]
        units = [(max(start, a), min(end, b)) for a, b in inside]
        for token, unit in zip(inside, units, strict=True):
            if unit != token:
                self.parts[token[0]].add(unit)
        if units and (units[0][0] > start or units[-1][1] < end):
            self.losses.alter("span with white space at its border, cut off")
        return units

    def _units(self, sentence: int, tokens: list[tuple[int, int]]) -> Iterator[_Unit]:
        for number, (start, end) in enumerate(tokens, 1):
            yield _Unit(start, end, f"{sentence}-{number}")
            for place, part in enumerate(sorted(self.parts[start]), 1):
                yield _Unit(*part, f"{sentence}-{number}.{place}")

    def _line(self, unit: _Unit) -> str:
        drawn = self.by_unit.get((unit.start, unit.end), [])
        columns = []
        for feature in self.layers.features:
            values = [f"{self._value(item.shape, feature)}[{item.number}]" for item in drawn]
            columns.append("|".join(values) or "_")
        if self.layers.links:
            links = self.links.get((unit.start, unit.end), [])
            columns.append("|".join(_escape(label) or "*" for label, _, _ in links) or "_")
            ends = [
                f"{self.names[start.units[0]]}[{start.number}_{end.number}]"
                for _, start, end in links
            ]
            columns.append("|".join(ends) or "_")
        place = f"{self.utf16[unit.start]}-{self.utf16[unit.end]}"
        shown = self.text[unit.start : unit.end]
        return "\t".join([unit.name, place, shown, *columns]) + "\t\n"

    def _value(self, shape: Shape, feature: str) -> str:
        if feature in self.layers.choices:
            return _escape(shape.choices.get(feature, "")) or "*"
        return _escape(shape.label)


def _sentences(
    text: str, tokens: list[tuple[int, int]]
) -> Iterator[tuple[list[tuple[int, int]], str]]:
    """The tokens of each line that has any, with the text that its sentence shows.

    A sentence goes on to the first token of the next, so that white space is kept; its reader
    adds the line feed that ends it.
    """
    groups: list[list[tuple[int, int]]] = []
    end = 0
    for token in tokens:
        if not groups or any(c in "\r\n" for c in text[end : token[0]]):
            groups.append([])
        groups[-1].append(token)
        end = token[1]
    starts = [group[0][0] for group in groups]
    for group, after in zip(groups, [*starts[1:], len(text)], strict=True):
        yield group, text[group[0][0] : after].removesuffix("\n")


def _utf16_offsets(text: str) -> list[int]:
    """The offset in UTF-16 units of every code point, and of the end."""
    offsets = [0]
    for character in text:
        offsets.append(offsets[-1] + (2 if ord(character) > 0xFFFF else 1))
    return offsets


def _escape(value: str) -> str:
    return "".join(_VALUE.get(c, c) for c in value).replace("->", "\\->")


FORMATS = (Webanno(),)
