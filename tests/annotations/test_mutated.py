"""Recorded exports with anything in them changed: refused in words, or accounted for.

What is expected is worked out from the changed JSON, without the code under test.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotate.annotations.gather import Gathering
from annotate.errors import AnnotateError
from annotate.schemes import load_scheme
from tests.annotations.exports import codes, gather_bytes

_EXPORTS = Path(__file__).parents[2] / "seeds" / "exports"
_CONTROLS = {"entities": "entity", "stance": "evidence", "claims": "role"}
_ODD: tuple[Any, ...] = (
    *(None, True, -1, 0, 1, 1.0, 2**31, 2**63, "", "1", "\0", "\r\n", "e\u0301😀"),
    *([], [None], [[]], ["PER"], ["Cue"], {}, {"id": 2}, {"id": []}, "text", "relation"),
)
_KEYS = ("id", "value", "start", "labels", "choices", "from_name", "tasks", "action")
_EDITS = ("remove", "replace", "repeat", "rename", "copy", "halve", "shift")
_FORMS = ("array", "lines", "pages", "old")


def _base(scheme: str) -> list[dict[str, Any]]:
    """Two tasks with the beginning of their annotations, of which every other names no text."""
    tasks: list[dict[str, Any]] = json.loads((_EXPORTS / f"{scheme}.round1.json").read_bytes())[:2]
    for task in tasks:
        for annotation in task["annotations"]:
            del annotation["result"][6:]
            for entry in annotation["result"][::2]:
                entry["value"].pop("text", None)
    return tasks


_BASES = {scheme: _base(scheme) for scheme in _CONTROLS}


def _places(found: Any) -> Iterator[tuple[Any, Any]]:
    """Everything in a document: what holds it, and its name or number there."""
    for name in found if isinstance(found, dict) else range(len(found)):
        yield found, name
        if isinstance(found[name], dict | list):
            yield from _places(found[name])


def _numbers(places: list[Any]) -> st.SearchStrategy[int]:
    return st.integers(0, len(places) - 1)


@st.composite
def changed(draw: st.DrawFn, scheme: str) -> list[Any]:
    tasks: list[Any] = deepcopy(_BASES[scheme])
    for _ in range(draw(st.integers(1, 4))):
        places = list(_places(tasks))
        if not places:
            break
        names = sorted({str(name) for _, name in places})  # else most would be spans
        chosen = names[draw(_numbers(names))]
        alike = [place for place in places if str(place[1]) == chosen]
        holder, name = alike[draw(_numbers(alike))]
        edit = draw(st.sampled_from(_EDITS))
        if edit == "shift" and type(holder[name]) is int:
            holder[name] += draw(st.sampled_from((-1, 1, 10_000)))
        elif edit == "replace":
            holder[name] = deepcopy(draw(st.sampled_from(_ODD)))
        elif edit == "halve":
            holder[name] = "half a character: \ud800"
        elif edit == "copy":
            other, there = places[draw(_numbers(places))]
            holder[name] = deepcopy(other[there])
        elif edit == "remove":
            del holder[name]
        elif isinstance(holder, list):
            holder.append(deepcopy(holder[name]))
        elif edit == "rename":
            holder[draw(st.sampled_from(_KEYS))] = holder.pop(name)
    return tasks


def _written(tasks: list[Any], form: str) -> bytes:
    if form == "array":
        return json.dumps(tasks).encode()
    if form == "old":
        return json.dumps(tasks).replace('"annotations"', '"completions"').encode()
    lines = [json.dumps({"tasks": [task]} if form == "pages" else task) for task in tasks]
    return "\n".join(lines).encode()


def _gather(scheme: str, export: bytes) -> Gathering | None:
    try:
        return gather_bytes(scheme, export)
    except AnnotateError as error:
        assert error.where, error
        return None


def _spans(scheme: str, gathering: Gathering) -> set[tuple[int, int]]:
    found = set()
    for task in gathering.tasks:
        for annotation in task.annotations:
            for start, end, _ in load_scheme(scheme).spans(annotation.record):
                assert 0 <= start < end <= len(task.data.text)
                found.add((start, end))
    return found


def _said(gathering: Gathering | None) -> Any:
    """What a gathering holds, whatever the order of its inputs."""
    if gathering is None:
        return None
    records = [(t.data.unit_key, repr(a.record)) for t in gathering.tasks for a in t.annotations]
    return gathering.ledger.counts, sorted(records), sorted(codes(gathering))


@pytest.mark.parametrize("scheme", _CONTROLS)
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_nothing_is_lost_in_silence(scheme: str, data: st.DataObject) -> None:
    tasks = data.draw(changed(scheme))
    gathering = _gather(scheme, _written(tasks, data.draw(st.sampled_from(_FORMS))))
    assert _said(_gather(scheme, _written(tasks[::-1], "array"))) == _said(gathering)
    if gathering is None or any("tasks" in task or "action" in task for task in tasks):
        return
    ledger, counts = gathering.ledger, gathering.ledger.counts
    ledger.close(max_rejects=ledger.root_causes)
    annotations = [annotation for task in tasks for annotation in task.get("annotations") or []]
    assert counts["annotations_read"] == len(annotations)
    aside = sum(entry.kind == "annotation" for entry in ledger.set_aside)
    other = counts["skipped"] + counts["duplicate"] + len(ledger.superseded)
    assert counts["annotations_read"] == counts["annotations_kept"] + other + aside
    spans = _spans(scheme, gathering)
    if other == 0:
        results = [a["result"] for a in annotations if isinstance(a.get("result"), list)]
        listed = sum(entry.kind == "result" for entry in ledger.set_aside)
        kinds = ("regions_read", "choices_read", "relations_read", "unused_results")
        assert sum(map(len, results)) == listed + sum(counts[kind] for kind in kinds)
        gone = {entry.part for entry in ledger.set_aside if entry.kind == "region"}
        drawn = [entry for result in results for entry in result if _is_drawn(entry, scheme)]
        assert _borders(entry for entry in drawn if _name(entry) not in gone) <= spans
        assert spans <= _borders(drawn)


def _is_drawn(entry: Any, scheme: str) -> bool:
    if not isinstance(entry, dict) or not isinstance(value := entry.get("value"), dict):
        return False
    is_span = entry.get("type") != "relation" and bool(value.get("labels"))
    return is_span and entry.get("from_name") == _CONTROLS[scheme]


def _name(entry: dict[str, Any]) -> str:
    """The id of an entry, as the ledger can write it."""
    return str(entry.get("id")).replace("\ud800", "\ufffd")


def _borders(entries: Iterable[dict[str, Any]]) -> set[tuple[int, int]]:
    values = [entry["value"] for entry in entries]
    borders = [(value.get("start"), value.get("end")) for value in values]
    return {(start, end) for start, end in borders if type(start) is type(end) is int}
