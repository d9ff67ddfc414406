"""The data of a Label Studio task -> what a row takes from it.

A task that `annotate` made carries its key; one made elsewhere gets its key
from its text (and target), is a unit of kind `article`, and starts at 0.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import msgspec

from annotate.errors import ExportError
from annotate.identity import article_id, unit_key
from annotate.schemes.base import Scheme
from annotate.schemes.label_config import LabelConfig, text_field
from annotate.text import read_day, text_sha256

ADJUDICATES = "adjudicates"
"""Field of a task's data in an adjudication project: the pseudonyms that are decided over."""

_OURS = {"unit_key": str, "article_id": str, "group": str, "unit": str, "unit_start": int}
_NO_NAME = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029]")
"""What ends a line, or acts on what shows it: names stand in lines of other programs' files."""
_LAST = 2**31 - 1
"""The last place that the column `unit_start` can hold."""


class TaskData(msgspec.Struct, frozen=True, gc=False):
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


def read_task_data(
    data: dict[str, Any], scheme: Scheme[Any], config: LabelConfig, *, where: str
) -> TaskData:
    """What a row takes from a task's data.

    Raises ExportError where it has no text or half a key, and for a field of the scheme that is
    no text.
    """
    field = text_field(config, scheme.needs)
    text = data.get(field)
    if not isinstance(text, str) or not text:
        do = f"give the label config of its project with --config; the text of this one is ${field}"
        raise ExportError(f"has no text in data.{field}", where=where, do=do)
    described: dict[str, Any] = {
        "title": _text(data.get("title")),
        "date": _iso_date(_text(data.get("date"))),
        "url": _text(data.get("url")),
        "licence": _licence(data.get("licence")),
    }
    context = scheme.context(data)
    for name in context:
        if not isinstance(data.get(name), str | None):
            raise ExportError(f"data.{name} is {_shown(data[name])}, no text", where=where)
    if is_ours(data):
        strange = [n for n, kind in _OURS.items() if type(data.get(n)) is not kind]
        if strange:
            raise ExportError(f"data has a unit_key but no {', '.join(strange)}", where=where)
        own = {name: data[name] for name in _OURS}
        _check_own(own, where)
        sha = str(data.get("text_sha256", ""))
    else:
        article = article_id(described["url"], text)
        target: Any = tuple(context.values())
        own = {
            "unit_key": unit_key(
                article=None, start=0, text=text, scheme=scheme.name, target=target
            ),
            "article_id": article,
            "group": article,
            "unit": "article",
            "unit_start": 0,
        }
        sha = text_sha256(text)
    return TaskData(**own, **described, text=text, text_sha256=sha, context=context)


def _check_own(own: dict[str, Any], where: str) -> None:
    for name, value in own.items():
        if value == "":
            raise ExportError(f"data.{name} is empty", where=where)
        found = _NO_NAME.search(value) if isinstance(value, str) else None
        if found:
            shown = f"U+{ord(found.group()):04X}"
            raise ExportError(f"data.{name} holds {shown}, a control character", where=where)
    start = own["unit_start"]
    if not 0 <= start <= _LAST:
        raise ExportError(f"data.unit_start is {_shown(start)}, no place in a text", where=where)


def is_ours(data: dict[str, Any]) -> bool:
    """Whether a task with this data was made by `annotate`."""
    return "unit_key" in data


def fields_without_text(data: dict[str, Any]) -> list[str]:
    """What is said of a task in fields of ours that hold no text, and so enters no row."""
    said = ((name, data.get(name)) for name in ("title", "date", "url", "licence"))
    return [f"data.{n} is {_shown(v)}" for n, v in said if v is not None and type(v) is not str]


def is_deciding(data: dict[str, Any]) -> bool:
    """Whether annotations of a task with this data decide over those of others."""
    return bool(data.get(ADJUDICATES))


def pushed_with(data: dict[str, Any]) -> str:
    """The digest of the label config that a task was pushed with; empty for one made elsewhere."""
    return _text(data.get("config_digest")) or ""


def text_problem(data: TaskData) -> str | None:
    """The code for a text that cannot be trusted: `nul` or `text_changed`."""
    if "\0" in data.text:
        return "nul"
    return None if data.text_sha256 == text_sha256(data.text) else "text_changed"


def original_line_ends(data: TaskData) -> str | None:
    """The text that the task's hash was made of, where only line ends have changed since."""
    plain = data.text.replace("\r\n", "\n").replace("\r", "\n")
    for variant in (plain, plain.replace("\n", "\r\n"), plain.replace("\n", "\r")):
        if text_sha256(variant) == data.text_sha256:
            return variant
    return None


@lru_cache(maxsize=1024)  # many articles of a day
def _iso_date(text: str | None) -> str | None:
    """A date as ISO 8601; one that cannot be read stays as it is."""
    day = read_day(text) if text else None
    return day.isoformat() if day else text


def _shown(value: Any) -> str:
    return repr(value)[:40]


def _licence(value: Any) -> str | None:
    """A licence; white space alone records none."""
    found = _text(value)
    return found if found and found.strip() else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
