"""A DocBin, read by spaCy."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

spacy = pytest.importorskip("spacy")

from spacy.tokens import Doc, DocBin  # noqa: E402

from annotate.formats import load_format  # noqa: E402
from annotate.formats.base import Losses, Table  # noqa: E402
from annotate.formats.export import export_table  # noqa: E402
from tests.formats.making import (  # noqa: E402
    choice,
    entity_tasks,
    gold_table,
    own_table,
    region,
    relation,
    save,
    task,
)


def _read(table: Table, path: Path) -> tuple[list[Doc], Losses]:
    losses = export_table(table, load_format("spacy"), path).losses
    vocabulary = spacy.blank("en").vocab
    return list(DocBin().from_disk(path).get_docs(vocabulary)), losses


def _spans(doc: Doc) -> list[tuple[int, int, str]]:
    return [(span.start_char, span.end_char, span.label_) for span in doc.spans["sc"]]


def test_offsets_are_code_points_and_nested_spans_are_kept(tmp_path: Path) -> None:
    text = "😀👩‍🚀 Bank of Rome pays"
    result = [
        region(text, "outer", "entity", "ORG", 5, 17),
        region(text, "inner", "entity", "LOC", 13, 17),
        choice("inner", "mention", "NOM"),
    ]
    (doc,), losses = _read(
        gold_table(save(tmp_path / "in.json", [task(text, result)]), "entities"), tmp_path / "x"
    )
    assert doc.text == text
    assert _spans(doc) == [(5, 17, "ORG"), (13, 17, "LOC")]
    assert [(ent.text, ent.label_) for ent in doc.ents] == [("Bank of Rome", "ORG")]
    assert doc.user_data["span_choices"] == {"s1": {"mention": "NOM"}}
    assert not losses.lost and not losses.altered


def test_claims_keep_fragments_and_relations(tmp_path: Path) -> None:
    text = "Ann, said Bo, left"
    result = [
        region(text, "a", "role", "Content", 0, 3),
        region(text, "b", "role", "Content", 14, 18),
        relation("a", "b", "continues"),
        region(text, "s", "role", "Source", 10, 12),
        relation("a", "s", "source"),
    ]
    (doc,), losses = _read(
        gold_table(save(tmp_path / "in.json", [task(text, result)]), "claims"), tmp_path / "x"
    )
    found = [(span.text, span.label_, span.id_) for span in doc.spans["sc"]]
    assert found == [("Ann", "Content", "s0"), ("left", "Content", "s0"), ("Bo", "Source", "s1")]
    assert list(map(tuple, doc.user_data["relations"])) == [("s0", "s1", "source")]
    assert not losses.lost and not losses.altered


def test_stance_becomes_cats_of_each_annotator(tmp_path: Path) -> None:
    results = [[choice("x", "stance", "favor")], [choice("x", "stance", "none")]]
    made = task("Yes.", *results, target="Ann", target_kind="entity", holder="")
    path = save(tmp_path / "in.json", [made])
    docs, _ = _read(own_table(path, "stance"), tmp_path / "x")
    assert sorted(max(doc.cats, key=doc.cats.__getitem__) for doc in docs) == ["favor", "none"]
    assert all(sum(doc.cats.values()) == 1 for doc in docs)
    assert len({doc.user_data["annotator"] for doc in docs}) == 2
    assert {doc.user_data["target"] for doc in docs} == {"Ann"}


def test_a_tie_is_counted(tmp_path: Path) -> None:
    results = [[choice("x", "stance", "favor")], [choice("x", "stance", "none")]]
    made = task("Yes.", *results, target="Ann", target_kind="entity", holder="")
    (doc,), losses = _read(gold_table(save(tmp_path / "in.json", [made]), "stance"), tmp_path / "x")
    assert doc.cats == {}
    assert losses.altered == {"stance left tied by the annotators, which reads back as unset": 1}


def test_gold_comes_back_from_spacy() -> None:
    @given(entity_tasks())
    @settings(max_examples=20, deadline=None)
    def check(made: dict[str, Any]) -> None:
        with tempfile.TemporaryDirectory() as name:
            table = gold_table(save(Path(name) / "in.json", [made]), "entities")
            (doc,), losses = _read(table, Path(name) / "x.spacy")
            (document,) = table.documents()
            wanted = [(*s.fragments[0], s.label) for s in document.drawing.shapes]
            assert doc.text == made["data"]["text"]
            assert not losses.lost
            differing = sum(a != b for a, b in zip(_spans(doc), wanted, strict=True))
            assert differing == losses.altered.total()

    check()
