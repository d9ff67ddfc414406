"""Checked regions and relations of one annotation -> claims.

A content is one claim. Relations join it to its sources and cues; `continues`
joins fragments of one source, cue or content. The roles of a relation's ends
decide what it means, whatever its direction; of its labels those that fit the
ends count, none is fine. A source or cue that no claim uses is kept as
unlinked. A claim that lost a part (its region was set aside) is set aside too:
without the part it would say something that the annotator did not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from annotate.schemes.base import Marks, Region, Reject, Relation
from annotate.schemes.overlap import Part


class Claim(msgspec.Struct, frozen=True, order=True, gc=False):
    """One attribution. No source means that it is implicit."""

    content: Part
    source: tuple[Part, ...] = ()
    cue: tuple[Part, ...] = ()
    source_kind: tuple[str | None, ...] = ()
    mode: str | None = "undetermined"
    attitude: str | None = "assertion"
    negated: bool | None = False


class ClaimSet(msgspec.Struct, frozen=True, gc=False):
    """All claims of one annotation, and the sources and cues that none uses."""

    claims: tuple[Claim, ...]
    unlinked: tuple[tuple[str, Part], ...] = ()
    """(role, fragments)."""


class _Group(NamedTuple):
    """Regions that are fragments of one source, cue or content."""

    role: str
    regions: list[Region]

    @property
    def part(self) -> Part:
        return tuple(sorted((region.start, region.end) for region in self.regions))


class Assembly:
    """Joins the regions of one annotation into claims."""

    def __init__(self, marks: Marks) -> None:
        self.regions = {region.id: region for region in marks.regions}
        self.lost = marks.lost
        self.rejects: list[Reject] = []
        meant = [(r, m) for r in marks.relations if (m := self._meaning(r)) is not None]
        self.root = {name: name for name in self.regions}
        self._join([relation for relation, meaning in meant if meaning == "continues"])
        self.links = [relation for relation, meaning in meant if meaning != "continues"]

    def build(self) -> tuple[ClaimSet, list[Reject]]:
        groups: dict[str, _Group] = {}
        for name, region in self.regions.items():
            group = groups.setdefault(self._find(name), _Group(region.label, []))
            group.regions.append(region)
        linked: dict[str, set[str]] = defaultdict(set)
        for relation in self.links:
            ends = self._find(relation.from_id), self._find(relation.to_id)
            content, other = sorted(ends, key=lambda end: groups[end].role != "Content")
            linked[content].add(other)
        claims, used = [], set()
        for name, group in groups.items():
            if group.role != "Content":
                continue
            others = linked[name]
            used |= others
            if self._whole(group, [groups[other] for other in others]):
                claims.append(self._claim(group, [groups[other] for other in others]))
        unlinked = sorted(
            (g.role, g.part) for n, g in groups.items() if g.role != "Content" and n not in used
        )
        return ClaimSet(tuple(sorted(claims, key=claim_order)), tuple(unlinked)), self.rejects

    def _meaning(self, relation: Relation) -> str | None:
        """What a relation means by the roles of its ends; None where it is set aside."""
        roles = {self.regions[relation.from_id].label, self.regions[relation.to_id].label}
        if len(roles) == 1:
            meaning = "continues"
        elif "Content" in roles:
            meaning = (roles - {"Content"}).pop().lower()
        else:
            meaning = ""
        if not meaning or (relation.labels and meaning not in relation.labels):
            said = ", ".join(relation.labels) or "no label"
            self._reject_relation("contradicting_relation", relation, f"{said} joins {_and(roles)}")
            return None
        return meaning

    def _join(self, relations: list[Relation]) -> None:
        """Join fragments; a relation that leads back to its start is set aside."""
        forward: dict[str, set[str]] = defaultdict(set)
        for relation in relations:
            if _reaches(forward, relation.to_id, relation.from_id):
                self._reject_relation("fragment_cycle", relation, "continues leads back to itself")
                continue
            forward[relation.from_id].add(relation.to_id)
            self.root[self._find(relation.from_id)] = self._find(relation.to_id)

    def _find(self, name: str) -> str:
        while self.root[name] != name:
            self.root[name] = self.root[self.root[name]]
            name = self.root[name]
        return name

    def _whole(self, content: _Group, others: list[_Group]) -> bool:
        """Whether no part of the claim was set aside; rejects the claim otherwise."""
        regions = [r for group in (content, *others) for r in group.regions]
        if not any(region.id in self.lost for region in regions):
            return True
        for region in content.regions:
            detail = "a source, cue or fragment of this claim was set aside"
            self.rejects.append(Reject("incomplete_claim", "region", region.id, detail, False))
        return False

    def _claim(self, content: _Group, others: list[_Group]) -> Claim:
        drawn = [(g.part, self._choice(g, "kind")) for g in others if g.role == "Source"]
        # by kind too: two sources may have one span, and their order must not be chance
        sources = sorted(drawn, key=lambda source: (source[0], source[1] or ""))
        return Claim(
            content=content.part,
            source=tuple(part for part, _ in sources),
            cue=tuple(sorted(group.part for group in others if group.role == "Cue")),
            source_kind=tuple(kind for _, kind in sources),
            mode=self._choice(content, "mode") or "undetermined",
            attitude=self._choice(content, "attitude") or "assertion",
            negated=self._choice(content, "negated") == "yes",
        )

    def _choice(self, group: _Group, control: str) -> str | None:
        """The value that the fragments of a part agree on; None where unset."""
        said = {r.id: r.choices[control] for r in group.regions if control in r.choices}
        values = set(said.values())
        if len(values) > 1:
            detail = f"{control} is {_and(values)} on fragments of one part"
            for region in sorted(said):
                self.rejects.append(
                    Reject("too_many_choices", "choice", f"{region} {control}", detail)
                )
        return values.pop() if len(values) == 1 else None

    def _reject_relation(self, code: str, relation: Relation, detail: str) -> None:
        ends = f"{relation.from_id} -> {relation.to_id}"
        self.rejects.append(Reject(code, "relation", ends, detail))


def _reaches(forward: Mapping[str, set[str]], start: str, goal: str) -> bool:
    seen, waiting = set(), [start]
    while waiting:
        name = waiting.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            waiting.extend(forward.get(name, ()))
    return False


def _and(words: Iterable[str]) -> str:
    return " and ".join(sorted(words))


def claim_order(claim: Claim) -> tuple[Any, ...]:
    kinds = tuple(kind or "" for kind in claim.source_kind)
    return (claim.content, claim.source, claim.cue, kinds, claim.mode, claim.attitude)
