"""Prodigy JSONL, out and in."""

from __future__ import annotations

import json
import tempfile
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from annotate.errors import InputError, RejectsError
from annotate.formats import load_format
from annotate.formats.export import export_table
from tests.formats.making import (
    LOST_SPAN,
    choice,
    claim_tasks,
    drawings,
    entity_tasks,
    gold_table,
    import_files,
    meanings,
    own_table,
    region,
    save,
    task,
)


def _line(**fields: Any) -> str:
    return (
        json.dumps({"text": "😀 In Rome", "answer": "accept", **fields}, ensure_ascii=False) + "\n"
    )


def test_offsets_are_code_points_and_tokens_inclusive(tmp_path: Path) -> None:
    text = "😀 Bank of Rome"
    result = [region(text, "a", "entity", "ORG", 2, 14), choice("a", "mention", "NOM")]
    path = save(tmp_path / "in.json", [task(text, result, title="T")])
    export_table(gold_table(path, "entities"), load_format("prodigy"), tmp_path / "out.jsonl")
    written = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    assert written["spans"] == [
        {
            "start": 2,
            "end": 14,
            "label": "ORG",
            "token_start": 1,
            "token_end": 3,
            "id": "s0",
            "choices": {"mention": "NOM"},
        }
    ]
    for token in written["tokens"]:
        assert text[token["start"] : token["end"]] == token["text"]
    assert [token["ws"] for token in written["tokens"]] == [True, True, True, False]
    assert (written["answer"], written["_view_id"]) == ("accept", "spans_manual")
    assert written["meta"]["title"] == "T"


def test_what_prodigy_writes_is_understood(tmp_path: Path) -> None:
    # the shape of `db-out` after rel.manual: spans without ids, relations with copies of spans
    first = {"start": 0, "end": 1, "token_start": 0, "token_end": 0, "label": "Who"}
    second = {"start": 5, "end": 9, "token_start": 2, "token_end": 2, "label": "Content"}
    relation = {"head": 2, "child": 0, "head_span": second, "child_span": first, "label": "by"}
    (tmp_path / "in.jsonl").write_text(
        _line(
            spans=[{**first, "type": "span", "text": "😀"}, second],
            relations=[{**relation, "color": "#fff"}],
            _input_hash=-1,
            _session_id="db-ann",
        )
        + _line(answer="reject", spans=[first])
        + _line(answer="ignore"),
        encoding="utf-8",
    )
    outcome = import_files(
        "prodigy",
        tmp_path / "in.jsonl",
        tmp_path / "o.json",
        "claims",
        {"Who": "Source", "by": "source"},
    )
    assert (outcome.tasks, outcome.annotations, outcome.labels) == (1, 1, 3)
    assert outcome.words.not_held == {"text answered reject": 1, "text answered ignore": 1}
    (drawn,) = drawings(gold_table(tmp_path / "o.json", "claims")).values()
    assert [(s.label, s.fragments) for s in drawn.shapes] == [
        ("Content", ((5, 9),)),
        ("Source", ((0, 1),)),
    ]
    assert drawn.links == ((0, 1, "source"),)


def _claim(**content: Any) -> dict[str, Any]:
    """A content and its source, and the relation between, with copies of both."""
    first = {"start": 0, "end": 1, "label": "Source", **content}
    second = {"start": 5, "end": 9, "label": "Content", **content}
    relation = {"head_span": second, "child_span": first, "label": "source"}
    return {"spans": [first, second], "relations": [relation]}


def test_a_relation_of_a_plain_token_is_counted(tmp_path: Path) -> None:
    # rel.manual gives the end of a relation no label where it is a token that is no span
    made = _claim()
    token = {"start": 2, "end": 4, "token_start": 1, "token_end": 1, "label": None}
    made["relations"] += [
        {"head_span": token, "child_span": made["spans"][0], "label": "source"},
        {"head_span": made["spans"][1], "child_span": token, "label": "cue"},
    ]
    (tmp_path / "in.jsonl").write_text(_line(**made), encoding="utf-8")
    outcome = import_files("prodigy", tmp_path / "in.jsonl", tmp_path / "o.json", "claims")
    assert outcome.words.not_held == {"relation of a token, or of a span that was left out": 2}
    (drawn,) = drawings(gold_table(tmp_path / "o.json", "claims")).values()
    assert drawn.links == ((0, 1, "source"),)


@pytest.mark.parametrize("kept", [True, False])
def test_spans_with_one_id_are_two(tmp_path: Path, kept: bool) -> None:
    made = _claim(id="Q42")
    if not kept:  # nor need the copies have what a recipe put into the spans
        made["spans"] = [{**span} for span in made["spans"]]
        del made["relations"][0]["head_span"]["id"], made["relations"][0]["child_span"]["id"]
    (tmp_path / "in.jsonl").write_text(_line(**made), encoding="utf-8")
    import_files("prodigy", tmp_path / "in.jsonl", tmp_path / "o.json", "claims")
    (drawn,) = drawings(gold_table(tmp_path / "o.json", "claims")).values()
    assert [s.label for s in drawn.shapes] == ["Content", "Source"]
    assert drawn.links == ((0, 1, "source"),)


def test_a_relation_of_a_span_to_itself_or_to_none_is_refused(tmp_path: Path) -> None:
    for end, says in (
        ({"start": 0, "end": 1, "label": "Source"}, "joins a span to itself: 0 to 1, 'Source'"),
        ({"start": 0, "end": 4, "label": "Source"}, "ends at no span: 0 to 4, 'Source'"),
    ):
        made = _claim()
        made["relations"][0]["head_span"] = end
        (tmp_path / "in.jsonl").write_text(_line(**made), encoding="utf-8")
        with pytest.raises(InputError, match=f"line 1: a relation {says}"):
            import_files("prodigy", tmp_path / "in.jsonl", tmp_path / "o.json", "claims")


def test_stance_and_its_target_come_back(tmp_path: Path) -> None:
    text = "Good."
    results = [
        [
            choice("x", "stance", "favor"),
            choice("y", "explicitness", "explicit"),
            region(text, "e", "evidence", "Evidence", 0, 4),
        ],
        [choice("x", "stance", "against")],
    ]
    made = task(text, *results, target="the plan", target_kind="proposition", holder="Ann")
    before = own_table(save(tmp_path / "in.json", [made]), "stance")
    export_table(before, load_format("prodigy"), tmp_path / "out.jsonl")
    written = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    shown = [(one["_view_id"], one["accept"], one["choices"]) for one in written]
    assert sorted(shown, key=itemgetter(1)) == [
        ("choice", ["against"], {}),
        ("choice", ["favor"], {"explicitness": "explicit"}),
    ]
    outcome = import_files("prodigy", tmp_path / "out.jsonl", tmp_path / "back.json", "stance")
    assert (outcome.tasks, outcome.annotations) == (1, 2)
    after = own_table(tmp_path / "back.json", "stance")
    assert sorted(map(repr, (d.drawing for d in before.documents()))) == sorted(
        map(repr, (d.drawing for d in after.documents()))
    )
    assert {d.row["target_kind"] for d in after.documents()} == {"proposition"}
    assert {d.row["holder"] for d in after.documents()} == {"Ann"}


@pytest.mark.parametrize(
    ("scheme", "strategy"), [("entities", entity_tasks), ("claims", claim_tasks)]
)
def test_gold_comes_back_from_prodigy(scheme: str, strategy: Any) -> None:
    @given(strategy())
    @settings(max_examples=60, deadline=None)
    def check(made: dict[str, Any]) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            table = gold_table(save(folder / "in.json", [made]), scheme)
            losses = export_table(table, load_format("prodigy"), folder / "x.jsonl").losses
            assert not losses.lost and not losses.altered
            import_files("prodigy", folder / "x.jsonl", folder / "out.json", scheme)
            assert meanings(gold_table(folder / "out.json", scheme)) == meanings(table)

    check()


def test_a_text_that_is_changed_is_counted_and_its_offsets_move(tmp_path: Path) -> None:
    lines = [
        _line(text="\ufeff\ufeffIn\r\n\r\nRome", spans=[{"start": 8, "end": 12, "label": "LOC"}]),
        _line(text="In\rOstia", spans=[{"start": 3, "end": 8, "label": "LOC"}]),
        _line(text="In\nPisa", spans=[{"start": 3, "end": 7, "label": "LOC"}]),
    ]
    path = tmp_path / "in.jsonl"
    path.write_text("".join(lines), encoding="utf-8")
    outcome = import_files("prodigy", path, tmp_path / "o.json", "entities")
    assert outcome.words.altered == {
        "text whose line ends were CRLF or CR, and are LF now": 2,
        "text without the byte order mark that it began with": 1,
    }
    drawn = drawings(gold_table(tmp_path / "o.json", "entities"))
    found = {text: text[slice(*d.shapes[0].fragments[0])] for text, d in drawn.items()}
    assert found == {"In\n\nRome": "Rome", "In\nOstia": "Ostia", "In\nPisa": "Pisa"}


@pytest.mark.parametrize(("text", "start"), [("\ufeffShe said no", 0), ("a\r\nShe said no", 1)])
def test_a_span_of_what_the_text_loses_is_counted_with_what_hangs_on_it(
    tmp_path: Path, text: str, start: int
) -> None:
    lost = {"start": start, "end": start + 1, "label": "Source", "choices": {"kind": "named"}}
    content = {"start": len(text) - 2, "end": len(text), "label": "Content"}
    relation = {"head_span": content, "child_span": lost, "label": "source"}
    path = tmp_path / "in.jsonl"
    path.write_text(_line(text=text, spans=[lost, content], relations=[relation]))
    outcome = import_files("prodigy", path, tmp_path / "o.json", "claims")
    assert outcome.words.not_held == {
        LOST_SPAN: 1,
        "attribute of a span left out": 1,
        "relation of a token, or of a span that was left out": 1,
    }
    ((clean, drawn),) = drawings(gold_table(tmp_path / "o.json", "claims")).items()
    assert [clean[slice(*s.fragments[0])] for s in drawn.shapes] == ["no"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b'{"text": "Rome"', "line 2: is no Prodigy task"),
        (b"[" * 200_000, "line 2: is no Prodigy task"),
        (
            b'{"text": "Rome", "text": "Ostia"}',
            "line 2: is no Prodigy task: has the key 'text' twice",
        ),
        (
            b'{"text": "Rome", "odd": {"a": 1, "a": 2}}',
            "line 2: is no Prodigy task: has the key 'a'",
        ),
        (b'{"text": "Rome", "odd": NaN}', "line 2: is no Prodigy task: is not whole JSON"),
        (b'{"spans": []}', "line 2: is no Prodigy task: Object missing required field `text`"),
        (
            b'{"text": "Rome", "spans": [{"start": 0, "end": 9, "label": "LOC"}]}',
            "line 2: a span goes from 0 to 9 in a text of 4 characters",
        ),
        (
            b'{"text": "Rome", "spans": [{"start": -1, "end": 2, "label": "LOC"}]}',
            "line 2: a span goes from -1 to 2",
        ),
        (
            b'{"text": "Rome", "spans": [{"start": 2, "end": 2, "label": "LOC"}]}',
            "line 2: a span goes from 2 to 2",
        ),
        (
            b'{"text": "Rome", "spans": [{"start": 1e999, "end": 2, "label": "LOC"}]}',
            "line 2: is no Prodigy task",
        ),
        (
            b'{"text": "Rome", "spans": [{"start": '
            + b"9" * 4301
            + b', "end": 2, "label": "LOC"}]}',
            "line 2: is no Prodigy task",
        ),
        (
            b'{"text": "Rome", "spans": [{"start": 0, "end": 2, "label": "LOC", "text": "ome"}]}',
            "line 2: a span says 'ome', the text at its offsets is 'Ro'",
        ),
        (b'{"text": "Rome\xff"}', "line 2: not UTF-8: byte 0xff"),
        (b'{"text": "a\\ud83d"}', "line 2: "),
        (b'{"text": "a\\u0000"}', "line 2: NUL at offset 1"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: bytes, says: str) -> None:
    (tmp_path / "in.jsonl").write_bytes(b'{"text": "ok"}\n' + line + b"\n")
    with pytest.raises(InputError) as caught:
        import_files("prodigy", tmp_path / "in.jsonl", tmp_path / "out.json", "entities")
    assert f"in.jsonl: {says}" in str(caught.value)
    assert not (tmp_path / "out.json").exists()


def test_a_stance_without_target_and_a_second_choice_are_refused(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(_line(accept=["favor"]), encoding="utf-8")
    with pytest.raises(InputError, match=r"line 1: has no meta\.target"):
        import_files("prodigy", tmp_path / "in.jsonl", tmp_path / "out.json", "stance")
    (tmp_path / "in.jsonl").write_text(
        _line(accept=["favor", "against"], meta={"target": "x"}), encoding="utf-8"
    )
    with pytest.raises(RejectsError, match="second value of stance: against"):
        import_files("prodigy", tmp_path / "in.jsonl", tmp_path / "out.json", "stance")
