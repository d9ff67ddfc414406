"""Regions of the control `entity` -> entities: spans with a label and a mention type.

Nested, overlapping and equal spans are all kept. An unset mention is NAM. A
region with several labels is one entity for each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from annotate.identity import span_names
from annotate.schemes.base import (
    Drawing,
    Labelled,
    Marks,
    Reject,
    Rule,
    Scheme,
    Shape,
    Span,
    Vote,
)
from annotate.schemes.columns import INT32, STRING, VOTERS, VOTES, Column, Labels, ListOf, StructOf
from annotate.schemes.label_config import LabelConfig, Need

_UNSET = "NAM"


class Entity(msgspec.Struct, frozen=True, order=True, gc=False):
    """A span with its label; offsets are code points, the end is exclusive."""

    start: int
    end: int
    label: str
    mention: str | None = _UNSET


class Entities(Scheme[list[Entity]]):
    """Spans of names, with a label from the config."""

    name = "entities"
    many_labels = True
    tag_column = label_column = "entities.label"
    needs = (
        Need("entity", "Labels"),
        Need("mention", "Choices", per_region=True, required=False),
    )

    def assemble(self, marks: Marks) -> tuple[list[Entity], list[Reject]]:
        found = [
            Entity(region.start, region.end, region.label, region.choices.get("mention", _UNSET))
            for region in marks.regions
        ]
        found.sort()
        return found, []

    def columns(self, config: LabelConfig, *, gold: bool) -> tuple[Column, ...]:
        mention = self.label_set(config, "mention")
        entity = (
            Column("id", STRING),
            Column("start", INT32),
            Column("end", INT32),
            Column("text", STRING),
            Column("label", Labels(config.values("entity"))),
            Column("mention", Labels(tuple(dict.fromkeys((*mention, _UNSET))))),
        )
        votes = (VOTES, VOTERS) if gold else ()
        return (Column("entities", ListOf(StructOf(entity + votes))),)

    def values(self, unit: str, text: str, record: list[Entity]) -> tuple[Any, ...]:
        return (_named(unit, text, record),)

    def resolve(
        self, unit: str, text: str, votes: Sequence[Vote[list[Entity]]], rule: Rule
    ) -> tuple[tuple[Any, ...], int]:
        drawn = {vote.annotator: self.spans(vote.record) for vote in votes}
        records = {vote.annotator: vote.record for vote in votes}
        stood, ties = rule.spans("entity", text, drawn)
        entities, voted = [], []
        for start, end, label, voters in stood:
            given = {who: records[who][place].mention for who, place in voters.items()}
            mention = rule.choose("mention", given, (start, end)).value
            entities.append(Entity(start, end, label, mention))
            voted.append(sorted(voters))
        named = _named(unit, text, entities)
        gold = [(*one, len(who), who) for one, who in zip(named, voted, strict=True)]
        return (gold,), ties

    def draw(self, row: Mapping[str, Any]) -> Drawing:
        shapes = []
        for entity in row["entities"]:
            mention = entity["mention"]
            choices = {} if mention in (None, _UNSET) else {"mention": mention}
            span = (entity["start"], entity["end"])
            tied = ("mention",) if mention is None else ()
            shapes.append(Shape("entity", entity["label"], (span,), choices, tied))
        return Drawing(tuple(shapes), (), {}, tuple(n for s in shapes for n in s.undecided))

    def rename(
        self, row: Mapping[str, Any], names: Mapping[str, Mapping[str, str]]
    ) -> dict[str, Any]:
        labels, mentions = names.get("entity", {}), names.get("mention", {})
        renamed = [
            entity
            | {
                "label": labels.get(entity["label"], entity["label"]),
                "mention": mentions.get(entity["mention"], entity["mention"]),
            }
            for entity in row["entities"]
        ]
        # equal spans stand in the order of their mentions, but for those that are tied
        ordered = mentions and all(entity["mention"] is not None for entity in renamed)
        last = (lambda e: e["mention"]) if ordered else (lambda _: "")
        renamed.sort(key=lambda e: (e["start"], e["end"], e["label"], last(e)))
        seen: Counter[tuple[int, int]] = Counter()
        for entity in renamed:
            place = (entity["start"], entity["end"])
            entity["id"] = span_names(row["id"])[*place, seen[place]]
            seen[place] += 1
        return {**row, "entities": renamed}

    def labelled(self, row: Mapping[str, Any]) -> Iterable[Labelled]:
        return [((e["start"], e["end"]), e["label"]) for e in row["entities"]]

    def spans(self, record: list[Entity]) -> list[Span]:
        return [(entity.start, entity.end, entity.label) for entity in record]


def _named(unit: str, text: str, record: Sequence[Entity]) -> list[tuple[Any, ...]]:
    """Entities as values of a row; those of equal offsets, which stand together, are counted."""
    names, named, copy = span_names(unit), [], 0
    start = end = -1
    for entity in record:
        copy = copy + 1 if entity.start == start and entity.end == end else 0
        start, end = entity.start, entity.end
        name = names[start, end, copy]
        named.append((name, start, end, text[start:end], entity.label, entity.mention))
    return named


SCHEME = Entities()
