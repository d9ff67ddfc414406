"""A version that is carried over -> its tasks, and their rows when they are written.

What places a task is held, and of its rows only where they stand. They stay in Parquet
until they are written, a row group at a time, and where their labels have the codes of
the new version they never are Python objects.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, chain, groupby
from operator import itemgetter
from pathlib import Path
from sys import intern
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from annotate.dataset.arrow.arrays import integer_array
from annotate.dataset.arrow.rehash import rehash
from annotate.dataset.arrow.rowgroups import row_groups
from annotate.dataset.arrow.tables import (
    arrow_schema,
    label_lists,
    named_rows,
    pack_table,
    schema_columns,
    with_labels,
)
from annotate.dataset.rows import Schemas, TaskRows, row_values
from annotate.errors import StateError
from annotate.schemes.base import Scheme
from annotate.schemes.columns import Column
from annotate.store.versions import Version

_CONFIGS = ("gold", "annotations")
_OF_TASKS = ["id", "article_id", "group", "unit_start", "date", "url"]
_OF_ANNOTATIONS = ["id", "annotator"]
_HELD = 4
"""Row groups whose texts are held."""


class CarriedTask(NamedTuple):
    """A task of an older version."""

    article_id: str
    group: str
    unit_start: int
    date: str | None
    url: str | None
    version: CarriedVersion
    gold: int
    """The number of its row in the files of `version`, one after the other."""
    annotations: tuple[int, ...]
    """The same of its annotations."""
    own: tuple[str, ...]
    """Who made them."""
    earlier: Mapping[str, str] = {}
    """Annotators of the task in the versions that were carried over before -> that version."""
    is_moved: bool = False
    """Whether its group is another than in its row."""

    @property
    def annotators(self) -> dict[str, str]:
        """Everyone who annotated the task -> the last version that has it."""
        return {**self.earlier, **dict.fromkeys(self.own, self.version.name)}

    @property
    def stands(self) -> bool:
        """Whether its rows can be taken as they are."""
        return self.version.stands and not self.is_moved


class CarriedVersion:
    """A version whose rows are carried over.

    `stands` says whether they can be taken as they are: no label was renamed, and none has
    another code.
    """

    def __init__(
        self,
        version: Version,
        schemas: Schemas,
        scheme: Scheme[Any],
        words: Mapping[str, Mapping[str, str]],
    ) -> None:
        """`words` are the labels that were renamed: control -> label before -> label now."""
        self.name, self._version = version.name, version
        self._schemas, self._scheme, self._words = schemas, scheme, words
        self._groups = {
            config: list(chain.from_iterable(map(row_groups, version.paths(config))))
            for config in _CONFIGS
        }
        self._starts = {
            config: list(accumulate((group.rows for group in groups), initial=0))
            for config, groups in self._groups.items()
        }
        self._held = lru_cache(len(_CONFIGS))(self._read_group)
        self._texts = lru_cache(_HELD)(self._read_texts)
        self._unpacked: dict[tuple[str, int], Path] = {}
        self.stands = not words and all(
            _has_codes(version.paths(config)[0], schemas[config]) for config in _CONFIGS
        )

    def tasks(self) -> Iterator[tuple[str, CarriedTask]]:
        """Its tasks by unit key, without their rows; StateError for one that stands twice."""
        seen = set[str]()
        rows, people = defaultdict[str, list[int]](list), defaultdict[str, list[str]](list)
        for number, (unit, annotator) in enumerate(self._columns("annotations", _OF_ANNOTATIONS)):
            rows[unit].append(number)
            people[unit].append(intern(annotator))
        for number, placed in enumerate(self._columns("gold", _OF_TASKS)):
            unit, article, group, start, date, url = placed
            if unit in seen:
                raise self._damaged(f"row {unit} stands twice")
            seen.add(unit)
            several, own = tuple(rows.pop(unit, ())), tuple(people.pop(unit, ()))
            task = CarriedTask(article, group, start, date, url, self, number, several, own)
            yield unit, task

    def text(self, task: CarriedTask) -> str:
        """The text of one of its tasks; none in a version without texts."""
        group, place = self._find("gold", task.gold)
        return self._texts(group)[place].as_py() or ""

    def unpack(self, config: str, number: int, folder: Path) -> tuple[Path, int]:
        """A file with a row as it stands, put into `folder` with its row group, and its place."""
        group, place = self._find(config, number)
        if (config, group) not in self._unpacked:
            rows = self._read_group(config, group)
            schema = arrow_schema(self._schemas[config])
            path = folder / f"{self.name.replace(' ', '-')}-{config}-{group}"
            path.write_bytes(pack_table(pa.Table.from_arrays(rows.columns, schema=schema)))
            self._unpacked[config, group] = path
        return self._unpacked[config, group], place

    def remake(self, tasks: Sequence[CarriedTask]) -> Iterator[TaskRows]:
        """The rows of some tasks, with the present names of labels and in their groups.

        Each row group is read once where the tasks come in the order of the files.
        """
        gold = self._read("gold", [task.gold for task in tasks])
        annotations = self._read("annotations", [n for task in tasks for n in task.annotations])
        columns, of_annotations = (self._schemas[config][:-1] for config in _CONFIGS)
        for task, row in zip(tasks, gold, strict=True):
            own = [row_values(of_annotations, next(annotations)) for _ in task.annotations]
            yield TaskRows(row_values(columns, {**row, "group": task.group}), own)

    def _damaged(self, what: str) -> StateError:
        folder, version = self._version.folder, self._version.entry.version
        do = f"run `annotate version verify {folder.name} --deep`"
        return StateError(what, where=f"{folder.where}/{version}", do=do)

    def _read(self, config: str, numbers: Iterable[int]) -> Iterator[dict[str, Any]]:
        """Rows by their numbers, in their order."""
        for group, found in groupby((self._find(config, n) for n in numbers), itemgetter(0)):
            places = np.array([place for _, place in found], np.int64)
            rows = self._held(config, group).take(integer_array(places))
            for row in named_rows(rows):
                yield self._scheme.rename(row, self._words) if self._words else row

    def _read_texts(self, group: int) -> pa.ChunkedArray:
        return self._groups["gold"][group].read(["text"])["text"]

    def _read_group(self, config: str, number: int) -> pa.Table:
        """A row group; StateError for a row that its hash is not of, which would go on."""
        group = self._groups[config][number]
        rows, columns = group.read(group.leaves), schema_columns(group.path)
        for batch in rows.to_batches():
            stored, made = batch.column("row_hash").to_pylist(), rehash(columns, batch)
            if stored != made:
                units = zip(batch.column("id").to_pylist(), stored, made, strict=True)
                unit = next(unit for unit, one, other in units if one != other)
                raise self._damaged(f"row {unit} has another hash than is written in it")
        return rows

    def _find(self, config: str, number: int) -> tuple[int, int]:
        """The row group of a row, and its place there."""
        starts = self._starts[config]
        group = bisect_right(starts, number) - 1
        return group, number - starts[group]

    def _columns(self, config: str, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        for group in self._groups[config]:
            columns = group.read(names).select(names).columns
            yield from zip(*(column.to_pylist() for column in columns), strict=True)


def _has_codes(path: Path, columns: Sequence[Column]) -> bool:
    """Whether a file has these columns, its labels with the same codes; there may be more now."""
    old, lists = schema_columns(path), label_lists(columns)
    if with_labels(old, lists) != tuple(columns):
        return False
    return all(lists[path][: len(names)] == names for path, names in label_lists(old).items())
