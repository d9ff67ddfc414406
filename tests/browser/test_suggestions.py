"""Suggestions in a real Label Studio: shown where they are, and stored as they were when accepted.

A task with a suggestion is opened, nothing is touched, Submit is pressed. What the server
then holds must give the same record as the suggestion itself.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from annotate.annotations.check import Checker
from annotate.annotations.raw import Result
from annotate.models import Task
from annotate.schemes import load_scheme
from annotate.schemes.base import Region
from annotate.schemes.label_config import shipped_config
from annotate.tasks.suggest import Draft, add_suggestions, make_suggester
from tests.tasks.store import make_store

from .bench import Bench
from .editor import Editor

pytestmark = [pytest.mark.studio, pytest.mark.browser]

TEXT = (
    "😀 Ferry stops 👩‍👩‍👧‍👦\n\n"
    "A guard at Olmarsh said that he had not heard of the order.\n"
    "Ministry spokesman Karel Obrist denied that Vellmar had secretly moved artillery. “It is "
    "not true,” he said, “and it never was.” According to two diplomats, the Vellmar Museum of "
    "Art was hit."
)
SHOWN = """() => {
  const parts = {};
  for (const element of document.querySelectorAll('.htx-highlight')) {
    const label = element.getAttribute('data-label');
    const key = [...element.classList].find((name) => name.startsWith('htx-highlight-')) || label;
    parts[key] = (parts[key] || '') + element.textContent;
  }
  return parts;
}"""


class Opinion:
    """A suggester of stances, as another package would bring it."""

    name = "opinion 1"

    def suggest(self, tasks: Sequence[Task]) -> list[Draft]:
        start = TEXT.index("denied")
        evidence = Region("e", "evidence", start, start + len("denied"), "Evidence", {})
        return [Draft([evidence], (), {"stance": "against", "explicitness": "explicit"}, 0.5)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_store(tmp_path_factory.mktemp("store"))


def suggested(scheme: str, spec: str, store: Path) -> Task:
    kind, config = load_scheme(scheme), shipped_config(scheme)
    dropped: list[str] = []
    suggester = Opinion() if spec == "opinion" else make_suggester(spec, kind, config, store)
    target = {"target": "the claim", "target_kind": "entity", "holder": ""}
    data = {"text": TEXT, "title": "Ferry stops", "date": "", "url": "", "unit_key": "k"}
    task = Task(data=data | (target if kind.has_targets else {}))
    (done,) = add_suggestions([task], suggester, kind, config, on_dropped=dropped.append)
    assert dropped == []
    assert len(done.predictions) == 1
    return done


def record_of(scheme: str, result: list[dict[str, Any]]) -> Any:
    kind = load_scheme(scheme)
    checker = Checker(
        shipped_config(scheme),
        kind.needs,
        many_labels=kind.many_labels,
        has_relations=bool(kind.relations),
    )
    found = checker.check(msgspec.convert(result, list[Result]), TEXT)
    record, rejects = kind.assemble(found.marks)
    assert (found.rejects, rejects) == ([], [])
    return record


@pytest.fixture
def projects(bench: Bench) -> Iterator[list[int]]:
    made: list[int] = []
    yield made
    for project in made:
        bench.delete(project)


@pytest.mark.parametrize(
    ("scheme", "spec"),
    [
        ("claims", "rules"),
        ("claims", "dataset:claims@v1.0.0"),
        ("entities", "dataset:entities@v1.0.0"),
        ("entities", "spacy"),
        ("stance", "opinion"),
    ],
)
def test_accepting_a_suggestion_keeps_it(
    scheme: str,
    spec: str,
    bench: Bench,
    editor: Editor,
    store: Path,
    projects: list[int],
    tmp_path: Path,
) -> None:
    if spec == "spacy":
        spec = f"spacy:{make_pipeline(tmp_path)}"
    task = suggested(scheme, spec, store)
    (suggestion,) = task.predictions
    project, number = bench.create(scheme, dict(task.data), [suggestion.model_dump()])
    projects.append(project)

    editor.open(project, number)
    shown = editor.page.evaluate(SHOWN)
    editor.submit()

    spans = {
        TEXT[r["value"]["start"] : r["value"]["end"]]
        for r in suggestion.result
        if r["type"] == "labels"
    }
    assert spans
    assert {text for text in spans if text.replace("\n", "") in "".join(shown.values())} == spans
    stored = bench.results(number)
    assert record_of(scheme, stored) == record_of(scheme, suggestion.result)
    kinds = [sorted(str(r["type"]) for r in result) for result in (stored, suggestion.result)]
    assert kinds[0] == kinds[1]


def make_pipeline(folder: Path) -> Path:
    """A small spaCy pipeline on disk."""
    spacy = pytest.importorskip("spacy")
    pipeline = spacy.blank("en")
    names = [("PERSON", "Karel Obrist"), ("GPE", "Olmarsh"), ("ORG", "Vellmar Museum of Art")]
    ruler = pipeline.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": label, "pattern": name} for label, name in names])
    pipeline.to_disk(folder / "model")
    return folder / "model"
