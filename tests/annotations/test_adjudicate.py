"""What annotators differ in, and how the answers come back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotate.annotations.adjudicate import Adjudication, build_adjudication
from annotate.annotations.migrate import Renames
from annotate.annotations.pseudonym import PseudonymKey
from annotate.annotations.source import open_input
from annotate.consensus.resolve import resolve_tasks
from annotate.errors import StateError
from annotate.pipeline import read_annotations
from annotate.schemes import load_scheme
from annotate.schemes.label_config import shipped_config
from tests.annotations.exports import stamped

KEY = PseudonymKey(b"a key of the tests")
TEXT = "Ada met Bo in Osk."


def entity(word: str, label: str, name: str = "r") -> dict[str, Any]:
    start = TEXT.index(word)
    value = {"start": start, "end": start + len(word), "text": word, "labels": [label]}
    return {"id": name, "from_name": "entity", "to_name": "text", "type": "labels", "value": value}


def annotation(number: int, person: int, *regions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": number, "completed_by": person, "result": list(regions), **more}


def write(path: Path, *tasks: dict[str, Any]) -> str:
    path.write_text(json.dumps(tasks))
    return str(path)


def task(number: int, *annotations: dict[str, Any], **data: Any) -> dict[str, Any]:
    own = {"text": TEXT, "url": f"https://news.example/{number}"} | data
    return {"id": number, "data": own, "annotations": list(annotations)}


NO_RENAMES = Renames({}, {}, {})


def adjudicate(*paths: str, renames: Renames = NO_RENAMES, repair: bool = False) -> Adjudication:
    sources = [open_input(path) for path in paths]
    gathering = read_annotations("entities", sources, key=KEY, keep_results=True, repair=repair)
    return build_adjudication(
        gathering, sources, load_scheme("entities"), shipped_config("entities"), renames
    )


def test_a_gathering_without_results_is_refused(export: str) -> None:
    sources, scheme = [open_input(export)], load_scheme("entities")
    gathering = read_annotations("entities", sources, key=KEY)
    with pytest.raises(StateError, match="keep_results=True"):
        build_adjudication(gathering, sources, scheme, shipped_config("entities"), NO_RENAMES)


def test_what_was_set_aside_is_not_put_before_the_decider(tmp_path: Path) -> None:
    ada, bo = entity("Ada", "PER"), entity("Bo", "PER", "b")
    outside = entity("Osk", "GPE", "out")
    outside["value"] |= {"end": 900}
    strange, foreign = entity("Osk", "NOTHING", "x"), entity("Osk", "GPE", "y")
    foreign["from_name"] = "theirs"
    kind = {"from_name": "mention", "to_name": "text", "type": "choices"}
    mention = kind | {"id": "r", "value": {"choices": ["PRO"]}}
    lost = kind | {"id": "out", "value": {"choices": ["NOM"]}}
    unknown = kind | {"id": "b", "value": {"choices": ["WHAT"]}}
    relation = {"type": "relation", "from_id": "r", "to_id": "gone", "direction": "right"}
    bad: list[Any] = [outside, strange, foreign, lost, unknown, relation, 5]
    one = annotation(1, 1, *bad[:3], ada, mention, *bad[3:], bo)
    (made,) = adjudicate(write(tmp_path / "e.json", task(1, one, annotation(2, 2, ada)))).tasks
    found = {item.model_version: item.result for item in made.predictions}
    assert found == {KEY.pseudonym("1"): [ada, mention, bo], KEY.pseudonym("2"): [ada]}


@pytest.fixture
def export(tmp_path: Path) -> str:
    ada, place = entity("Ada", "PER"), entity("Osk", "GPE", "s")
    other = entity("Osk", "LOC", "s")
    return write(
        tmp_path / "export.json",
        task(1, annotation(1, 1, ada, place), annotation(2, 2, ada, other), shown="x"),
        # the same spans in another order, and under other names, are the same
        task(
            2,
            annotation(3, 1, ada, place),
            annotation(4, 2, place, ada | {"id": "t"}),
            text=TEXT + " ",
        ),
        task(3, annotation(5, 1, ada), text=TEXT + "  "),
        task(
            4,
            annotation(6, 1, ada),
            annotation(7, 2, ground_truth=True),
            text=TEXT + "   ",
        ),
        # the newer one counts, and it agrees
        task(
            5,
            annotation(8, 1, ada),
            annotation(9, 2, place),
            annotation(10, 2, ada),
            text=TEXT + "    ",
        ),
    )


def test_only_what_differs_is_decided(export: str) -> None:
    found = adjudicate(export)
    assert (found.agreed, found.decided, found.single) == (2, 1, 1)
    (built,) = found.tasks
    people = sorted(KEY.pseudonym(str(number)) for number in (1, 2))
    assert built.data["adjudicates"] == " ".join(people)
    # a config may show any field that the task had
    assert built.data["shown"] == "x"
    assert [suggestion.model_version for suggestion in built.predictions] == people
    labels = {s.model_version: [r["value"]["labels"] for r in s.result] for s in built.predictions}
    assert labels[KEY.pseudonym("2")] == [["PER"], ["LOC"]]


def test_a_task_keeps_data_of_any_form(tmp_path: Path) -> None:
    others = {"tags": ["a", {"b": None}], "score": 0.5, "seen": True, "meta": {"n": 10**30}}
    made = task(1, annotation(1, 1, entity("Ada", "PER")), annotation(2, 2), **others)
    (built,) = adjudicate(write(tmp_path / "rich.json", made)).tasks
    assert {name: built.data[name] for name in others} == others


def test_work_that_an_old_server_calls_completions_is_decided_over(tmp_path: Path) -> None:
    made = task(1, annotation(1, 1, entity("Ada", "PER")), annotation(2, 2))
    made["completions"] = made.pop("annotations")
    (built,) = adjudicate(write(tmp_path / "old.json", made)).tasks
    words = {s.model_version: [r["value"]["text"] for r in s.result] for s in built.predictions}
    assert words == {KEY.pseudonym("1"): ["Ada"], KEY.pseudonym("2"): []}


def test_suggestions_are_in_the_present_names(export: str) -> None:
    (built,) = adjudicate(export, renames=Renames({"entity": {"LOC": "FAC"}}, {}, {})).tasks
    labels = {s.model_version: [r["value"]["labels"] for r in s.result] for s in built.predictions}
    assert labels[KEY.pseudonym("1")] == [["PER"], ["GPE"]]
    assert labels[KEY.pseudonym("2")] == [["PER"], ["FAC"]]


def test_suggestions_have_the_offsets_that_were_mended(tmp_path: Path) -> None:
    text = "\U0001f600 Ada met \U0001f600 Bo."
    spans = {"Ada": (2, 5), "Bo": (12, 14)}
    units = {"Ada": (3, 6), "Bo": (14, 16)}
    mention = {"id": "r", "from_name": "mention", "to_name": "text", "type": "choices"}
    stored = []
    for word, (start, end) in units.items():
        place = {"start": start, "end": end, "text": word}
        region = entity("Ada", "PER") | {"value": place | {"labels": ["PER"]}}
        stored.append([region, mention | {"value": place | {"choices": ["NAM"]}}])
    made = task(1, annotation(1, 1, *stored[0]), annotation(2, 2, *stored[1]), text=text)
    (built,) = adjudicate(write(tmp_path / "units.json", made), repair=True).tasks
    shown = [item["value"] for s in built.predictions for item in s.result]
    assert sorted((v["text"], v["start"], v["end"]) for v in shown) == sorted(
        (word, *spans[word]) for word in spans for _ in range(2)
    )


def test_suggestions_stand_on_the_line_ends_of_their_task(tmp_path: Path) -> None:
    was, now = "Ada\nmet\nBo.", "Ada\r\nmet\r\nBo."
    # one drawn on the text as it was, one on the text as it is
    bo = [entity("Bo", "PER") for _ in range(2)]
    bo[0]["value"] |= {"start": 8, "end": 10}
    bo[1]["value"] |= {"start": 10, "end": 12, "labels": ["ORG"]}
    made = stamped(now, was, annotation(1, 1, bo[0]), annotation(2, 2, bo[1]))
    export = write(tmp_path / "ends.json", made)
    (built,) = adjudicate(export, repair=True).tasks
    shown = [item["value"] for s in built.predictions for item in s.result]
    assert [(v["text"], v["start"], v["end"]) for v in shown] == [("Bo", 10, 12)] * 2
    assert built.data["text"] == now
    # what is submitted as it was shown decides
    decision = annotation(3, 3, *built.predictions[0].result)
    decided = write(tmp_path / "d.json", {"id": 1, "data": built.data, "annotations": [decision]})
    (found,) = read_annotations("entities", [export, decided], key=KEY, repair=True).tasks
    assert {(e.start, e.end) for a in found.annotations for e in a.record} == {(8, 10)}


@pytest.mark.parametrize("person", [2, 3])  # one of the annotators, and somebody else
def test_the_answer_decides(export: str, tmp_path: Path, person: int) -> None:
    (built,) = adjudicate(export).tasks
    # on another server, so with a smaller number
    bo = annotation(1, person, entity("Bo", "PER"))
    answer = {"id": 1, "data": built.data, "annotations": [bo]}
    who, taken_back = KEY.pseudonym(str(person)), ["2"] if person == 2 else []
    decided = write(tmp_path / "decided.json", answer)
    for inputs in ([export, decided], [decided, export]):
        gathering = read_annotations("entities", inputs, key=KEY)
        assert gathering.ledger.counts["ground_truth"] == 2
        (found,) = [t for t in gathering.tasks if t.data.unit_key == built.data["unit_key"]]
        gold = next(resolve_tasks([found], load_scheme("entities"), policy="adjudicated")).gold
        assert gold.policy == "adjudicated"
        ((entities,),) = [gold.values]
        assert [(e[1], e[2], e[-1]) for e in entities] == [(8, 10, [who])]
        # who decides has taken back what he said before, and is not one of those asked
        assert gold.annotators == sorted({KEY.pseudonym("1"), KEY.pseudonym("2")} - {who})
        assert [a.decides for a in found.annotations if a.annotator == who] == [True]
        older = [e for e in gathering.ledger.superseded if e.unit_key == found.data.unit_key]
        assert [(e.annotator, e.annotation) for e in older] == [(who, n) for n in taken_back]
        # what was decided already is not asked again
        assert adjudicate(*inputs).decided == 2


@pytest.mark.parametrize("person", [2, 3])  # one of the annotators, and somebody else
def test_a_skipped_task_leaves_it_to_the_majority(export: str, tmp_path: Path, person: int) -> None:
    (built,) = adjudicate(export).tasks
    skipped = annotation(20, person, was_cancelled=True)
    decided = write(
        tmp_path / "decided.json", {"id": 1, "data": built.data, "annotations": [skipped]}
    )
    gathering = read_annotations("entities", [export, decided], key=KEY)
    (found,) = [t for t in gathering.tasks if t.data.unit_key == built.data["unit_key"]]
    gold = next(resolve_tasks([found], load_scheme("entities"), policy="adjudicated")).gold
    assert gold.policy == "majority"
    assert [(e[1], e[2]) for e in gold.values[0]] == [(0, 3)]
    assert gold.annotators == sorted(KEY.pseudonym(str(number)) for number in (1, 2))
