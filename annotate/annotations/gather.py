"""Exports -> the checked annotations of every task, and the ledger.

Inputs are gone through twice: once to note which tasks they hold, once to check
them, a task at a time; what is held in between are views into the mapped files.
Of several annotations by one person on one task the newest (by id, then by when
it was made and changed, then by what it says) counts, and one made in an
adjudication project before any other, unless it is a skip. The order of inputs
decides nothing.
Keys join annotations to text; task ids and the order of rows never do.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

from annotate.annotations.check import Checked, Checker
from annotate.annotations.hanging import all_parts, hanging_parts
from annotate.annotations.ledger import Ledger, Place, Superseded
from annotate.annotations.notes import Fragment, Notes, data_of, note_tasks
from annotate.annotations.pseudonym import PseudonymKey
from annotate.annotations.raw import RawAnnotation, WholeTask
from annotate.annotations.read import decode_checked
from annotate.annotations.source import Source
from annotate.annotations.stored import mend_spans, stored_results, without_rejects
from annotate.annotations.taskdata import (
    TaskData,
    fields_without_text,
    is_deciding,
    original_line_ends,
    text_problem,
)
from annotate.errors import ExportError
from annotate.schemes.base import Marks, Reject, Scheme, Span
from annotate.schemes.label_config import LabelConfig
from annotate.text import moment_order

_SPAN = attrgetter("start", "end", "label")
_AGE = attrgetter("person", "order")
_DIGITS = 20
"""An id of so many digits or more is a text."""


class Annotation(msgspec.Struct, gc=False):
    """One annotator's checked work on one task."""

    annotator: str
    record: Any
    ground_truth: bool
    created_at: str | None
    lead_time: float | None
    result: bytes | None = None
    """What Label Studio stored of what was kept, as JSON, with the offsets that `repair` mended;
    None where results are not kept."""
    decides: bool = False
    """Made in an adjudication project: a decision over others, no judgement beside theirs."""


class GatheredTask(msgspec.Struct, gc=False):
    """A task with the annotations that count, at least one."""

    data: TaskData
    annotations: list[Annotation]
    where: str = ""
    """File and number of the first input that it stands in; empty where it comes from rows."""


class Gathering(NamedTuple):
    """All tasks, held at once."""

    tasks: list[GatheredTask]
    ledger: Ledger


class _Candidate(NamedTuple):
    person: str
    order: tuple[bool, int, str, str, str]
    """By its number, then by when it was made; the last is when it was changed. A deciding
    annotation is newer than any other, of a higher number or not."""
    raw: RawAnnotation
    place: Place
    stored: bytes | None

    @property
    def decides(self) -> bool:
        """Whether it was made in an adjudication project."""
        return self.order[0]

    @property
    def is_skip(self) -> bool:
        return bool(self.raw.was_cancelled or self.raw.skipped)


ReadWith = Callable[[Mapping[str, str]], LabelConfig]
"""Digest of each config that tasks were pushed with -> the first input; gives the config to read
by. The digest of tasks made elsewhere is empty."""


class TaskStream:
    """Tasks that are checked each time they are gone through, one after the other."""

    def __init__(self, notes: Notes, make_checker: Callable[[], TaskChecker]) -> None:
        self._notes, self._make_checker = notes, make_checker
        self.ledger = Ledger()
        """That of the last time; whole when it has come to its end."""

    def __iter__(self) -> Iterator[GatheredTask]:
        checker = self._make_checker()
        self.ledger = checker.ledger
        yield from check_all(self._notes, checker)

    def gather(self) -> Gathering:
        """Go through all tasks and hold them."""
        return Gathering(list(self), self.ledger)


def stream(
    sources: Iterable[Source],
    scheme: Scheme[Any],
    config: LabelConfig,
    key: PseudonymKey,
    *,
    repair: bool = False,
    read_with: ReadWith | None = None,
    keep_results: bool = False,
) -> TaskStream:
    """The tasks of all `sources` that have an annotation, to be gone through.

    `repair` mends what can be proven: UTF-16 offsets, and texts of which only
    the line ends have changed. `read_with` gives the config to read annotations
    by, where tasks were pushed with older ones. `keep_results` holds what Label
    Studio stored beside what was read from it. Raises ConfigError where the config does not fit
    the scheme, ExportError where an input is no export, where one article stands in two groups
    and, as they are gone through, where one task has two contents.
    """
    notes = note_tasks(sources, scheme, config)
    reading = config if read_with is None else read_with(notes.pushed)
    return TaskStream(
        notes,
        lambda: TaskChecker(scheme, reading, key, repair=repair, keep_results=keep_results),
    )


def check_all(notes: Notes, checker: TaskChecker) -> Iterator[GatheredTask]:
    """Check every task that was noted, one at a time; those with an annotation come out."""
    for name in notes.with_bom:
        checker.ledger.flag("bom", "", name)
    for noted in notes.tasks.values():
        task = checker.check(noted.fragments)
        if task is not None:
            yield task


class TaskChecker:
    """Checks tasks one by one, and keeps the account of it."""

    def __init__(
        self,
        scheme: Scheme[Any],
        config: LabelConfig,
        key: PseudonymKey,
        *,
        repair: bool,
        keep_results: bool = False,
    ) -> None:
        self.scheme, self.config, self.key, self.repair = scheme, config, key, repair
        self.keep_results = keep_results
        self.ledger = Ledger()
        self.checker = Checker(
            config,
            scheme.needs,
            many_labels=scheme.many_labels,
            has_relations=bool(scheme.relations),
            repair=repair,
        )

    def check(
        self, fragments: Sequence[Fragment], *, aside: Reject | None = None
    ) -> GatheredTask | None:
        """The task of all its fragments; None where no annotation counts.

        With `aside`, which says why the task is set aside whole, none does.
        """
        self.ledger.counts["tasks"] += 1
        found = [(f, decode_checked(f.raw, f"{f.file}: task {f.task}")) for f in fragments]
        before = len(self.ledger.set_aside)
        task = self._check_task(found, aside)
        if task.annotations:
            return task
        self.ledger.counts["tasks_without_annotation"] += 1
        if aside and any(entry.code == aside.code for entry in self.ledger.set_aside[before:]):
            place = Place(fragments[0].file, _shown(fragments[0].task), "", task.data.unit_key)
            self.ledger.add(place, [aside])
        return None

    def _data(self, task: WholeTask, file: str) -> TaskData:
        return data_of(task, file, self.scheme, self.config)

    def _check_task(
        self, found: list[tuple[Fragment, WholeTask]], aside: Reject | None
    ) -> GatheredTask:
        first = f"{found[0][0].file}: task {found[0][1].id}"
        data = self._data(found[0][1], found[0][0].file)
        for item, task in found[1:]:
            if self._data(task, item.file) != data:
                raise ExportError(
                    f"the task {data.unit_key} has other content here than in {first}",
                    where=f"{item.file}: task {task.id}",
                    do="leave out one of the two",
                )
        for said in fields_without_text(found[0][1].data or {}):
            self.ledger.flag("no_text", data.unit_key, said)
        untrusted, trusted = self._trust(data, found)
        stored = data.text if trusted is not data else None
        problem = Reject(untrusted, "annotation", "", "") if untrusted else None
        if aside:  # whatever else is wrong with it is nobody's concern
            problem = Reject(aside.code, "annotation", "", "the task was set aside", root=False)
        gathered = GatheredTask(trusted, [], first)
        for candidate in self._newest(data, found):
            annotation = self._check_annotation(candidate, trusted.text, problem, stored)
            if annotation is not None:
                gathered.annotations.append(annotation)
        gathered.annotations.sort(key=lambda annotation: annotation.annotator)
        return gathered

    def _trust(
        self, data: TaskData, found: list[tuple[Fragment, WholeTask]]
    ) -> tuple[str | None, TaskData]:
        """The code for a text that cannot be trusted, and the data, mended where it may be."""
        if any(item.lone_surrogate for item, _ in found):
            return "lone_surrogate", data
        problem = text_problem(data)
        if problem == "text_changed" and self.repair:
            text = original_line_ends(data)
            if text is not None:
                self.ledger.repair("line_ends", data.unit_key, "line ends put back as they were")
                return None, msgspec.structs.replace(data, text=text)
        return problem, data

    def _newest(self, data: TaskData, found: list[tuple[Fragment, WholeTask]]) -> list[_Candidate]:
        """The newest annotation of each person; the older ones are counted.

        Whoever skips a decision takes nothing back: what they said before counts as well.
        """
        candidates = [c for item, task in found for c in self._candidates(data, item, task)]
        newest: dict[tuple[str, bool], _Candidate] = {}
        candidates.sort(key=_AGE)
        if any(_AGE(one) == _AGE(other) for one, other in pairwise(candidates)):
            # what they say decides then, and not which input came first
            candidates.sort(key=lambda c: (_AGE(c), msgspec.json.encode(c.raw)))
        for candidate in candidates:
            key = candidate.person, candidate.decides
            if key in newest:
                self._supersede(newest[key], candidate)
            newest[key] = candidate
        for decision in [c for c in newest.values() if c.decides and not c.is_skip]:
            if own := newest.pop((decision.person, False), None):
                self._supersede(own, decision)
        return list(newest.values())

    def _candidates(self, data: TaskData, item: Fragment, task: WholeTask) -> Iterator[_Candidate]:
        counts = self.ledger.counts
        counts["drafts"] += len(task.drafts or [])
        counts["predictions"] += len(task.predictions or [])
        annotations = [*(task.annotations or []), *(task.completions or [])]
        task_id, decides = _shown(task.id), is_deciding(task.data or {})
        stored: Sequence[bytes | None] = [None] * len(annotations)
        if self.keep_results:
            stored = stored_results(item.raw, f"{item.file}: task {item.task}")
        nameless: Counter[bytes] = Counter()
        for annotation, result in zip(annotations, stored, strict=True):
            counts["annotations_read"] += 1
            place = Place(item.file, task_id, _shown(annotation.id), data.unit_key)
            person = self._person(annotation, place, nameless)
            created = moment_order(_moment(annotation.created_at) or "")
            if created and task.created_at and created < moment_order(str(task.created_at)):
                self.ledger.flag("clock_skew", data.unit_key, f"annotation {annotation.id}")
            updated = moment_order(_moment(annotation.updated_at) or "")
            number, name = _number(annotation.id)
            order = (decides, number, created, name, updated)
            yield _Candidate(person, order, annotation, place, result)

    def _person(self, annotation: RawAnnotation, place: Place, nameless: Counter[bytes]) -> str:
        """Who made it; an annotation that names nobody is a person of its own.

        One without an id is known by what it says, and of several that say the same in one
        task by their number, so that an input that is read twice brings nobody new.
        """
        person = annotation.completed_by
        if isinstance(person, dict):
            person = person.get("id")
        if person is not None:
            return str(person)
        self.ledger.flag("nobody", place.unit_key, f"annotation {annotation.id}")
        if annotation.id is not None:
            return f"annotation {annotation.id}"
        said = msgspec.json.encode(annotation)
        nameless[said] += 1
        return f"annotation {hashlib.sha256(said).hexdigest()} {nameless[said]}"

    def _supersede(self, older: _Candidate, newer: _Candidate) -> None:
        if older.order[:-1] == newer.order[:-1] and older.raw.result == newer.raw.result:
            self.ledger.counts["duplicate"] += 1
            return
        file, task, annotation, unit = older.place
        who = self.key.pseudonym(older.person)
        self.ledger.superseded.append(Superseded(unit, who, file, task, annotation))

    def _check_annotation(
        self, candidate: _Candidate, text: str, problem: Reject | None, stored: str | None
    ) -> Annotation | None:
        raw, counts = candidate.raw, self.ledger.counts
        if candidate.is_skip:
            counts["skipped"] += 1
            return None
        result = raw.result
        if not isinstance(result, list):
            shown = msgspec.json.encode(result)[:20].decode("utf-8", "replace")
            reject = Reject("no_result", "annotation", "", f"result is {shown}")
            self.ledger.add(candidate.place, [problem or reject])
            return None
        checked = self.checker.check(result, text, stored=stored)
        if checked.unproven:
            problem = problem or Reject("text_changed", "annotation", "", "")
        record = self._record(checked, candidate.place, problem)
        if record is None:
            return None
        counts["annotations_kept"] += 1
        is_truth = bool(raw.ground_truth) or candidate.decides
        counts["ground_truth"] += is_truth
        counts["empty"] += not result
        kept = candidate.stored
        if kept and checked.rejects:
            controls = self.checker.config.controls
            kept = without_rejects(kept, checked.rejects, checked.regions, controls)
        if kept and (checked.repaired or stored is not None):
            kept = mend_spans(kept, checked.regions, text, stored)
        return Annotation(
            self.key.pseudonym(candidate.person),
            record,
            is_truth,
            _moment(raw.created_at),
            raw.lead_time,
            kept,
            candidate.decides,
        )

    def _record(self, checked: Checked, place: Place, problem: Reject | None) -> Any | None:
        """The scheme's record; what it costs goes to the ledger."""
        marks, found = checked.marks, checked.rejects
        if problem is not None:
            # its parts go because it goes, whatever is wrong with them
            found = [problem, *(reject._replace(root=False) for reject in found)]
            record, rejects = None, all_parts(marks, problem.code)
        else:
            record, rejects = self.scheme.assemble(marks)
            gone = record is None
            rejects += all_parts(marks, rejects[0].code) if gone else hanging_parts(marks, rejects)
        counts = self.ledger.counts
        for name, count in checked.counts.items():
            counts[name] += count
        if record is not None and (unused := self.scheme.unused(record)):
            counts["unused_results"] += unused
            counts["choices_read"] -= unused
            counts["choices_kept"] -= unused
        for reject in rejects:
            counts[f"{reject.kind}s_kept"] -= reject.kind in ("region", "relation", "choice")
        self.ledger.add(place, [*found, *rejects])
        if checked.repaired:
            self.ledger.repair("utf16_offsets", place.unit_key, f"annotation {place.annotation}")
        for start, end, label in _twice(marks):
            self.ledger.flag("duplicate_span", place.unit_key, f"{label} {start} to {end}")
        return record


def _twice(marks: Marks) -> list[Span]:
    """Spans that carry one label twice."""
    spans = {(region.start, region.end, region.label) for region in marks.regions}
    if len(spans) == len(marks.regions):
        return []
    times = Counter(map(_SPAN, marks.regions))
    return [span for span, count in times.items() if count > 1]


def _shown(name: int | str | None) -> str:
    """An id for a person; empty where there is none."""
    return "" if name is None else str(name)


def _number(name: int | str | None) -> tuple[int, str]:
    """The value of an id that is a number, be it written as text, or 0 and the text."""
    if isinstance(name, int):
        return name, ""
    if name and len(name) < _DIGITS and name.isascii() and name.isdigit():
        return int(name), ""
    return 0, name or ""


def _moment(value: Any) -> str | None:
    """When something was made; exports of old servers have seconds since 1970."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:.0f}"
    return value if isinstance(value, str) and value else None
