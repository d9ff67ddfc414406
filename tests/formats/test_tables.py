"""jsonl, parquet and csv, read by the libraries that people read them with."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pandas
import pytest
from datasets import Dataset, load_dataset

from annotate.dataset.rows import named_row
from annotate.formats import load_format
from annotate.formats.base import Table
from annotate.formats.export import export_table
from tests.formats.making import (
    KEY,
    choice,
    config_of,
    gold_table,
    own_table,
    region,
    relation,
    save,
    task,
)

_TEXT = "Ann 😀 said\r\n\"no\", 'NA', =1+1"


def _claims(folder: Path) -> Path:
    result = [
        region(_TEXT, "s", "role", "Source", 0, 5),
        region(_TEXT, "c", "role", "Content", 12, 16),
        choice("c", "mode", "direct"),
        relation("c", "s", "source"),
    ]
    return save(
        folder / "in.json", [task(_TEXT, result, result[:1], title="NA", date="2026-01-02")]
    )


def _stance(folder: Path) -> Path:
    result = [choice("x", "stance", "none"), region(_TEXT, "e", "evidence", "Evidence", 0, 5)]
    data = {"target": "Ann", "target_kind": "entity", "holder": ""}
    return save(folder / "in.json", [task(_TEXT, result, **data)])


def _tables(folder: Path) -> list[Table]:
    claims, stance = _claims(folder), None
    tables = [gold_table(claims, "claims"), own_table(claims, "claims")]
    stance = _stance(folder)
    return [*tables, gold_table(stance, "stance"), own_table(stance, "stance")]


def _wanted(table: Table) -> list[dict[str, Any]]:
    return [named_row(table.columns, row) for row in table.rows]


def test_rows_hold_the_text_and_offsets_they_came_with(tmp_path: Path) -> None:
    (row,) = _wanted(gold_table(_claims(tmp_path), "claims"))
    assert (row["text"], row["title"], row["date"]) == (_TEXT, "NA", "2026-01-02")
    # one of two annotators drew the claim: no majority, so gold has none of it
    assert row["claims"] == []
    own = _wanted(own_table(_claims(tmp_path), "claims"))
    (claim,) = next(row["claims"] for row in own if row["claims"])
    assert claim["source"] == [{"start": 0, "end": 5, "text": "Ann 😀", "part": 0}]
    assert claim["content"] == [{"start": 12, "end": 16, "text": '"no"', "part": 0}]
    assert claim["mode"] == "direct"


def test_an_annotators_row_says_whose_and_when(tmp_path: Path) -> None:
    made = task(_TEXT, [], [])
    made["annotations"][0] |= {"lead_time": 2.5, "created_at": "2026-01-02T03:04:05Z"}
    first, second = _wanted(own_table(save(tmp_path / "in.json", [made]), "claims"))
    assert {first["annotator"], second["annotator"]} == {KEY.pseudonym("1"), KEY.pseudonym("2")}
    timed = first if first["annotator"] == KEY.pseudonym("1") else second
    assert (timed["lead_time"], timed["created_at"]) == (2.5, "2026-01-02T03:04:05Z")
    assert timed["text"] == _TEXT


@pytest.mark.parametrize("number", range(4))
def test_json_lines_come_back(tmp_path: Path, number: int) -> None:
    table = _tables(tmp_path)[number]
    losses = export_table(table, load_format("jsonl"), tmp_path / "rows.jsonl").losses
    assert not losses.lost and not losses.altered
    lines = (tmp_path / "rows.jsonl").read_bytes().split(b"\n")
    assert [json.loads(line) for line in lines if line] == _wanted(table)
    loaded = load_dataset(
        "json", data_files=str(tmp_path / "rows.jsonl"), cache_dir=str(tmp_path / "cache")
    )
    assert [row["text"] for row in loaded["train"]] == [_TEXT] * len(table.rows)


@pytest.mark.parametrize("number", range(4))
def test_parquet_comes_back_with_its_label_names(tmp_path: Path, number: int) -> None:
    table = _tables(tmp_path)[number]
    export_table(table, load_format("parquet"), tmp_path / "rows.parquet")
    loaded = load_dataset(
        "parquet", data_files=str(tmp_path / "rows.parquet"), cache_dir=str(tmp_path / "cache")
    )["train"]
    assert loaded.column_names == [column.name for column in table.columns]
    for row, wanted in zip(loaded, _wanted(table), strict=True):
        assert row["text"] == wanted["text"]
        if "label" in wanted:
            assert loaded.features["label"].int2str(row["label"]) == wanted["label"] == "none"
        else:
            modes = loaded.features["claims"].feature["mode"]
            assert [modes.int2str(c["mode"]) for c in row["claims"]] == [
                c["mode"] for c in wanted["claims"]
            ]


@pytest.mark.parametrize("number", range(4))
def test_csv_comes_back_through_pandas(tmp_path: Path, number: int) -> None:
    table = _tables(tmp_path)[number]
    export_table(table, load_format("csv"), tmp_path / "rows.csv")
    frame = pandas.read_csv(tmp_path / "rows.csv", keep_default_na=False, dtype=str)
    assert list(frame.columns) == [column.name for column in table.columns]
    for row, wanted in zip(frame.to_dict("records"), _wanted(table), strict=True):
        for name, value in wanted.items():
            cell = row[name]
            if isinstance(value, list):
                assert json.loads(cell) == value
            else:
                assert cell == ("" if value is None else str(value))


# csv of Python 3.11 leaves a bare CR without quotes, where rows end with LF
_CELLS = ["Ann\rsaid", "Ann\r\nsaid", '"Ann", said "no"', "a,b;c\td", " x ", "Ann\nsaid", "NA"]


def _read_back(path: Path, folder: Path) -> list[list[dict[str, str]]]:
    """The rows of a CSV file as three libraries read them."""
    frame = pandas.read_csv(path, keep_default_na=False, dtype=str)
    loaded = Dataset.from_csv(str(path), cache_dir=str(folder / "cache"), keep_default_na=False)
    with path.open(encoding="utf-8", newline="") as file:
        plain = list(csv.DictReader(file))
    return [frame.to_dict("records"), list(loaded), plain]


@pytest.mark.parametrize(
    ("name", "file", "column"),
    [
        ("csv", "", "text"),
        ("csv", "", "label"),
        ("cleanlab", "examples.csv", "text"),
        ("crowd-kit", "", "label"),
    ],
)
def test_every_reader_of_csv_finds_the_cells_as_they_were(
    tmp_path: Path, name: str, file: str, column: str
) -> None:
    config = config_of(tmp_path / "stance.xml", "stance", _CELLS)
    tasks = [task(cell, [choice("x", "stance", cell)], target="Ann") for cell in _CELLS]
    table = own_table(save(tmp_path / "in.json", tasks), "stance", config)
    export_table(table, load_format(name), tmp_path / "out")
    for rows in _read_back(tmp_path / "out" / file, tmp_path):
        assert sorted(row[column] for row in rows) == sorted(_CELLS)
        if name == "csv":
            assert {row["title"] for row in rows} == {""}  # null, as no task has one
