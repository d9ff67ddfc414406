"""Crowd-Kit, cleanlab, GLiNER and Argilla: the columns and shapes that they ask for."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

import pandas

from annotate.formats import load_format
from annotate.formats.base import Losses, Table
from annotate.formats.export import export_table
from tests.formats.making import (
    choice,
    gold_table,
    own_table,
    region,
    relation,
    save,
    task,
)

_TEXT = "😀 Ann Lee-Mann in Rome"


def _entities(folder: Path) -> Path:
    first = [
        region(_TEXT, "a", "entity", "PER", 2, 14),
        region(_TEXT, "b", "entity", "PER", 2, 5),
        choice("a", "mention", "PRO"),
    ]
    second = [region(_TEXT, "a", "entity", "PER", 2, 14), region(_TEXT, "c", "entity", "LOC", 6, 9)]
    return save(folder / "in.json", [task(_TEXT, first, second)])


def _stance(folder: Path) -> Path:
    text = "Good."
    results = [
        [choice("x", "stance", "favor"), region(text, "e", "evidence", "Evidence", 0, 4)],
        [choice("x", "stance", "favor"), choice("y", "explicitness", "implicit")],
        [choice("x", "stance", "none")],
    ]
    made = task(text, *results, target="x", target_kind="question", holder="")
    return save(folder / "in.json", [made])


def _export(table: Table, name: str, path: Path) -> Losses:
    return export_table(table, load_format(name), path).losses


def test_crowd_kit_has_its_three_columns(tmp_path: Path) -> None:
    losses = _export(own_table(_stance(tmp_path), "stance"), "crowd-kit", tmp_path / "x.csv")
    frame = pandas.read_csv(tmp_path / "x.csv")
    assert list(frame.columns) == ["task", "worker", "label"]
    assert sorted(frame["label"]) == ["favor", "favor", "none"]
    assert frame["task"].nunique() == 1 and frame["worker"].nunique() == 3
    # what Crowd-Kit's majority vote does with such a frame
    assert frame.groupby("task")["label"].agg(lambda labels: labels.mode()[0]).item() == "favor"
    assert losses.lost == {"span": 1, "explicitness of a text": 1}


def test_crowd_kit_votes_on_tokens(tmp_path: Path) -> None:
    losses = _export(own_table(_entities(tmp_path), "entities"), "crowd-kit", tmp_path / "x.csv")
    frame = pandas.read_csv(tmp_path / "x.csv")
    wide = frame.pivot(index="task", columns="worker", values="label")
    wide.index = [_TEXT[slice(*map(int, key.split(":")[1].split("-")))] for key in wide.index]
    assert set(wide.index) == {"😀", "Ann", "Lee", "-", "Mann", "in", "Rome"}
    assert set(wide.loc["Ann"]) == {"B-PER"} and set(wide.loc["Lee"]) == {"I-PER"}
    assert losses.lost == {
        "span nested in or overlapping another (the outermost is kept)": 2,
        "mention of a span": 1,
    }


def test_cleanlab_gets_whole_numbers_and_their_names(tmp_path: Path) -> None:
    _export(own_table(_stance(tmp_path), "stance"), "cleanlab", tmp_path / "x")
    frame = pandas.read_csv(tmp_path / "x" / "labels.csv")
    assert list(frame.columns) == ["task", "annotator", "label"]
    assert str(frame["label"].dtype) == "int64"
    names = json.loads((tmp_path / "x" / "classes.json").read_text())
    assert sorted(names[code] for code in frame["label"]) == ["favor", "favor", "none"]
    # the wide table that its multiannotator functions take: a row a task, a column an annotator
    wide = frame.pivot(index="task", columns="annotator", values="label")
    assert wide.shape == (1, 3) and not wide.isna().any().any()
    examples = pandas.read_csv(tmp_path / "x" / "examples.csv")
    assert examples.to_dict("records") == [{"task": wide.index[0], "text": "Good."}]


def test_gliner_counts_words_with_both_ends_in(tmp_path: Path) -> None:
    losses = _export(own_table(_entities(tmp_path), "entities"), "gliner", tmp_path / "x")
    found = [json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "x").iterdir()]
    assert all(
        item[0]["tokenized_text"] == ["😀", "Ann", "Lee-Mann", "in", "Rome"] for item in found
    )
    entities = sorted(item[0]["ner"] for item in found)
    assert entities == [[[1, 1, "PER"], [1, 2, "PER"]], [[1, 2, "PER"], [2, 2, "LOC"]]]
    assert losses.altered == {"span with a border inside a word, moved to the word's border": 1}


def test_argilla_has_suggestions_of_gold_and_responses_of_annotators(tmp_path: Path) -> None:
    _export(gold_table(_entities(tmp_path), "entities"), "argilla", tmp_path / "gold.json")
    (record,) = json.loads((tmp_path / "gold.json").read_text(encoding="utf-8"))
    assert set(record) == {"id", "fields", "metadata", "suggestions", "responses", "vectors"}
    assert record["fields"] == {"text": _TEXT}
    spans = [{"start": 2, "end": 14, "label": "PER"}]
    assert record["suggestions"] == {
        "entity": {"value": spans, "score": None, "agent": "gold majority"}
    }
    _export(own_table(_stance(tmp_path), "stance"), "argilla", tmp_path / "own.json")
    (record,) = json.loads((tmp_path / "own.json").read_text(encoding="utf-8"))
    assert sorted(r["value"] for r in record["responses"]["stance"]) == ["favor", "favor", "none"]
    assert len({UUID(r["user_id"]) for r in record["responses"]["stance"]}) == 3
    assert record["responses"]["evidence"][0]["value"] == [
        {"start": 0, "end": 4, "label": "Evidence"}
    ]


def test_argilla_counts_what_it_cannot_hold(tmp_path: Path) -> None:
    text = "Ann said no"
    result = [
        region(text, "s", "role", "Source", 0, 3),
        choice("s", "kind", "named"),
        region(text, "c", "role", "Content", 9, 11),
        relation("c", "s", "source"),
    ]
    table = gold_table(save(tmp_path / "in.json", [task(text, result)]), "claims")
    losses = _export(table, "argilla", tmp_path / "x.json")
    assert losses.lost == {"kind of a span": 1, "relation source": 1}
