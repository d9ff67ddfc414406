"""Rows of a version -> the numbers that its card states.

Counted in Arrow, by columns: nothing of a row is held but its ids, and labels are
read a row group at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from annotate.dataset.arrow.arrays import integer_values
from annotate.dataset.arrow.tables import (
    label_lists,
    named_rows,
    read_rows,
    read_rows_of,
    schema_columns,
)
from annotate.dataset.card.agreement import choose_compared, deciding_units, measure_agreement
from annotate.dataset.manifest import Agreement, Numbers
from annotate.dataset.rows import TASK_COLUMNS
from annotate.schemes.base import Scheme
from annotate.schemes.columns import Scalar
from annotate.store.rowfiles import RowFiles, paths_by_split
from annotate.store.rowtables import read_table

_AT_ONCE = 10_000
_FEW = 100
"""Rows that are objects at a time: of more, each look for cycles takes longer."""
_TASK_OF = ["id", "annotator"]
_LONG = frozenset({"text", "row_hash"})
"""Fields of annotations that say nothing of their own."""
_DECIDED = "adjudicated"
_UNCOUNTED = frozenset({"id", "text", "votes", "voters", "row_hash"})
"""Fields at any depth that do not say which labels a row has, as no column of a task does."""


ReadRows = Callable[[str, Collection[str], list[str]], Iterable[Mapping[str, Any]]]
"""(config, ids, columns by path in a file) -> the rows with these ids and columns, or with more."""


def count_numbers(files: RowFiles, scheme: Scheme[Any], read: ReadRows | None = None) -> Numbers:
    """The numbers of a version, from its files; `read` gives single rows for less than they do."""
    gold, annotations = (paths_by_split(files, config) for config in ("gold", "annotations"))
    every_gold, every = list(chain(*gold.values())), list(chain(*annotations.values()))
    paths = {"gold": every_gold, "annotations": every}
    articles = read_table(every_gold, ["article_id", "group", "licence"])
    licences = _count_licences(articles)
    said = read_table(every, _TASK_OF)
    asked = pc.value_counts(said["id"])
    return Numbers(
        articles=sum(licences.values()),
        stories=len(pc.unique(articles["group"])),
        labels=_count_labels(gold, scheme),
        licences=licences,
        annotators=dict(sorted(_pairs(pc.value_counts(said["annotator"])))),
        tasks_by_annotations={str(n): count for n, count in _count(asked.field("counts"))},
        agreement=_agreement(paths, read, _judged(every_gold, said, asked), scheme),
    )


def _count_licences(articles: pa.Table) -> dict[str, int]:
    """Licence -> articles; the last row of an article says which is its own."""
    article, licence = (
        pc.dictionary_encode(articles[name].combine_chunks(), null_encoding="encode")
        for name in ("article_id", "licence")
    )
    own = np.zeros(len(article.dictionary), np.int64)
    own[integer_values(article.indices)] = integer_values(licence.indices)
    counts = np.bincount(own, minlength=len(licence.dictionary)).tolist()
    found: Counter[str] = Counter()
    for name, count in zip(licence.dictionary.to_pylist(), counts, strict=True):
        found[name or ""] += count
    return {name: found[name] for name in sorted(found) if found[name]}


def _count_labels(gold: Mapping[str, list[Path]], scheme: Scheme[Any]) -> dict[str, dict[str, int]]:
    """Label -> split -> how often it stands in gold."""
    found: dict[str, Counter[str]] = {}
    for split, paths in gold.items():
        for path in paths:
            for label, count in _labels(path, scheme).items():
                found.setdefault(label, Counter())[split] += count
    return {label: dict(sorted(found[label].items())) for label in sorted(found)}


def _labels(path: Path, scheme: Scheme[Any]) -> Counter[str]:
    """How often each label stands in a file."""
    if scheme.label_column is None:
        return Counter(label for row in _own_rows(path) for _, label in scheme.labelled(row))
    own = [
        leaf for leaf in _leaves(path) if leaf.replace(".list.element", "") == scheme.label_column
    ]
    names = label_lists(schema_columns(path))[scheme.label_column]
    counts = np.zeros(len(names), np.int64)
    for batch in _batches(path, own, _AT_ONCE):
        codes = _innermost(batch.column(0)).drop_null()
        counts += np.bincount(integer_values(codes), minlength=len(names))
    return Counter({name: n for name, n in zip(names, counts.tolist(), strict=True) if n})


def _own_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    """The rows of a file, with what the scheme's own columns say of labels."""
    of_tasks = {column.name for column in TASK_COLUMNS}
    paths = ((leaf, leaf.split(".")) for leaf in _leaves(path))
    own = [leaf for leaf, p in paths if p[0] not in of_tasks and _UNCOUNTED.isdisjoint(p)]
    for batch in _batches(path, own, _FEW):
        yield from named_rows(batch)


def _batches(path: Path, columns: list[str], rows: int) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path, memory_map=True, pre_buffer=False) as file:
        yield from file.iter_batches(rows, columns=columns, use_threads=False)


def _judged(gold: list[Path], said: pa.Table, asked: pa.StructArray) -> Iterator[tuple[str, int]]:
    """Each task with how many were asked: annotations, without those that decided on it."""
    policies = read_table(gold, ["policy"])["policy"]
    if _DECIDED not in pc.unique(policies).to_pylist():
        yield from _pairs(asked)
        return
    rows = read_rows(gold, ["id", "policy", "annotators.list.element"])
    judges = {row["id"]: row["annotators"] for row in rows if row["policy"] == _DECIDED}
    pairs = (
        pair
        for batch in said.to_batches(max_chunksize=_AT_ONCE)
        for pair in zip(*(column.to_pylist() for column in batch.columns), strict=True)
    )
    decided = Counter(deciding_units(pairs, judges))
    for unit, count in _pairs(asked):
        if count > decided[unit]:
            yield unit, count - decided[unit]


def _agreement(
    paths: Mapping[str, list[Path]],
    read: ReadRows | None,
    judged: Iterator[tuple[str, int]],
    scheme: Scheme[Any],
) -> Agreement:
    """The agreement of some tasks; of their gold rows only what the task itself says is read."""
    compared, several = choose_compared(judged)
    columns = [c.name for c in schema_columns(paths["gold"][0]) if isinstance(c.type, Scalar)]
    wanted = {
        "gold": [*columns, "annotators.list.element"],
        "annotations": [
            leaf for leaf in _leaves(paths["annotations"][0]) if _LONG.isdisjoint(leaf.split("."))
        ],
    }
    gold, annotations = (
        read(config, compared, own) if read else read_rows_of(paths[config], compared, own)
        for config, own in wanted.items()
    )
    return measure_agreement(gold, annotations, scheme, of=several)


def _leaves(path: Path) -> list[str]:
    """The leaf columns of a Parquet file, by path in the file."""
    schema = pq.read_metadata(path).schema
    return [schema.column(n).path for n in range(len(schema))]


def _innermost(array: pa.Array) -> pa.Array:
    """The one leaf of a column."""
    while pa.types.is_list(array.type):
        array = array.flatten()
    return _innermost(array.field(0)) if pa.types.is_struct(array.type) else array


def _pairs(counted: pa.StructArray) -> Iterator[tuple[str, int]]:
    """(value, how often) of what `value_counts` gave."""
    for start in range(0, len(counted), _AT_ONCE):
        some = counted[start : start + _AT_ONCE]
        yield from zip(*(field.to_pylist() for field in some.flatten()), strict=True)


def _count(counts: pa.Array) -> Iterator[tuple[int, int]]:
    """(number, how often), ascending."""
    found = np.unique(integer_values(counts), return_counts=True)
    return zip(*(each.tolist() for each in found), strict=True)
