"""A label set in another language and script, from articles to `load_dataset`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from datasets import disable_progress_bars, load_dataset

from annotate.cli import cli
from annotate.schemes import load_scheme
from annotate.tasks.config_check import check_config

CONFIG = """<View>
  <Labels name="entity" toName="text">
    <Label value="ОСОБА"/><Label value="مكان"/><Label value="組織"/>
  </Labels>
  <Text name="text" value="$text"/>
</View>
"""
TITLE = "Мерія Львова"
LINES = ["😀 Андрій Садовий відвідав بيروت у вівторок.", "Компанія 東京電力 не коментувала."]
NAMES = [("Андрій Садовий", "ОСОБА"), ("بيروت", "مكان"), ("東京電力", "組織")]


def test_task_to_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNOTATE_PSEUDONYM_KEY", "a key for this test, long enough")
    config = tmp_path / "config.xml"
    config.write_text(CONFIG, encoding="utf-8")
    article = tmp_path / "a.txt"
    article.write_text("\n".join([TITLE, "20240501", "https://lviv.example/a", *LINES]), "utf-8")
    assert check_config(config, load_scheme("entities"), {}) == []
    runner = CliRunner()

    options = ["--unit", "paragraph", "--config", str(config)]
    done = runner.invoke(cli, ["tasks", "entities", str(article), *options], catch_exceptions=False)
    export = [annotate(task, number) for number, task in enumerate(json.loads(done.stdout), 1)]
    (tmp_path / "export.json").write_text(json.dumps(export))
    create = ["version", "create", "names", "--scheme", "entities", "--config", str(config)]
    create += ["--from", str(tmp_path / "export.json"), "--store", str(tmp_path / "store")]
    runner.invoke(cli, create, catch_exceptions=False)

    disable_progress_bars()
    loaded: Any = load_dataset(str(tmp_path / "store" / "names"), cache_dir=str(tmp_path / "cache"))
    rows = [row for split in loaded.values() for row in split]
    labels = next(iter(loaded.values())).features["entities"].feature["label"]
    found = [
        (row["text"][e["start"] : e["end"]], e["text"], labels.int2str(e["label"]))
        for row in sorted(rows, key=lambda row: row["unit_start"])
        for e in row["entities"]
    ]
    assert found == [(name, name, label) for name, label in NAMES]
    assert [row["text"] for row in sorted(rows, key=lambda r: r["unit_start"])] == LINES
    assert labels.names == ["ОСОБА", "مكان", "組織"]


def annotate(task: dict[str, Any], number: int) -> dict[str, Any]:
    """What Label Studio would export of an annotator's work on a task."""
    text = task["data"]["text"]
    result = [
        {
            "id": f"r{n}",
            "from_name": "entity",
            "to_name": "text",
            "type": "labels",
            "value": {
                "start": text.index(name),
                "end": text.index(name) + len(name),
                "text": name,
                "labels": [label],
            },
        }
        for n, (name, label) in enumerate(NAMES)
        if name in text
    ]
    done = {"id": number, "completed_by": 1, "result": result, "was_cancelled": False}
    return {"id": number, "data": task["data"], "annotations": [done]}
