"""Label Studio JSON -> raw tasks, one at a time.

A full export, a snapshot, pages of a task list, webhook payloads, the old
`completions`; as an array, one document, or JSON Lines. JSON_MIN, CSV, TSV,
CoNLL and a login page are refused by name: they have lost relations or never
held annotations. Only one task is decoded at once; whether its JSON can be taken
at its word is checked when it is decoded to be used (`decode_checked`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from annotate.annotations.raw import WholeTask
from annotate.annotations.source import Source
from annotate.annotations.webhook import Events
from annotate.errors import ExportError
from annotate.strict import (
    RefusedError,
    decode_json,
    decode_typed,
    mark_lone_surrogates,
    unmark,
)
from annotate.text import wide_encoding

_EXPORT_JSON = "export the project as JSON (not JSON_MIN or CSV), or use `annotate pull`"
_BOM = b"\xef\xbb\xbf"
_ZIP = b"PK\x03\x04"
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_VISIBLE = re.compile(rb"\S")
_CONLL = re.compile(rb"-DOCSTART-|\S+[ \t]\S+[ \t]\S+[ \t][BIO](-\S+)?\n")


class RawTask(msgspec.Struct, gc=False):
    """A task before it is checked: nothing of its annotations is decoded."""

    id: int | str | None = None
    data: dict[str, Any] | None = None
    tasks: list[msgspec.Raw] | None = None
    action: str | None = None
    annotation_id: Any = None
    annotator: Any = None
    lone_surrogate: bool = False
    """Whether half of a surrogate pair stood in it, and was replaced."""
    raw: Any = b""
    """The bytes that it was decoded from."""


_TASK = msgspec.json.Decoder(RawTask)
_WHOLE = msgspec.json.Decoder(WholeTask)
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


def read_tasks(source: Source) -> Iterator[RawTask]:
    """Yield the tasks of an export; raises ExportError for anything else."""
    _refuse_other_formats(source)
    documents, marked = _documents(source)
    events = Events()
    count = 0
    for place, raw in documents:
        for task in _tasks_of(raw, events, f"{source.name}: {place}", marked):
            count += 1
            yield task
    for folded in events.tasks():
        count += 1
        yield _decode(folded, f"{source.name}: events", marked)
    if not count:
        raise ExportError("holds no task", where=source.name, do=_EXPORT_JSON)


def decode_checked(raw: msgspec.Raw | bytes, where: str) -> WholeTask:
    """The task of bytes that `read_tasks` gave; ExportError where they cannot be trusted."""
    try:
        return decode_typed(raw, _WHOLE)
    except RefusedError as error:
        raise ExportError(str(error), where=where) from None
    except msgspec.ValidationError as error:
        raise ExportError(f"is not a Label Studio task: {error}", where=where) from None


def has_bom(source: Source) -> bool:
    """Whether the input begins with a byte order mark."""
    return bytes(source.data[:3]) == _BOM


def _refuse_other_formats(source: Source) -> None:
    begin = _begin(source)
    if begin == len(source.data):
        raise ExportError("is empty", where=source.name, do=_EXPORT_JSON)
    start = bytes(source.data[begin : begin + 4096])
    if start[:1] in b"[{":
        return
    line = start.split(b"\n", 1)[0]
    if wide := wide_encoding(start):
        kind, do = f"is {wide}, not UTF-8", "save it as UTF-8"
    elif start[:4] == _ZIP:
        kind, do = "is a zip archive", "unpack it, and name the JSON files in it"
    elif _BINARY.search(start):
        kind, do = "is neither JSON nor packed with gzip or zstd", _EXPORT_JSON
    elif start[:1] == b"<":
        kind, do = "is HTML, perhaps the login page", "check the address and the token"
    elif _CONLL.match(start):
        kind, do = "is a CoNLL file, which has lost offsets and relations", _EXPORT_JSON
    elif b"\t" in line:
        kind, do = "is a TSV export, which has lost relations", _EXPORT_JSON
    elif b"," in line:
        kind, do = "is a CSV export, which has lost relations", _EXPORT_JSON
    else:
        kind, do = "is not JSON", _EXPORT_JSON
    raise ExportError(kind, where=source.name, do=do)


def _begin(source: Source) -> int:
    """Where the first byte stands that is neither byte order mark nor white space."""
    found = _VISIBLE.search(source.data, 3 if has_bom(source) else 0)
    return found.start() if found else len(source.data)


def _documents(source: Source) -> tuple[Iterable[tuple[str, msgspec.Raw]], bool]:
    """The entries of an array, the lines of JSON Lines, or the one document, with their places.

    And whether lone surrogates are marked in them: with one no array can be taken apart, so
    nobody need look for them in one that can.
    """
    begin = _begin(source)
    is_array = source.data[begin : begin + 1] == b"["
    if is_array:
        with suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return _numbered(_ARRAY.decode(_content(source))), False
    marked = mark_lone_surrogates(source.data)
    source = source._replace(data=marked or source.data)
    return _entries(source) if is_array else _lines(source), marked is not None


def _content(source: Source) -> memoryview:
    return memoryview(source.data)[3 if has_bom(source) else 0 :]


def _numbered(entries: Sequence[msgspec.Raw]) -> Iterator[tuple[str, msgspec.Raw]]:
    return ((f"entry {number}", raw) for number, raw in enumerate(entries, 1))


def _entries(source: Source) -> Iterator[tuple[str, msgspec.Raw]]:
    try:
        return _numbered(_ARRAY.decode(_content(source)))
    except RecursionError:
        raise ExportError("is nested too deep", where=source.name) from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ExportError(f"is not whole JSON: {error}", where=source.name) from None


def _lines(source: Source) -> Iterator[tuple[str, msgspec.Raw]]:
    data, start = memoryview(source.data), _begin(source)
    if not _is_document(data[start : _line_end(source, start)]):
        yield "entry 1", msgspec.Raw(data[start:])
        return
    number = bytes(data[:start]).count(b"\n")
    while start < len(data):
        end, number = _line_end(source, start), number + 1
        if _VISIBLE.search(source.data, start, end):
            yield f"line {number}", msgspec.Raw(data[start:end])
        start = end + 1


def _line_end(source: Source, start: int) -> int:
    found = source.data.find(b"\n", start)
    return len(source.data) if found < 0 else found


def _is_document(line: memoryview) -> bool:
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return True


def _tasks_of(raw: msgspec.Raw, events: Events, where: str, marked: bool) -> Iterator[RawTask]:
    task = _decode(raw, where, marked)
    if task.action is not None:
        events.add(_decode_strictly(bytes(raw), where), where)
    elif task.data is None and task.tasks is not None:
        # marks of a page are those of its tasks
        page = _TASK.decode(raw) if task.lone_surrogate else task
        for number, inner in enumerate(page.tasks or [], 1):
            yield from _tasks_of(inner, events, f"{where}, entry {number}", marked)
    elif task.data is not None:
        yield task
    elif task.annotation_id is not None or task.annotator is not None:
        raise ExportError(
            "is a JSON_MIN export, which has lost relations", where=where, do=_EXPORT_JSON
        )
    else:
        raise ExportError("has no data", where=where, do=_EXPORT_JSON)


def _decode(raw: msgspec.Raw | bytes, where: str, marked: bool) -> RawTask:
    data, replaced = unmark(bytes(raw)) if marked else (raw, False)
    try:
        task = _TASK.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        _decode_strictly(bytes(data), where)
        raise ExportError(f"is not a Label Studio task: {error}", where=where) from None
    task.lone_surrogate = replaced
    task.raw = data if replaced else raw
    return task


def _decode_strictly(data: bytes, where: str) -> Any:
    try:
        return decode_json(data)
    except RefusedError as error:
        raise ExportError(str(error), where=where) from None
