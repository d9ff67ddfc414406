"""Rows of units -> rows of articles, with offsets into the article.

The text of an article is put together from the units that were gathered, each at its start; of
an annotator's row from those that they did, since in another they would seem to have found
nothing. What lies between is not in an export of annotations: every such character becomes a
line feed, so that offsets are those of the article as it was read, and is counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from annotate.articles.sources.unpack import LONGEST
from annotate.dataset.arrow.hashing import row_hasher
from annotate.dataset.rows import Row
from annotate.errors import InputError
from annotate.formats.base import Table
from annotate.formats.spool import RowSpool
from annotate.identity import unit_key
from annotate.schemes.columns import Column, ColumnType, ListOf, StructOf
from annotate.text import moment_order, text_sha256

_GAP = "\n"


class Lifted(NamedTuple):
    """A table of articles."""

    table: Table
    gaps: int
    """Characters of texts that lie in no unit of their rows; equal texts are counted once."""


def lift_table(table: Table, *, one_id: bool = False) -> Lifted:
    """Join the rows of each article (and annotator) into one, with the text of their units.

    Annotators who did other units of an article have other texts, and rows of other ids; with
    `one_id` those of spans have one, as votes on one token need it. Raises InputError for a scheme
    whose labels are of a text as a whole, where an article has several units: there is no one label
    for all; and where units of an article contradict one another, or one starts after the longest
    article that is read.
    """
    names = [column.name for column in table.columns]
    place, lifted, gaps = names.index("article_id"), RowSpool(), 0
    join, one_id = _Join(table), one_id and not table.scheme.of_texts
    for article, rows in groupby(table.rows, key=itemgetter(place)):  # whose key begins with it
        groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
        units: dict[int, str] = {}
        for row in rows:
            named = dict(zip(names, row, strict=True))
            _add_unit(units, article, named)
            context = tuple(table.scheme.context(named).values())
            groups[named.get("annotator"), context].append(row)
        whole, counted = _join_units(article, units), set()
        for number, own in enumerate(groups.values()):
            starts = tuple(row[names.index("unit_start")] for row in own)
            text = _join_units(article, {start: units[start] for start in starts})
            if starts not in counted:
                counted.add(starts)
                gaps += len(text) - sum(len(units[start]) for start in starts)
            made = join.rows(own, text, called=whole if one_id else text)
            lifted.add((article, made[names.index("id")], number), made)
    return Lifted(table._replace(rows=lifted), gaps)


def _add_unit(units: dict[int, str], article: str, row: dict[str, Any]) -> None:
    start, text = row["unit_start"], row["text"]
    if start > LONGEST:  # else one wrong number fills the memory
        raise InputError(
            f"starts at {start}, and no article that is read is so long",
            where=f"article {article}, unit_key {row['id']}",
            do="mend data.unit_start, or export without --lift",
        )
    if units.setdefault(start, text) != text:
        raise InputError(
            f"two units that start at {start} have different texts",
            where=f"article {article}",
            do="export without --lift",
        )


def _join_units(article: str, units: dict[int, str]) -> str:
    text = ""
    for start, piece in sorted(units.items()):
        if start < len(text):
            raise InputError(
                f"the unit at {start} lies inside another",
                where=f"article {article}",
                do="export without --lift",
            )
        text += _GAP * (start - len(text)) + piece
    return text


class _Join:
    """Joins the rows of one article."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.names = [column.name for column in table.columns]
        self.hash_row = row_hasher(table.columns)

    def rows(self, rows: Sequence[Row], text: str, *, called: str) -> Row:
        """One row of several units, or of one, at the offsets of the article's text.

        Its id is made of the text `called`.
        """
        first = dict(zip(self.names, rows[0], strict=True))
        values = dict(first)
        for place, column in enumerate(self.table.columns):
            if isinstance(column.type, ListOf) and column.name != "annotators":
                values[column.name] = self._joined_list(column, [row[place] for row in rows], rows)
        if len(rows) > 1:
            self._check_joinable(first)
        values |= self._task_values(first, rows, text, called)
        joined = tuple(values[name] for name in self.names)
        if "row_hash" in values:
            joined = (*joined[:-1], self.hash_row(joined))
        return joined

    def _check_joinable(self, first: dict[str, Any]) -> None:
        if self.table.scheme.of_texts:
            towards = f" towards {first['target']!r}" if self.table.scheme.has_targets else ""
            raise InputError(
                f"the labels of several units{towards} have no one label",
                where=f"article {first['article_id']}",
                do="export without --lift",
            )

    def _task_values(
        self, first: dict[str, Any], rows: Sequence[Row], text: str, called: str
    ) -> dict[str, Any]:
        context = tuple(self.table.scheme.context(first).values()) or None
        key = unit_key(
            article=first["article_id"],
            start=0,
            text=called,
            scheme=self.table.scheme.name,
            target=context,
        )
        lifted = {"id": key, "unit": "article", "unit_start": 0, "text": text}
        lifted["text_sha256"] = text_sha256(text)
        if "annotators" in first:
            asked = {name for names in self._column("annotators", rows) for name in names}
            lifted["annotators"] = sorted(asked)
            lifted["policy"] = "+".join(sorted(set(self._column("policy", rows))))
        else:
            times = self._column("lead_time", rows)
            lifted["lead_time"] = None if None in times else sum(times)
            made = filter(None, self._column("created_at", rows))
            lifted["created_at"] = max(made, key=moment_order, default=None)
        return lifted

    def _column(self, name: str, rows: Sequence[Row]) -> list[Any]:
        return [row[self.names.index(name)] for row in rows]

    def _joined_list(self, column: Column, lists: list[Any], rows: Sequence[Row]) -> list[Any]:
        item = column.type.item if isinstance(column.type, ListOf) else column.type
        numbered = _place_of_part(item)
        joined: list[Any] = []
        parts = 0
        for values, row in zip(lists, rows, strict=True):
            start = row[self.names.index("unit_start")]
            moved = [_shift(item, value, start) for value in values]
            if numbered is not None:
                moved = [_renumber(value, numbered, parts) for value in moved]
                parts += 1 + max((value[numbered] for value in values), default=-1)
            joined += moved
        return joined


def _shift(type_: ColumnType, value: Any, by: int) -> Any:
    """`value` with every `start` and `end` in it moved by `by` code points."""
    if value is None or not by:
        return value
    if isinstance(type_, ListOf):
        return [_shift(type_.item, item, by) for item in value]
    if isinstance(type_, StructOf):
        fields = zip(type_.fields, value, strict=True)
        return tuple(
            item + by if field.name in ("start", "end") else _shift(field.type, item, by)
            for field, item in fields
        )
    return value


def _place_of_part(type_: ColumnType) -> int | None:
    fields = type_.fields if isinstance(type_, StructOf) else ()
    return next((n for n, field in enumerate(fields) if field.name == "part"), None)


def _renumber(value: tuple[Any, ...], place: int, by: int) -> tuple[Any, ...]:
    return (*value[:place], value[place] + by, *value[place + 1 :])
