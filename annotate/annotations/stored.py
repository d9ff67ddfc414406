"""The bytes of a task -> what Label Studio stored for each annotation, mended as it was read."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from annotate.annotations.line_ends import take_over
from annotate.errors import ExportError
from annotate.schemes.base import Region, Reject
from annotate.schemes.label_config import Control


class _StoredAnnotation(msgspec.Struct, gc=False):
    result: msgspec.Raw = msgspec.Raw(b"null")


class _StoredTask(msgspec.Struct, gc=False):
    annotations: list[_StoredAnnotation] | None = None
    completions: list[_StoredAnnotation] | None = None


_STORED = msgspec.json.Decoder(_StoredTask)


def stored_results(raw: msgspec.Raw | bytes, where: str) -> list[bytes]:
    """`result` of each annotation as it stands in the bytes of a task that was decoded.

    Raises ExportError where it is nested too deep.
    """
    try:
        task = _STORED.decode(raw)
    except RecursionError:  # where the task was decoded more of the stack was free
        raise ExportError("is nested too deep", where=where) from None
    annotations = [*(task.annotations or []), *(task.completions or [])]
    return [bytes(annotation.result) for annotation in annotations]


def mend_spans(
    kept: bytes, regions: Mapping[str, Sequence[Region]], text: str, stored: str | None
) -> bytes:
    """`result` of an annotation, with the offsets that its `regions` were given on `text`.

    Where line ends of the task's text were put back they are those in `stored`, as it was: the
    task keeps its line ends.
    """
    spans = {name: (one.start, one.end) for name, (one, *_) in regions.items()}
    if stored is not None:
        text, spans = stored, take_over(spans, text, stored)
    result = msgspec.json.decode(kept)
    for item in result:
        if not isinstance(item, dict) or not isinstance(value := item.get("value"), dict):
            continue
        name = item.get("id")
        if "start" in value and isinstance(name, str) and name in spans:
            start, end = spans[name]
            value |= {"start": start, "end": end, "text": text[start:end]}
    return msgspec.json.encode(result)


def without_rejects(
    kept: bytes,
    rejects: Iterable[Reject],
    regions: Container[str],
    controls: Mapping[str, Control],
) -> bytes:
    """`result` of an annotation, without the parts that its checks set aside.

    `regions` are the ids of the regions that were kept, `controls` those of the label config
    by the names that `result` uses.
    """
    gone = {(reject.kind, reject.part) for reject in rejects}

    def stays(item: Any) -> bool:
        if not isinstance(item, dict):
            return False
        if item.get("type") == "relation":
            return ("relation", f"{item.get('from_id')} -> {item.get('to_id')}") not in gone
        name, from_name = str(item.get("id")), item.get("from_name")
        control = controls.get(from_name) if isinstance(from_name, str) else None
        if control is None or not isinstance(item.get("value"), dict):
            return False
        parts = {name, control.name, f"{name} {control.name}"}
        lost = ("region", name) in gone and name not in regions
        return not lost and not any(("choice", part) in gone for part in parts)

    return msgspec.json.encode([item for item in msgspec.json.decode(kept) if stays(item)])
