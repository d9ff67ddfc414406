"""Spans as brat standoff: a folder with `.txt`, `.ann` and `annotation.conf`.

A part in fragments is one text-bound annotation with several ranges; a relation is an R line, a
choice an A line, without a value where its control has only one. Values equal to the default
are left out. Names keep ASCII letters, digits, `-` and `_`, which is all that brat takes in its
configuration. brat has one annotation a line, so a range that a line break crosses is written as
two; reading joins them again. Line ends of the text become LF, since brat counts each as one.
Offsets are code points. The configuration lets spans overlap, which brat calls an error without
it. Holds everything but ranges of line breaks alone.
The format: https://brat.nlplab.org/standoff.html
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import chain, count
from pathlib import Path

from annotate.dataset.shown.excerpt import joined
from annotate.formats.base import Document, Losses, SpanFormat, Table, names_of
from annotate.formats.paths import file_stem
from annotate.schemes.label_config import LabelConfig

BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""What ends a line for Python's readers of text, brat's server among them."""
_PIECE = re.compile(f"[^{BREAKS}]+")
_CRLF = re.compile("\r\n?")
_OVERLAP = "<OVERLAP>\tArg1:<ENTITY>, Arg2:<ENTITY>, <OVL-TYPE>:<ANY>\n"
_NO_NAME = re.compile(r"[^A-Za-z0-9_-]+|^-+$")


class Brat(SpanFormat):
    """A folder that brat's server takes as a collection."""

    name = "brat"
    suffix = ""
    not_held = "id and title (but in the name of the file), date, url and votes"

    def write(self, table: Table, path: Path) -> Losses:
        losses, names = Losses(), _names(table, self.name)
        path.mkdir()
        _save(path / "annotation.conf", _conf(table, names))
        for document in table.documents():
            stem = file_stem(document.row)
            lines = _Lines(document, table.config, names, losses)
            _save(path / f"{stem}.ann", lines.all())
            _save(path / f"{stem}.txt", [_CRLF.sub("\n", document.text)])
        return losses


def _save(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        out.writelines(lines)


class _Lines:
    """The lines of one `.ann` file."""

    def __init__(
        self, document: Document, config: LabelConfig, names: dict[str, str], losses: Losses
    ) -> None:
        self.text, self.drawing = document.text, document.drawing
        self.config, self.names, self.losses = config, names, losses
        # brat reads CRLF as one character: every one before an offset counts one less
        self.extra = [found.start() + 1 for found in re.finditer("\r\n", self.text)]

    def all(self) -> Iterator[str]:
        """T lines, then A, then R; ids count from 1."""
        ids: dict[int, str] = {}
        for place, shape in enumerate(self.drawing.shapes):
            ranges = self._ranges(shape.fragments)
            if not ranges:
                self.losses.lose("span of line breaks alone")
                continue
            ids[place] = f"T{len(ids) + 1}"
            where = ";".join(f"{self._shown(start)} {self._shown(end)}" for start, end in ranges)
            said = " ".join(self.text[start:end] for start, end in ranges)
            yield f"{ids[place]}\t{self._name(shape.label)} {where}\t{said}\n"
        yield from self._attributes(ids)
        yield from self._relations(ids)
        self.losses.lose_undecided(self.drawing)

    def _attributes(self, ids: dict[int, str]) -> Iterator[str]:
        number = 0
        for place, shape in enumerate(self.drawing.shapes):
            for control, value in shape.choices.items():
                if place not in ids:
                    self.losses.lose(f"{control} of a span")
                    continue
                number += 1
                shown = "" if _is_binary(self.config, control) else f" {self._name(value)}"
                yield f"A{number}\t{control} {ids[place]}{shown}\n"

    def _relations(self, ids: dict[int, str]) -> Iterator[str]:
        number = 0
        for start, end, label in self.drawing.links:
            if start not in ids or end not in ids:
                self.losses.lose(f"relation {label}")
                continue
            number += 1
            yield f"R{number}\t{self._name(label)} Arg1:{ids[start]} Arg2:{ids[end]}\n"

    def _name(self, name: str) -> str:
        """What brat has for a label, choice or relation; counts it where that is another name."""
        shown = self.names.get(name, name)
        self.losses.alter_name(name, shown)
        return shown

    def _ranges(self, fragments: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
        """Fragments without line breaks, disjoint and in order, as brat wants them."""
        pieces: list[tuple[int, int]] = []
        empty = 0
        apart = joined(fragments)
        overlaps = len(fragments) - len(apart)
        self.losses.alter("fragments that overlap, joined into one", overlaps)
        for start, end in apart:
            found = [(m.start(), m.end()) for m in _PIECE.finditer(self.text, start, end)]
            if found and (found[0][0] > start or found[-1][1] < end):
                self.losses.alter("span with a line break at its border, cut off")
            if pieces and found and self._only_breaks(pieces[-1][1], found[0][0]):
                self.losses.alter("fragments with only line breaks between, read back as one")
            pieces += found
            empty += not found
        if pieces:
            self.losses.lose("fragment of line breaks alone", empty)
        return pieces

    def _only_breaks(self, start: int, end: int) -> bool:
        return start < end and not _PIECE.search(self.text, start, end)

    def _shown(self, offset: int) -> int:
        return offset - bisect_right(self.extra, offset)


def _names(table: Table, what: str) -> dict[str, str]:
    """Every label, choice, relation and control of a table -> its name in brat.

    What brat does not take becomes `_`, with a number where another has that name already.
    """
    controls = [control.name for control in table.config.controls.values()]
    words = dict.fromkeys([*names_of(table.config, what), *controls, *table.scheme.relations])
    names = {word: word for word in words if not _NO_NAME.search(word)}
    taken = set(names)
    for word in words:
        if word not in names:
            plain = _NO_NAME.sub("_", word)
            numbered = (f"{plain}_{number}" for number in count(2))
            names[word] = next(name for name in chain([plain], numbered) if name not in taken)
            taken.add(names[word])
    return names


def _is_binary(config: LabelConfig, control: str) -> bool:
    return len(config.values(control)) == 1


def _conf(table: Table, names: dict[str, str]) -> list[str]:
    """brat's own configuration: what types there are."""
    config = table.config
    lines = ["[entities]\n"]
    for control in config.controls.values():
        if control.tag == "Labels":
            lines += [f"{names[value]}\n" for value in control.values]
    lines.append("[relations]\n")
    # also those of the scheme that the config lacks, which it may
    labels = dict.fromkeys([*config.relations.values(), *table.scheme.relations])
    labels.pop(table.scheme.join or "", None)
    lines += [f"{names[label]}\tArg1:<ENTITY>, Arg2:<ENTITY>\n" for label in labels]
    lines += [_OVERLAP, "[events]\n", "[attributes]\n"]
    for control in config.controls.values():
        if control.tag == "Choices" and control.per_region:
            values = "|".join(names[value] for value in control.values)
            shown = "" if _is_binary(config, control.name) else f", Value:{values}"
            lines.append(f"{names[control.name]}\tArg:<ENTITY>{shown}\n")
    return lines


FORMATS = (Brat(),)
