"""Exports -> the checked annotations of every task, and the ledger.

Inputs are read once; what is held of them are views into the mapped files.
Of several annotations by one person on one task the newest (by id) counts.
Keys join annotations to text; task ids and the order of rows never do.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from annotate.annotations.check import Checked, Checker
from annotate.annotations.ledger import Ledger, Place, Superseded
from annotate.annotations.pseudonym import PseudonymKey
from annotate.annotations.read import RawTask, read_tasks
from annotate.annotations.source import Source
from annotate.errors import ExportError
from annotate.identity import article_id, unit_key
from annotate.schemes.base import Marks, Reject, Scheme
from annotate.schemes.label_config import LabelConfig, fit_config
from annotate.text import forbidden_character, text_sha256


class RawAnnotation(msgspec.Struct):
    """An annotation as Label Studio writes it; only the fields that live."""

    id: int | str | None = None
    result: msgspec.Raw = msgspec.Raw(b"null")
    completed_by: Any = None
    was_cancelled: bool | None = False
    ground_truth: bool | None = False
    created_at: str | None = None
    lead_time: float | None = None


class TaskData(msgspec.Struct, frozen=True):
    """What a row takes from a task's data."""

    unit_key: str
    article_id: str
    group: str
    unit: str
    unit_start: int
    title: str | None
    date: str | None
    url: str | None
    licence: str | None
    text: str
    text_sha256: str
    context: dict[str, Any]
    """The scheme's own columns: target, target_kind, holder."""


class Annotation(msgspec.Struct):
    """One annotator's checked work on one task."""

    annotator: str
    record: Any
    ground_truth: bool
    created_at: str | None
    lead_time: float | None


class GatheredTask(msgspec.Struct):
    """A task with the annotations that count, at least one."""

    data: TaskData
    annotations: list[Annotation]


class Gathering(NamedTuple):
    """Everything that a version or an export is made of."""

    tasks: list[GatheredTask]
    ledger: Ledger
    inputs: dict[str, str]
    """Name of each input -> SHA-256 of its bytes."""


class _Candidate(NamedTuple):
    person: str
    order: tuple[int, str]
    raw: RawAnnotation
    place: Place


class _Pending(msgspec.Struct):
    data: TaskData
    changed: str | None
    candidates: list[_Candidate]


_ANNOTATION = msgspec.json.Decoder(RawAnnotation)


def gather(
    sources: Iterable[Source], scheme: Scheme[Any], config: LabelConfig, key: PseudonymKey
) -> Gathering:
    """Gather the annotations of all `sources`.

    Raises ConfigError where the config does not fit the scheme, ExportError
    where an input is no export or where one task has two contents.
    """
    fit_config(config, scheme.name, scheme.needs, scheme.relations)
    ledger = Ledger()
    pending: dict[str, _Pending] = {}
    inputs: dict[str, str] = {}
    for source in sources:
        inputs[source.name] = source.sha256
        for task in read_tasks(source):
            _add_task(pending, task, source.name, scheme, config, ledger)
    checker = Checker(config, scheme.needs, many_labels=scheme.many_labels)
    tasks = [_check_task(item, scheme, checker, key, ledger) for item in pending.values()]
    ledger.counts["tasks"] = len(tasks)
    ledger.counts["tasks_without_annotation"] = sum(not task.annotations for task in tasks)
    return Gathering([task for task in tasks if task.annotations], ledger, inputs)


def read_task_data(
    data: dict[str, Any], scheme: Scheme[Any], config: LabelConfig, *, where: str
) -> TaskData:
    """What a row takes from a task's data; a task made elsewhere gets its key from its text."""
    field = next(iter(config.objects.values()))
    text = data.get(field)
    if not isinstance(text, str) or not text:
        raise ExportError(f"has no text in data.{field}", where=where)
    url = _text(data.get("url"))
    context = scheme.context(data)
    ours = isinstance(data.get("unit_key"), str)
    article = data["article_id"] if ours else article_id(url, text)
    target = (context["target"], context["target_kind"], context["holder"]) if context else None
    return TaskData(
        unit_key=data["unit_key"]
        if ours
        else unit_key(article=None, start=0, text=text, scheme=scheme.name, target=target),
        article_id=article,
        group=data["group"] if ours else article,
        unit=data["unit"] if ours else "article",
        unit_start=data["unit_start"] if ours else 0,
        title=_text(data.get("title")),
        date=_iso_date(_text(data.get("date"))),
        url=url,
        licence=_text(data.get("licence")),
        text=text,
        text_sha256=str(data.get("text_sha256", "")) if ours else _sha256(text),
        context=context,
    )


def _add_task(
    pending: dict[str, _Pending],
    task: RawTask,
    file: str,
    scheme: Scheme[Any],
    config: LabelConfig,
    ledger: Ledger,
) -> None:
    where = f"{file}: task {task.id}"
    try:
        data = read_task_data(task.data or {}, scheme, config, where=where)
    except KeyError as error:
        raise ExportError(f"data has unit_key but no {error}", where=where) from None
    known = pending.setdefault(data.unit_key, _Pending(data, _changed(data), []))
    if known.data != data:
        raise ExportError(
            f"the task {data.unit_key} has other content here than before",
            where=where,
            do="leave out one of the inputs",
        )
    ledger.counts["drafts"] += len(task.drafts or [])
    for raw in task.annotations or task.completions or []:
        ledger.counts["annotations_read"] += 1
        known.candidates.append(_candidate(raw, data, file, task, ledger))


def _candidate(
    raw: msgspec.Raw, data: TaskData, file: str, task: RawTask, ledger: Ledger
) -> _Candidate:
    try:
        annotation = _ANNOTATION.decode(raw)
    except msgspec.MsgspecError as error:
        raise ExportError(
            f"an annotation cannot be read: {error}", where=f"{file}: task {task.id}"
        ) from None
    person = annotation.completed_by
    if isinstance(person, dict):
        person = person.get("id")
    if person is None:
        ledger.counts["unattributed"] += 1
        person = f"annotation {annotation.id}"
    number = annotation.id if isinstance(annotation.id, int) else 0
    place = Place(file, str(task.id), str(annotation.id), data.unit_key)
    return _Candidate(str(person), (number, annotation.created_at or ""), annotation, place)


def _changed(data: TaskData) -> str | None:
    """The code for a text that cannot be trusted."""
    problem = forbidden_character(data.text)
    if problem:
        return "nul" if problem.startswith("NUL") else "lone_surrogate"
    return None if data.text_sha256 == text_sha256(data.text) else "text_changed"


def _check_task(
    item: _Pending, scheme: Scheme[Any], checker: Checker, key: PseudonymKey, ledger: Ledger
) -> GatheredTask:
    newest: dict[str, _Candidate] = {}
    for candidate in sorted(item.candidates, key=lambda c: (c.person, c.order)):
        older = newest.get(candidate.person)
        newest[candidate.person] = candidate
        if older is not None:
            _supersede(older, candidate, key, ledger)
    task = GatheredTask(item.data, [])
    for candidate in newest.values():
        annotation = _check_annotation(candidate, item, scheme, checker, key, ledger)
        if annotation is not None:
            task.annotations.append(annotation)
    task.annotations.sort(key=lambda annotation: annotation.annotator)
    return task


def _supersede(older: _Candidate, newer: _Candidate, key: PseudonymKey, ledger: Ledger) -> None:
    if older.order == newer.order and older.raw.result == newer.raw.result:
        ledger.counts["duplicate"] += 1
        return
    file, task, annotation, unit = older.place
    ledger.superseded.append(Superseded(unit, key.pseudonym(older.person), file, task, annotation))


def _check_annotation(
    candidate: _Candidate,
    item: _Pending,
    scheme: Scheme[Any],
    checker: Checker,
    key: PseudonymKey,
    ledger: Ledger,
) -> Annotation | None:
    raw = candidate.raw
    if raw.was_cancelled:
        ledger.counts["skipped"] += 1
        return None
    if not bytes(raw.result).lstrip().startswith(b"["):
        detail = f"result is {bytes(raw.result)[:20].decode('utf-8', 'replace')}"
        ledger.add(candidate.place, [Reject("no_result", "annotation", "", detail)])
        return None
    checked = checker.check(raw.result, item.data.text)
    record, rejects = _assemble(scheme, checked, item.changed)
    ledger.counts.update(checked.counts)
    for reject in rejects:
        ledger.counts[f"{reject.kind}s_kept"] -= reject.kind in ("region", "relation", "choice")
    ledger.add(candidate.place, [*checked.rejects, *rejects])
    if record is None:
        return None
    ledger.counts["annotations_kept"] += 1
    ledger.counts["ground_truth"] += bool(raw.ground_truth)
    ledger.counts["empty"] += bytes(raw.result).strip() == b"[]"
    return Annotation(
        key.pseudonym(candidate.person),
        record,
        bool(raw.ground_truth),
        raw.created_at,
        raw.lead_time,
    )


def _assemble(
    scheme: Scheme[Any], checked: Checked, changed: str | None
) -> tuple[Any | None, list[Reject]]:
    """The scheme's record, with everything that goes because something else went."""
    marks = checked.marks
    if changed is not None:
        return None, [Reject(changed, "annotation", "", ""), *_all_parts(marks, changed)]
    record, rejects = scheme.assemble(marks)
    if record is None:
        return None, [*rejects, *_all_parts(marks, rejects[0].code)]
    gone = {reject.part for reject in rejects if reject.kind == "region"}
    listed = {reject.part for reject in rejects}
    hanging = [part for part in _parts(marks) if part.kind != "region" and part.ends & gone]
    return record, [
        *rejects,
        *(
            Reject("end_rejected", part.kind, part.name, "its region was set aside", False)
            for part in hanging
            if part.name not in listed
        ),
    ]


class _Part(NamedTuple):
    kind: str
    name: str
    ends: frozenset[str]


def _parts(marks: Marks) -> list[_Part]:
    regions = {region.id: region for region in marks.regions}
    found = [_Part("region", name, frozenset({name})) for name in regions]
    found += [
        _Part("choice", f"{name} {control}", frozenset({name}))
        for name, region in regions.items()
        for control in region.choices
    ]
    found += [_Part("choice", control, frozenset()) for control in marks.choices]
    found += [
        _Part("relation", f"{r.from_id} -> {r.to_id}", frozenset({r.from_id, r.to_id}))
        for r in marks.relations
    ]
    return found


def _all_parts(marks: Marks, code: str) -> Sequence[Reject]:
    detail = "the annotation was set aside"
    return [Reject(code, part.kind, part.name, detail, False) for part in _parts(marks)]


def _iso_date(text: str | None) -> str | None:
    """A date as ISO 8601; one that cannot be read stays as it is."""
    try:
        return dt.datetime.fromisoformat(text).date().isoformat() if text else None
    except ValueError:
        return text


def _sha256(text: str) -> str:
    """The hash of a text made elsewhere, which may hold what UTF-8 cannot."""
    return "" if forbidden_character(text) else text_sha256(text)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
