"""Gathered tasks and their gold -> the rows of every config of a version.

`gold` has one row a task, `annotations` one a task and annotator, `bio` (where
the scheme has spans for it) the tokens of each gold row. Rows are sorted by
first version, article, start of the unit and id, so that batches stay together.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from annotate.annotations.gather import GatheredTask
from annotate.annotations.taskdata import TaskData
from annotate.consensus.resolve import Gold
from annotate.dataset.arrow import label_lists, with_labels
from annotate.dataset.bio import bio_names, tag_tokens
from annotate.dataset.hashing import HashedRow, row_hasher
from annotate.schemes.base import Scheme
from annotate.schemes.columns import (
    FLOAT64,
    INT32,
    STRING,
    Column,
    ColumnType,
    Labels,
    ListOf,
    StructOf,
)
from annotate.schemes.label_config import LabelConfig

_TASK_COLUMNS = (
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


class Rows(NamedTuple):
    """All rows of a version, by config and split, in file order."""

    schemas: Schemas
    rows: dict[str, dict[str, list[Row]]]
    batches: dict[str, dict[str, list[tuple[str | None, int]]]]
    """By config and split: (first version, number of rows), in file order; None is this one."""
    hashed: list[HashedRow]
    bio_dropped: int
    bio_moved: int


class Resolved(NamedTuple):
    """A task with its gold and its split."""

    task: GatheredTask
    gold: Gold
    split: str
    first_version: str | None
    """The version it first stood in; None is the one being made."""


def make_schemas(
    scheme: Scheme[Any], config: LabelConfig, parent: Mapping[str, Sequence[str]]
) -> Schemas:
    """The columns of every config of a version.

    `parent` holds the label lists of the parent version. Where the config has
    all of them, they keep their order and new names come after them; where one
    was removed, the config's own list stands.
    """
    gold = (*_TASK_COLUMNS, *scheme.columns(config, gold=True), _HASH)
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
        tags = Column("ner_tags", ListOf(Labels(bio_names(spans))))
        schemas["bio"] = (Column("id", STRING), Column("tokens", ListOf(STRING)), tags, _HASH)
    return schemas


def make_rows(resolved: Iterable[Resolved], scheme: Scheme[Any], schemas: Schemas) -> Rows:
    """Make, hash and sort all rows of a version."""
    made = Rows(schemas, {}, {}, [], 0, 0)
    adders = {name: _Adder(name, made) for name in schemas}
    dropped = moved = 0
    for item in sorted(resolved, key=_order):
        task = item.task
        gold = _gold_row(item, scheme, schemas["gold"])
        adders["gold"].add(item, gold)
        for row in _annotation_rows(task, scheme):
            adders["annotations"].add(item, row)
        if "bio" in schemas:
            named = dict(zip((c.name for c in schemas["gold"]), gold, strict=False))
            tagged = tag_tokens(task.data.text, scheme.token_spans(named))
            dropped, moved = dropped + tagged.dropped, moved + tagged.moved
            adders["bio"].add(item, (task.data.unit_key, tagged.tokens, tagged.tags))
    for by_split in made.rows["annotations"].values():
        _sort_within_tasks(by_split)
    return made._replace(bio_dropped=dropped, bio_moved=moved)


class _Adder:
    """Adds the rows of one config."""

    def __init__(self, config: str, made: Rows) -> None:
        self.config, self.made = config, made
        self.rows = made.rows.setdefault(config, defaultdict(list))
        self.batches = made.batches.setdefault(config, defaultdict(list))
        self.hash_row = row_hasher(made.schemas[config])

    def add(self, item: Resolved, row: Row) -> None:
        """Hash and add one row, which comes without its hash."""
        row_hash = self.hash_row(row)
        self.rows[item.split].append((*row, row_hash))
        self.made.hashed.append(
            HashedRow(self.config, item.split, item.task.data.unit_key, row_hash)
        )
        batches = self.batches[item.split]
        if batches and batches[-1][0] == item.first_version:
            batches[-1] = (item.first_version, batches[-1][1] + 1)
        else:
            batches.append((item.first_version, 1))


def version_number(version: str) -> tuple[int, ...]:
    """`v1.10.0` as numbers that sort rightly."""
    return tuple(int(number) for number in version.removeprefix("v").split("."))


def named_row(columns: Sequence[Column], row: Row) -> dict[str, Any]:
    """A row as Hugging Face shows it: records as dicts, labels as names."""
    return {c.name: _named(c.type, value) for c, value in zip(columns, row, strict=True)}


def _named(type_: ColumnType, value: Any) -> Any:
    if value is not None and isinstance(type_, ListOf):
        return [_named(type_.item, item) for item in value]
    if value is not None and isinstance(type_, StructOf):
        return named_row(type_.fields, value)
    return value


def _order(item: Resolved) -> tuple[Any, ...]:
    data = item.task.data
    first = version_number(item.first_version) if item.first_version else (math.inf,)
    return first, data.article_id, data.unit_start, data.unit_key


def _gold_row(item: Resolved, scheme: Scheme[Any], columns: Sequence[Column]) -> Row:
    data, gold = item.task.data, item.gold
    own = iter(gold.values)
    after = columns[len(_TASK_COLUMNS) : -1]
    scheme_values = [data.context[c.name] if c.name in data.context else next(own) for c in after]
    return (*_task_values(data), gold.policy, gold.annotators, *scheme_values)


def _task_values(data: TaskData) -> Row:
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


def _annotation_rows(task: GatheredTask, scheme: Scheme[Any]) -> Iterable[Row]:
    unit, text = task.data.unit_key, task.data.text
    for annotation in task.annotations:
        values = scheme.values(unit, text, annotation.record)
        yield (unit, annotation.annotator, *values, annotation.lead_time, annotation.created_at)


def _sort_within_tasks(rows: list[Row]) -> None:
    """Order a task's annotations by their content, not by who made them."""
    start = 0
    while start < len(rows):
        end = start
        while end < len(rows) and rows[end][0] == rows[start][0]:
            end += 1
        rows[start:end] = sorted(rows[start:end], key=lambda row: (row[-1], row[1]))
        start = end


def _grown(parent: Sequence[str], own: tuple[str, ...]) -> tuple[str, ...]:
    if set(parent) <= set(own):
        return tuple(dict.fromkeys((*parent, *own)))
    return own
