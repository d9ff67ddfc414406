"""brat standoff -> texts with drawings.

A text-bound annotation with several ranges is one part in fragments; ranges with only line
breaks between them are one, since brat splits there itself. Where the scheme has no fragments
(entities) such an annotation becomes one span from its first character to its last. R lines
are relations, A (and the older M) lines choices. Events, notes, normalisations and equivalences
have no place in a scheme and are counted. Offsets are checked against the words that the file
gives for them, white space aside; a byte order mark and CRLF may count in them or not,
whichever agrees throughout.
The format: https://brat.nlplab.org/standoff.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from annotate.errors import InputError
from annotate.formats.brat import BREAKS
from annotate.formats.readers.base import Found, Imported, Reader, find_files
from annotate.formats.readers.lines import canonical, read_lines, read_text
from annotate.formats.readers.vocabulary import Vocabulary
from annotate.schemes.base import Drawing, Link, Shape

_LONGEST = 1_000_000
_TEXTS = (".txt", ".TXT", ".Txt")
_BOUND = re.compile(r"(\S+) ([0-9]{1,9} [0-9]{1,9}(?:;[0-9]{1,9} [0-9]{1,9})*)")
_ATTRIBUTE = re.compile(r"(\S+) (\S+)(?: (.+))?")
_RELATION = re.compile(r"(\S+) \S+?:(\S+) \S+?:(\S+)")
_ID = re.compile(r"([A-Za-z]|#)[A-Za-z]*[0-9]+\S*|\*")
_COUNTED = {"E": "event", "#": "note", "N": "normalisation", "*": "equivalence"}
_OF = {"E": "attribute of an event", "R": "attribute of a relation"}
_JOINABLE = re.compile(f"[{BREAKS}]+")

Ranges = tuple[tuple[int, int], ...]


class _Bound(NamedTuple):
    """A T line; offsets are those of the file."""

    name: str
    label: str
    ranges: Ranges
    """In the order of the line, which need not be that of the text."""
    said: str
    where: str


class Brat(Reader):
    """`.ann` files, each beside its `.txt`."""

    name = "brat"
    suffixes = (".ann",)

    def files(self, paths: Sequence[Path]) -> Iterator[Path]:
        for path in super().files(paths):
            yield from filter(None, (path, _text_of(path)))

    def read(self, paths: Sequence[Path], words: Vocabulary) -> Iterator[Imported]:
        for found in find_files(paths, self.suffixes):
            yield _read_file(found, words)


def _text_of(path: Path) -> Path | None:
    """The text beside an `.ann` file; None where there is none."""
    return next((p for s in _TEXTS if (p := path.with_suffix(s)).is_file()), None)


def _read_file(found: Found, words: Vocabulary) -> Imported:
    path = found.path
    if path.suffix.lower() != ".ann":
        raise InputError("is no .ann file", where=str(path))
    beside = _text_of(path)
    if beside is None:
        raise InputError(f"has no {path.with_suffix('.txt').name} beside it", where=str(path))
    raw = read_text(beside)
    file = _File(path, words)
    text, _ = canonical(raw, where=str(beside))
    words.account_text(raw)
    drawing = file.draw(text, _reading(raw, text, file.bounds, str(beside)))
    return Imported(str(path), path.stem, text, drawing, found.annotator)


def _reading(raw: str, text: str, bounds: Sequence[_Bound], where: str) -> Callable[[int], int]:
    """How the file's offsets become offsets in the canonical text, by what agrees throughout."""
    bare = raw.removeprefix("\ufeff")
    mark = len(raw) - len(bare)
    _, from_raw = canonical(raw, where=where)
    _, from_bare = canonical(bare, where=where)
    ways: list[tuple[str, Callable[[int], int]]] = [
        (text, lambda offset: offset),
        (raw, from_raw),
        (bare, from_bare),
        ("\ufeff" * mark + text, lambda offset: max(0, offset - mark)),
    ]
    for shown, way in ways:
        if all(_agrees(bound, shown) for bound in bounds):
            return way
    wrong = next(bound for bound in bounds if not _agrees(bound, text))
    found = " ".join(text[start:end] for start, end in wrong.ranges)
    raise InputError(
        f"{wrong.name} says {wrong.said!r}, the text at its offsets is {found!r}",
        where=wrong.where,
        do="offsets are code points into the .txt file; make the two agree",
    )


def _agrees(bound: _Bound, text: str) -> bool:
    """Whether the words of a T line are those at its offsets; none given agree with any."""
    if any(end > len(text) for _, end in bound.ranges):
        return False
    said = _flat(bound.said)
    for ranges in (bound.ranges, sorted(bound.ranges)):
        pieces = [text[start:end] for start, end in ranges]
        if said in ("", _flat(" ".join(pieces)), _flat("".join(pieces))):
            return True
    return False


def _flat(text: str) -> str:
    """White space as single spaces, none at the ends.

    A T line cannot show a line break or a tab, and what keeps files often trims lines.
    """
    return " ".join(text.split())


class _File:
    """The lines of one `.ann` file."""

    def __init__(self, path: Path, words: Vocabulary) -> None:
        self.words = words
        self.bounds: list[_Bound] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.relations: list[tuple[str, str, str, str]] = []
        self.known: set[str] = set()
        for number, line in read_lines(path, longest=_LONGEST):
            if line.strip():
                self._add(line, f"{path}: line {number}")
        self._check_ends(path)

    def draw(self, text: str, way: Callable[[int], int]) -> Drawing:
        """The drawing in the scheme's words, with offsets into the canonical text."""
        shapes: list[Shape] = []
        places: dict[str, int] = {}
        choices: dict[str, dict[str, str]] = {}
        for bound in self.bounds:
            known = self.words.label(bound.label, bound.where)
            if known is not None and (fragments := self._fragments(bound, text, way)):
                places[bound.name] = len(shapes)
                chosen = choices.setdefault(bound.name, {})
                shapes.append(Shape(*known, fragments, chosen))
        for target, name, value in self.attributes:
            if target not in places:
                self.words.not_held[_OF.get(target[0], "attribute of a span left out")] += 1
                continue
            attribute = self.words.choice(name, value)
            if attribute is None:
                continue
            if choices[target].setdefault(*attribute) != attribute[1]:
                self.words.not_held[f"second value of {attribute[0]} on one span"] += 1
        return Drawing(tuple(shapes), tuple(self._links(places)), {}, ())

    def _links(self, places: dict[str, int]) -> Iterator[Link]:
        for start, end, name, where in self.relations:
            if start not in places or end not in places:
                self.words.not_held["relation of a span or event that was left out"] += 1
                continue
            label = self.words.relation(name, where)
            if label is not None:
                yield Link(places[start], places[end], label)

    def _fragments(self, bound: _Bound, text: str, way: Callable[[int], int]) -> Ranges:
        """Its fragments in the canonical text; none where that has no character of it."""
        moved = ((way(start), way(end)) for start, end in bound.ranges)
        ranges = sorted((start, end) for start, end in moved if start < end)
        if not ranges:
            self.words.lose_span()
            return ()
        for _ in range(len(bound.ranges) - len(ranges)):
            self.words.lose_span("fragment")
        joined = ranges[:1]
        for start, end in ranges[1:]:
            if _JOINABLE.fullmatch(text, joined[-1][1], start):
                joined[-1] = (joined[-1][0], end)
            else:
                joined.append((start, end))
        if len(joined) > 1 and self.words.scheme.join is None:
            self.words.altered["span in fragments, made one from its start to its end"] += 1
            joined = [(joined[0][0], joined[-1][1])]
        return tuple(joined)

    def _add(self, line: str, where: str) -> None:
        name, _, rest = line.partition("\t")
        data, _, tail = rest.partition("\t")
        if not _ID.fullmatch(name):
            raise InputError(f"is no brat annotation: {line[:60]!r}", where=where)
        if name in self.known and name != "*":
            raise InputError(f"the id {name} is there already", where=where)
        self.known.add(name)
        if name[0] == "T":
            self.bounds.append(_bound(name, data, tail, where))
        elif name[0] in "AM":
            label, target, value = _match(_ATTRIBUTE, data.strip(), where)
            self.attributes.append((target, label, value))
        elif name[0] == "R":
            label, start, end = _match(_RELATION, data.strip(), where)
            if start == end:
                raise InputError(f"{name} joins {start} to itself", where=where)
            self.relations.append((start, end, label, where))
        else:
            self.words.not_held[_COUNTED.get(name[0], f"annotation of the kind {name[0]}")] += 1

    def _check_ends(self, path: Path) -> None:
        ends = [(e, w) for a, b, _, w in self.relations for e in (a, b)]
        ends += [(target, str(path)) for target, _, _ in self.attributes]
        for end, where in ends:
            if end not in self.known:
                raise InputError(f"there is no annotation {end}", where=where)


def _match(pattern: re.Pattern[str], data: str, where: str) -> tuple[str, ...]:
    found = pattern.fullmatch(data)
    if found is None:
        raise InputError(f"is no brat annotation: {data[:60]!r}", where=where)
    return found.groups()


def _bound(name: str, data: str, tail: str, where: str) -> _Bound:
    label, places = _match(_BOUND, data, where)
    ranges = [
        (int(start), int(end)) for start, end in (place.split() for place in places.split(";"))
    ]
    for start, end in ranges:
        if start >= end:
            raise InputError(f"{name} has the range {start} to {end}", where=where)
    if any(a[1] > b[0] for a, b in pairwise(sorted(ranges))):
        raise InputError(f"{name} has ranges that overlap", where=where)
    return _Bound(name, label, tuple(ranges), tail, where)


READER = Brat()
