"""Source, Cue and Content regions with relations -> claims: who says what.

Each annotator's claims are assembled in `claim_assembly`. Annotators' claims
whose contents overlap by more than half are one claim; its content, sources
and cues are what enough of them drew, stretch by stretch.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from annotate.identity import span_names
from annotate.schemes.base import (
    Drawing,
    Frame,
    Labelled,
    Link,
    Marks,
    Reject,
    Rule,
    Scheme,
    Shape,
    Span,
    Vote,
)
from annotate.schemes.claim_assembly import Assembly, Claim, ClaimSet, claim_order
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
from annotate.schemes.label_config import LabelConfig, Need
from annotate.schemes.overlap import Part, empty_stretches, end_of, group_alike, merge_parts

__all__ = ["SCHEME", "Claim", "ClaimSet", "Claims"]

ROLES = ("Source", "Cue", "Content")
_CONTENT = ("Content",)
MODES = ("direct", "indirect", "mixed", "undetermined")
ATTITUDES = ("assertion", "belief", "intention", "fact")
_UNSET = {"mode": "undetermined", "attitude": "assertion", "negated": False}
KINDS = ("named", "unnamed", "collective", "artifact", "author", "unresolvable")


class Claims(Scheme[ClaimSet]):
    """Attributions: a content, who it is attributed to, and the words that do it."""

    name = "claims"
    needs = (
        Need("role", "Labels", values=ROLES),
        Need("mode", "Choices", per_region=True, required=False, values=MODES, on=_CONTENT),
        Need("attitude", "Choices", per_region=True, required=False, values=ATTITUDES, on=_CONTENT),
        Need("negated", "Choices", per_region=True, required=False, values=("yes",), on=_CONTENT),
        Need("kind", "Choices", per_region=True, required=False, values=KINDS, on=("Source",)),
    )
    relations = ("source", "cue", "continues")
    join = "continues"

    def assemble(self, marks: Marks) -> tuple[ClaimSet, list[Reject]]:
        return Assembly(marks).build()

    def columns(self, config: LabelConfig, *, gold: bool) -> tuple[Column, ...]:
        mode = dict.fromkeys((*self.label_set(config, "mode"), "undetermined"))
        attitude = dict.fromkeys((*self.label_set(config, "attitude"), "assertion"))
        claim = (
            Column("id", STRING),
            *(Column(role, ListOf(SPAN)) for role in ("source", "cue", "content")),
            Column("source_kind", ListOf(Labels(self.label_set(config, "kind")))),
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
        return _claim_values(unit, text, record.claims), _unlinked_values(text, record.unlinked)

    def resolve(
        self, unit: str, text: str, votes: Sequence[Vote[ClaimSet]], rule: Rule
    ) -> tuple[tuple[Any, ...], int]:
        asked = [vote.annotator for vote in votes]
        records = {vote.annotator: vote.record.claims for vote in votes}
        contents = {who: [claim.content for claim in claims] for who, claims in records.items()}
        sources = {who: [claim.source for claim in claims] for who, claims in records.items()}
        stood: list[tuple[Claim, list[str]]] = []
        ties = 0
        for group in group_alike(contents, sources):
            ballot = _Ballot({who: records[who][n] for who, n in group.items()}, asked, rule)
            claim = ballot.resolve()
            ties += ballot.ties
            if claim is not None:
                stood.append((claim, sorted(group)))
        drawn = [content for own in contents.values() for content in own]
        rule.note_undrawn("claim", asked, empty_stretches(len(text), drawn))
        stood.sort(key=lambda item: (claim_order(item[0]), -len(item[1]), item[1]))
        values = _claim_values(unit, text, [claim for claim, _ in stood])
        gold = [(*one, len(who), who) for one, (_, who) in zip(values, stood, strict=True)]
        unlinked, more = _resolve_unlinked(votes, asked, rule)
        return (gold, _unlinked_values(text, unlinked)), ties + more

    def unused(self, record: ClaimSet) -> int:
        return record.unused

    def spans(self, record: ClaimSet) -> list[Span]:
        drawn = [
            (role, part)
            for claim in record.claims
            for role, parts in (
                ("Content", (claim.content,)),
                ("Cue", claim.cue),
                ("Source", claim.source),
            )
            for part in parts
        ]
        return sorted({(*span, role) for role, part in (*drawn, *record.unlinked) for span in part})

    def frames(self, record: ClaimSet) -> list[Frame]:
        return [
            Frame(
                "content",
                claim.content,
                {"source": claim.source, "cue": claim.cue},
                {"mode": claim.mode, "attitude": claim.attitude, "negated": claim.negated},
                claim.source,
            )
            for claim in record.claims
        ]

    def draw(self, row: Mapping[str, Any]) -> Drawing:
        shapes: list[Shape] = []
        links: list[Link] = []
        known: dict[tuple[Any, ...], int] = {}
        for claim in row["claims"]:
            content = len(shapes)
            tied = tuple(name for name in _UNSET if claim[name] is None)
            part = _parts(claim["content"])[0]
            shapes.append(Shape("role", "Content", part, _said(claim), tied))
            for shape, copy in _ends(claim):
                key = (shape.label, shape.fragments, shape.choices.get("kind"), copy)
                place = known.setdefault(key, len(shapes))
                shapes += [shape] if place == len(shapes) else []
                links.append(Link(content, place, shape.label.lower()))
        roles = {span["part"]: span["role"] for span in row["unlinked"]}
        for (_, role), part in zip(sorted(roles.items()), _parts(row["unlinked"]), strict=True):
            shapes.append(Shape("role", role, part, {}))
        undecided = tuple(name for shape in shapes for name in shape.undecided)
        return Drawing(tuple(shapes), tuple(links), {}, undecided)

    def labelled(self, row: Mapping[str, Any]) -> Iterable[Labelled]:
        found: set[Labelled] = {
            ((span["start"], span["end"]), role)
            for claim in row["claims"]
            for role in ROLES
            for span in claim[role.lower()]
        }
        found |= {((s["start"], s["end"]), s["role"]) for s in row["unlinked"]}
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


class _Ballot:
    """The votes on one claim: what annotators drew whose contents are alike."""

    def __init__(self, claims: Mapping[str, Claim], asked: Sequence[str], rule: Rule) -> None:
        self.claims, self.asked, self.rule = claims, asked, rule
        contents = [claim.content for claim in claims.values()]
        self.place = (min(contents)[0][0], max(map(end_of, contents)))
        self.ties = 0

    def resolve(self) -> Claim | None:
        """The claim that stands; None where none does, or where its source is tied.

        Every question is asked, whatever the answer to those before, so that
        a policy can learn from all. Where no source stands, "no source" must
        itself stand, since a claim without one says that its source is implicit.
        """
        claims, rule, place = self.claims, self.rule, self.place
        contents, drawn_sources, drawn_cues = {}, {}, {}
        modes, attitudes, negations = {}, {}, {}
        for who, claim in claims.items():
            contents[who] = claim.content
            drawn_sources[who], drawn_cues[who] = claim.source, claim.cue
            modes[who], attitudes[who], negations[who] = claim.mode, claim.attitude, claim.negated
        exists = rule.accept("claim", claims, self.asked, place)
        sources = self._parts("source", drawn_sources)
        cues = self._parts("cue", drawn_cues)
        bare = [who for who, parts in drawn_sources.items() if not parts]
        implicit = rule.accept("no source", bare, claims, place)
        kinds = [self._kind(voters) for _, voters in sources]
        mode = rule.choose("mode", modes, place).value
        attitude = rule.choose("attitude", attitudes, place).value
        negated = rule.choose("negated", negations, place).value
        content: Part = ()
        if exists.value and (sources or implicit.value):
            content = merge_parts(contents, rule.covers)
        self.ties = int(exists.tied or (exists.value and not content))
        if not content:
            return None
        return Claim(
            content=content,
            source=tuple([part for part, _ in sources]),
            cue=tuple([part for part, _ in cues]),
            source_kind=tuple(kinds),
            mode=mode,
            attitude=attitude,
            negated=negated,
        )

    def _parts(
        self, role: str, drawn: Mapping[str, tuple[Part, ...]]
    ) -> list[tuple[Part, dict[str, int]]]:
        """Sources or cues that stand, with those who drew them."""
        rule, place = self.rule, self.place
        rule.note_undrawn(role, self.claims, (place,))
        if not any(drawn.values()):
            return []
        found = []
        for group in group_alike(drawn):
            if rule.accept(role, group, self.claims, place).value:
                part = merge_parts({who: drawn[who][n] for who, n in group.items()}, rule.covers)
                if part:
                    found.append((part, group))
        return sorted(found, key=lambda item: item[0])

    def _kind(self, voters: Mapping[str, int]) -> str | None:
        kinds = {who: self.claims[who].source_kind[n] for who, n in voters.items()}
        given = {who: kind for who, kind in kinds.items() if kind is not None}
        kind: str | None = self.rule.choose("kind", given, self.place).value
        return kind


def _resolve_unlinked(
    votes: Sequence[Vote[ClaimSet]], asked: Sequence[str], rule: Rule
) -> tuple[list[tuple[str, Part]], int]:
    """Sources and cues without a claim that stand, and the ties among them."""
    stood, ties = [], 0
    for role in ROLES[:2]:
        question = f"unlinked {role}"
        drawn = {v.annotator: [p for r, p in v.record.unlinked if r == role] for v in votes}
        for group in group_alike(drawn):
            parts = {who: drawn[who][n] for who, n in group.items()}
            place = min(parts.values())[0]
            verdict = rule.accept(question, group, asked, place)
            ties += verdict.tied
            if verdict.value and (part := merge_parts(parts, rule.covers)):
                stood.append((role, part))
    return sorted(stood), ties


def _claim_values(unit: str, text: str, claims: Iterable[Claim]) -> list[tuple[Any, ...]]:
    """Claims as values of a row; those of equal content are counted."""
    names, values = span_names(unit), []
    copies: dict[Part, int] = {}
    for claim in claims:
        content = claim.content
        copy = copies[content] = copies.get(content, -1) + 1
        value = (
            names[*chain.from_iterable(content), copy],
            _spans(text, claim.source),
            _spans(text, claim.cue),
            _spans(text, (content,)),
            list(claim.source_kind),
            claim.mode,
            claim.attitude,
            claim.negated,
        )
        values.append(value)
    return values


def _spans(text: str, parts: Iterable[Part]) -> list[tuple[int, int, str, int]]:
    spans = []
    for number, part in enumerate(parts):
        for start, end in part:
            spans.append((start, end, text[start:end], number))
    return spans


def _unlinked_values(
    text: str, unlinked: Iterable[tuple[str, Part]]
) -> list[tuple[int, int, str, int, str]]:
    return [
        (start, end, text[start:end], number, role)
        for number, (role, part) in enumerate(unlinked)
        for start, end in part
    ]


SCHEME = Claims()
