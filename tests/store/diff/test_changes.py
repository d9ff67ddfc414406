"""What changed between two versions in a store, read from its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from annotate.pipeline import create_version
from annotate.store.diff.changes import Changes, FieldEdit, changed_tasks, find_changes
from annotate.store.diff.edits import LabelEdit
from annotate.store.folder import DatasetFolder
from annotate.store.versions import Version, open_version
from tests.store.made import KEY, Spans, articles, create, export, task

_TEXT = "Anna Novak of the Tesk Board spoke in Tesk on Monday."
_BOTH: Spans = [(0, 10, "PER"), (18, 28, "ORG"), (38, 42, "GPE")]


def _tasks(first: Spans, second: Spans, *, title: str = "One") -> list[dict[str, object]]:
    return [
        task(_TEXT, {1: first, 2: second}, url="https://example.org/1", title=title),
        task("Nothing changes in Tesk.", {1: [(19, 23, "GPE")]}, url="https://example.org/2"),
    ]


@pytest.fixture
def versions(tmp_path: Path) -> tuple[Version, Version]:
    """Everybody moves the border of ORG and turns GPE into ORG; only 2 leaves PER out."""
    store = tmp_path / "datasets"
    create(store, _tasks(_BOTH, _BOTH))
    later: Spans = [(0, 10, "PER"), (14, 28, "ORG"), (38, 42, "ORG")]
    extra = task("A new text.", {1: [(2, 5, "PER")]}, url="https://example.org/3", title="Three")
    create(store, [*_tasks(later, later[1:], title="Uno"), extra])
    folder = DatasetFolder(store, "ents")
    return open_version(folder, "v1.0.0"), open_version(folder, "v2.0.0")


def _said(changes: Changes) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """(task, who, edits with the label's words)."""
    found = []
    for change in changes.shown:
        rows = ([("gold", change.gold)] if change.gold else []) + list(change.annotators.items())
        for who, edit in rows:
            edits: list[tuple[str, str]] = []
            for e in edit.edits:
                assert isinstance(e, LabelEdit)
                shape, text = (e.after, change.after) if e.after else (e.before, change.before)
                assert shape is not None
                edits.append((e.kind, text[slice(*shape.fragments[0])]))
            found.append((change.title, who, edits))
    return found


def test_words_by_task_and_annotator(versions: tuple[Version, Version]) -> None:
    one, two = KEY.pseudonym("1"), KEY.pseudonym("2")
    changes = find_changes(*versions, most=9)
    assert changes.tasks == 2
    both = [("border", "the Tesk Board"), ("relabelled", "Tesk")]
    expected = [
        # half of those asked are not enough for PER
        ("Uno", "gold", [("removed", "Anna Novak"), *both]),
        ("Uno", one, both),
        ("Uno", two, [("removed", "Anna Novak"), *both]),
        ("Three", "gold", [("added", "new")]),
        ("Three", one, [("added", "new")]),
    ]
    assert sorted(_said(changes)) == sorted(expected)
    change = next(c for c in changes.shown if c.title == "Uno")
    assert change.gold is not None
    assert change.gold.fields == (FieldEdit("title", "One", "Uno"),)
    new = next(c for c in changes.shown if c.title == "Three")
    assert (new.kind, new.old_split, new.before, new.after) == ("added", None, "", "A new text.")
    assert new.gold is not None
    assert new.gold.labels == {"PER": 1}


def test_by_label_and_by_annotator(versions: tuple[Version, Version]) -> None:
    two = KEY.pseudonym("2")
    only = find_changes(*versions, most=9, label="GPE")
    assert only.tasks == 1
    assert {tuple(edits) for _, _, edits in _said(only)} == {(("relabelled", "Tesk"),)}
    new = next(c for c in find_changes(*versions, most=9, label="PER").shown if c.title == "Three")
    assert new.gold is not None
    assert new.gold.labels == {"PER": 1}
    both = find_changes(*versions, most=9, label="PER", annotator=two)
    assert _said(both) == [("Uno", two, [("removed", "Anna Novak")])]
    assert find_changes(*versions, most=9, annotator="p-nobody") == Changes(0, [])


def test_only_as_many_as_asked_and_backwards(versions: tuple[Version, Version]) -> None:
    old, new = versions
    few = find_changes(old, new, most=1)
    assert (few.tasks, len(few.shown)) == (2, 1)
    back = find_changes(new, old, most=9)
    kinds = {c.title: c.kind for c in back.shown}
    assert kinds == {"One": "changed", "Three": "removed"}
    assert changed_tasks(old, old) == []


def test_what_only_gold_says_differently(tmp_path: Path) -> None:
    store = tmp_path / "datasets"
    create(store, _tasks(_BOTH, _BOTH[:2]))
    create(store, _tasks(_BOTH, _BOTH[:2], title="Uno"))
    create(store, _tasks(_BOTH, _BOTH[:2], title="Uno"), policy="union")
    folder = DatasetFolder(store, "ents")
    first, second, third = (open_version(folder, f"v{n}.0.0") for n in (1, 2, 3))
    titled, united = find_changes(first, second, most=9), find_changes(second, third, most=9)
    (change,) = titled.shown
    assert change.gold is not None
    assert change.gold.fields == (FieldEdit("title", "One", "Uno"),)
    assert _said(titled) == [("Uno", "gold", [])]
    # half of those asked are not enough, and are enough for a union
    by_title = {name: edits for name, who, edits in _said(united) if who == "gold"}
    assert by_title == {"Uno": [("added", "Tesk")], "": []}
    assert not any(change.annotators for change in united.shown)


def test_what_only_an_annotator_did_differently(tmp_path: Path) -> None:
    store = tmp_path / "datasets"
    spans: Spans = [(0, 10, "PER")]
    create(store, [task(_TEXT, {1: spans, 2: spans, 3: spans})])
    create(store, [task(_TEXT, {1: spans, 2: spans, 3: []})])
    folder = DatasetFolder(store, "ents")
    old, new = open_version(folder, "v1.0.0"), open_version(folder)
    (change,) = find_changes(old, new, most=9).shown
    assert set(change.annotators) == {KEY.pseudonym("3")}
    # two votes instead of three: the label stands as it did
    assert change.gold is not None
    assert (change.gold.fields, change.gold.edits) == ((), ())
    create(store, [task(_TEXT, {1: spans, 2: spans, 3: [(18, 28, "ORG")]})])
    (change,) = find_changes(new, open_version(folder), most=9).shown
    assert change.gold is None
    assert _said(Changes(1, [change])) == [("", KEY.pseudonym("3"), [("added", "Tesk Board")])]


def test_a_tied_stance_that_comes_or_goes_is_about_undecided(tmp_path: Path) -> None:
    store, result = tmp_path / "datasets", {"id": "s", "type": "choices", "to_name": "text"}
    tasks = [
        {
            "data": {"text": text, "target": "it", "target_kind": "entity"},
            "annotations": [
                {
                    "id": who,
                    "completed_by": who,
                    "result": [{**result, "from_name": "stance", "value": {"choices": [value]}}],
                }
                for who, value in enumerate(values)
            ],
        }
        for text, values in {"Good.": ["favor"], "So so.": ["favor", "against"]}.items()
    ]
    for some in (tasks[:1], tasks):
        path = export(tmp_path / "export.json", some)
        create_version("s", scheme="stance", inputs=[path], store=store, key=KEY)
    versions = [open_version(DatasetFolder(store, "s"), v) for v in ("v1.0.0", "v1.1.0")]
    for old, new in (versions, versions[::-1]):
        (change,) = find_changes(old, new, most=9, label="undecided").shown
        assert change.gold is not None
        assert change.gold.labels == {"undecided": 1}


def test_by_label_reads_the_files_as_often_for_many_tasks_as_for_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[int] = []

    def counted(name: str) -> None:
        read = getattr(pq.ParquetFile, name)

        def counting(file: pq.ParquetFile, *args: Any, **options: Any) -> Any:
            reads.append(1)
            return read(file, *args, **options)

        monkeypatch.setattr(pq.ParquetFile, name, counting)

    for name in ("read", "read_row_group", "iter_batches"):
        counted(name)
    found = {}
    for count in (100, 500):
        store = tmp_path / str(count)
        # in one split, so that each version has one file of a config
        create(store, articles(count), split="date:2030-01-01")
        create(store, articles(count, label="ORG"))
        folder = DatasetFolder(store, "ents")
        versions = open_version(folder, "v1.0.0"), open_version(folder)
        reads.clear()
        assert find_changes(*versions, most=1, label="ORG").tasks == count
        found[count] = len(reads)
    assert found[500] == found[100]
