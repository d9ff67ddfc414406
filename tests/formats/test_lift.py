"""Rows of units become rows of articles: offsets, gaps, whose units, what is refused."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from annotate.dataset.rows import named_row
from annotate.errors import InputError
from annotate.formats import load_format
from annotate.formats.base import Table
from annotate.formats.collect import collect_gold
from annotate.formats.export import export_table
from annotate.formats.lift import lift_table
from annotate.identity import article_id, unit_key
from annotate.pipeline import find_config
from annotate.schemes import load_scheme
from annotate.schemes.base import Shape
from annotate.text import text_sha256
from tests.formats.making import (
    KEY,
    Result,
    choice,
    drawings,
    gathered,
    gold_table,
    own_table,
    region,
    relation,
    save,
    task,
)

# an article of three paragraphs, the second of which nobody annotated
_ARTICLE = "Title\n\n😀 Ann said no.\nNot annotated.\nBo, she said.\n"
_FIRST, _THIRD = "😀 Ann said no.", "Bo, she said."


def _unit(text: str, scheme: str, result: Result, **data: object) -> dict[str, Any]:
    article, start = article_id("https://example.org/a", _ARTICLE), _ARTICLE.index(text)
    known = {
        "unit_key": unit_key(article=article, start=start, text=text, scheme=scheme),
        "article_id": article,
        "group": article,
        "unit": "paragraph",
        "unit_start": start,
        "text_sha256": text_sha256(text),
        "url": "https://example.org/a",
    }
    return task(text, result, **known, **data)


def _paragraphs(folder: Path) -> Path:
    first = [
        region(_FIRST, "c", "role", "Content", 11, 13),
        region(_FIRST, "s", "role", "Source", 2, 5),
        relation("c", "s", "source"),
        region(_FIRST, "free", "role", "Cue", 6, 10),
    ]
    third = [
        region(_THIRD, "c", "role", "Content", 0, 2),
        region(_THIRD, "free", "role", "Cue", 8, 12),
        region(_THIRD, "free2", "role", "Cue", 4, 7),
    ]
    return save(
        folder / "in.json", [_unit(_FIRST, "claims", first), _unit(_THIRD, "claims", third)]
    )


@pytest.mark.parametrize("own", [False, True])
def test_units_lift_to_articles(tmp_path: Path, own: bool) -> None:
    made = own_table if own else gold_table
    lifted, gaps = lift_table(made(_paragraphs(tmp_path), "claims"))
    (row,) = (named_row(lifted.columns, row) for row in lifted.rows)
    assert (row["unit"], row["unit_start"]) == ("article", 0)
    assert row["text_sha256"] == text_sha256(row["text"])
    # 7 characters before, 16 between: each a line feed, so that offsets are the article's
    assert gaps == 7 + 16
    assert row["text"] == "\n" * 7 + _FIRST + "\n" * 16 + _THIRD
    shown = [
        (role, span["text"], _ARTICLE[span["start"] : span["end"]])
        for claim in row["claims"]
        for role in ("content", "source")
        for span in claim[role]
    ]
    assert shown == [("content", "no", "no"), ("source", "Ann", "Ann"), ("content", "Bo", "Bo")]
    cues = [(span["text"], span["part"], span["role"]) for span in row["unlinked"]]
    assert cues == [("said", 0, "Cue"), ("she", 1, "Cue"), ("said", 2, "Cue")]
    assert all(_ARTICLE[s["start"] : s["end"]] == s["text"] for s in row["unlinked"])
    assert [c.name for c in lifted.columns].count("row_hash") == (not own)


@pytest.mark.parametrize(("second", "took"), [(2.5, 4.0), (None, None)])
def test_an_article_took_the_time_of_its_units(
    tmp_path: Path, second: float | None, took: float | None
) -> None:
    tasks = json.loads(_paragraphs(tmp_path).read_text("utf-8"))
    tasks[0]["annotations"][0] |= {"lead_time": 1.5, "created_at": "2026-01-02T03:04:05Z"}
    tasks[1]["annotations"][0] |= {"lead_time": second, "created_at": "2026-01-03T03:04:05Z"}
    lifted, _ = lift_table(own_table(save(tmp_path / "in.json", tasks), "claims"))
    (row,) = (named_row(lifted.columns, row) for row in lifted.rows)
    assert (row["lead_time"], row["created_at"]) == (took, "2026-01-03T03:04:05Z")


def _divided(folder: Path) -> Table:
    """Two paragraphs, of which user 2 did the first alone."""
    found = [region(_THIRD, "x", "entity", "PER", 0, 2)]
    both, one = _unit(_FIRST, "entities", []), _unit(_THIRD, "entities", found)
    both["annotations"].append({**both["annotations"][0], "id": 2, "completed_by": 2})
    return own_table(save(folder / "in.json", [both, one]), "entities")


def test_an_annotators_article_has_the_units_that_they_did(tmp_path: Path) -> None:
    lifted, gaps = lift_table(_divided(tmp_path))
    rows = {row["annotator"]: row for row in (named_row(lifted.columns, r) for r in lifted.rows)}
    assert {who: row["text"] for who, row in rows.items()} == {
        KEY.pseudonym("1"): "\n" * 7 + _FIRST + "\n" * 16 + _THIRD,
        KEY.pseudonym("2"): "\n" * 7 + _FIRST,
    }
    assert gaps == 7 + 16 + 7
    export_table(lifted, load_format("label-studio"), tmp_path / "out.json")
    assert drawings(own_table(tmp_path / "out.json", "entities")) == drawings(lifted)


def test_nobody_votes_on_a_unit_that_they_did_not_do(tmp_path: Path) -> None:
    lifted, _ = lift_table(_divided(tmp_path), one_id=True)
    export_table(lifted, load_format("crowd-kit"), tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        votes = list(csv.DictReader(file))
    (name,) = {vote["task"].partition(":")[0] for vote in votes}
    first, third = (_ARTICLE.index(text) for text in (_FIRST, _THIRD))
    at = {place: f"{name}:{place}-{end}" for place, end in ((first, 8), (third, third + 2))}
    said = [(vote["task"], vote["worker"], vote["label"]) for vote in votes]
    assert sorted(vote for vote in said if vote[0] in at.values()) == sorted(
        [
            (at[first], KEY.pseudonym("1"), "O"),
            (at[first], KEY.pseudonym("2"), "O"),
            (at[third], KEY.pseudonym("1"), "B-PER"),
        ]
    )


def test_lifted_rows_go_out_like_others(tmp_path: Path) -> None:
    lifted, _ = lift_table(gold_table(_paragraphs(tmp_path), "claims"))
    export_table(lifted, load_format("label-studio"), tmp_path / "out.json")
    assert drawings(gold_table(tmp_path / "out.json", "claims")) == drawings(lifted)


def test_an_article_row_stays_as_it_is(tmp_path: Path) -> None:
    made = task("In Rome", [region("In Rome", "r", "entity", "LOC", 3, 7)])
    table = gold_table(save(tmp_path / "in.json", [made]), "entities")
    lifted, gaps = lift_table(table)
    assert gaps == 0
    (drawing,) = drawings(lifted).values()
    assert drawing.shapes == (Shape("entity", "LOC", ((3, 7),), {}),)


def test_stances_of_several_units_have_no_one_label(tmp_path: Path) -> None:
    target = {"target": "Ann", "target_kind": "entity", "holder": ""}
    stance = [choice("x", "stance", "favor")]
    tasks = [_unit(text, "stance", stance, **target) for text in (_FIRST, _THIRD)]
    save(tmp_path / "in.json", tasks)
    with pytest.raises(
        InputError, match="the labels of several units towards 'Ann' have no one label"
    ):
        lift_table(gold_table(tmp_path / "in.json", "stance"))
    save(tmp_path / "in.json", tasks[:1])
    lifted, _ = lift_table(gold_table(tmp_path / "in.json", "stance"))
    (document,) = lifted.documents()
    assert document.drawing.choices == {"stance": "favor"}


def test_stances_of_annotators_who_did_other_units_are_of_other_texts(tmp_path: Path) -> None:
    target = {"target": "Ann", "target_kind": "entity", "holder": ""}
    tasks = [
        _unit(text, "stance", [choice("x", "stance", said)], **target)
        for text, said in ((_FIRST, "favor"), (_THIRD, "against"))
    ]
    tasks[1]["annotations"][0]["completed_by"] = 2
    table = own_table(save(tmp_path / "in.json", tasks), "stance")
    for one_id in (False, True):
        lifted, _ = lift_table(table, one_id=one_id)
        assert len({document.row["id"] for document in lifted.documents()}) == 2


def test_argilla_takes_who_decided_the_units_of_an_article(tmp_path: Path) -> None:
    tasks = [_unit(_FIRST, "entities", []), _unit(_THIRD, "entities", [])]
    tasks[0]["annotations"][0]["ground_truth"] = True
    found = gathered(save(tmp_path / "in.json", tasks), "entities").tasks
    kind, config = load_scheme("entities"), find_config("entities", None)
    table = collect_gold(found, kind, config, policy="adjudicated", ties="drop")
    export_table(lift_table(table).table, load_format("argilla"), tmp_path / "out.json")
    (record,) = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    agent = record["suggestions"]["entity"]["agent"]
    assert agent == "gold adjudicated/majority"
    # what its server takes: AGENT_REGEX in argilla_server/api/schemas/v1/suggestions.py
    assert re.fullmatch(r"(?=.*[a-zA-Z0-9])[a-zA-Z0-9-_:\.\/\s]+", agent)


def test_units_that_overlap_are_refused(tmp_path: Path) -> None:
    tasks = [_unit(_FIRST, "entities", []), _unit(_FIRST[3:], "entities", [])]
    save(tmp_path / "in.json", tasks)
    with pytest.raises(InputError, match="the unit at 10 lies inside another"):
        lift_table(gold_table(tmp_path / "in.json", "entities"))


def test_a_unit_where_no_article_goes_on_is_refused(tmp_path: Path) -> None:
    last = _unit(_THIRD, "entities", [])
    save(tmp_path / "in.json", [_unit(_FIRST, "entities", []), last])
    assert lift_table(gold_table(tmp_path / "in.json", "entities")).gaps == 7 + 16
    last["data"] |= {"unit_start": (64 << 20) + 1}
    save(tmp_path / "in.json", [_unit(_FIRST, "entities", []), last])
    with pytest.raises(InputError) as caught:
        lift_table(gold_table(tmp_path / "in.json", "entities"))
    key = last["data"]["unit_key"]
    assert f"unit_key {key}: starts at 67108865, and no article that is read is so long" in str(
        caught.value
    )
