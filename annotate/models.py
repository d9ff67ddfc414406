"""What a person or another program writes: articles, targets, tasks, suggestions.

Frozen pydantic models for the edges. The path of millions of regions uses the
msgspec structs of `annotate.schemes.base` instead.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from annotate.identity import article_id

UnitKind = Literal["article", "paragraph", "sentence", "window"]
TargetKind = Literal["entity", "proposition", "question"]


class _Edge(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Target(_Edge):
    """What a stance is towards."""

    text: str = Field(min_length=1)
    kind: TargetKind = "entity"
    holder: str | None = None
    """Whose stance it is; None is the author."""


class Article(_Edge):
    """One article with its canonical text."""

    title: str
    """Headline, as printed; may be empty."""
    date: dt.date | None = None
    """Day of publication."""
    url: str | None = None
    """Address it was published at."""
    text: str = Field(min_length=1)
    """Canonical text; every offset refers to it."""
    licence: str | None = None
    """SPDX expression or the words of the publisher."""
    origin: str
    """File (and record) that it was read from."""
    targets: tuple[Target, ...] = ()
    """Stance targets that stood beside it."""

    @property
    def article_id(self) -> str:
        """Hash of the canonical URL, or of the text where there is none."""
        return article_id(self.url, self.text)


class Suggestion(_Edge):
    """A pre-annotation, in Label Studio's own result format."""

    model_version: str
    score: float | None = None
    result: list[dict[str, Any]]


class Task(_Edge):
    """One unit as Label Studio imports it."""

    data: dict[str, Any]
    """`text title date url article_id unit unit_start text_sha256 unit_key group`, and for
    stance `target target_kind holder`; beside them any JSON, of a task made elsewhere."""
    predictions: list[Suggestion] = Field(default_factory=list)
