"""A fourth scheme, as its author writes it: the control `topic` -> what a text is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from annotate.schemes.base import Drawing, Labelled, Marks, Reject, Rule, Scheme, Vote
from annotate.schemes.columns import VOTERS, VOTES, Column, Labels
from annotate.schemes.label_config import LabelConfig, Need


class Topics(Scheme[str]):
    """A topic for each text."""

    name = "topics"
    needs = (Need("topic", "Choices"),)
    label_column = "topic"

    def assemble(self, marks: Marks) -> tuple[str | None, list[Reject]]:
        topic = marks.choices.get("topic")
        aside = Reject("no_result", "annotation", "topic", "no topic was chosen")
        return topic, [] if topic else [aside]

    def columns(self, config: LabelConfig, *, gold: bool) -> tuple[Column, ...]:
        topic = Column("topic", Labels(config.values("topic")))
        return (topic, VOTES, VOTERS) if gold else (topic,)

    def values(self, unit: str, text: str, record: str) -> tuple[Any, ...]:
        return (record,)

    def resolve(
        self, unit: str, text: str, votes: Sequence[Vote[str]], rule: Rule
    ) -> tuple[tuple[Any, ...], int]:
        topic = rule.choose("topic", {v.annotator: v.record for v in votes}, (0, 0)).value
        voters = sorted(v.annotator for v in votes if v.record == topic)
        return (topic, len(voters), voters), int(topic is None)

    def labelled(self, row: Mapping[str, Any]) -> Iterable[Labelled]:
        return [((), row["topic"])] if row["topic"] else []

    def draw(self, row: Mapping[str, Any]) -> Drawing:
        topic = row["topic"]
        return Drawing((), (), {"topic": topic} if topic else {}, () if topic else ("topic",))

    def answers(self, record: str) -> dict[str, Any]:
        return {"topic": record}


SCHEME = Topics()
