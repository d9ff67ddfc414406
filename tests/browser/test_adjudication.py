"""Three annotators differ; somebody decides in the browser; the dataset shows what was decided."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from datasets import load_dataset
from playwright.sync_api import expect

from annotate.annotations.pseudonym import load_key
from annotate.studio import (
    LocalStudio,
    connect,
    find_project,
    make_annotator,
    submit_annotation,
)
from tests.command import annotate

from .editor import Editor

pytestmark = [pytest.mark.studio, pytest.mark.browser]

ARTICLE = (
    "Lenne bridge closes\n20240102\nhttps://courier.example/lenne-bridge\n"
    "Minister Tomas Weil 😀 met Ada Olin in Osk.\n"
)
WORK = {
    "anna": [("Tomas Weil", "PER"), ("Osk", "GPE")],
    "ben": [("Tomas Weil", "PER"), ("Osk", "LOC")],
    "cleo": [("Minister Tomas Weil", "PER")],
}
SOURCE, DECIDED = "three annotators", "three annotators, decided"


def regions(text: str, spans: list[tuple[str, str]]) -> list[dict[str, Any]]:
    found = []
    for number, (words, label) in enumerate(spans):
        start = text.index(words)
        value = {"start": start, "end": start + len(words), "text": words, "labels": [label]}
        region = {"id": f"r{number}", "from_name": "entity", "to_name": "text", "type": "labels"}
        found.append(region | {"value": value})
    return found


def test_three_annotators_and_one_who_decides(
    local_studio: LocalStudio, editor: Editor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANNOTATE_PSEUDONYM_KEY", "a key of the tests alone")
    server = local_studio.server
    env = {"LABEL_STUDIO_URL": server.url, "LABEL_STUDIO_API_KEY": server.api_key}

    def run(*command: str | Path) -> str:
        ran = annotate(*command, home=tmp_path, env=env)
        assert ran.code == 0, ran.err
        return ran.out

    (tmp_path / "a.txt").write_text(ARTICLE, encoding="utf-8")
    run("push", "entities", "a.txt", "--project", SOURCE, "--overlap", "3")
    run("pull", "--project", SOURCE, "-o", "export.json")
    (task,) = json.loads((tmp_path / "export.json").read_bytes())
    text = task["data"]["text"]
    for name, spans in WORK.items():
        submit_annotation(make_annotator(local_studio, name), task["id"], regions(text, spans))
    run("pull", "--project", SOURCE, "-o", "export.json")

    # not into the project that the annotators work in
    ran = annotate(
        "adjudicate", "entities", "export.json", "--project", SOURCE, home=tmp_path, env=env
    )
    assert ran.code == 1
    assert "annotators work in" in ran.err
    said = run("adjudicate", "entities", "export.json", "--project", DECIDED)
    assert "1 tasks to decide" in said

    project = find_project(server, DECIDED)
    assert project is not None
    with connect(server) as studio:
        (listed,) = studio.get("api/tasks/", {"project": project.id})["tasks"]
    editor.open(project.id, listed["id"])
    tabs = editor.page.locator(".lsf-annotation-button")
    export = json.loads((tmp_path / "export.json").read_bytes())
    numbers = [a["completed_by"] for a in export[0]["annotations"]]
    anna, ben, cleo = (load_key().pseudonym(str(number)) for number in numbers)
    for pseudonym in (anna, ben, cleo):
        expect(tabs.filter(has_text=pseudonym)).to_have_count(1)
    editor.duplicate(anna)
    editor.label("1", "Ada Olin")
    editor.submit()

    run("pull", "--project", DECIDED, "-o", "decided.json")
    for inputs in (["export.json"], ["export.json", "decided.json"]):
        sources = [part for path in inputs for part in ("--from", path)]
        run(
            "version",
            "create",
            "people",
            "--scheme",
            "entities",
            *sources,
            "--policy",
            "adjudicated",
        )
    loaded: Any = load_dataset(str(tmp_path / "datasets" / "people"))
    (row,) = [row for split in loaded.values() for row in split]
    label = next(iter(loaded.values())).features["entities"].feature["label"]
    shown = {e["text"]: label.int2str(e["label"]) for e in row["entities"]}
    assert shown == {"Tomas Weil": "PER", "Osk": "GPE", "Ada Olin": "PER"}
    # who decided, and over whom
    decider = load_key().pseudonym("1")
    assert row["policy"] == "adjudicated"
    assert {tuple(e["voters"]) for e in row["entities"]} == {(decider,)}
    assert sorted(row["annotators"]) == sorted([anna, ben, cleo])
    # before it was decided, the majority stood
    before: Any = load_dataset(str(tmp_path / "datasets" / "people"), "v1.0.0")
    (row,) = [row for split in before.values() for row in split]
    assert [e["text"] for e in row["entities"]] == ["Tomas Weil"]
    assert row["policy"] == "majority"
