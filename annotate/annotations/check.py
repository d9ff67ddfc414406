"""The raw result of one annotation -> checked marks, and what was set aside.

Every region is checked on its own; what fails takes its relations and
attributes with it, never its neighbours. Offsets are half-open code points.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from annotate.annotations.line_ends import put_back
from annotate.annotations.offsets import Fault, as_characters, span_fault
from annotate.annotations.raw import Result, Value
from annotate.schemes.base import Marks, Region, Reject, Relation
from annotate.schemes.label_config import Control, LabelConfig, Need

_RawRegion = tuple[str, Value, Control]
"""(id, `value`, the control that it comes from)."""
_RawChoice = tuple[Any, Value, Control]
"""(id of its region or its own, `value`, the control that it comes from)."""
_NO_VALUE = Value()
_NO_CHOICES: dict[str, str] = {}


class Checker:
    """Checks the annotations of one scheme against one label config."""

    def __init__(
        self,
        config: LabelConfig,
        needs: tuple[Need, ...],
        *,
        many_labels: bool,
        has_relations: bool,
        repair: bool = False,
    ) -> None:
        self.config = config
        used = {need.name for need in needs}
        self.controls = {name: c for name, c in config.controls.items() if c.name in used}
        self.unused = config.controls.keys() - self.controls.keys()
        self.on = {need.name: need.on for need in needs if need.on is not None}
        self.many_labels, self.has_relations = many_labels, has_relations
        self.repair = repair

    def check(self, result: list[Any], text: str, *, stored: str | None = None) -> Checked:
        """Check one annotation's result on `text`; `repair` mends UTF-16 offsets.

        `stored` is the text that it was made on, where line ends were put back since.
        """
        checked = Checked(self, text)
        checked.sort(result)
        if stored is not None:
            checked.put_line_ends_back(stored)
        checked.check_all()
        return checked


class Checked:
    """The marks of one annotation as they come out of the checks."""

    def __init__(self, checker: Checker, text: str) -> None:
        self.checker, self.text = checker, text
        self.rejects: list[Reject] = []
        self.counts: dict[str, int] = {}
        self.raw_regions: list[_RawRegion] = []
        self.misplaced: list[tuple[Any, Any]] = []
        """(id, `value`) of each region that was set aside before it was looked at."""
        self.raw_choices: list[_RawChoice] = []
        self.raw_relations: list[Result] = []
        self.regions: dict[str, list[Region]] = {}
        self.bad: dict[str, str] = {}
        """Id of each region that was set aside -> its label, in the scheme's words; empty where it
        has not one alone."""
        self.beside: set[str] = set()
        """Ids of results of controls that the scheme does not use."""
        self.relations: list[Relation] = []
        self.choices: Mapping[str, str] = _NO_CHOICES
        self.lost: set[tuple[str, str]] = set()
        self.lost_choices: set[str] = set()
        self.doubted: set[str] = set()
        self.repaired = False
        """Whether UTF-16 offsets were made offsets of characters."""
        self.unproven = False
        """Whether nothing shows where its spans are in a text whose line ends were put back."""

    @property
    def marks(self) -> Marks:
        """What passed every check."""
        regions = list(chain.from_iterable(self.regions.values()))
        return Marks(
            self.text,
            regions,
            self.relations,
            self.choices,
            frozenset(self.lost),
            frozenset(self.lost_choices),
            frozenset(self.doubted),
        )

    def reject(self, code: str, kind: str, part: Any, detail: str, *, root: bool = True) -> None:
        """Set a part aside."""
        self.rejects.append(Reject(code, kind, str(part), detail, root))

    def sort(self, items: list[Any]) -> None:
        """Put each entry with its kind; an entry of no used control is only counted."""
        controls, unused = self.checker.controls, self.checker.unused
        regions = choices = skipped = 0
        for item in items:
            if type(item) is not Result or type(value := item.value) is not Value:
                if not self._is_bare(item):
                    continue
                value = _NO_VALUE
            kind, name = item.type, item.from_name
            if kind == "relation":
                self.raw_relations.append(item)
                continue
            if type(name) is not str:
                name = None
            control = controls.get(name)
            if control is None and name in unused:
                skipped += 1
                if type(item.id) is str:
                    self.beside.add(item.id)
                continue
            is_region = kind == "labels" or value.labels is not None
            if is_region:
                regions += 1
            else:
                choices += 1
            if (
                control is None
                or item.to_name != control.to_name
                or value is _NO_VALUE
                or (control.tag == "Labels") is not is_region
                or (is_region and type(item.id) is not str)
            ):
                self._misplace(item, control, is_region=is_region)
            elif is_region:
                self.raw_regions.append((item.id, value, control))
            else:
                self.raw_choices.append((item.id, value, control))
        self.counts = {
            "regions_read": regions,
            "choices_read": choices,
            "relations_read": len(self.raw_relations),
            "unused_results": skipped,
        }

    def put_line_ends_back(self, stored: str) -> None:
        """Take spans that were drawn on `stored` to the text, if their places are certain."""
        values = put_back([value for _, value, _ in self.raw_regions], stored, self.text)
        if values is None:
            self.text, self.unproven = stored, True
            return
        regions = zip(self.raw_regions, values, strict=True)
        self.raw_regions = [(name, value, control) for (name, _, control), value in regions]

    def check_all(self) -> None:
        """Check regions, then what hangs on them."""
        if self.misplaced or not self._keep_plain_regions():
            self._check_regions()
        self.counts["regions_kept"] = len(self.regions)
        self._check_choices()
        for item in self.raw_relations:
            self._check_relation(item)
        self.counts["relations_kept"] = len(self.relations)

    def _leave_unused(self, kind: str, number: int) -> None:
        """Count what is sound and has no place in the scheme's records."""
        self.counts[f"{kind}s_read"] -= number
        self.counts["unused_results"] += number

    def _keep_plain_regions(self) -> bool:
        """Keep all regions where each has an id of its own, a true span and one known label."""
        text, length, regions = self.text, len(self.text), self.regions
        for name, value, control in self.raw_regions:
            start, end, labels = value.start, value.end, value.labels
            if (
                type(start) is not int
                or type(end) is not int
                or not 0 <= start < end <= length
                or value.text != text[start:end]
                or type(labels) is not list
                or len(labels) != 1
                or type(labels[0]) is not str
                or (label := control.mapped.get(labels[0])) is None
                or name in regions
            ):
                regions.clear()
                return False
            regions[name] = [Region(name, control.name, start, end, label, _NO_CHOICES)]
        return True

    def _check_regions(self) -> None:
        """Check the regions one by one, where one of them needs a closer look."""
        faults = [span_fault(value, self.text) for _, value, _ in self.raw_regions]
        if any(faults) and not self.text.isascii():
            faults = self._suspect_utf16(faults)
        times = Counter(name for name, _, _ in self.raw_regions)
        times.update(self._misplaced_twins())
        for (name, value, control), fault in zip(self.raw_regions, faults, strict=True):
            self._check_region(name, value, control, fault, times[name])

    def _misplaced_twins(self) -> Iterator[str]:
        """The id of each misplaced region that another region has, on other words.

        On the same words it is that region, labelled by one more control.
        """
        spans: dict[str, list[Any]] = {}
        for name, value, _ in self.raw_regions:
            spans.setdefault(name, []).append(_span(value))
        for name, value in self.misplaced:
            own = spans.get(name, ()) if type(name) is str else ()
            if any(span != _span(value) for span in own):
                yield name

    def _check_region(
        self,
        name: str,
        value: Value,
        control: Control,
        fault: Fault | None,
        times: int,
    ) -> None:
        """Keep a region, or set it aside."""
        if times > 1:
            fault = "duplicate_region_id", f"{times} regions have the id {name}"
        problem = fault or self._bad_labels(value, control)
        if problem is not None:
            label = _only_label(value.labels, control)
            self.bad[name] = label if self.bad.get(name, label) == label else ""
            self.reject(problem[0], "region", name, problem[1])
            return
        self.regions[name] = [
            Region(name, control.name, value.start, value.end, label, _NO_CHOICES)
            for label in dict.fromkeys(control.mapped[str(label)] for label in value.labels)
        ]

    def _is_bare(self, item: Any) -> bool:
        """Whether an entry is a result without a value; what is no result at all is set aside."""
        if isinstance(item, Result) and item.value is None:
            return True
        what = f"its value is {item.value!r}" if isinstance(item, Result) else repr(item)
        self.reject("wrong_object", "result", "", f"not a result: {what}")
        return False

    def _misplace(self, item: Result, control: Control | None, *, is_region: bool) -> None:
        """Set aside what does not come from the control that it names."""
        kind, name = "region" if is_region else "choice", item.id
        to_name, code = item.to_name, "wrong_object"
        if control is None:
            code = "unknown_control"
            detail = f"from_name {item.from_name!r} is not in the label config"
        elif to_name != control.to_name:
            detail = f"to_name is {to_name!r}, the config says {control.to_name!r}"
        elif item.value is None or (control.tag == "Labels") is not is_region:
            detail = f"type {item.type!r} does not come from <{control.tag}>"
        else:
            detail = f"the region's id is {name!r}"
        if is_region:
            self.bad[str(name)] = ""
            self.misplaced.append((name, item.value))
        elif control is not None:
            self.lost_choices.add(control.name)
        self.reject(code, kind, name, detail)

    def _suspect_utf16(self, faults: list[Fault | None]) -> list[Fault | None]:
        """What is wrong with each span, if all agree with their text as UTF-16 offsets."""
        mended = as_characters([value for _, value, _ in self.raw_regions], self.text)
        if mended is None:
            return faults
        if not self.checker.repair:
            return [
                fault and ("utf16_offsets", f"{fault[1]}; --repair mends it") for fault in faults
            ]
        self.repaired = True
        regions = zip(self.raw_regions, mended, strict=True)
        self.raw_regions = [(name, value, control) for (name, _, control), value in regions]
        return [None] * len(faults)

    def _bad_labels(self, value: Value, control: Control) -> Fault | None:
        labels = value.labels
        if not isinstance(labels, list) or not labels:
            return "unknown_label", f"labels is {labels!r}"
        for label in labels:
            if str(label) not in control.mapped:
                return "unknown_label", f"{label!r} is not a label of {control.name}"
        if len(labels) > 1 and not self.checker.many_labels:
            return "too_many_choices", f"labels {labels!r} on one region"
        return None

    def _check_choices(self) -> None:
        """Put each choice on its region or on the whole task, or set it aside."""
        regions, on, kept, unused = self.regions, self.checker.on, 0, 0
        torn: dict[tuple[str, str], Sequence[Region | Checked]] = {}
        for name, value, control in self.raw_choices:
            holders: Sequence[Region | Checked] = (self,)
            values = value.choices
            if control.per_region:
                holders = found = regions.get(name, ()) if type(name) is str else ()
                labels = on.get(control.name)
                strays = labels and found[0].label not in labels if found else self._is_beside(name)
                if strays and _is_one(values, control):
                    unused += 1
                    continue
            if (
                not holders
                or type(values) is not list
                or len(values) != 1
                or (chosen := control.mapped.get(str(values[0]))) is None
                or control.name in holders[0].choices
            ):
                code, detail = self._bad_choice(name, values, control)
                part, root = f"{name} {control.name}", code != "end_rejected"
                self.lost_choices.add(control.name)
                self.reject(code, "choice", part, detail, root=root)
                is_second = code == "too_many_choices" and len(values) == 1
                if is_second and control.mapped[str(values[0])] != holders[0].choices[control.name]:
                    torn[name if control.per_region else "", control.name] = holders
                continue
            kept += 1
            for holder in holders:
                holder.choices = {**holder.choices, control.name: chosen}
        for (name, answered), holders in torn.items():  # neither value has more right
            detail = f"{holders[0].choices[answered]!r} of {answered}, which has another value too"
            part = f"{name} {answered}".strip()
            self.reject("too_many_choices", "choice", part, detail, root=False)
            for holder in holders:
                holder.choices = {n: v for n, v in holder.choices.items() if n != answered}
        self.counts["choices_kept"] = kept - len(torn)
        if unused:
            self._leave_unused("choice", unused)

    def _bad_choice(self, name: Any, values: Any, control: Control) -> tuple[str, str]:
        """Why a choice cannot be kept."""
        if control.per_region and str(name) in self.bad:
            return "end_rejected", "its region was set aside"
        is_here = type(name) is str and (name in self.regions or self._is_beside(name))
        if control.per_region and not is_here:
            return "dangling_relation", "its region does not exist"
        if not isinstance(values, list) or not values:
            return "unknown_label", f"choices is {values!r}"
        for value in values:
            if str(value) not in control.mapped:
                return "unknown_label", f"{value!r} is not a choice of {control.name}"
        return "too_many_choices", f"{values!r} of {control.name}"

    def _check_relation(self, item: Result) -> None:
        start, end = item.from_id, item.to_id
        labels = [] if item.labels is None else item.labels
        problem = self._bad_relation([start, end], labels)
        if problem is None:
            if start not in self.regions or not self.checker.has_relations:
                self._leave_unused("relation", 1)
                return
            known = self.checker.config.relations
            labels_here = tuple(known[label] for label in labels)
            self.relations.append(Relation(str(start), str(end), labels_here))
            return
        code, detail = problem
        for one, other in ((str(start), str(end)), (str(end), str(start))):
            if one in self.regions and code == "end_rejected":
                self.lost.add((one, self.bad.get(other, "")))
            elif one in self.regions:
                self.doubted.add(one)
        part = f"{start} -> {end}"
        self.reject(code, "relation", part, detail, root=code != "end_rejected")

    def _bad_relation(self, ends: list[Any], labels: Any) -> Fault | None:
        missing = [end for end in ends if type(end) is not str or end not in self.regions]
        if missing and (problem := self._bad_ends(missing)):
            return problem
        if ends[0] == ends[1]:
            return "self_relation", "both ends are the same region"
        if not isinstance(labels, list):
            return "unknown_label", f"labels is {labels!r}"
        known = self.checker.config.relations
        for label in labels:
            if not isinstance(label, str) or label not in known:
                return "unknown_label", f"{label!r} is not a relation label of the config"
        if missing and len(missing) == 1 and self.checker.has_relations:
            what = f"{missing[0]} is of a control that the scheme does not use"
            return "contradicting_relation", what
        return None

    def _bad_ends(self, missing: list[Any]) -> Fault | None:
        """Why a relation has not all its ends; None where they are of unused controls."""
        nowhere = [end for end in missing if not self._is_beside(end)]
        if not nowhere:
            return None
        if all(str(end) in self.bad for end in nowhere):
            return "end_rejected", f"{nowhere[0]} was set aside"
        return "dangling_relation", f"no region {nowhere[0]!r}"

    def _is_beside(self, name: Any) -> bool:
        """Whether a region is of a control that the scheme does not use, and of no other."""
        return type(name) is str and name in self.beside and name not in self.bad


def _is_one(values: Any, control: Control) -> bool:
    """Whether they are one value that the control has."""
    return isinstance(values, list) and len(values) == 1 and str(values[0]) in control.mapped


def _only_label(labels: Any, control: Control) -> str:
    """Its one label in the scheme's words; empty where it has none, several or an unknown one."""
    known = isinstance(labels, list) and len(labels) == 1
    return control.mapped.get(str(labels[0]), "") if known else ""


def _span(value: Any) -> tuple[Any, Any] | None:
    return (value.start, value.end) if isinstance(value, Value) else None
