"""The bytes of a task -> what Label Studio stored for each of its annotations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from annotate.annotations.line_ends import take_over
from annotate.errors import ExportError
from annotate.schemes.base import Region


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
