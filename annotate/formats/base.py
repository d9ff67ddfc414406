"""What every export format gives, and what it is given.

Rows go in, as tuples with labels by name; a file or a folder comes out, with the account of
what the format could not hold. A format refuses a scheme that it has no place for.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, NamedTuple

import msgspec

from annotate.dataset.rows import named_row
from annotate.errors import InputError
from annotate.formats.spool import RowSpool
from annotate.schemes.base import Drawing, Scheme, Shape
from annotate.schemes.columns import Column
from annotate.schemes.label_config import LabelConfig

METADATA = ("article_id", "title", "date", "url", "target", "target_kind", "holder")
"""Columns that formats with metadata hold there."""
_SPACES = re.compile(r"\s+")


class Document(NamedTuple):
    """One row on its way out."""

    row: dict[str, Any]
    """The row by column names; `annotator` stands in it where it is one annotator's."""
    drawing: Drawing

    @property
    def text(self) -> str:
        """The text that all offsets refer to."""
        text: str = self.row["text"]
        return text

    @property
    def annotator(self) -> str | None:
        """The pseudonym of whose work this is; None for gold."""
        return self.row.get("annotator")


class Table(NamedTuple):
    """Rows to export, all gold or all of single annotators."""

    scheme: Scheme[Any]
    config: LabelConfig
    columns: tuple[Column, ...]
    rows: RowSpool
    ties: int
    """Labels that the policy dropped as tied."""

    def documents(self) -> Iterator[Document]:
        """Each row with its drawing."""
        for row in self.rows:
            named = named_row(self.columns, row)
            yield Document(named, self.scheme.draw(named))


class Losses:
    """What a format could not hold: labels that are missing, and labels that came out altered."""

    def __init__(self) -> None:
        self.lost: Counter[str] = Counter()
        self.altered: Counter[str] = Counter()

    def lose(self, what: str, labels: int = 1) -> None:
        """Count `labels` that are not in the output."""
        if labels:
            self.lost[what] += labels

    def alter(self, what: str, labels: int = 1) -> None:
        """Count `labels` that are in the output, but not as they were."""
        if labels:
            self.altered[what] += labels

    def alter_name(self, name: str, shown: str) -> None:
        """Count a label, choice or relation that is in the output under another name."""
        self.alter(f"name {name!r}, written {shown}", shown != name)

    def lose_text(self) -> None:
        """Count a text that holds white space alone, where a format has no place for it."""
        self.lose("text without a visible character")

    def lose_undecided(self, drawing: Drawing) -> None:
        """Count values that annotators left tied: unset is all that a drawing can say."""
        for control in drawing.undecided:
            self.alter(f"{control} left tied by the annotators, which reads back as unset")

    def lose_choices(self, drawing: Drawing, *, kept: str = "") -> None:
        """Count the choices of a drawing, but for those of the control `kept`."""
        for shape in drawing.shapes:
            self.lose_choices_of(shape)
        for control in drawing.choices:
            if control != kept:
                self.lose(f"{control} of a text")

    def lose_choices_of(self, shape: Shape) -> None:
        """Count the choices on one shape."""
        for control in shape.choices:
            self.lose(f"{control} of a span")

    def lose_structure(self, drawing: Drawing) -> None:
        """Count relations, and what joins the fragments of one part."""
        for link in drawing.links:
            self.lose(f"relation {link.label}")
        for shape in drawing.shapes:
            self.lose("tie between fragments of one part", len(shape.fragments) - 1)

    def add(self, other: Losses) -> None:
        """Add the account of another part of the same export."""
        self.lost.update(other.lost)
        self.altered.update(other.altered)


class Format(ABC):
    """A file format that gold, or the work of single annotators, can be exported to."""

    name: ClassVar[str]
    suffix: ClassVar[str]
    """Of its file; empty where it is a folder."""
    holds_annotator: ClassVar[bool] = False
    """Whether the work of several annotators goes into one file; else each has its own."""
    of_annotators: ClassVar[bool] = False
    """Whether it holds votes, so that it is always made of single annotators' work."""
    not_held: ClassVar[str] = ""
    """What of each row, besides labels, has no place in it."""

    def check(self, scheme: Scheme[Any]) -> None:
        """Raise InputError for a scheme that the format has no place for."""
        return

    @abstractmethod
    def write(self, table: Table, path: Path) -> Losses:
        """Write `table` to `path`, which does not exist yet."""


class SpanFormat(Format):
    """A format of spans: a scheme whose labels stand on a whole text has no place in it."""

    def check(self, scheme: Scheme[Any]) -> None:
        if scheme.of_texts:
            raise InputError(
                f"{self.name} has no place for the scheme {scheme.name}, whose labels belong to "
                "whole texts",
                do="use jsonl, parquet, csv, label-studio, prodigy, argilla or spacy",
            )


def write_array(out: BinaryIO, items: Iterable[Any]) -> None:
    """Write a JSON array, one item a line."""
    out.write(b"[")
    for number, item in enumerate(items):
        out.write(b",\n" if number else b"\n")
        out.write(msgspec.json.encode(item))
    out.write(b"\n]\n")


def names_of(config: LabelConfig, what: str) -> list[str]:
    """Every label, choice and relation of a config, in its order; raises InputError for an empty
    one."""
    names = [value for control in config.controls.values() for value in control.values]
    names += config.relations.values()
    if "" in names:
        raise InputError(f"{what} has no place for an empty name", where=config.where)
    return list(dict.fromkeys(names))


def one_word_names(config: LabelConfig, what: str) -> dict[str, str]:
    """Every label, choice and relation of a config -> its name without white space.

    For formats whose fields end at white space. Raises InputError where two become one, and for
    an empty one.
    """
    names = {name: _SPACES.sub("_", name) for name in names_of(config, what)}
    first: dict[str, str] = {}
    for name, word in names.items():
        other = first.setdefault(word, name)
        if other != name:
            raise InputError(
                f"{what} has no white space in names, and would write {other!r} and {name!r} alike",
                where=config.where,
                do="rename one with --map",
            )
    return names
