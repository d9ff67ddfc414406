"""Source, Cue and Content regions with relations -> claims: who says what.

A content is one claim. Relations join it to its sources and cues; `continues`
joins fragments of one source, cue or content. The roles of a relation's ends
decide what it means, whatever its direction; of its labels those that fit the
ends count, none is fine. A source or cue that no claim uses is kept as
unlinked. A claim that lost a part (its region was set aside) is set aside too:
without the part it would say something that the annotator did not.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from annotate.identity import span_id
from annotate.schemes.base import (
    Drawing,
    Labelled,
    Link,
    Marks,
    Region,
    Reject,
    Relation,
    Rule,
    Scheme,
    Shape,
    Vote,
    label_names,
)
from annotate.schemes.columns import (
    BOOL,
    SPAN,
    STRING,
    VOTERS,
    VOTES,
    Column,
    Labels,
    ListOf,
    StructOf,
)
from annotate.schemes.label_config import LabelConfig, Need, shipped_config

ROLES = ("Source", "Cue", "Content")
MODES = ("direct", "indirect", "mixed", "undetermined")
ATTITUDES = ("assertion", "belief", "intention", "fact")
_UNSET = {"mode": "undetermined", "attitude": "assertion", "negated": False}
KINDS = ("named", "unnamed", "collective", "artifact", "author", "unresolvable")

Part = tuple[tuple[int, int], ...]
"""The fragments of one source, cue or content, in text order."""


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


class Claims(Scheme[ClaimSet]):
    """Attributions: a content, who it is attributed to, and the words that do it."""

    name = "claims"
    needs = (
        Need("role", "Labels", values=ROLES),
        Need("mode", "Choices", per_region=True, required=False, values=MODES),
        Need("attitude", "Choices", per_region=True, required=False, values=ATTITUDES),
        Need("negated", "Choices", per_region=True, required=False, values=("yes",)),
        Need("kind", "Choices", per_region=True, required=False, values=KINDS),
    )
    relations = ("source", "cue", "continues")
    join = "continues"

    def assemble(self, marks: Marks) -> tuple[ClaimSet, list[Reject]]:
        return _Assembly(marks).build()

    def columns(self, config: LabelConfig, *, gold: bool) -> tuple[Column, ...]:
        shipped = shipped_config(self.name)
        mode = dict.fromkeys((*label_names(config, shipped, "mode"), "undetermined"))
        attitude = dict.fromkeys((*label_names(config, shipped, "attitude"), "assertion"))
        claim = (
            Column("id", STRING),
            *(Column(role, ListOf(SPAN)) for role in ("source", "cue", "content")),
            Column("source_kind", ListOf(Labels(label_names(config, shipped, "kind")))),
            Column("mode", Labels(tuple(mode))),
            Column("attitude", Labels(tuple(attitude))),
            Column("negated", BOOL),
        )
        votes = (VOTES, VOTERS) if gold else ()
        role = Column("role", Labels(ROLES[:2]))
        return (
            Column("claims", ListOf(StructOf(claim + votes))),
            Column("unlinked", ListOf(StructOf((*SPAN.fields, role)))),
        )

    def values(self, unit: str, text: str, record: ClaimSet) -> tuple[Any, ...]:
        return (
            [_claim_value(unit, text, claim, copy) for claim, copy in _copies(record.claims)],
            _unlinked_value(text, record.unlinked),
        )

    def resolve(
        self, unit: str, text: str, votes: Sequence[Vote[ClaimSet]], rule: Rule
    ) -> tuple[tuple[Any, ...], int]:
        found: dict[tuple[Part, int], list[Vote[Claim]]] = defaultdict(list)
        for annotator, record in votes:
            for claim, copy in _copies(record.claims):
                found[claim.content, copy].append(Vote(annotator, claim))
        gold, ties = [], 0
        for (_, copy), voters in sorted(found.items()):
            resolved = None
            if rule.accepts(len(voters), len(votes)):
                resolved = _resolve_claim([v.record for v in voters], len(votes), rule)
            if resolved is not None:
                who = sorted(vote.annotator for vote in voters)
                gold.append((*_claim_value(unit, text, resolved, copy), len(who), who))
            elif 2 * len(voters) >= len(votes):
                ties += 1
        drawn = Counter(part for vote in votes for part in set(vote.record.unlinked))
        unlinked = sorted(part for part, n in drawn.items() if rule.accepts(n, len(votes)))
        return (gold, _unlinked_value(text, unlinked)), ties

    def draw(self, row: Mapping[str, Any]) -> Drawing:
        shapes: list[Shape] = []
        links: list[Link] = []
        known: dict[tuple[Any, ...], int] = {}
        for claim in row["claims"]:
            content = len(shapes)
            shapes.append(Shape("role", "Content", _parts(claim["content"])[0], _said(claim)))
            for shape, copy in _ends(claim):
                key = (shape.label, shape.fragments, shape.choices.get("kind"), copy)
                place = known.setdefault(key, len(shapes))
                shapes += [shape] if place == len(shapes) else []
                links.append(Link(content, place, shape.label.lower()))
        roles = {span["part"]: span["role"] for span in row["unlinked"]}
        for (_, role), part in zip(sorted(roles.items()), _parts(row["unlinked"]), strict=True):
            shapes.append(Shape("role", role, part, {}))
        undecided = [name for claim in row["claims"] for name in _UNSET if claim[name] is None]
        return Drawing(tuple(shapes), tuple(links), {}, tuple(undecided))

    def labelled(self, row: Mapping[str, Any]) -> Iterable[Labelled]:
        found = {
            Labelled((span["start"], span["end"]), role)
            for claim in row["claims"]
            for role in ROLES
            for span in claim[role.lower()]
        }
        found |= {Labelled((s["start"], s["end"]), s["role"]) for s in row["unlinked"]}
        return found


def _said(claim: Mapping[str, Any]) -> dict[str, str]:
    """The choices on a content, but for those that say what unset says."""
    said = {name: claim[name] for name, unset in _UNSET.items() if claim[name] not in (None, unset)}
    return said | ({"negated": "yes"} if "negated" in said else {})


def _ends(claim: Mapping[str, Any]) -> Iterator[tuple[Shape, int]]:
    """The sources and cues of a claim, each with its ordinal among equal ones."""
    seen: Counter[tuple[Any, ...]] = Counter()
    kinds = [{"kind": kind} if kind else {} for kind in claim["source_kind"]]
    sources = zip(_parts(claim["source"]), kinds, strict=True)
    shapes = [Shape("role", "Source", part, kind) for part, kind in sources]
    shapes += [Shape("role", "Cue", part, {}) for part in _parts(claim["cue"])]
    for shape in shapes:
        key = (shape.label, shape.fragments, shape.choices.get("kind"))
        yield shape, seen[key]
        seen[key] += 1


def _parts(spans: Iterable[Mapping[str, Any]]) -> list[Part]:
    """The spans of a row as parts, in the order of their numbers."""
    parts: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for span in spans:
        parts[span["part"]].append((span["start"], span["end"]))
    return [tuple(fragments) for _, fragments in sorted(parts.items())]


def _resolve_claim(claims: list[Claim], asked: int, rule: Rule) -> Claim | None:
    """The claim that stands among those with one content; None where the source is tied.

    A source or cue stands when enough of all annotators asked drew it here.
    Where none stands, "no source" must itself have won, since a claim without
    a source says that its source is implicit.
    """
    source = _standing((claim.source for claim in claims), asked, rule)
    if not source and not rule.accepts(sum(not c.source for c in claims), asked):
        return None
    kinds: dict[Part, Counter[str]] = defaultdict(Counter)
    for claim in claims:
        for part, kind in zip(claim.source, claim.source_kind, strict=True):
            if kind is not None:
                kinds[part][kind] += 1
    return Claim(
        content=claims[0].content,
        source=source,
        cue=_standing((claim.cue for claim in claims), asked, rule),
        source_kind=tuple(rule.choose(kinds[part], sum(kinds[part].values())) for part in source),
        mode=rule.choose(Counter(c.mode for c in claims), len(claims)),
        attitude=rule.choose(Counter(c.attitude for c in claims), len(claims)),
        negated=rule.choose(Counter(c.negated for c in claims), len(claims)),
    )


def _standing(drawn: Iterable[tuple[Part, ...]], asked: int, rule: Rule) -> tuple[Part, ...]:
    counts = Counter(part for parts in drawn for part in set(parts))
    return tuple(sorted(part for part, n in counts.items() if rule.accepts(n, asked)))


class _Group(NamedTuple):
    """Regions that are fragments of one source, cue or content."""

    role: str
    regions: list[Region]

    @property
    def part(self) -> Part:
        return tuple(sorted((region.start, region.end) for region in self.regions))


class _Assembly:
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
        return ClaimSet(tuple(sorted(claims, key=_claim_order)), tuple(unlinked)), self.rejects

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
        sources = sorted((g for g in others if g.role == "Source"), key=lambda g: g.part)
        return Claim(
            content=content.part,
            source=tuple(group.part for group in sources),
            cue=tuple(sorted(group.part for group in others if group.role == "Cue")),
            source_kind=tuple(self._choice(group, "kind") for group in sources),
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


def _claim_order(claim: Claim) -> tuple[Any, ...]:
    kinds = tuple(kind or "" for kind in claim.source_kind)
    return (claim.content, claim.source, claim.cue, kinds, claim.mode, claim.attitude)


def _copies(claims: Sequence[Claim]) -> list[tuple[Claim, int]]:
    """Each claim with its ordinal among those of equal content."""
    seen: Counter[Part] = Counter()
    numbered = []
    for claim in claims:
        numbered.append((claim, seen[claim.content]))
        seen[claim.content] += 1
    return numbered


def _claim_value(unit: str, text: str, claim: Claim, copy: int) -> tuple[Any, ...]:
    start, end = claim.content[0][0], claim.content[-1][1]
    fragments = ",".join(f"{a}-{b}" for a, b in claim.content)
    return (
        span_id(unit, start, end, f"Content {fragments}", copy),
        _spans(text, claim.source),
        _spans(text, claim.cue),
        _spans(text, (claim.content,)),
        list(claim.source_kind),
        claim.mode,
        claim.attitude,
        claim.negated,
    )


def _spans(text: str, parts: Iterable[Part]) -> list[tuple[int, int, str, int]]:
    return [
        (start, end, text[start:end], number)
        for number, part in enumerate(parts)
        for start, end in part
    ]


def _unlinked_value(
    text: str, unlinked: Iterable[tuple[str, Part]]
) -> list[tuple[int, int, str, int, str]]:
    return [
        (start, end, text[start:end], number, role)
        for number, (role, part) in enumerate(unlinked)
        for start, end in part
    ]


SCHEME = Claims()
