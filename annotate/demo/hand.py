"""Hand-written annotations of the seeds -> Label Studio results.

The files name spans by their words and which occurrence of them is meant;
here they become offsets (half-open, code points) into the task's text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from annotate.errors import InputError


class HandTask(NamedTuple):
    """One annotator's work on one article (and target)."""

    article: str
    target: str | None
    holder: str | None
    skipped: bool
    marks: dict[str, Any]


def read_hand(path: Path) -> Iterator[HandTask]:
    """Yield the tasks of a file of `seeds/annotations/`."""
    for item in json.loads(path.read_text(encoding="utf-8"))["tasks"]:
        yield HandTask(
            item["article"],
            item.get("target"),
            item.get("holder"),
            item.get("skipped", False),
            item,
        )


def make_result(scheme: str, text: str, task: HandTask) -> list[dict[str, Any]]:
    """The result that Label Studio would store for this work on `text`."""
    result = _Result(text, f"{scheme} {task.article}")
    {"entities": _entities, "stance": _stance, "claims": _claims}[scheme](result, task.marks)
    return result.items


class _Result:
    """A result list under construction; equal spans with one label are one region."""

    def __init__(self, text: str, where: str) -> None:
        self.text, self.where = text, where
        self.items: list[dict[str, Any]] = []
        self.regions: dict[tuple[int, int, str], str] = {}
        self.chosen: set[tuple[str, str]] = set()

    def region(self, control: str, label: str, span: dict[str, Any]) -> str:
        start = self._find(span)
        end = start + len(span["text"])
        known = self.regions.get((start, end, label))
        if known:
            return known
        name = f"r{len(self.regions)}"
        self.regions[start, end, label] = name
        value = {"start": start, "end": end, "text": span["text"], "labels": [label]}
        self._add(name, control, "labels", value)
        return name

    def choice(self, control: str, value: str | None, region: str | None = None) -> None:
        if value is None or (region or "", control) in self.chosen:
            return
        self.chosen.add((region or "", control))
        place: dict[str, Any] = {}
        if region is not None:
            spans = {name: span for span, name in self.regions.items()}
            start, end, _ = spans[region]
            place = {"start": start, "end": end, "text": self.text[start:end]}
        name = region or f"c{len(self.items)}"
        self._add(name, control, "choices", place | {"choices": [value]})

    def relation(self, start: str, end: str, label: str) -> None:
        self.items.append(
            {
                "from_id": start,
                "to_id": end,
                "type": "relation",
                "direction": "right",
                "labels": [label],
            }
        )

    def _add(self, name: str, control: str, kind: str, value: dict[str, Any]) -> None:
        self.items.append(
            {"id": name, "from_name": control, "to_name": "text", "type": kind, "value": value}
        )

    def _find(self, span: dict[str, Any]) -> int:
        start = -1
        for _ in range(span["nth"]):
            start = self.text.find(span["text"], start + 1)
            if start < 0:
                raise InputError(f"{span['text']!r} does not occur so often", where=self.where)
        return start


def _entities(result: _Result, marks: dict[str, Any]) -> None:
    for entity in marks.get("entities", []):
        region = result.region("entity", entity["label"], entity)
        result.choice("mention", entity.get("mention"), region)


def _stance(result: _Result, marks: dict[str, Any]) -> None:
    result.choice("stance", marks.get("stance"))
    result.choice("explicitness", marks.get("explicitness"))
    for span in marks.get("evidence", []):
        result.region("evidence", "Evidence", span)


def _claims(result: _Result, marks: dict[str, Any]) -> None:
    links: dict[tuple[str, str, str], None] = {}
    for claim in marks.get("claims", []):
        parts = {
            role: [result.region("role", role.capitalize(), span) for span in claim.get(role, [])]
            for role in ("content", "source", "cue")
        }
        for fragments in parts.values():
            for before, after in pairwise(fragments):
                links[before, after, "continues"] = None
        for role in ("source", "cue"):
            if parts[role]:
                links[parts["content"][0], parts[role][0], role] = None
        for control in ("mode", "attitude"):
            result.choice(control, claim.get(control), parts["content"][0])
        if claim.get("negated"):
            result.choice("negated", "yes", parts["content"][0])
        if parts["source"]:
            result.choice("kind", claim.get("source_kind"), parts["source"][0])
    for span in marks.get("unlinked", []):
        result.region("role", span["role"], span)
    for start, end, label in links:
        result.relation(start, end, label)
