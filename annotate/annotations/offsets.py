"""A span and the text that it is on -> what is wrong with its offsets.

They are half-open code points. Those of other tools count UTF-16 units, which can be
told from the words that stand beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from annotate.annotations.raw import Value
from annotate.text import same_when_normalised, utf16_places

Fault = tuple[str, str]
"""(code, what is wrong)."""


def span_fault(value: Value, text: str) -> Fault | None:
    """What is wrong with a span as it stands; None where nothing is."""
    start, end, length = value.start, value.end, len(text)
    if type(start) is not int or type(end) is not int:
        return "out_of_bounds", f"start {start!r} and end {end!r} are not whole numbers"
    said = value.text
    if 0 <= start < end <= length and said == text[start:end]:
        return None
    if start < 0 or end > length or start > end:
        return "out_of_bounds", f"{start} to {end} in a text of {length} characters"
    if start == end:
        return "empty_span", f"start and end are both {start}"
    found = text[start:end]
    if said is None or (isinstance(said, str) and same_when_normalised(said, found)):
        return None
    return "text_mismatch", f"value.text is {said!r}, the text is {found!r}"


def as_characters(values: Sequence[Value], text: str) -> list[Value] | None:
    """Spans in UTF-16 units as spans in characters; None unless all hold their text as such."""
    places = utf16_places(text)
    if not all(_agrees(value, text, places) for value in values):
        return None
    return [replace(value, start=places[value.start], end=places[value.end]) for value in values]


def _agrees(value: Value, text: str, places: Mapping[int, int]) -> bool:
    start, end, said = value.start, value.end, value.text
    if type(start) is not int or type(end) is not int or not isinstance(said, str):
        return False
    if start >= end or start not in places or end not in places:
        return False
    return same_when_normalised(said, text[places[start] : places[end]])
