"""What the majority leaves open, with its place and who said what."""

from __future__ import annotations

import pytest

from annotate.consensus.resolve import resolve_tasks
from annotate.consensus.ties import Tie, ties_of
from annotate.schemes import load_scheme
from annotate.schemes.claims import Claim, ClaimSet
from annotate.schemes.entities import Entity
from annotate.schemes.overlap import Part
from annotate.schemes.stance import Stance
from benchmarks.crowd import make_crowd, make_people
from tests.consensus.gathered import gathered

_TEXT = "The board met in Rome."
_BOARD = Entity(4, 9, "ORG")


def test_labels_with_as_many_votes_for_as_against() -> None:
    records = {"a": [_BOARD, Entity(17, 21, "GPE")], "b": [_BOARD, Entity(17, 21, "LOC")]}
    task = gathered("t", _TEXT, records)
    head = ("t", "t", "entity")
    assert list(ties_of(task, load_scheme("entities"))) == [
        Tie(*head, "GPE", 17, 21, "Rome", {"yes": ["a"], "no": ["b"]}),
        Tie(*head, "LOC", 17, 21, "Rome", {"yes": ["b"], "no": ["a"]}),
    ]


def test_of_equal_labels_the_second_of_one_annotator_is_tied() -> None:
    task = gathered("t", _TEXT, {"a": [_BOARD, _BOARD], "b": [_BOARD]})
    (tie,) = ties_of(task, load_scheme("entities"))
    assert (tie.label, tie.text, tie.answers) == ("ORG", "board", {"yes": ["a"], "no": ["b"]})


def test_answers_and_what_hangs_on_a_label() -> None:
    task = gathered("t", _TEXT, {"a": Stance("favor"), "b": Stance("none")}, target="dam")
    (tie,) = ties_of(task, load_scheme("stance"))
    assert tie == Tie("t", "t", "stance", None, 0, 0, "", {"favor": ["a"], "none": ["b"]})
    mentions = {"a": [_BOARD], "b": [Entity(4, 9, "ORG", "NOM")]}
    (tie,) = ties_of(gathered("t", _TEXT, mentions), load_scheme("entities"))
    assert (tie.question, tie.text, tie.answers) == (
        "mention",
        "board",
        {"NAM": ["a"], "NOM": ["b"]},
    )


def test_a_claim_that_half_of_them_made() -> None:
    claim = ClaimSet((Claim(((10, 21),), source=(((4, 9),),), source_kind=(None,)),))
    task = gathered("t", _TEXT, {"a": claim, "b": ClaimSet(())})
    ties = ties_of(task, load_scheme("claims"))
    assert [(t.question, t.text, t.answers) for t in ties] == [
        ("claim", "met in Rome", {"yes": ["a"], "no": ["b"]})
    ]


def test_a_negation_that_half_of_them_saw() -> None:
    one, other = Claim(((10, 21),), negated=True), Claim(((13, 21),))
    task = gathered("t", _TEXT, {"a": ClaimSet((one,)), "b": ClaimSet((other,))})
    ties = ties_of(task, load_scheme("claims"))
    assert [(t.question, t.text, t.answers) for t in ties] == [
        ("negated", "met in Rome", {"yes": ["a"], "no": ["b"]})
    ]


def test_a_source_without_a_claim_is_named_by_where_it_begins() -> None:
    board: dict[str, Part] = {"a": ((4, 9), (17, 21)), "b": ((5, 9), (17, 21))}
    records = {who: ClaimSet((), (("Source", part),)) for who, part in board.items()}
    records |= dict.fromkeys("cd", ClaimSet(()))
    ties = ties_of(gathered("t", _TEXT, records), load_scheme("claims"))
    assert [(t.question, t.text, t.answers) for t in ties] == [
        ("unlinked Source", "board", {"yes": ["a", "b"], "no": ["c", "d"]})
    ]


def test_a_task_with_a_ground_truth_is_decided() -> None:
    records = {"a": [_BOARD], "b": []}
    scheme = load_scheme("entities")
    assert len([*ties_of(gathered("t", _TEXT, records), scheme)]) == 1
    assert not [*ties_of(gathered("t", _TEXT, records, truth="b"), scheme)]


@pytest.mark.parametrize("scheme", ["entities", "stance", "claims"])
def test_every_tie_that_the_majority_counts_is_listed(scheme: str) -> None:
    crowd = make_crowd(scheme, make_people(4, 0.3, seed=3), tasks=12, each=2, words=120)
    kind = load_scheme(scheme)
    golds = resolve_tasks(crowd.tasks, kind, policy="majority")
    counted = {task.data.unit_key: gold.ties for task, gold in golds if gold.ties}
    listed: dict[str, int] = {}
    for tie in (tie for task in crowd.tasks for tie in ties_of(task, kind)):
        listed[tie.unit_key] = listed.get(tie.unit_key, 0) + 1
        assert len({len(who) for who in tie.answers.values()}) == 1
    assert counted
    assert all(listed[unit] >= n for unit, n in counted.items())
