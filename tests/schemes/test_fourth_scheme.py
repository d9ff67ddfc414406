"""A fourth scheme is one file and one label config: put into a copy, every command takes it."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.command import Ran, annotate

_ROOT = Path(__file__).parents[2]
_CONFIG = (
    '<View><Text name="text" value="$text"/><Choices name="topic" toName="text">'
    '<Choice value="ports"/><Choice value="trams"/></Choices></View>'
)
_TEXTS = ("The port will close.", "The tram 🚋 is late.")


def _annotation(number: int, who: int, topic: str) -> dict[str, Any]:
    chosen = {"from_name": "topic", "to_name": "text", "type": "choices", "id": "c"}
    result = [{**chosen, "value": {"choices": [topic]}}]
    return {"id": number, "completed_by": who, "was_cancelled": False, "result": result}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fourth")
    unwanted = shutil.ignore_patterns("__pycache__")
    for room in ("annotate", "label_configs"):
        shutil.copytree(_ROOT / room, folder / room, ignore=unwanted)
    shutil.copy(Path(__file__).with_name("topics.py"), folder / "annotate" / "schemes")
    (folder / "label_configs" / "topics.xml").write_text(_CONFIG)
    for round_, last in enumerate(("ports", "trams"), 1):
        tasks = [
            {
                "id": number,
                "data": {"text": text},
                "annotations": [
                    _annotation(number * 10, 1, "trams"),
                    _annotation(number * 10 + 1, 2, last if number == 2 else "trams"),
                ],
            }
            for number, text in enumerate(_TEXTS, 1)
        ]
        (folder / f"round{round_}.json").write_text(json.dumps(tasks))
    return folder


def _run(home: Path, *args: str) -> Ran:
    ran = annotate(*args, home=home)
    assert ran.code == 0, ran.err
    return ran


def test_versions(home: Path) -> None:
    create = ("version", "create", "news", "--scheme", "topics", "--json", "--from")
    numbers = [_run(home, *create, f"round{n}.json").json["version"] for n in (1, 2)]
    assert numbers == ["v1.0.0", "v2.0.0"]
    diff = _run(home, "version", "diff", "news", *numbers, "--json").json
    assert sum(split["changed"] for split in diff["splits"].values()) == 1
    assert diff["labels"] == {"trams": {"added": 1, "removed": 0, "relabelled": 0}}
    _run(home, "version", "verify", "news", "--deep")
    assert "topic: trams" in _run(home, "show", "news@v2.0.0").out
    _run(home, "report", "news", "-o", "news.html")
    assert _run(home, "agreement", "topics", "round1.json", "--json").json


def test_tasks(home: Path) -> None:
    (home / "news.jsonl").write_text(json.dumps({"text": _TEXTS[0]}) + "\n")
    tasks = json.loads(_run(home, "tasks", "topics", "news.jsonl").out)
    assert [task["data"]["text"] for task in tasks] == [_TEXTS[0]]


def _export(home: Path, name: str) -> Path:
    _run(home, "export", "topics", "round2.json", "--format", name, "-o", f"gold.{name}")
    return home / f"gold.{name}"


def test_formats_keep_the_label_of_a_text(home: Path) -> None:
    argilla = json.loads(_export(home, "argilla").read_text())
    assert [one["suggestions"]["topic"]["value"] for one in argilla] == ["trams", "trams"]
    prodigy = [json.loads(line) for line in _export(home, "prodigy").read_text().splitlines()]
    assert [one["accept"] for one in prodigy] == [["trams"], ["trams"]]
    cleanlab = _export(home, "cleanlab")
    assert json.loads((cleanlab / "classes.json").read_text()) == ["ports", "trams"]
    votes = csv.DictReader((cleanlab / "labels.csv").read_text().splitlines())
    assert [vote["label"] for vote in votes] == ["1"] * 4
    crowd = csv.DictReader(_export(home, "crowd-kit").read_text().splitlines())
    assert [vote["label"] for vote in crowd] == ["trams"] * 4


@pytest.mark.parametrize("name", ["brat", "conll", "gliner", "webanno"])
def test_formats_of_spans_have_no_place_for_it(home: Path, name: str) -> None:
    ran = annotate("export", "topics", "round2.json", "--format", name, "-o", "x", home=home)
    assert ran.code == 1
    assert "whose labels belong to whole texts" in ran.err
