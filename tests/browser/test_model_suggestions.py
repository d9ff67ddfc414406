"""Suggestions by models, pushed by the command and opened in a real Label Studio.

The models are small, real and made by the tests; they run where their library is
installed (`annotate[spacy]`, `annotate[hf]`, `annotate[gliner]`). One annotator accepts
what was suggested, another changes it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from annotate.studio import LocalStudio, connect, find_project
from tests.command import annotate
from tests.tasks.small_models import (
    FOUND,
    TEXT,
    make_gliner_model,
    make_hf_model,
    make_spacy_model,
)

from .bench import Bench
from .editor import Editor

# warnings of the models' libraries while they are made; the command is a process of its own
pytestmark = [pytest.mark.studio, pytest.mark.browser, pytest.mark.filterwarnings("ignore")]

MAKERS = {"spacy": make_spacy_model, "hf": make_hf_model, "gliner": make_gliner_model}
Pushed = Callable[[str], tuple[int, list[int]]]
# words and label of each highlight; the editor shows a label as `1:PER`
SHOWN = """() => [...document.querySelectorAll('.htx-highlight')].map(
  (element) => [element.textContent, element.getAttribute('data-label').replace(/^\\d+:/, '')]
)"""
STARTS = (2, 17, 29, 51, 81)
"""Of the names, counted by hand: emoji of one, seven and two code points stand before them."""


@pytest.fixture
def push(local_studio: LocalStudio, bench: Bench, tmp_path: Path) -> Iterator[Pushed]:
    """Push one article with suggestions of a model; gives project and tasks."""
    made: list[int] = []
    server = local_studio.server
    env = {
        "LABEL_STUDIO_URL": server.url,
        "LABEL_STUDIO_API_KEY": server.api_key,
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
    }
    article = {"title": "Port Calder", "text": TEXT, "date": "20240501"}
    (tmp_path / "a.jsonl").write_text(json.dumps(article) + "\n", encoding="utf-8")

    def push_with(kind: str) -> tuple[int, list[int]]:
        title = f"suggested by {kind}"
        ran = annotate(
            "push", "entities", "a.jsonl", "--project", title, "--overlap", "2",
            "--suggest", f"{kind}:{MAKERS[kind](tmp_path)}", home=tmp_path, env=env,
        )  # fmt: skip
        assert ran.code == 0, ran.err
        assert "1 tasks added" in ran.out
        project = find_project(server, title)
        assert project is not None
        made.append(project.id)
        with connect(server) as studio:
            tasks = studio.get("api/tasks/", {"project": project.id})["tasks"]
        return project.id, [task["id"] for task in tasks]

    yield push_with
    for project in made:
        bench.delete(project)


def spans(results: list[dict[str, Any]]) -> list[tuple[int, str, str]]:
    """(start, words, label) of each region, which the text itself confirms."""
    values = [result["value"] for result in results if result["type"] == "labels"]
    found = [(v["start"], TEXT[v["start"] : v["end"]], v["labels"][0]) for v in values]
    assert [v["text"] for v in values] == [words for _, words, _ in found]
    return sorted(found)


@pytest.mark.parametrize("kind", MAKERS)
def test_a_models_suggestion_opens_where_it_is_and_is_submitted(
    kind: str, push: Pushed, bench: Bench, editor: Editor
) -> None:
    project, (task,) = push(kind)
    expected = [(start, *found) for start, found in zip(STARTS, FOUND, strict=True)]

    editor.open(project, task)
    assert [tuple(shown) for shown in editor.page.evaluate(SHOWN)] == FOUND
    editor.submit()

    assert spans(bench.results(task)) == expected


def test_a_models_suggestion_can_be_changed(push: Pushed, bench: Bench, editor: Editor) -> None:
    project, (task,) = push("hf")
    editor.open(project, task)
    regions = editor.page.locator(".htx-highlight[data-label]")

    editor.select("Ivo Reve")
    editor.page.keyboard.press("Backspace")
    expect(regions).to_have_count(len(FOUND) - 1)
    editor.label("x", "quiet")
    editor.submit()

    kept = {(start, *found) for start, found in zip(STARTS, FOUND, strict=True)}
    kept -= {(17, "Ivo Reve", "PER")}
    assert set(spans(bench.results(task))) == kept | {(66, "quiet", "MISC")}
