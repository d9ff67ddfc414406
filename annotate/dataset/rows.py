"""The columns of every config of a version, and gathered tasks as rows of them.

`gold` has one row a task, `annotations` one a task and annotator, `bio` (where
the scheme has spans for it) the tokens of each gold row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from annotate.annotations.gather import GatheredTask
from annotate.annotations.taskdata import TaskData
from annotate.consensus.resolve import Gold
from annotate.dataset.arrow.tables import label_lists, with_labels
from annotate.dataset.tokens.bio import bio_columns
from annotate.schemes.base import Scheme
from annotate.schemes.columns import (
    FLOAT64,
    INT32,
    STRING,
    Column,
    ColumnType,
    ListOf,
    StructOf,
)
from annotate.schemes.label_config import LabelConfig

TASK_COLUMNS = (
    Column("id", STRING),
    Column("article_id", STRING),
    Column("group", STRING),
    Column("unit", STRING),
    Column("unit_start", INT32),
    Column("title", STRING),
    Column("date", STRING),
    Column("url", STRING),
    Column("licence", STRING),
    Column("text", STRING),
    Column("text_sha256", STRING),
    Column("policy", STRING),
    Column("annotators", ListOf(STRING)),
)
_HASH = Column("row_hash", STRING)

Row = tuple[Any, ...]
Schemas = dict[str, tuple[Column, ...]]


class TaskRows(NamedTuple):
    """The rows of one task, without their hashes, as tuples in column order."""

    gold: Row
    annotations: list[Row]


def make_schemas(
    scheme: Scheme[Any], config: LabelConfig, parent: Mapping[str, Sequence[str]]
) -> Schemas:
    """The columns of every config of a version.

    `parent` holds the label lists of the parent version. Where the config has
    all of them, they keep their order and new names come after them; where one
    was removed, the config's own list stands.
    """
    gold = (*TASK_COLUMNS, *scheme.columns(config, gold=True), _HASH)
    annotations = (
        Column("id", STRING),
        Column("annotator", STRING),
        *scheme.columns(config, gold=False),
        Column("lead_time", FLOAT64),
        Column("created_at", STRING),
        _HASH,
    )
    lists = {path: _grown(parent.get(path, ()), own) for path, own in label_lists(gold).items()}
    schemas = {"gold": with_labels(gold, lists), "annotations": with_labels(annotations, lists)}
    spans = next((names for path, names in lists.items() if scheme.tag_column == path), None)
    if spans is not None:
        schemas["bio"] = bio_columns(spans)
    return schemas


def make_rows(
    task: GatheredTask, gold: Gold, scheme: Scheme[Any], columns: Sequence[Column]
) -> TaskRows:
    """The rows of a gathered task; `columns` are those of gold."""
    return TaskRows(gold_row(task.data, gold, columns), _annotation_rows(task, scheme))


def named_row(columns: Sequence[Column], row: Row) -> dict[str, Any]:
    """A row as Hugging Face shows it: records as dicts, labels as names."""
    return {c.name: _named(c.type, value) for c, value in zip(columns, row, strict=True)}


def _named(type_: ColumnType, value: Any) -> Any:
    if value is not None and isinstance(type_, ListOf):
        return [_named(type_.item, item) for item in value]
    if value is not None and isinstance(type_, StructOf):
        return named_row(type_.fields, value)
    return value


def row_values(columns: Sequence[Column], row: Mapping[str, Any]) -> Row:
    """The inverse of `named_row`; `row` may hold more than `columns`."""
    return tuple(_values(c.type, row[c.name]) for c in columns)


def _values(type_: ColumnType, value: Any) -> Any:
    if value is not None and isinstance(type_, ListOf):
        return [_values(type_.item, item) for item in value]
    if value is not None and isinstance(type_, StructOf):
        return row_values(type_.fields, value)
    return value


def gold_row(data: TaskData, gold: Gold, columns: Sequence[Column]) -> Row:
    """The gold row of a task without its hash; `columns` are those of gold."""
    own = iter(gold.values)
    after = columns[len(TASK_COLUMNS) : -1]
    scheme_values = [data.context[c.name] if c.name in data.context else next(own) for c in after]
    return (*task_values(data), gold.policy, gold.annotators, *scheme_values)


def task_values(data: TaskData) -> Row:
    """What a task says itself: the columns before `policy`."""
    return (
        data.unit_key,
        data.article_id,
        data.group,
        data.unit,
        data.unit_start,
        data.title,
        data.date,
        data.url,
        data.licence,
        data.text,
        data.text_sha256,
    )


def _annotation_rows(task: GatheredTask, scheme: Scheme[Any]) -> list[Row]:
    unit, text = task.data.unit_key, task.data.text
    return [
        (unit, a.annotator, *scheme.values(unit, text, a.record), a.lead_time, a.created_at)
        for a in task.annotations
    ]


def _grown(parent: Sequence[str], own: tuple[str, ...]) -> tuple[str, ...]:
    if set(parent) <= set(own):
        return tuple(dict.fromkeys((*parent, *own)))
    return own
