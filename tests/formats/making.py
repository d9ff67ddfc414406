"""Label Studio JSON written by hand or by chance, for the tests of formats.

Nothing here uses the package's own writer of Label Studio JSON.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from hypothesis import strategies as st

from annotate.annotations.gather import Gathering
from annotate.annotations.pseudonym import PseudonymKey
from annotate.formats.base import Table
from annotate.formats.collect import collect_annotators, collect_gold
from annotate.formats.readers import load_reader
from annotate.formats.readers.tasks import Outcome, import_annotations
from annotate.pipeline import find_config, read_annotations
from annotate.schemes import load_scheme
from annotate.schemes.base import Drawing

KEY = PseudonymKey(b"a key for the tests of formats")
LOST_SPAN = "span of CR or byte order marks alone, which the text loses"
Result = list[dict[str, Any]]


def region(text: str, name: str, control: str, label: str, start: int, end: int) -> dict[str, Any]:
    """A span as Label Studio stores it."""
    value = {"start": start, "end": end, "text": text[start:end], "labels": [label]}
    return {"id": name, "from_name": control, "to_name": "text", "type": "labels", "value": value}


def choice(name: str, control: str, value: str) -> dict[str, Any]:
    """A choice on a region (that has the same id), or on the task."""
    held = {"choices": [value]}
    return {"id": name, "from_name": control, "to_name": "text", "type": "choices", "value": held}


def relation(start: str, end: str, label: str) -> dict[str, Any]:
    """A relation between two regions."""
    return {
        "type": "relation",
        "from_id": start,
        "to_id": end,
        "direction": "right",
        "labels": [label],
    }


def task(text: str, *results: Result, **data: Any) -> dict[str, Any]:
    """A task with one annotation a result, by the users 1, 2, …"""
    annotations = [
        {"id": number, "completed_by": number, "result": result, "was_cancelled": False}
        for number, result in enumerate(results, 1)
    ]
    return {"id": 1, "data": {"text": text, **data}, "annotations": annotations}


def save(path: Path, tasks: Sequence[dict[str, Any]]) -> Path:
    """Write an export; a lone surrogate would fail here, not there."""
    path.write_text(json.dumps(tasks, ensure_ascii=False), encoding="utf-8", newline="")
    return path


def config_of(path: Path, control: str, labels: Sequence[str]) -> Path:
    """Write a label config with one control of spans, or of choices on the text."""
    tag, item = ("Choices", "Choice") if control == "stance" else ("Labels", "Label")
    values = "".join(f"<{item} value={quoteattr(label)}/>" for label in labels)
    shown = f'<{tag} name="{control}" toName="text">{values}</{tag}>'
    path.write_text(f'<View><Text name="text" value="$text"/>{shown}</View>', encoding="utf-8")
    return path


def gathered(path: Path, scheme: str, config: Path | None = None) -> Gathering:
    """The annotations of an export, with the ledger closed and nothing set aside."""
    gathering = read_annotations(scheme, [str(path)], config=config, key=KEY)
    gathering.ledger.close(max_rejects=0)
    return gathering


def gold_table(path: Path, scheme: str, config: Path | None = None) -> Table:
    """Gold by majority."""
    tasks = gathered(path, scheme, config).tasks
    kind, fitted = load_scheme(scheme), find_config(scheme, config)
    return collect_gold(tasks, kind, fitted, policy="majority", ties="drop")


def own_table(path: Path, scheme: str, config: Path | None = None) -> Table:
    """Every annotator's own work."""
    tasks = gathered(path, scheme, config).tasks
    return collect_annotators(tasks, load_scheme(scheme), find_config(scheme, config))


def drawings(table: Table) -> dict[str, Drawing]:
    """The drawing of each row by its text."""
    return {document.text: document.drawing for document in table.documents()}


def import_files(
    name: str,
    paths: Path | Sequence[Path],
    out: Path,
    scheme: str = "entities",
    names: dict[str, str] | None = None,
    *,
    config: Path | None = None,
    max_rejects: int = 0,
) -> Outcome:
    """Import as annotations with the reader of the format `name`."""
    return import_annotations(
        load_reader(name),
        [paths] if isinstance(paths, Path) else paths,
        load_scheme(scheme),
        find_config(scheme, config),
        names=names or {},
        kind="annotations",
        max_rejects=max_rejects,
        out=out,
    )


LETTERS = "ab Zé\u0301\u05d0\u4e2d😀🏳\n\t.-'|[]_\\*;>"
"""Letters with a combining accent, right-to-left, outside the basic plane, and what formats
reserve."""
TEXTS = st.text(LETTERS, min_size=1, max_size=40).filter(str.strip)


@st.composite
def spans(draw: st.DrawFn, text: str) -> tuple[int, int]:
    """A span of at least one character."""
    start = draw(st.integers(0, len(text) - 1))
    return start, draw(st.integers(start + 1, len(text)))


ENTITY_LABELS = find_config("entities", None).values("entity")


@st.composite
def entity_tasks(draw: st.DrawFn) -> dict[str, Any]:
    """A text with nested, overlapping and equal entities."""
    text = draw(TEXTS)
    result: Result = []
    for number, (start, end) in enumerate(draw(st.lists(spans(text), max_size=6))):
        label = draw(st.sampled_from(ENTITY_LABELS))
        result.append(region(text, f"e{number}", "entity", label, start, end))
        mention = draw(st.sampled_from([None, "NAM", "NOM", "PRO"]))
        result += [choice(f"e{number}", "mention", mention)] if mention else []
    return task(text, result)


@st.composite
def claim_tasks(draw: st.DrawFn) -> dict[str, Any]:
    """A text with claims that share sources and cues, nest, and are in fragments."""
    text = draw(TEXTS)
    result: Result = []
    roles = draw(st.lists(st.sampled_from(["Source", "Cue", "Content"]), max_size=6))
    for number, role in enumerate(roles):
        names = _fragments(draw, text, number, role, result)
        if role == "Content":
            for control, values in _CONTENT.items():
                value = draw(st.sampled_from([None, *values]))
                result += [choice(names[0], control, value)] if value else []
        elif role == "Source":
            kind = draw(st.sampled_from([None, "named", "collective"]))
            result += [choice(names[0], "kind", kind)] if kind else []
    for number, role in enumerate(roles):
        for other, end in enumerate(roles):
            if role == "Content" and end != "Content" and draw(st.booleans()):
                result.append(relation(f"p{number}.0", f"p{other}.0", end.lower()))
    return task(text, result)


_CONTENT = {
    "mode": ["direct", "indirect"],
    "attitude": ["assertion", "belief"],
    "negated": ["yes"],
}


def _fragments(draw: st.DrawFn, text: str, number: int, role: str, result: Result) -> list[str]:
    """One to three disjoint fragments of a part, joined by `continues`."""
    borders = sorted(draw(st.sets(st.integers(0, len(text)), min_size=2, max_size=6)))
    pairs = list(zip(borders[::2], borders[1::2], strict=False))
    names = [f"p{number}.{place}" for place in range(len(pairs))]
    for name, (start, end) in zip(names, pairs, strict=True):
        result.append(region(text, name, "role", role, start, end))
    result += [relation(a, b, "continues") for a, b in pairwise(names)]
    return names


def meanings(table: Table) -> dict[str, Counter[Any]]:
    """What the rows say by their text, whatever order it stands in.

    A shape that links start from counts with the shapes at their ends: shared ends are so
    compared by what they are, not by which one of equal ones they are.
    """
    return {document.text: _meaning(document.drawing) for document in table.documents()}


def _meaning(drawing: Drawing) -> Counter[Any]:
    shown = [(s.label, s.fragments, tuple(sorted(s.choices.items()))) for s in drawing.shapes]
    ends: dict[int, list[Any]] = {place: [] for place in range(len(shown))}
    for start, end, label in drawing.links:
        ends[start].append((label, shown[end]))
    linked = {end for _, end, _ in drawing.links}
    found: Counter[Any] = Counter(
        (shape, tuple(sorted(ends[place])))
        for place, shape in enumerate(shown)
        if place not in linked
    )
    found["choices", tuple(sorted(drawing.choices.items()))] += 1
    return found
