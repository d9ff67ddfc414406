"""Each shipped label config, used by hand in a real Label Studio.

A person drags over words that stand after emoji of one, two and seven code points.
What the server stores must be code points into the task's text, and must hold the
labels, the relations and the choices that were made.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from .bench import Bench
from .editor import Editor

pytestmark = [pytest.mark.studio, pytest.mark.browser]

TEXT = (
    "Lenne 😀 bridge 👍🏽 closes 👩‍👩‍👧‍👦 again\n\n"
    "Vellmars mayor was in Osk.\n"
    "Minister Tomas Weil denied that the bridge was unsafe, and praised the repairs."
)
DATA: dict[str, Any] = {
    "text": TEXT,
    "title": "Lenne 😀 bridge closes again",
    "date": "2021-05-17",
    "url": "https://courier.example/lenne-bridge",
    "article_id": "a1",
    "unit": "article",
    "unit_start": 0,
    "text_sha256": "0" * 64,
    "unit_key": "browser-test",
    "group": "g1",
}
QUESTION = DATA | {
    "target": "the bridge repairs",
    "target_kind": "proposition",
    "holder": "Tomas Weil",
}


class Desk:
    """The task of one scheme, open in the browser."""

    def __init__(self, editor: Editor, bench: Bench) -> None:
        self.editor = editor
        self._bench = bench
        self._projects: list[int] = []
        self._task = 0

    def open(self, scheme: str, data: dict[str, Any] = DATA) -> Editor:
        project, self._task = self._bench.create(scheme, data)
        self._projects.append(project)
        self.editor.open(project, self._task)
        return self.editor

    def submit(self) -> list[dict[str, Any]]:
        self.editor.submit()
        return self._bench.results(self._task)

    def clear(self) -> None:
        for project in self._projects:
            self._bench.delete(project)


@pytest.fixture
def desk(editor: Editor, bench: Bench) -> Iterator[Desk]:
    desk = Desk(editor, bench)
    yield desk
    desk.clear()


def spans(results: list[dict[str, Any]], control: str) -> dict[str, str]:
    """Return the label of each stretch of text that a control marked, cut by code points."""
    values = [r["value"] for r in results if r.get("from_name") == control]
    return {TEXT[v["start"] : v["end"]]: v["labels"][0] for v in values}


def choices(results: list[dict[str, Any]], control: str) -> list[list[str]]:
    return [r["value"]["choices"] for r in results if r.get("from_name") == control]


def test_entities(desk: Desk) -> None:
    editor = desk.open("entities")
    editor.label("3", "Vellmar")  # the possessive s has fused with the name
    editor.label("1", "Tomas Weil")
    editor.select("Tomas Weil")
    editor.choose("q", "NAM")

    results = desk.submit()

    assert spans(results, "entity") == {"Vellmar": "GPE", "Tomas Weil": "PER"}
    assert choices(results, "mention") == [["NAM"]]


def test_entities_takes_a_double_click_for_a_word(desk: Desk) -> None:
    editor = desk.open("entities")
    editor.double_click("3", "Osk")

    assert spans(desk.submit(), "entity") == {"Osk": "GPE"}


def test_entities_nests(desk: Desk) -> None:
    editor = desk.open("entities")
    editor.label("f", "Lenne 😀 bridge")
    editor.label("5", "Lenne")

    assert spans(desk.submit(), "entity") == {"Lenne 😀 bridge": "FAC", "Lenne": "LOC"}


def test_entities_of_a_task_with_nothing_but_text(desk: Desk) -> None:
    editor = desk.open("entities", {"text": TEXT})
    editor.label("1", "Tomas Weil")

    assert spans(desk.submit(), "entity") == {"Tomas Weil": "PER"}


def test_stance(desk: Desk) -> None:
    editor = desk.open("stance", QUESTION)
    editor.choose("1", "favor")
    editor.choose("q", "explicit")
    editor.label("e", "praised the repairs")

    results = desk.submit()

    assert choices(results, "stance") == [["favor"]]
    assert choices(results, "explicitness") == [["explicit"]]
    assert spans(results, "evidence") == {"praised the repairs": "Evidence"}


def test_stance_is_required(desk: Desk) -> None:
    editor = desk.open("stance", QUESTION)

    assert "Choose a stance" in editor.refused()


def test_stance_without_holder_asks_for_the_author(desk: Desk) -> None:
    editor = desk.open("stance", QUESTION | {"holder": None})

    assert editor.holder() == "the author"


def test_claims_need_three_drags_and_two_relations(desk: Desk) -> None:
    editor = desk.open("claims")
    editor.label("1", "Minister Tomas Weil")
    editor.label("2", "denied")
    editor.label("3", "the bridge was unsafe", inside=4)
    editor.relate("the bridge was unsafe", "Minister Tomas Weil")
    editor.relate("the bridge was unsafe", "denied")

    results = desk.submit()

    assert spans(results, "role") == {
        "Minister Tomas Weil": "Source",
        "denied": "Cue",
        "the bridge was unsafe": "Content",
    }
    ids = {r["value"]["labels"][0]: r["id"] for r in results if r.get("from_name") == "role"}
    relations = [(r["from_id"], r["to_id"]) for r in results if r["type"] == "relation"]
    assert relations == [(ids["Content"], ids["Source"]), (ids["Content"], ids["Cue"])]
    assert len(results) == 5


def test_claims_show_attributes_of_the_selected_region_only(desk: Desk) -> None:
    editor = desk.open("claims")
    editor.label("1", "Minister Tomas Weil")
    editor.label("3", "the bridge was unsafe")
    assert editor.offers() == []
    editor.select("the bridge was unsafe")
    assert editor.offers() == ["Mode", "Negated", "Attitude"]
    editor.choose("x", "yes")
    editor.choose("w", "indirect")
    editor.unselect()
    editor.select("Minister Tomas Weil")
    assert editor.offers() == ["Kind of source"]
    editor.choose("4", "named")

    results = desk.submit()

    ids = {r["value"]["labels"][0]: r["id"] for r in results if r.get("from_name") == "role"}
    attributes = {
        r["from_name"]: (r["id"], r["value"]["choices"]) for r in results if r["type"] == "choices"
    }
    assert attributes == {
        "negated": (ids["Content"], ["yes"]),
        "mode": (ids["Content"], ["indirect"]),
        "kind": (ids["Source"], ["named"]),
    }
