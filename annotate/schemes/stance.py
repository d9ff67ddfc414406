"""A choice towards one target -> a stance, with optional evidence.

One task is one (unit, target). An annotation without a choice has no stance
and is set aside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

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
from annotate.schemes.columns import (
    FLOAT32,
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


class Stance(msgspec.Struct, frozen=True, gc=False):
    """A stance towards the task's target; evidence spans are code points, end exclusive."""

    label: str
    explicitness: str | None = None
    evidence: tuple[tuple[int, int], ...] = ()


class Stances(Scheme[Stance]):
    """Who is for and against what."""

    name = "stance"
    label_column = "label"
    needs = (
        Need("stance", "Choices"),
        Need("evidence", "Labels", required=False),
        Need("explicitness", "Choices", required=False),
    )
    has_targets = True

    def assemble(self, marks: Marks) -> tuple[Stance | None, list[Reject]]:
        label = marks.choices.get("stance")
        if label is None:
            is_root = "stance" not in marks.lost_choices
            detail = "no stance was chosen" if is_root else "its stance was set aside"
            return None, [Reject("no_result", "annotation", "stance", detail, is_root)]
        evidence = sorted({(region.start, region.end) for region in marks.regions})
        return Stance(label, marks.choices.get("explicitness"), tuple(evidence)), []

    def columns(self, config: LabelConfig, *, gold: bool) -> tuple[Column, ...]:
        label = Labels(config.values("stance"))
        explicitness = Labels(self.label_set(config, "explicitness"))
        share = StructOf((Column("label", label), Column("share", FLOAT32)))
        votes = (
            Column("distribution", ListOf(share)),
            VOTES,
            VOTERS,
        )
        context = (Column("target", STRING), Column("target_kind", STRING))
        return (
            *((*context, Column("holder", STRING)) if gold else ()),
            Column("label", label),
            *(votes if gold else ()),
            Column("explicitness", explicitness),
            Column("evidence", ListOf(SPAN)),
        )

    def values(self, unit: str, text: str, record: Stance) -> tuple[Any, ...]:
        return record.label, record.explicitness, _spans(text, record.evidence)

    def resolve(
        self, unit: str, text: str, votes: Sequence[Vote[Stance]], rule: Rule
    ) -> tuple[tuple[Any, ...], int]:
        stance = rule.choose("stance", {v.annotator: v.record.label for v in votes}, (0, 0))
        voters = sorted(v.annotator for v in votes if v.record.label == stance.value)
        said = {v.annotator: v.record.explicitness for v in votes if v.record.explicitness}
        drawn = {v.annotator: self.spans(v.record) for v in votes}
        evidence, ties = rule.spans("evidence", text, drawn)
        return (
            stance.value,
            [(label, share) for label, share in stance.shares],
            len(voters),
            voters,
            rule.choose("explicitness", said, (0, 0)).value,
            _spans(text, [(span.start, span.end) for span in evidence]),
        ), ties + (stance.value is None)

    def draw(self, row: Mapping[str, Any]) -> Drawing:
        shapes = tuple(
            Shape("evidence", "Evidence", ((span["start"], span["end"]),), {})
            for span in row["evidence"]
        )
        said = {"stance": row["label"], "explicitness": row["explicitness"]}
        choices = {control: value for control, value in said.items() if value is not None}
        return Drawing(shapes, (), choices, ("stance",) if row["label"] is None else ())

    def rename(
        self, row: Mapping[str, Any], names: Mapping[str, Mapping[str, str]]
    ) -> dict[str, Any]:
        stances, said = names.get("stance", {}), names.get("explicitness", {})
        made = {
            **row,
            "label": stances.get(row["label"], row["label"]),
            "explicitness": said.get(row["explicitness"], row["explicitness"]),
        }
        if "distribution" in row:
            shares = [
                {**share, "label": stances.get(share["label"], share["label"])}
                for share in row["distribution"]
            ]
            made["distribution"] = sorted(shares, key=lambda share: share["label"])
        return made

    def labelled(self, row: Mapping[str, Any]) -> Iterable[Labelled]:
        return [((), row["label"])] if row["label"] is not None else []

    def answers(self, record: Stance) -> dict[str, Any]:
        return {"stance": record.label, "explicitness": record.explicitness}

    def spans(self, record: Stance) -> list[Span]:
        return [(start, end, "Evidence") for start, end in record.evidence]

    def stratum(self, context: Mapping[str, Any]) -> str | None:
        target = context["target"]
        return f"{context['holder']}: {target}" if context["holder"] else target

    def context(self, data: Mapping[str, Any]) -> dict[str, Any]:
        return {name: data.get(name) or None for name in ("target", "target_kind", "holder")}


def _spans(text: str, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int, str, int]]:
    return [(start, end, text[start:end], part) for part, (start, end) in enumerate(spans)]


SCHEME = Stances()
