"""Gathered tasks -> the rows of an export: gold by a policy, or every annotator's own.

Gold rows are those of a version's gold config. An annotator's row has the task's columns, then
`annotator`, the scheme's own columns without votes, `lead_time` and `created_at`: the text is
in it, so that it can be read alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile
from typing import Any

from annotate.annotations.gather import GatheredTask
from annotate.consensus.policy import PolicyName, Ties
from annotate.consensus.resolve import resolve_tasks
from annotate.dataset.arrow.hashing import row_hasher
from annotate.dataset.rows import gold_row, make_schemas, task_values
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
        row = gold_row(task.data, gold, columns)
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
        data = task.data
        about = (*task_values(data), *data.context.values())
        for own in task.annotations:
            values = scheme.values(data.unit_key, data.text, own.record)
            row = (*about, own.annotator, *values, own.lead_time, own.created_at)
            rows.add(_order(task), row)
    return Table(scheme, config, columns, rows, 0)


def _annotator_columns(scheme: Scheme[Any], config: LabelConfig) -> tuple[Column, ...]:
    gold = make_schemas(scheme, config, {})["gold"]
    by_name = {column.name: column for column in gold}
    return (
        *takewhile(lambda column: column.name != "policy", gold),
        *(by_name[name] for name in scheme.context({})),
        Column("annotator", STRING),
        *scheme.columns(config, gold=False),
        Column("lead_time", FLOAT64),
        Column("created_at", STRING),
    )


def _order(task: GatheredTask) -> tuple[str, int, str]:
    return task.data.article_id, task.data.unit_start, task.data.unit_key
