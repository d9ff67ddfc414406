"""Prodigy JSONL -> texts with drawings.

Of a line's keys `text`, `spans`, `relations`, `accept`, `label`, `answer` and the session's
annotator are read, and `choices` of a span or text and `meta.target` as `annotate export`
writes them. Texts that were rejected or ignored are counted. Offsets are code points.
The format: https://prodi.gy/docs/api-interfaces
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from annotate.errors import InputError
from annotate.formats.readers.base import Found, Imported, Reader, find_files
from annotate.formats.readers.lines import canonical, read_lines
from annotate.formats.readers.vocabulary import Vocabulary
from annotate.models import Target
from annotate.schemes.base import Drawing, Link, Scheme, Shape
from annotate.strict import RefusedError, decode_json

_LONGEST = 64_000_000


class _Span(msgspec.Struct):
    start: int
    end: int
    label: str | None = None
    """None where a relation ends at a token that is no span."""
    text: str | None = None
    id: str | int | None = None
    choices: dict[str, str] = {}


class _Relation(msgspec.Struct):
    head_span: _Span
    child_span: _Span
    label: str


class _Meta(msgspec.Struct):
    title: Any = None
    target: str | None = None
    target_kind: Any = None
    holder: str | None = None


class _Task(msgspec.Struct):
    text: str
    spans: list[_Span] = []
    relations: list[_Relation] = []
    accept: list[str | int] = []
    label: str | None = None
    choices: dict[str, str] = {}
    answer: str = "accept"
    meta: _Meta = msgspec.field(default_factory=_Meta)
    annotator: str | None = msgspec.field(name="_annotator_id", default=None)
    session: str | None = msgspec.field(name="_session_id", default=None)


_Key = tuple[int, int, str | None, str | int | None]
_TASK = msgspec.json.Decoder(_Task)


class Prodigy(Reader):
    """What `db-out` writes."""

    name = "prodigy"
    suffixes = (".jsonl",)
    tell_apart = "give the lines of each annotator an _annotator_id of their own"

    def check(self, scheme: Scheme[Any]) -> None:
        return

    def read(self, paths: Sequence[Path], words: Vocabulary) -> Iterator[Imported]:
        for found in find_files(paths, self.suffixes):
            for number, line in read_lines(found.path, longest=_LONGEST):
                if line.strip():
                    where = f"{found.path}: line {number}"
                    imported = _read_line(line, where, found, f"{found.path.stem} {number}", words)
                    if imported is not None:
                        yield imported


def _read_line(
    line: str, where: str, found: Found, name: str, words: Vocabulary
) -> Imported | None:
    raw = line.removeprefix("\ufeff").encode("utf-8")
    try:
        decode_json(raw)
        task = _TASK.decode(raw)
    except (RefusedError, msgspec.MsgspecError, RecursionError) as error:
        raise InputError(f"is no Prodigy task: {error}", where=where) from None
    if task.answer != "accept":
        words.not_held[f"text answered {task.answer}"] += 1
        return None
    text, way = canonical(task.text, where=where)
    words.account_text(task.text)
    title = task.meta.title if isinstance(task.meta.title, str) else name
    annotator = task.annotator or task.session or found.annotator
    target = _target(task.meta, where) if words.scheme.has_targets else None
    return Imported(where, title, text, _draw(task, way, words, where), annotator, target)


def _target(meta: _Meta, where: str) -> Target:
    if not meta.target:
        raise InputError("has no meta.target, which says what the stance is towards", where=where)
    kind = meta.target_kind or "entity"
    if kind not in ("entity", "proposition", "question"):
        raise InputError(f"meta.target_kind is {kind!r}", where=where)
    return Target(text=meta.target, kind=kind, holder=meta.holder or None)


def _draw(task: _Task, way: Callable[[int], int], words: Vocabulary, where: str) -> Drawing:
    shapes: list[Shape] = []
    places: dict[_Key, int | None] = {}
    for span in task.spans:
        _check_span(span, task.text, where)
        place = way(span.start), way(span.end)
        known = words.label(span.label or "", where)
        if known is not None and place[0] == place[1]:
            words.lose_span()
            known = None
        for name in (span.id, None):  # the copy in a relation may lack the id
            places.setdefault(_key(span, name), None if known is None else len(shapes))
        if known is None:
            if span.choices:
                words.not_held["attribute of a span left out"] += len(span.choices)
            continue
        chosen = dict(c for item in span.choices.items() if (c := words.choice(*item)))
        shapes.append(Shape(*known, (place,), chosen))
    return Drawing(
        tuple(shapes), tuple(_links(task, places, words, where)), _choices(task, words, where), ()
    )


def _links(
    task: _Task, places: dict[_Key, int | None], words: Vocabulary, where: str
) -> Iterator[Link]:
    for relation in task.relations:
        ends = (relation.head_span, relation.child_span)
        for end in ends:
            if end.label is not None and _key(end, end.id) not in places:
                raise InputError(f"a relation ends at no span: {_said(end)}", where=where)
        head, child = (places.get(_key(end, end.id)) for end in ends)
        if head is None or child is None:
            words.not_held["relation of a token, or of a span that was left out"] += 1
            continue
        if head == child:
            raise InputError(f"a relation joins a span to itself: {_said(ends[0])}", where=where)
        label = words.relation(relation.label, where)
        if label is not None:
            yield Link(head, child, label)


def _choices(task: _Task, words: Vocabulary, where: str) -> dict[str, str]:
    chosen: dict[str, str] = {}
    labels = [*map(str, task.accept), *([task.label] if task.label else []), *task.choices.values()]
    for value in labels:
        known = words.text_choice(value, where)
        if known is not None and chosen.setdefault(*known) != known[1]:
            words.miss(f"second value of {known[0]}: {value}", where)
    return chosen


def _key(span: _Span, name: str | int | None) -> _Key:
    """What a relation says of a span; an id alone does not name one, since two may share it."""
    return span.start, span.end, span.label, name


def _said(span: _Span) -> str:
    return f"{span.start} to {span.end}, {span.label!r}"


def _check_span(span: _Span, text: str, where: str) -> None:
    if not 0 <= span.start < span.end <= len(text):
        raise InputError(
            f"a span goes from {span.start} to {span.end} in a text of {len(text)} characters",
            where=where,
        )
    found = text[span.start : span.end]
    if span.text is not None and span.text != found:
        raise InputError(
            f"a span says {span.text!r}, the text at its offsets is {found!r}", where=where
        )


READER = Prodigy()
