"""A DocBin, read by spaCy."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

spacy = pytest.importorskip("spacy")

from spacy.cli.debug_data import _compile_gold  # noqa: E402
from spacy.tokens import Doc, DocBin  # noqa: E402
from spacy.training import Example  # noqa: E402

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

_ALTERED = (
    "span with white space at its border, cut off",
    "span with a border inside a spaCy token, moved to its border",
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


def test_no_column_is_kept_of_what_no_token_has(tmp_path: Path) -> None:
    text = "Don't ask Angela Merkel's aide in the U.S.A."
    tasks = [task(text, [region(text, "a", "entity", "PER", 10, 23)])]
    (doc,), _ = _read(gold_table(save(tmp_path / "in.json", tasks), "entities"), tmp_path / "x")
    columns = DocBin().from_disk(tmp_path / "x").tokens[0].shape[1]
    assert columns == 5, "of 13, eight are empty without a trained pipeline"
    plain = spacy.blank("en")(text)
    assert [(t.text, t.norm_) for t in doc] == [(t.text, t.norm_) for t in plain]
    assert [(ent.text, ent.label_, ent.id_) for ent in doc.ents] == [("Angela Merkel", "PER", "s0")]


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


@pytest.mark.parametrize(
    ("text", "span", "shown", "said"),
    [
        ("Ok Ann left", (2, 3), [], "lost"),  # spaCy has no token for a single space
        ("Ok   Ann left", (2, 5), [], "lost"),
        ("Ok\n\nAnn left", (2, 7), ["Ann"], "altered"),
        ("Ann Lee\nleft now", (0, 8), ["Ann Lee"], "altered"),
        ("Ok Ann  left", (2, 7), ["Ann"], "altered"),
        ("Ok Ann  left", (3, 6), ["Ann"], ""),
    ],
)
def test_no_span_begins_or_ends_with_white_space(
    tmp_path: Path, text: str, span: tuple[int, int], shown: list[str], said: str
) -> None:
    result = [region(text, "e", "entity", "PER", *span), choice("e", "mention", "NOM")]
    (doc,), losses = _read(
        gold_table(save(tmp_path / "in.json", [task(text, result)]), "entities"), tmp_path / "x"
    )
    assert [span.text for span in doc.spans["sc"]] == [ent.text for ent in doc.ents] == shown
    # what `spacy debug data` tells a person to remove
    nlp = spacy.blank("en", vocab=doc.vocab)
    assert _compile_gold([Example(nlp.make_doc(text), doc)], ["ner"], nlp, True)["ws_ents"] == 0
    lost = {"span without a visible character": 1, "mention of a span": 1}
    assert losses.lost == (lost if said == "lost" else {})
    altered = {"span with white space at its border, cut off": 1}
    assert losses.altered == (altered if said == "altered" else {})
    assert doc.user_data["span_choices"] == ({"s0": {"mention": "NOM"}} if shown else {})


def test_relations_of_a_part_of_white_space_are_lost(tmp_path: Path) -> None:
    text = "no,  Ann"
    result = [
        region(text, "c", "role", "Content", 0, 2),
        region(text, "s", "role", "Source", 3, 5),
        relation("c", "s", "source"),
    ]
    (doc,), losses = _read(
        gold_table(save(tmp_path / "in.json", [task(text, result)]), "claims"), tmp_path / "x"
    )
    assert [(span.text, span.id_) for span in doc.spans["sc"]] == [("no", "s0")]
    assert list(doc.user_data["relations"]) == []
    assert losses.lost == {"span without a visible character": 1, "relation source": 1}


def test_stance_becomes_cats_of_each_annotator(tmp_path: Path) -> None:
    implicit = {"explicitness": "implicit"}
    results = [
        [choice("x", "stance", "favor"), choice("y", "explicitness", "implicit")],
        [choice("x", "stance", "none")],
    ]
    made = task("Yes.", *results, target="Ann", target_kind="entity", holder="")
    path = save(tmp_path / "in.json", [made])
    docs, _ = _read(own_table(path, "stance"), tmp_path / "x")
    assert sorted(max(doc.cats, key=doc.cats.__getitem__) for doc in docs) == ["favor", "none"]
    assert all(sum(doc.cats.values()) == 1 for doc in docs)
    assert len({doc.user_data["annotator"] for doc in docs}) == 2
    assert {doc.user_data["target"] for doc in docs} == {"Ann"}
    said = [doc.user_data["choices"] for doc in docs]
    assert sorted(said, key=len) == [{"stance": "none"}, {"stance": "favor", **implicit}]


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
            seen = [span for span in wanted if doc.text[span[0] : span[1]].strip()]
            assert losses.lost["span without a visible character"] == len(wanted) - len(seen)
            assert not any(
                token.is_space for span in doc.spans["sc"] for token in (span[0], span[-1])
            )
            loose = moved = 0
            for (start, end, label), found in zip(seen, _spans(doc), strict=True):
                words = doc.text[start:end]
                loose += words != words.strip()
                start += len(words) - len(words.lstrip())
                end = start + len(words.strip())
                assert found[0] <= start < end <= found[1] and found[2] == label
                moved += found != (start, end, label)
            assert (loose, moved) == tuple(losses.altered[what] for what in _ALTERED)

    check()
