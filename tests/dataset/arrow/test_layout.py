"""Where row groups and files end; borders and sizes are worked out here by other means."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotate.dataset.arrow.layout import (
    FILE_BYTES,
    LEAST_BYTES,
    MOST_BYTES,
    SMALL_BYTES,
    SplitWriter,
    row_bytes,
)
from annotate.dataset.arrow.tables import make_table
from annotate.schemes.columns import BOOL, FLOAT64, INT32, STRING, Column, Labels, ListOf, StructOf

_MIB = 1 << 20
_SPAN = (Column("id", STRING), Column("start", INT32), Column("label", Labels(("PER", "ORG"))))
_COLUMNS = (
    Column("id", STRING),
    Column("text", STRING),
    Column("entities", ListOf(StructOf(_SPAN))),
    Column("row_hash", STRING),
)


def _name(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()[:32]


def _table(numbers: Sequence[int], *, size: int = 10_000, label: str = "PER") -> pa.Table:
    """Rows with texts of `size` characters, and one span each."""
    rows = []
    for number in numbers:
        span = (_name(-number)[:16], 3, label)
        made = _name(number)
        rows.append((made, f"{made} " + "a" * (size - 33), [span], f"{made[:31]}{label[0]}"))
    return make_table(_COLUMNS, rows)


def _write(folder: Path, parts: Sequence[tuple[pa.Table, str]]) -> SplitWriter:
    folder.mkdir(parents=True)
    with SplitWriter(folder, "train-gold", _table([0]).schema) as writer:
        for table, batch in parts:
            writer.write(table, batch)
    return writer


def _groups(path: Path) -> list[list[str]]:
    """The row ids of each row group."""
    with pq.ParquetFile(path) as file:
        return [
            file.read_row_group(n, columns=["id"]).column("id").to_pylist()
            for n in range(file.num_row_groups)
        ]


def _is_border(name: str) -> bool:
    return zlib.crc32(name.encode()) % 256 == 0


def test_a_row_has_the_bytes_that_arrow_has_for_it() -> None:
    columns = (
        Column("id", STRING),
        Column("n", INT32),
        Column("x", FLOAT64),
        Column("sure", BOOL),
        Column("spans", ListOf(StructOf((Column("a", STRING), Column("b", ListOf(INT32)))))),
    )
    rows = [
        ("ab", 1, 0.5, True, []),
        ("é", None, None, None, [("xyz", [1, 2]), (None, [])]),
        (None, 3, 1.5, False, [("", [7])]),
    ]
    # id, n, x, sure, list; then each span: its string, its list
    expected = [
        (4 + 2) + 4 + 8 + 1 + 4,
        (4 + 2) + 4 + 8 + 1 + 4 + (4 + 3 + 4 + 8) + (4 + 0 + 4 + 0),
        4 + 4 + 8 + 1 + 4 + (4 + 0 + 4 + 4),
    ]
    table = make_table(columns, rows)
    assert row_bytes(table).tolist() == expected
    assert row_bytes(pa.concat_tables([table[2:], table[:2]])).tolist() == [
        *expected[2:],
        *expected[:2],
    ]


def test_row_groups_end_at_borders_once_they_have_enough(tmp_path: Path) -> None:
    writer = _write(tmp_path / "a", [(_table(range(6000)), "v1.0.0")])
    groups = _groups(writer.files[0].path)
    size = 10_000 + 32 + 16 + 32 + 4 + 8 + 4 * 5
    assert [name for group in groups for name in group] == [_name(n) for n in range(6000)]
    assert len(groups) >= 3
    for group, following in pairwise(groups):
        enough = next(n for n in range(len(group) + 1) if n * size >= LEAST_BYTES)
        assert _is_border(following[0])
        assert not any(_is_border(name) for name in group[enough:])


def test_a_row_group_ends_at_the_most_it_may_have(tmp_path: Path) -> None:
    numbers = [n for n in range(100) if not _is_border(_name(n))]
    writer = _write(tmp_path / "a", [(_table(numbers, size=_MIB), "v1.0.0")])
    assert [len(group) for group in _groups(writer.files[0].path)] == [
        *[MOST_BYTES // _MIB] * (len(numbers) // 32),
        len(numbers) % 32,
    ]


def test_the_bytes_do_not_follow_from_the_slices(tmp_path: Path) -> None:
    table = _table(range(6000))
    whole = _write(tmp_path / "whole", [(table[:4500], "v1.0.0"), (table[4500:], "v1.1.0")])
    cuts = [0, 1, 2, 1600, 1601, 3000, 4499, 4500, 4501, 6000]
    parts = [(table[a:b], "v1.0.0" if a < 4500 else "v1.1.0") for a, b in pairwise(cuts)]
    sliced = _write(tmp_path / "sliced", parts)
    assert [f[1:] for f in whole.files] == [f[1:] for f in sliced.files]
    assert [f.path.read_bytes() for f in whole.files] == [f.path.read_bytes() for f in sliced.files]


def test_the_bytes_of_lists_do_not_follow_from_the_slices(tmp_path: Path) -> None:
    tags = Labels(tuple("OBI"))
    columns = (Column("id", STRING), Column("tokens", ListOf(STRING)), Column("tags", ListOf(tags)))
    tokens = [f"w{n * n % 97}" for n in range(1000)]
    rows = [(_name(n), tokens, ["OBI"[(n + m) % 97 % 3] for m in range(1000)]) for n in range(200)]
    table, found = make_table(columns, rows), []
    for step in (200, 20, 7, 1):
        with SplitWriter(tmp_path, f"{step}", table.schema) as writer:
            for start in range(0, 200, step):
                writer.write(table[start : start + step], "v1.0.0")
        found.append([file.path.read_bytes() for file in writer.files])
    assert found == [found[0]] * 4


def test_an_append_leaves_the_files_as_they_are(tmp_path: Path) -> None:
    old, new = _table(range(2000)), _table(range(2000, 2300))
    before = _write(tmp_path / "before", [(old, "v1.0.0")])
    after = _write(tmp_path / "after", [(old, "v1.0.0"), (new, "v1.1.0")])
    assert [f.batches for f in after.files] == [[("v1.0.0", 2000)], [("v1.1.0", 300)]]
    assert [f.path.name for f in after.files] == [
        "train-gold-00000.parquet",
        "train-gold-00001.parquet",
    ]
    assert after.files[0].path.read_bytes() == before.files[0].path.read_bytes()


@pytest.mark.parametrize(("rows", "groups"), [(300, [300, 50]), (90, [140])])
def test_a_small_file_goes_on_into_the_next_batch(
    tmp_path: Path, rows: int, groups: list[int]
) -> None:
    assert (rows * 10_000 >= SMALL_BYTES) == (len(groups) == 2)
    parts = [(_table(range(rows)), "v1.0.0"), (_table(range(rows, rows + 50)), "v1.1.0")]
    writer = _write(tmp_path / "a", parts)
    assert [f[1:3] for f in writer.files] == [(rows + 50, [("v1.0.0", rows), ("v1.1.0", 50)])]
    assert [len(group) for group in _groups(writer.files[0].path)] == groups


def test_a_row_less_moves_one_border_at_most(tmp_path: Path) -> None:
    numbers = range(9000)
    before = _write(tmp_path / "before", [(_table(numbers), "v1.0.0")])
    after = _write(tmp_path / "after", [(_table(numbers[1:]), "v1.0.0")])
    starts = [{group[0] for group in _groups(w.files[0].path)} for w in (before, after)]
    assert len(starts[0]) >= 5
    assert len(starts[0] & starts[1]) >= len(starts[0]) - 2  # the first row is gone


def test_a_large_file_ends_with_its_row_group(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with SplitWriter(tmp_path / "a", "train-gold", _table([0]).schema) as writer:
        for start in range(0, 600, 20):
            writer.write(_table(range(start, start + 20), size=_MIB), "v1.0.0")
    assert [f.path.name for f in writer.files] == [
        "train-gold-00000.parquet",
        "train-gold-00001.parquet",
    ]
    first, second = (f.rows for f in writer.files)
    assert first + second == 600
    assert FILE_BYTES <= first * _MIB < FILE_BYTES + MOST_BYTES + 200 * first
    assert [f.batches for f in writer.files] == [[("v1.0.0", first)], [("v1.0.0", second)]]


def test_nothing_is_written_without_rows(tmp_path: Path) -> None:
    assert _write(tmp_path / "a", [(_table([]), "v1.0.0")]).files == []
    assert list((tmp_path / "a").iterdir()) == []


def test_relabelling_leaves_the_bytes_of_other_columns(tmp_path: Path) -> None:
    parts = [_table(range(n, n + 100)) for n in range(0, 4000, 100)]
    changed = [*parts[:7], _table(range(700, 800), label="ORG"), *parts[8:]]
    before, after = (
        _column_bytes(_write(tmp_path / name, [(t, "v1.0.0") for t in tables]).files[0].path)
        for name, tables in (("before", parts), ("after", changed))
    )
    assert {key for key in before if before[key] != after[key]} == {
        (0, "entities.list.element.label"),
        (0, "row_hash"),
    }


def test_only_what_repeats_has_a_dictionary(tmp_path: Path) -> None:
    writer = _write(tmp_path / "a", [(_table(range(50)), "v1.0.0")])
    group = pq.read_metadata(writer.files[0].path).row_group(0)
    columns = [group.column(n) for n in range(group.num_columns)]
    repeating = [c.path_in_schema for c in columns if c.has_dictionary_page]
    assert repeating == ["entities.list.element.start", "entities.list.element.label"]


def test_only_what_rows_are_looked_for_by_has_its_least_and_most(tmp_path: Path) -> None:
    writer = _write(tmp_path / "a", [(_table(range(50)), "v1.0.0")])
    group = pq.read_metadata(writer.files[0].path).row_group(0)
    columns = [group.column(n) for n in range(group.num_columns)]
    sought = [c.path_in_schema for c in columns if c.is_stats_set]
    assert sought == ["id", "text", "row_hash"]
    assert group.column(0).statistics.min == min(map(_name, range(50)))
    assert all(column.has_offset_index for column in columns)


def _column_bytes(path: Path) -> dict[tuple[int, str], bytes]:
    """The stored bytes of each column in each row group."""
    data, found = path.read_bytes(), {}
    metadata = pq.read_metadata(path)
    for group in range(metadata.num_row_groups):
        for number in range(metadata.num_columns):
            column = metadata.row_group(group).column(number)
            start = column.dictionary_page_offset or column.data_page_offset
            end = start + column.total_compressed_size
            found[group, column.path_in_schema] = data[start:end]
    return found
