"""A label config -> everything that is wrong with it for a scheme, at once.

Beyond what the scheme needs: what Label Studio accepts silently and then shows
nothing for, or shows wrongly.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from annotate.errors import ConfigError
from annotate.schemes.base import Scheme
from annotate.schemes.label_config import (
    NAMED_TAGS,
    LabelConfig,
    fit_config,
    mappable,
    parse_label_config,
    parse_xml,
    read_xml,
    stored_value,
)

_FIELDS = frozenset(
    {
        "text", "title", "date", "url", "licence", "article_id", "unit", "unit_start",
        "text_sha256", "unit_key", "group", "calibration",
    }
)  # fmt: skip
_TARGET_FIELDS = frozenset({"target", "target_kind", "holder"})


def check_config(path: Path, scheme: Scheme[Any], names: Mapping[str, str]) -> list[str]:
    """Everything that is wrong with the label config of a file; empty where it fits.

    Raises ConfigError for a file that is no label config at all.
    """
    xml = read_xml(path)
    root = parse_xml(xml, where=str(path))
    repeated = _repeated(e.get("name", "") for e in root.iter() if e.get("toName"))
    problems = [f"two controls are named {name}" for name in repeated]
    if not repeated:
        present = mappable(parse_label_config(xml, where=str(path)))
        unknown = sorted(set(names) - present)
        problems += [f"--map names {name}, which the config does not have" for name in unknown]
        known = {foreign: ours for foreign, ours in names.items() if foreign in present}
        problems += _misfits(parse_label_config(xml, where=str(path), names=known), scheme)
    problems += [*_objects(root), *_values(root), *_fields(root, scheme), *_keys(root)]
    return list(dict.fromkeys(problems))


def _misfits(config: LabelConfig, scheme: Scheme[Any]) -> list[str]:
    """What the scheme needs and the config lacks."""
    try:
        fit_config(config, scheme.name, scheme.needs, scheme.relations)
    except ConfigError as error:
        return re.split("; (?!known are )", error.what.partition(": ")[2])
    return []


def _objects(root: Element) -> Iterator[str]:
    """Controls that point at nothing: Label Studio shows them and stores nothing."""
    controls = {e.get("name") for e in root.iter() if e.get("toName")}
    shown = (e for e in root.iter() if not e.get("toName"))
    objects = {e.get("name") for e in shown if any("$" in value for value in e.attrib.values())}
    for element in root.iter():
        if (goals := element.get("toName")) is None:
            continue
        kind, there = ("control", controls) if element.tag == "Filter" else ("object", objects)
        for goal in goals.split(","):  # what compares objects points to several
            if goal not in there:
                yield f"{element.get('name')} has toName {goal!r}, and no {kind} has that name"


def _values(root: Element) -> Iterator[str]:
    """Values that are empty, padded with white space, or there twice."""
    for control in root.iter():
        if control.tag not in NAMED_TAGS:
            continue
        name = control.get("name") or control.tag
        found = [stored_value(e) for e in control.iter(NAMED_TAGS[control.tag])]
        yield from (f"{name} has {value!r} twice" for value in _repeated(found))
        for value in found:
            if value != value.strip() or not value:
                yield f"{name} has the value {value!r}"


def _fields(root: Element, scheme: Scheme[Any]) -> Iterator[str]:
    """Fields of the task that are shown and that no task has."""
    known = _FIELDS | (_TARGET_FIELDS if scheme.has_targets else frozenset())
    for element in root.iter():
        value = element.get("value", "")
        if value.startswith("$") and value[1:] not in known:
            yield f"<{element.tag}> shows {value}, which tasks do not have"


def _keys(root: Element) -> Iterator[str]:
    """Hotkeys that two values share."""
    tags = NAMED_TAGS.values()
    keys = [e.get("hotkey", "") for e in root.iter() if e.tag in tags and e.get("hotkey")]
    yield from (f"the hotkey {key!r} is there twice" for key in _repeated(keys))


def _repeated(values: Iterable[str]) -> list[str]:
    return sorted(value for value, count in Counter(values).items() if count > 1)
