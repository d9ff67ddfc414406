"""What goes along when a region or a whole annotation is set aside."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from annotate.schemes.base import Marks, Reject


class _Part(NamedTuple):
    kind: str
    name: str
    ends: frozenset[str]


def all_parts(marks: Marks, code: str) -> list[Reject]:
    """Every part of an annotation that is set aside as a whole."""
    detail = "the annotation was set aside"
    return [Reject(code, part.kind, part.name, detail, root=False) for part in _parts(marks)]


def hanging_parts(marks: Marks, rejects: list[Reject]) -> list[Reject]:
    """Choices and relations of the regions among `rejects`, unless they are listed already."""
    if not rejects:
        return []
    gone = {reject.part for reject in rejects if reject.kind == "region"}
    # relations between the same ends share a name, so each entry stands for one of them
    listed = Counter((reject.kind, reject.part) for reject in rejects)
    hanging = Counter((part.kind, part.name) for part in _parts(marks) if part.ends & gone)
    return [
        Reject("end_rejected", kind, name, "its region was set aside", root=False)
        for kind, name in (hanging - listed).elements()
    ]


def _parts(marks: Marks) -> list[_Part]:
    regions = {region.id: region for region in marks.regions}
    found = [_Part("region", name, frozenset({name})) for name in regions]
    found += [
        _Part("choice", f"{name} {control}", frozenset({name}))
        for name, region in regions.items()
        for control in region.choices
    ]
    found += [_Part("choice", control, frozenset()) for control in marks.choices]
    found += [
        _Part("relation", f"{r.from_id} -> {r.to_id}", frozenset({r.from_id, r.to_id}))
        for r in marks.relations
    ]
    return found
