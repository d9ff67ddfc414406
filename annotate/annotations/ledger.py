"""The account of a gathering: everything read is kept, or listed with its reason.

regions_read = regions_kept + regions set aside, and likewise for relations and choices
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from annotate.errors import RejectsError, StateError
from annotate.schemes.base import Reject


class Reason(NamedTuple):
    """Why something is set aside."""

    meaning: str
    remedy: str
    """What the person can do about it."""


REASONS = {
    "out_of_bounds": Reason(
        "the offsets do not lie inside the text", "mend the program that made the annotation"
    ),
    "empty_span": Reason("the span holds no character", "delete it in Label Studio"),
    "text_mismatch": Reason(
        "value.text is not the text between the offsets",
        "see whether the text was changed, or the offsets count something else",
    ),
    "text_changed": Reason(
        "the task's text is not the one whose hash it carries",
        "annotate again; --repair where only line ends changed and the spans show where they are",
    ),
    "unknown_control": Reason(
        "from_name is no control of the label config",
        "give the right config with --config, or map the name with --map",
    ),
    "wrong_object": Reason(
        "the result is not of a kind that its control can give",
        "give the right config with --config",
    ),
    "unknown_label": Reason(
        "the value is not in the label config",
        "give the right config with --config, or map the label with --map",
    ),
    "too_many_choices": Reason(
        "several values where the scheme takes one", "decide in Label Studio"
    ),
    "duplicate_region_id": Reason(
        "several regions share one id",
        "delete one; programs must give each region an id of its own",
    ),
    "dangling_relation": Reason("an end does not exist", "delete it"),
    "self_relation": Reason("both ends are the same region", "delete it"),
    "fragment_cycle": Reason("continues leads back to its start", "delete one of the relations"),
    "contradicting_relation": Reason(
        "the label does not fit the roles of the ends", "draw it again"
    ),
    "end_rejected": Reason("it hangs on a region that was set aside", "mend that region"),
    "no_result": Reason("the annotation holds no usable result", "submit it again"),
    "lone_surrogate": Reason(
        "half of a character stands in the task",
        "remove it; Label Studio cannot list a project that has one",
    ),
    "nul": Reason("the text holds NUL", "remove it"),
    "incomplete_claim": Reason("a part of the claim was set aside", "mend that part"),
    "utf16_offsets": Reason(
        "the offsets count UTF-16 units, not characters", "mend them with --repair"
    ),
    "retracted": Reason("its article was retracted", "leave it out"),
    "split_bridge": Reason(
        "its group stands in two splits already", "leave it out, or start a new dataset"
    ),
}
FLAGS = {
    "bom": "the input begins with a byte order mark",
    "nobody": "the annotation names no user, perhaps one who was deleted",
    "clock_skew": "the annotation is older than its task",
    "duplicate_span": "the same span was labelled twice alike",
    "no_text": "a title, date, address or licence that is no text is left out",
}
REPAIRS = {
    "utf16_offsets": "offsets of UTF-16 units were made offsets of characters",
    "line_ends": "line ends that were changed were put back",
}
COUNTS = (
    "tasks",
    "tasks_without_annotation",
    "annotations_read",
    "annotations_kept",
    "skipped",
    "drafts",
    "ground_truth",
    "empty",
    "duplicate",
    "predictions",
    "regions_read",
    "regions_kept",
    "relations_read",
    "relations_kept",
    "choices_read",
    "choices_kept",
    "unused_results",
)

_SHOWN = 300
"""Characters of a detail that a line for a person has: a span may be as long as its article."""


class SetAside(NamedTuple):
    """One entry of the ledger."""

    code: str
    unit_key: str
    kind: str
    part: str
    detail: str
    root: bool
    file: str
    task: str
    """Its number in the file; empty where it has none, and so of the annotation."""
    annotation: str

    def line(self) -> str:
        """The entry as one line for a person, its detail cut off where it is long."""
        place = [f"task {self.task}"] if self.task else []
        if self.kind == "task" or not self.task:
            place.append(f"unit_key {self.unit_key}")
        if self.kind != "task":
            place.append(f"annotation {self.annotation}" if self.annotation else "annotation")
            place.append(f"{self.kind} {self.part}" if self.part else self.kind)
        detail = self.detail
        if len(detail) > _SHOWN:
            detail = f"{detail[:_SHOWN]}… ({len(detail)} characters; see `annotate check --json`)"
        return f"{self.file}: {', '.join(place)}: {self.code}: {detail}"


class Note(NamedTuple):
    """Something kept but worth knowing (a flag), or mended on request (a repair)."""

    code: str
    unit_key: str
    detail: str


class Superseded(NamedTuple):
    """An older annotation of a person who annotated the task again."""

    unit_key: str
    annotator: str
    file: str
    task: str
    annotation: str


class Place(NamedTuple):
    """Where in the input something was read."""

    file: str
    task: str
    annotation: str
    unit_key: str


class Ledger:
    """Counts what was read and kept, and lists what was set aside."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter(dict.fromkeys(COUNTS, 0))
        self.set_aside: list[SetAside] = []
        self.superseded: list[Superseded] = []
        self.flags: list[Note] = []
        self.repairs: list[Note] = []

    def add(self, place: Place, rejects: Iterable[Reject]) -> None:
        """List what was set aside at `place`."""
        for code, kind, part, detail, root in rejects:
            self.set_aside.append(
                SetAside(
                    code,
                    place.unit_key,
                    kind,
                    part,
                    detail or REASONS[code].meaning,
                    root,
                    place.file,
                    place.task,
                    place.annotation,
                )
            )

    def flag(self, code: str, unit_key: str, detail: str) -> None:
        """Note something that is kept but worth knowing."""
        self.flags.append(Note(code, unit_key, detail or FLAGS[code]))

    def repair(self, code: str, unit_key: str, detail: str) -> None:
        """Note something that was mended on request."""
        self.repairs.append(Note(code, unit_key, detail or REPAIRS[code]))

    def merge(self, other: Ledger) -> None:
        """Take over what another ledger accounts for."""
        self.counts.update(other.counts)
        self.set_aside += other.set_aside
        self.superseded += other.superseded
        self.flags += other.flags
        self.repairs += other.repairs

    def sort_by_task(self, units: Iterable[str]) -> None:
        """Put all entries in the order of their tasks' `units`; first those of none of them."""
        lists = (self.set_aside, self.superseded, self.flags, self.repairs)
        listed = {entry.unit_key for entries in lists for entry in entries}
        order = {unit: place for place, unit in enumerate(units) if unit in listed}
        for entries in lists:
            entries.sort(key=lambda entry: order.get(entry.unit_key, -1))

    @property
    def root_causes(self) -> int:
        """How many things were set aside for a fault of their own."""
        return sum(entry.root for entry in self.set_aside)

    def close(self, *, max_rejects: int) -> None:
        """Check that the account is closed and within what is allowed.

        Raises StateError where something was lost, RejectsError where more
        than `max_rejects` root causes were set aside.
        """
        for kind in ("region", "relation", "choice"):
            aside = sum(entry.kind == kind for entry in self.set_aside)
            read, kept = self.counts[f"{kind}s_read"], self.counts[f"{kind}s_kept"]
            if read != kept + aside:
                raise StateError(
                    f"the ledger is open: {read} {kind}s read, {kept} kept, {aside} set aside"
                )
        if self.root_causes > max(0, max_rejects):
            first = next(entry for entry in self.set_aside if entry.root)
            found = self.root_causes
            allow = f"--max-rejects {found}"
            # only a dataset says which tasks go whole
            in_version = any(entry.kind == "task" for entry in self.set_aside)
            see = f"--dry-run --json {allow}" if in_version else "`annotate check`"
            raise RejectsError(
                f"{found} set aside, {max_rejects} allowed; the first is {first.line()}",
                do=f"{REASONS[first.code].remedy}; see all with {see}, or allow them with {allow}",
            )

    def report(self) -> dict[str, Any]:
        """The ledger as one JSON document."""
        return {
            **self.counts,
            "superseded": [entry._asdict() for entry in self.superseded],
            "flags": [note._asdict() for note in self.flags],
            "repairs": [note._asdict() for note in self.repairs],
            "codes": dict(Counter(entry.code for entry in self.set_aside)),
            "rejected": [entry._asdict() for entry in self.set_aside],
        }
