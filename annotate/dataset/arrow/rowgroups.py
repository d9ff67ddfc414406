"""A Parquet file of ours -> its row groups, and which of their columns hold the same.

A leaf column is named by its path in the file (`entities.list.element.start`). Two
hold the same where their bytes in the files are equal, since one release of the
writer makes equal bytes of equal values; so what did not change need not be
decoded. Unequal bytes say nothing: another release may write the same otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from annotate.dataset.arrow.arrays import integer_array
from annotate.dataset.arrow.tables import columns_of, features_of, label_lists

RowNumbers = npt.NDArray[np.int64]
"""Row numbers in a row group, ascending."""


class Leaf(NamedTuple):
    """A leaf column of a file."""

    number: int
    """Its place among the leaf columns."""
    kind: tuple[Any, ...]
    """What its bytes stand for: type, levels of nesting, label names."""


class RowGroup(NamedTuple):
    """A row group; its file is opened for each act and not kept open."""

    path: Path
    metadata: pq.FileMetaData
    number: int
    leaves: Mapping[str, Leaf]
    """By path, those of the whole file."""

    @property
    def rows(self) -> int:
        """How many there are."""
        return int(self.metadata.row_group(self.number).num_rows)

    def read(self, leaves: Collection[str], places: RowNumbers | None = None) -> pa.Table:
        """Those of `leaves` that the file has, of the rows at `places` or of all."""
        with pq.ParquetFile(
            self.path, metadata=self.metadata, memory_map=True, pre_buffer=False
        ) as file:
            table = file.read_row_group(self.number, columns=list(leaves), use_threads=False)
        return table if places is None else table.take(integer_array(places))

    def stored_size(self, leaf: str) -> int:
        """The bytes that a leaf column takes in the file."""
        return int(self._chunk(leaf).total_compressed_size)

    def stored(self, leaf: str, mapped: pa.NativeFile) -> tuple[tuple[Any, ...], pa.Buffer]:
        """What the bytes of a leaf column stand for, and the bytes, in its `mapped` file."""
        chunk = self._chunk(leaf)
        has_dictionary = chunk.has_dictionary_page
        mapped.seek(chunk.dictionary_page_offset if has_dictionary else chunk.data_page_offset)
        kind = (*self.leaves[leaf].kind, chunk.compression)
        return kind, mapped.read_buffer(chunk.total_compressed_size)

    def _chunk(self, leaf: str) -> Any:
        return self.metadata.row_group(self.number).column(self.leaves[leaf].number)


def row_groups(path: Path) -> list[RowGroup]:
    """The row groups of a file, in its order."""
    metadata = pq.read_metadata(path)
    leaves = _leaves(metadata.schema)
    return [RowGroup(path, metadata, n, leaves) for n in range(metadata.num_row_groups)]


def same_leaves(one: RowGroup, other: RowGroup, leaves: Iterable[str]) -> set[str]:
    """Those of `leaves` that surely hold the same in both, row by row."""
    shared = [leaf for leaf in leaves if leaf in one.leaves and leaf in other.leaves]
    with pa.memory_map(str(one.path)) as first, pa.memory_map(str(other.path)) as second:
        return {leaf for leaf in shared if one.stored(leaf, first) == other.stored(leaf, second)}


def _leaves(schema: pq.ParquetSchema) -> dict[str, Leaf]:
    names = label_lists(columns_of(features_of(schema.to_arrow_schema())))
    leaves = {}
    for number in range(len(schema)):
        column = schema.column(number)
        levels = (column.max_definition_level, column.max_repetition_level)
        labels = names.get(column.path.replace(".list.element", ""))
        kind = (column.physical_type, str(column.logical_type), *levels, labels)
        leaves[column.path] = Leaf(number, kind)
    return leaves
