"""Checked regions and relations of one annotation -> claims.

A content is one claim. Relations join it to its sources and cues; `continues`
joins fragments of one source, cue or content. The roles of a relation's ends
decide what it means, whatever its direction; of its labels those that fit the
ends count, none is fine. A source or cue that no claim uses is kept as
unlinked. A claim that lost a part (its region was set aside), or that has no
source and a relation that was set aside, is set aside too: without the part it
would say something that the annotator did not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from annotate.schemes.base import Marks, Region, Reject, Relation
from annotate.schemes.overlap import Part

_OF_CONTENT, _OF_SOURCE = ("mode", "attitude", "negated"), ("kind",)
"""The controls of choices on regions, by role."""


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
    unused: int = 0
    """Kinds of unlinked sources, for which a row has no place."""


class Assembly:
    """Joins the regions of one annotation into claims.

    Fragments of one source, cue or content are a list of regions of one role.
    """

    def __init__(self, marks: Marks) -> None:
        self.regions = {region.id: region for region in marks.regions}
        # a source or cue of a content that is gone may serve other claims, which lose nothing by it
        self.lost = {n for n, gone in marks.lost if gone != "Content" or self._is_content(n)}
        self.doubted = set(marks.doubted)
        self.rejects: list[Reject] = []
        meant = [(r, m) for r in marks.relations if (m := self._meaning(r)) is not None]
        self.joined: dict[str, str] = {}
        self._join([relation for relation, meaning in meant if meaning == "continues"])
        self.links = [relation for relation, meaning in meant if meaning != "continues"]

    def _is_content(self, name: str) -> bool:
        return self.regions[name].label == "Content"

    def build(self) -> tuple[ClaimSet, list[Reject]]:
        groups = self._groups()
        linked = self._linked()
        used: set[str] = set()
        claims, ends = [], []
        for name, group in groups.items():
            if group[0].label != "Content":
                ends.append(name)
                continue
            own = linked.get(name, {})
            others = [groups[other] for other in own]
            if self._whole(group, others):
                used.update(own)
                claims.append(self._claim(group, others))
        claims.sort(key=claim_order)
        alone = [groups[end] for end in ends if end not in used]
        unlinked = sorted([(group[0].label, _part(group)) for group in alone])
        unused = sum(["kind" in region.choices for group in alone for region in group])
        return ClaimSet(tuple(claims), tuple(unlinked), unused), self.rejects

    def _groups(self) -> dict[str, list[Region]]:
        """The region that stands for a part -> its fragments."""
        if not self.joined:
            return {name: [region] for name, region in self.regions.items()}
        groups: dict[str, list[Region]] = {}
        for name, region in self.regions.items():
            groups.setdefault(self._find(name), []).append(region)
        return groups

    def _linked(self) -> dict[str, dict[str, None]]:
        """Content -> its sources and cues, each once, in the order of the relations."""
        linked: dict[str, dict[str, None]] = {}
        for relation in self.links:
            content, other = self._find(relation.from_id), self._find(relation.to_id)
            if self.regions[content].label != "Content":
                content, other = other, content
            linked.setdefault(content, {})[other] = None
        return linked

    def _meaning(self, relation: Relation) -> str | None:
        """What a relation means by the roles of its ends; None where it is set aside."""
        start, end = self.regions[relation.from_id].label, self.regions[relation.to_id].label
        if start == end:
            meaning = "continues"
        elif start == "Content":
            meaning = end.lower()
        else:
            meaning = start.lower() if end == "Content" else ""
        if not meaning or (relation.labels and meaning not in relation.labels):
            said = ", ".join(relation.labels) or "no label"
            detail = f"{said} joins {_and({start, end})}"
            self._reject_relation("contradicting_relation", relation, detail)
            return None
        return meaning

    def _join(self, relations: list[Relation]) -> None:
        """Join fragments; a relation that leads back to its start is set aside."""
        forward: dict[str, set[str]] = defaultdict(set)
        for relation in relations:
            one, other = self._find(relation.from_id), self._find(relation.to_id)
            if one == other and _reaches(forward, relation.to_id, relation.from_id):
                self._reject_relation("fragment_cycle", relation, "continues leads back to itself")
                continue
            forward[relation.from_id].add(relation.to_id)
            if one != other:
                self.joined[one] = other

    def _find(self, name: str) -> str:
        """The region that stands for all fragments of the one that `name` is of."""
        joined = self.joined
        while name in joined:
            joined[name] = joined.get(joined[name], joined[name])
            name = joined[name]
        return name

    def _whole(self, content: list[Region], others: list[list[Region]]) -> bool:
        """Whether no part of the claim was set aside; rejects the claim otherwise."""
        lost, doubted = self.lost, self.doubted
        if not lost and not doubted:
            return True
        if any(r.id in lost for group in (content, *others) for r in group):
            detail = "a source, cue or fragment of this claim was set aside"
        elif any(r.id in doubted for r in content) and not any(
            group[0].label == "Source" for group in others
        ):
            detail = "a relation of this claim was set aside, and no other leads to a source"
        else:
            return True
        for region in content:
            self.rejects.append(Reject("incomplete_claim", "region", region.id, detail, False))
        return False

    def _claim(self, content: list[Region], others: list[list[Region]]) -> Claim:
        source, kinds, cue = self._ends(others) if others else ((), (), ())
        said = self._choices(content, _OF_CONTENT)
        return Claim(
            content=_part(content),
            source=source,
            cue=cue,
            source_kind=kinds,
            mode=said.get("mode") or "undetermined",
            attitude=said.get("attitude") or "assertion",
            negated=said.get("negated") == "yes",
        )

    def _ends(
        self, others: list[list[Region]]
    ) -> tuple[tuple[Part, ...], tuple[str | None, ...], tuple[Part, ...]]:
        """The sources of a claim, the kind of each, and its cues."""
        sources = [group for group in others if group[0].label == "Source"]
        drawn = [(_part(group), self._choices(group, _OF_SOURCE).get("kind")) for group in sources]
        # by kind too: two sources may have one span, and their order must not be chance
        drawn.sort(key=lambda source: (source[0], source[1] or ""))
        cues = sorted(_part(group) for group in others if group[0].label == "Cue")
        return tuple(part for part, _ in drawn), tuple(kind for _, kind in drawn), tuple(cues)

    def _choices(self, group: list[Region], controls: Iterable[str]) -> Mapping[str, str | None]:
        """Control -> the value that the fragments of a part agree on, where it is set."""
        if len(group) == 1:  # it has nothing to disagree with
            return group[0].choices
        return {control: self._agreed(group, control) for control in controls}

    def _agreed(self, group: list[Region], control: str) -> str | None:
        said = {r.id: r.choices[control] for r in group if control in r.choices}
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
        if code == "contradicting_relation":
            self.doubted |= {relation.from_id, relation.to_id}


def _part(group: list[Region]) -> Part:
    if len(group) == 1:
        return ((group[0].start, group[0].end),)
    return tuple(sorted([(region.start, region.end) for region in group]))


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
    """Sorts claims by all they say; what annotators left tied (None) comes first."""
    return (
        claim.content,
        claim.source,
        claim.cue,
        tuple([kind or "" for kind in claim.source_kind]) if claim.source_kind else (),
        claim.mode or "",
        claim.attitude or "",
        claim.negated is not None,
        bool(claim.negated),
    )
