"""Gathered tasks -> the rows of an export: gold by a policy, or every annotator's own.

Gold rows are those of a version's gold config. An annotator's row has the task's columns, then
`annotator`, the scheme's own columns without votes, `lead_time` and `created_at`: the text is
in it, so that it can be read alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile
from typing import Any

import msgspec

from annotate.annotations.gather import Annotation, GatheredTask
from annotate.consensus.policy import PolicyName, Ties
from annotate.consensus.resolve import resolve_tasks
from annotate.dataset.hashing import row_hasher
from annotate.dataset.rows import Row, make_schemas
from annotate.formats.base import Table
from annotate.formats.spool import RowSpool
from annotate.schemes.base import Scheme
from annotate.schemes.columns import FLOAT64, STRING, Column
from annotate.schemes.label_config import LabelConfig


def collect_gold(
    tasks: Iterable[GatheredTask],
    scheme: Scheme[Any],
    config: LabelConfig,
    *,
    policy: PolicyName,
    ties: Ties,
) -> Table:
    """One gold row a task."""
    columns = make_schemas(scheme, config, {})["gold"]
    hash_row = row_hasher(columns)
    rows, tied = RowSpool(), 0
    for task, gold in resolve_tasks(tasks, scheme, policy=policy, ties=ties):
        known = _task_values(task) | {"policy": gold.policy, "annotators": gold.annotators}
        row = _row(columns[:-1], known, gold.values)
        rows.add(_order(task), (*row, hash_row(row)))
        tied += gold.ties
    return Table(scheme, config, columns, rows, tied)


def collect_annotators(
    tasks: Iterable[GatheredTask], scheme: Scheme[Any], config: LabelConfig
) -> Table:
    """One row a task and annotator."""
    columns = _annotator_columns(scheme, config)
    rows = RowSpool()
    for task in tasks:
        for annotation in task.annotations:
            known = _task_values(task) | _annotation_values(annotation)
            values = scheme.values(task.data.unit_key, task.data.text, annotation.record)
            rows.add(_order(task), _row(columns, known, values))
    return Table(scheme, config, columns, rows, 0)


def _annotator_columns(scheme: Scheme[Any], config: LabelConfig) -> tuple[Column, ...]:
    gold = make_schemas(scheme, config, {})["gold"]
    context = scheme.context({})
    return (
        *takewhile(lambda column: column.name != "policy", gold),
        *(column for column in gold if column.name in context),
        Column("annotator", STRING),
        *scheme.columns(config, gold=False),
        Column("lead_time", FLOAT64),
        Column("created_at", STRING),
    )


def _order(task: GatheredTask) -> tuple[str, int, str]:
    return task.data.article_id, task.data.unit_start, task.data.unit_key


def _task_values(task: GatheredTask) -> dict[str, Any]:
    known = msgspec.structs.asdict(task.data)
    return known | {"id": task.data.unit_key} | task.data.context


def _annotation_values(annotation: Annotation) -> dict[str, Any]:
    return {
        "annotator": annotation.annotator,
        "lead_time": annotation.lead_time,
        "created_at": annotation.created_at,
    }


def _row(columns: Iterable[Column], known: dict[str, Any], values: Iterable[Any]) -> Row:
    """Known values by column name; the scheme's own fill the other columns in order."""
    own = iter(values)
    return tuple(known[c.name] if c.name in known else next(own) for c in columns)
