"""A task with its annotations as Label Studio writes it, typed as far as it is trusted.

What is checked later is of any type here, and an entry that is no object stays what
it is. Fields that nobody reads are named so that a task written again has as many quotes
as its bytes (`decode_typed`); where others stand beside them, reading takes longer.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec
from msgspec import UNSET

_Other: TypeAlias = str | float | int | bool | list[Any] | None
"""JSON that is no object."""


class Value(msgspec.Struct, gc=False, frozen=True, omit_defaults=True):
    """`value` of an entry: a span with its labels, or a choice."""

    start: Any = None
    end: Any = None
    text: Any = None
    labels: Any = None
    choices: Any = None


class Result(msgspec.Struct, gc=False, omit_defaults=True):
    """One entry of `result`: a region, a choice, a relation, or something else."""

    id: Any = None
    type: Any = None
    value: Value | _Other = None
    from_name: Any = None
    to_name: Any = None
    from_id: Any = None
    to_id: Any = None
    labels: Any = None

    origin: Any = UNSET
    direction: Any = UNSET
    score: Any = UNSET
    meta: Any = UNSET


class RawAnnotation(msgspec.Struct, gc=False, omit_defaults=True):
    """An annotation."""

    id: int | str | None = None
    result: list[Result | _Other] | dict[str, Any] | str | float | int | bool | None = None
    completed_by: Any = None
    was_cancelled: bool | None = None
    skipped: bool | None = None
    ground_truth: bool | None = None
    created_at: Any = None
    lead_time: float | None = None

    updated_at: Any = UNSET
    draft_created_at: Any = UNSET
    prediction: Any = UNSET
    result_count: Any = UNSET
    unique_id: Any = UNSET
    import_id: Any = UNSET
    last_action: Any = UNSET
    bulk_created: Any = UNSET
    task: Any = UNSET
    project: Any = UNSET
    updated_by: Any = UNSET
    parent_prediction: Any = UNSET
    parent_annotation: Any = UNSET
    last_created_by: Any = UNSET


class WholeTask(msgspec.Struct, gc=False, omit_defaults=True):
    """A task with all that was made of it."""

    id: int | str | None = None
    data: dict[str, Any] | None = None
    annotations: list[RawAnnotation] | None = None
    completions: list[RawAnnotation] | None = None
    drafts: list[Any] | None = None
    predictions: list[Any] | None = None
    created_at: Any = None

    updated_at: Any = UNSET
    meta: Any = UNSET
    project: Any = UNSET
    file_upload: Any = UNSET
    allow_skip: Any = UNSET
    inner_id: Any = UNSET
    total_annotations: Any = UNSET
    cancelled_annotations: Any = UNSET
    total_predictions: Any = UNSET
    comment_count: Any = UNSET
    unresolved_comment_count: Any = UNSET
    last_comment_updated_at: Any = UNSET
    updated_by: Any = UNSET
    comment_authors: Any = UNSET
