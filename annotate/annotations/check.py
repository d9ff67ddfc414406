"""The raw result of one annotation -> checked marks, and what was set aside.

Every region is checked on its own; what fails takes its relations and
attributes with it, never its neighbours. Offsets are half-open code points.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from annotate.schemes.base import Marks, Region, Reject, Relation
from annotate.schemes.label_config import Control, LabelConfig, Need
from annotate.text import same_when_normalised, utf16_places


class RawValue(msgspec.Struct, gc=False):
    """`value` of a result, as far as it matters here."""

    start: Any = None
    end: Any = None
    text: Any = None
    labels: Any = None
    choices: Any = None


class RawResult(msgspec.Struct, gc=False):
    """One entry of `result`: a region, a choice, a relation, or something else."""

    id: Any = None
    from_name: Any = None
    to_name: Any = None
    type: Any = None
    value: RawValue | None = None
    from_id: Any = None
    to_id: Any = None
    labels: Any = None


_RESULTS = msgspec.json.Decoder(list[RawResult])
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_RESULT = msgspec.json.Decoder(RawResult)


class Checker:
    """Checks the annotations of one scheme against one label config."""

    def __init__(
        self,
        config: LabelConfig,
        needs: tuple[Need, ...],
        *,
        many_labels: bool,
        repair: bool = False,
    ) -> None:
        self.config = config
        self.used = {need.name for need in needs}
        self.many_labels = many_labels
        self.repair = repair

    def check(self, result: msgspec.Raw, text: str) -> Checked:
        """Check one annotation's result on `text`; `repair` mends UTF-16 offsets."""
        checked = Checked(self.config, text, self.used, many_labels=self.many_labels)
        checked.sort(_decode(result, checked))
        checked.check_all(repair=self.repair)
        return checked


def _decode(result: msgspec.Raw, checked: Checked) -> list[RawResult]:
    """Decode a result list; entries of a strange shape are set aside one by one."""
    try:
        return _RESULTS.decode(result)
    except msgspec.ValidationError:
        pass
    items = []
    for raw in _RAWS.decode(result):
        try:
            items.append(_RESULT.decode(raw))
        except msgspec.ValidationError as error:
            checked.reject("wrong_object", "result", "", f"not a result: {error}")
    return items


class Checked:
    """The marks of one annotation as they come out of the checks."""

    def __init__(
        self, config: LabelConfig, text: str, used: set[str], *, many_labels: bool
    ) -> None:
        self.config, self.text, self.used, self.many_labels = config, text, used, many_labels
        self.rejects: list[Reject] = []
        self.counts: Counter[str] = Counter()
        self.raw_regions: list[RawResult] = []
        self.raw_relations: list[RawResult] = []
        self.raw_choices: list[tuple[RawResult, Control]] = []
        self.regions: dict[str, list[Region]] = {}
        self.bad: set[str] = set()
        self.relations: list[Relation] = []
        self.choices: dict[str, str] = {}
        self.lost: set[str] = set()
        self.repaired = False
        """Whether UTF-16 offsets were made offsets of characters."""
        self.utf16: dict[int, int] = {}

    @property
    def twice(self) -> list[str]:
        """Spans that carry one label twice, as a person would write them."""
        spans = Counter(
            (region.start, region.end, region.label)
            for group in self.regions.values()
            for region in group
        )
        return [f"{label} {start} to {end}" for (start, end, label), n in spans.items() if n > 1]

    @property
    def marks(self) -> Marks:
        """What passed every check."""
        regions = [region for group in self.regions.values() for region in group]
        return Marks(self.text, regions, self.relations, self.choices, frozenset(self.lost))

    def reject(self, code: str, kind: str, part: Any, detail: str, *, root: bool = True) -> None:
        """Set a part aside."""
        self.rejects.append(Reject(code, kind, str(part), detail, root))

    def sort(self, items: list[RawResult]) -> None:
        """Put each entry with its kind; an entry of no used control is only counted."""
        controls, used = self.config.controls, self.used
        regions = choices = 0
        for item in items:
            if item.type == "relation":
                self.raw_relations.append(item)
                continue
            is_region = item.type == "labels" or (item.value and item.value.labels is not None)
            control = controls.get(item.from_name) if type(item.from_name) is str else None
            if control is not None and control.name not in used:
                self.counts["unused_results"] += 1
                continue
            regions += bool(is_region)
            choices += not is_region
            problem = self._misplaced(item, control, "region" if is_region else "choice")
            if problem:
                self.bad.add(str(item.id))
                self.reject(problem[0], "region" if is_region else "choice", item.id, problem[1])
            elif is_region:
                self.raw_regions.append(item)
            elif control is not None:
                self.raw_choices.append((item, control))
        self.counts.update(
            relations_read=len(self.raw_relations), regions_read=regions, choices_read=choices
        )

    def check_all(self, *, repair: bool) -> None:
        """Check regions, then what hangs on them."""
        self._suspect_utf16(repair=repair)
        ids = Counter([item.id for item in self.raw_regions])
        for item in self.raw_regions:
            if ids[item.id] > 1:
                self.bad.add(item.id)
                detail = f"{ids[item.id]} regions have the id {item.id}"
                self.reject("duplicate_region_id", "region", item.id, detail)
            else:
                self._check_region(item)
        for item, control in self.raw_choices:
            self._check_choice(item, control)
        for item in self.raw_relations:
            self._check_relation(item)
        self.counts["regions_kept"] += len(self.regions)

    def _misplaced(
        self, item: RawResult, control: Control | None, kind: str
    ) -> tuple[str, str] | None:
        if control is None:
            return "unknown_control", f"from_name {item.from_name!r} is not in the label config"
        if item.to_name != control.to_name:
            return (
                "wrong_object",
                f"to_name is {item.to_name!r}, the config says {control.to_name!r}",
            )
        if item.value is None or (control.tag == "Labels") != (kind == "region"):
            return "wrong_object", f"type {item.type!r} does not come from <{control.tag}>"
        if kind == "region" and not _is_text(item.id):
            return "wrong_object", f"the region's id is {item.id!r}"
        return None

    def _suspect_utf16(self, *, repair: bool) -> None:
        """Whether all spans agree with their text as UTF-16 offsets, and not all as characters."""
        if self.text.isascii():
            return
        values = [item.value for item in self.raw_regions if item.value is not None]
        if not any(self._bad_span(value) for value in values):
            return
        places = utf16_places(self.text)
        meant = [(places.get(v.start), places.get(v.end)) for v in values if _is_place(v)]
        agree = len(meant) == len(values) and all(
            start is not None
            and end is not None
            and _is_text(value.text)
            and same_when_normalised(value.text, self.text[start:end])
            for value, (start, end) in zip(values, meant, strict=True)
        )
        if not agree:
            return
        self.utf16 = places
        if repair:
            self.repaired = True
            for item in [*self.raw_regions, *(item for item, _ in self.raw_choices)]:
                if item.value is not None and _is_place(item.value):
                    item.value.start = places[item.value.start]
                    item.value.end = places[item.value.end]

    def _check_region(self, item: RawResult) -> None:
        value, control = item.value or RawValue(), self.config.controls[item.from_name]
        problem = self._bad_span(value) or self._bad_labels(value, control)
        if problem and self.utf16 and not self.repaired:
            problem = ("utf16_offsets", f"{problem[1]}; --repair mends it")
        if problem:
            self.bad.add(item.id)
            self.reject(problem[0], "region", item.id, problem[1])
            return
        self.regions[item.id] = [
            Region(item.id, control.name, value.start, value.end, label, {})
            for label in dict.fromkeys(control.mapped[str(label)] for label in value.labels)
        ]

    def _bad_span(self, value: RawValue) -> tuple[str, str] | None:
        start, end, length = value.start, value.end, len(self.text)
        if type(start) is not int or type(end) is not int:
            return "out_of_bounds", f"start {start!r} and end {end!r} are not whole numbers"
        if 0 <= start < end <= length and value.text == self.text[start:end]:
            return None
        if start < 0 or end > length or start > end:
            return "out_of_bounds", f"{start} to {end} in a text of {length} characters"
        if start == end:
            return "empty_span", f"start and end are both {start}"
        if _is_text(value.text) and not same_when_normalised(value.text, self.text[start:end]):
            return (
                "text_mismatch",
                f"value.text is {value.text!r}, the text is {self.text[start:end]!r}",
            )
        return None

    def _bad_labels(self, value: RawValue, control: Control) -> tuple[str, str] | None:
        labels = value.labels
        if not isinstance(labels, list) or not labels:
            return "unknown_label", f"labels is {labels!r}"
        for label in labels:
            if control.mapped.get(str(label)) is None:
                return "unknown_label", f"{label!r} is not a label of {control.name}"
        if len(labels) > 1 and not self.many_labels:
            return "too_many_choices", f"labels {labels!r} on one region"
        return None

    def _check_choice(self, item: RawResult, control: Control) -> None:
        values = item.value.choices if item.value else None
        part = f"{item.id} {control.name}"
        if control.per_region and str(item.id) in self.bad:
            self.reject("end_rejected", "choice", part, "its region was set aside", root=False)
        elif control.per_region and item.id not in self.regions:
            self.reject("dangling_relation", "choice", part, "its region does not exist")
        elif not isinstance(values, list) or not values:
            self.reject("unknown_label", "choice", part, f"choices is {values!r}")
        elif strange := [v for v in values if control.mapped.get(str(v)) is None]:
            detail = f"{strange[0]!r} is not a choice of {control.name}"
            self.reject("unknown_label", "choice", part, detail)
        elif len(values) > 1 or self._chosen_before(item, control):
            self.reject("too_many_choices", "choice", part, f"{values!r} of {control.name}")
        else:
            self.counts["choices_kept"] += 1
            for choices in self._choices_at(item, control):
                choices[control.name] = control.mapped[values[0]]

    def _choices_at(self, item: RawResult, control: Control) -> list[dict[str, str]]:
        if not control.per_region:
            return [self.choices]
        return [region.choices for region in self.regions[item.id]]

    def _chosen_before(self, item: RawResult, control: Control) -> bool:
        return any(control.name in choices for choices in self._choices_at(item, control))

    def _check_relation(self, item: RawResult) -> None:
        ends = f"{item.from_id} -> {item.to_id}"
        labels = item.labels if isinstance(item.labels, list) else []
        known = self.config.relations
        strange = [label for label in labels if label not in known]
        missing = [end for end in (item.from_id, item.to_id) if end not in self.regions]
        if missing and all(
            end in self.bad or end in self.regions for end in (item.from_id, item.to_id)
        ):
            self.lost |= {item.from_id, item.to_id} & set(self.regions)
            self.reject("end_rejected", "relation", ends, f"{missing[0]} was set aside", root=False)
        elif missing:
            self.reject("dangling_relation", "relation", ends, f"no region {missing[0]!r}")
        elif item.from_id == item.to_id:
            self.reject("self_relation", "relation", ends, "both ends are the same region")
        elif strange:
            detail = f"{strange[0]!r} is not a relation label of the config"
            self.reject("unknown_label", "relation", ends, detail)
        else:
            self.counts["relations_kept"] += 1
            labels_here = tuple(known[label] for label in labels)
            self.relations.append(Relation(item.from_id, item.to_id, labels_here))


def _is_place(value: RawValue) -> bool:
    return type(value.start) is int and type(value.end) is int


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
