"""Policies by hand; what learns beats what counts; no order matters."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from annotate.annotations.gather import GatheredTask
from annotate.consensus.ballots import Ballot, ballots_of
from annotate.consensus.learned import learn
from annotate.consensus.policy import POLICIES, PolicyName
from annotate.consensus.resolve import Gold, resolve_tasks
from annotate.errors import StateError
from annotate.schemes import load_scheme
from annotate.schemes.claims import Claim, ClaimSet
from annotate.schemes.entities import Entity
from annotate.schemes.stance import Stance
from benchmarks.crowd import make_crowd, make_people
from tests.consensus.gathered import gathered

TEXT = "The board said that the dam would hold until the spring, Roe wrote."


def _resolve(
    scheme: str, records: dict[str, Any], policy: PolicyName = "majority", **options: Any
) -> Gold:
    truth = options.pop("truth", None)
    task = gathered("t", TEXT, records, target="dam", truth=truth)
    return next(resolve_tasks([task], load_scheme(scheme), policy=policy, **options)).gold


def _spans(gold: Gold) -> list[tuple[Any, ...]]:
    return [
        (start, end, label, votes, who) for _, start, end, _, label, _, votes, who in gold.values[0]
    ]


_BOARD, _DAM, _ROE = Entity(4, 9, "ORG"), Entity(24, 27, "FAC"), Entity(57, 60, "PER", "NOM")


def test_more_than_half_of_those_asked() -> None:
    gold = _resolve("entities", {"a": [_BOARD, _ROE], "b": [_BOARD], "c": [_DAM]})
    assert _spans(gold) == [(4, 9, "ORG", 2, ["a", "b"])]
    assert (gold.annotators, gold.ties, gold.policy) == (["a", "b", "c"], 0, "majority")


def test_exactly_half_is_a_tie() -> None:
    records = {"a": [_BOARD, _ROE], "b": [_BOARD]}
    gold = _resolve("entities", records, ties="adjudicate")
    assert (_spans(gold), gold.ties) == ([(4, 9, "ORG", 2, ["a", "b"])], 1)
    with pytest.raises(StateError, match=r"t \(t\): 1 label is tied among 2 annotators"):
        _resolve("entities", records, ties="error")


@pytest.mark.parametrize(
    ("where", "named"),
    [("", "unit_key t: 1 label"), ("a.json, task 3", "a.json, task 3, unit_key t: ")],
)
def test_a_tie_is_named_by_the_place_and_the_key_of_its_task(where: str, named: str) -> None:
    task = gathered("t", TEXT, {"a": [_BOARD, _ROE], "b": [_BOARD]})
    untitled = GatheredTask(replace(task.data, title=None), task.annotations, where)
    with pytest.raises(StateError, match=f"^{named}"):
        list(resolve_tasks([untitled], load_scheme("entities"), policy="majority", ties="error"))


def test_union_has_no_ties_of_spans() -> None:
    gold = _resolve("entities", {"a": [_BOARD], "b": [_ROE]}, "union", ties="error")
    assert [span[:2] for span in _spans(gold)] == [(4, 9), (57, 60)]


@pytest.mark.parametrize(
    ("given", "label"),
    [("favor none against none", "none"), ("favor none", None), ("none favor none favor", None)],
)
def test_union_has_ties_of_answers(given: str, label: str | None) -> None:
    records = {f"a{n}": Stance(stance) for n, stance in enumerate(given.split())}
    gold = _resolve("stance", records, "union")
    assert (gold.values[0], gold.ties) == (label, int(label is None))


@pytest.mark.parametrize("policy", [p for p in POLICIES if p != "adjudicated"])
def test_gold_names_its_policy(policy: PolicyName) -> None:
    assert _resolve("entities", {"a": [_BOARD]}, policy).policy == policy


def test_equal_spans_of_one_annotator_are_several() -> None:
    records = {"a": [_BOARD] * 3, "b": [_BOARD] * 2, "c": [_BOARD] * 3, "d": [_DAM, _BOARD]}
    gold = _resolve("entities", records, "union")
    board = [span[3:] for span in _spans(gold) if span[0] == 4]
    assert board == [(4, ["a", "b", "c", "d"]), (3, ["a", "b", "c"]), (2, ["a", "c"])]
    assert [span[3] for span in _spans(_resolve("entities", records))] == [4, 3]


def test_a_ground_truth_decides_alone() -> None:
    records = {"a": [_BOARD], "b": [_BOARD], "c": [_DAM]}
    gold = _resolve("entities", records, "adjudicated", truth="c")
    assert (_spans(gold), gold.policy) == ([(24, 27, "FAC", 1, ["c"])], "adjudicated")
    assert _resolve("entities", records, "adjudicated").policy == "majority"


def test_who_decided_over_others_was_not_asked() -> None:
    task = gathered("t", TEXT, {"a": [_BOARD], "b": [_ROE], "c": [_DAM]}, truth="c")
    task.annotations[2].decides = True
    scheme = load_scheme("entities")
    ((_, decided),) = resolve_tasks([task], scheme, policy="adjudicated")
    assert (decided.annotators, decided.policy) == (["a", "b"], "adjudicated")
    ((_, voted),) = resolve_tasks([task], scheme, policy="union")
    assert voted.annotators == ["a", "b", "c"]
    alone = GatheredTask(task.data, task.annotations[2:])
    assert next(resolve_tasks([alone], scheme, policy="adjudicated")).gold.annotators == ["c"]


def test_of_several_ground_truths_a_decision_counts_and_else_the_newest() -> None:
    days = {"a": "2026-01-01", "b": "2026-01-03", "c": "2026-01-02"}
    task = gathered("t", TEXT, {"a": [_BOARD], "b": [_ROE], "c": [_DAM]}, days=days)
    for annotation in task.annotations:
        annotation.ground_truth = True
    scheme = load_scheme("entities")
    ((_, newest),) = resolve_tasks([task], scheme, policy="adjudicated")
    assert [span[4] for span in _spans(newest)] == [["b"]]
    task.annotations[2].decides = True
    ((_, decided),) = resolve_tasks([task], scheme, policy="adjudicated")
    assert [span[4] for span in _spans(decided)] == [["c"]]


def test_of_two_ground_truths_of_one_second_the_later_counts() -> None:
    days = {"a": "2026-01-01T00:00:00Z", "b": "2026-01-01T00:00:00.5Z"}
    task = gathered("t", TEXT, {"a": [_BOARD], "b": [_ROE]}, days=days)
    for annotation in task.annotations:
        annotation.ground_truth = True
    ((_, gold),) = resolve_tasks([task], load_scheme("entities"), policy="adjudicated")
    assert [span[4] for span in _spans(gold)] == [["b"]]


def test_a_ground_truth_without_a_date_is_older_than_one_with_it() -> None:
    task = gathered("t", TEXT, {"a": [_BOARD], "b": [_ROE]}, days={"a": "2026-01-01"})
    for annotation in task.annotations:
        annotation.ground_truth = True
    ((_, gold),) = resolve_tasks([task], load_scheme("entities"), policy="adjudicated")
    assert [span[4] for span in _spans(gold)] == [["a"]]


def test_pseudonyms_decide_nothing_between_ground_truths_of_one_moment() -> None:
    found = []
    for first, second in (("a", "b"), ("b", "a")):
        task = gathered("t", TEXT, {first: [_BOARD], second: [_ROE]})
        for annotation in task.annotations:
            annotation.ground_truth = True
        ((_, gold),) = resolve_tasks([task], load_scheme("entities"), policy="adjudicated")
        found.append([span[:3] for span in _spans(gold)])
    assert found[0] == found[1]


def test_pseudonyms_do_not_order_equal_claims() -> None:
    claim = Claim(((20, 38),))
    votes = []
    for once, twice in (("a", "b"), ("b", "a")):
        records = {once: ClaimSet((claim,)), twice: ClaimSet((claim, claim))}
        gold = _resolve("claims", records, "union")
        votes.append([count for *_, count, _ in gold.values[0]])
    assert votes == [[2, 1], [2, 1]]


def test_single_refuses_a_second_annotator() -> None:
    assert _spans(_resolve("entities", {"a": [_DAM]}, "single"))[0][:2] == (24, 27)
    with pytest.raises(StateError, match="2 annotators under the policy single"):
        _resolve("entities", {"a": [_DAM], "b": [_DAM]}, "single")


def test_stance_shares_of_the_votes() -> None:
    gold = _resolve("stance", {"a": Stance("favor"), "b": Stance("favor"), "c": Stance("none")})
    label, shares, votes, voters, *_ = gold.values
    assert (label, votes, voters) == ("favor", 2, ["a", "b"])
    assert shares == [("favor", pytest.approx(2 / 3)), ("none", pytest.approx(1 / 3))]


def _claim(start: int, end: int, source: tuple[int, int] | None = (57, 60), **more: Any) -> Claim:
    parts = ((source,),) if source else ()
    return Claim(((start, end),), parts, source_kind=(None,) * len(parts), **more)


def _claims(gold: Gold) -> list[tuple[Any, ...]]:
    return [
        ([s[:2] for s in content], [s[:2] for s in source], votes)
        for _, source, _, content, *_, votes, _ in gold.values[0]
    ]


def test_claims_with_other_borders_are_one_claim() -> None:
    records = {
        "a": ClaimSet((_claim(20, 38),)),
        "b": ClaimSet((_claim(20, 55),)),
        "c": ClaimSet((_claim(24, 55, (53, 60)),)),
    }
    gold = _resolve("claims", records)
    # each stretch of the content and of the source is what two of three drew
    assert _claims(gold) == [([(20, 55)], [(57, 60)], 3)]
    assert gold.ties == 0


def test_the_source_is_decided_by_those_who_made_the_claim() -> None:
    bare = ClaimSet(())
    records = {
        "a": ClaimSet((_claim(20, 38),)),
        "b": ClaimSet((_claim(20, 38),)),
        "c": ClaimSet((_claim(20, 38, None),)),
        "d": bare,
        "e": bare,
    }
    assert _claims(_resolve("claims", records)) == [([(20, 38)], [(57, 60)], 3)]
    implicit = records | {"a": ClaimSet((_claim(20, 38, None),))}
    assert _claims(_resolve("claims", implicit)) == [([(20, 38)], [], 3)]
    records["a"] = ClaimSet((_claim(20, 38, (4, 9)),))
    undecided = _resolve("claims", records)
    assert (_claims(undecided), undecided.ties) == ([], 1)


def test_what_two_annotators_drew_in_common_is_the_content() -> None:
    common = {"a": ClaimSet((_claim(20, 38),)), "b": ClaimSet((_claim(24, 38),))}
    for policy in ("majority", "dawid-skene"):
        assert _claims(_resolve("claims", common, policy)) == [([(24, 38)], [(57, 60)], 2)]
    far = _resolve("claims", {"a": ClaimSet((_claim(0, 18),)), "b": ClaimSet((_claim(24, 38),))})
    assert (_claims(far), far.ties) == ([], 2)


def test_what_nobody_drew_is_asked_of_a_policy_that_learns() -> None:
    split = ClaimSet((Claim(((0, 4), (8, 10))),))
    task = gathered("t", "x" * 40, {"a": split, "b": ClaimSet(())})
    asked = ballots_of(task, load_scheme("claims")).plain
    # the claim goes from 0 to 10; three stretches of that length are left
    assert asked["claim"] == [
        Ballot((0, 10), {"a": True, "b": False}),
        *(Ballot((start, start + 10), {"a": False, "b": False}) for start in (10, 20, 30)),
    ]
    assert asked["source"] == asked["cue"] == [Ballot((0, 10), {"a": False})]
    assert asked["no source"] == [Ballot((0, 10), {"a": True})]


def test_what_can_be_gone_through_once_is_refused_by_a_policy_that_learns() -> None:
    task = gathered("t", "Rome", {"a": [Entity(0, 4, "GPE")]})
    with pytest.raises(TypeError, match="dawid-skene goes through the tasks twice"):
        list(resolve_tasks(iter([task]), load_scheme("entities"), policy="dawid-skene"))


def test_of_two_claims_of_one_content_one_is_tied() -> None:
    direct, mixed = Claim(((20, 38),), mode="direct"), Claim(((20, 38),), mode="mixed")
    gold = _resolve("claims", {"a": ClaimSet((direct, direct)), "b": ClaimSet((direct, mixed))})
    assert [mode for *_, mode, _, _, _, _ in gold.values[0]] == [None, "direct"]


def test_of_claims_of_one_content_those_with_one_source_are_one_claim() -> None:
    early, late = _claim(20, 38, (4, 9)), _claim(20, 38, (57, 60))
    records = {"a": ClaimSet((early, late)), "b": ClaimSet((_claim(20, 38, (56, 60)),))}
    both = [([(20, 38)], [(57, 60)], 2)]
    assert _claims(_resolve("claims", records)) == both
    # as alike where b drew the content with another border
    records["b"] = ClaimSet((_claim(20, 36),))
    assert _claims(_resolve("claims", records)) == [([(20, 36)], [(57, 60)], 2)]
    implicit = {"a": ClaimSet((_claim(20, 38, None), late)), "b": ClaimSet((late,))}
    assert _claims(_resolve("claims", implicit)) == both


def test_a_source_without_a_claim_that_half_of_them_drew() -> None:
    source = ClaimSet((), (("Source", ((4, 9),)),))
    gold = _resolve("claims", {"a": source, "b": ClaimSet(())})
    assert (gold.values, gold.ties) == (([], []), 1)
    assert _resolve("claims", {"a": source, "b": source}).values[1] == [
        (4, 9, "board", 0, "Source")
    ]


@pytest.mark.parametrize("policy", ["majority", "union", "dawid-skene"])
@pytest.mark.parametrize("scheme", ["entities", "stance", "claims"])
def test_order_of_tasks_and_annotators_never_matters(scheme: str, policy: PolicyName) -> None:
    crowd = make_crowd(scheme, make_people(6, 0.4, seed=3), tasks=12, each=4, words=200)
    kind = load_scheme(scheme)
    expected = [gold for _, gold in resolve_tasks(crowd.tasks, kind, policy=policy)]
    turned = [GatheredTask(task.data, task.annotations[::-1]) for task in crowd.tasks[::-1]]
    golds = [gold for _, gold in resolve_tasks(turned, kind, policy=policy)]
    assert golds == expected[::-1]


def _score(scheme: str, policy: PolicyName, miss: float) -> float:
    from benchmarks.consensus_simulation import score

    people = make_people(12, miss, seed=4)
    return score(scheme, make_crowd(scheme, people, tasks=30, each=5, words=300), policy)


@pytest.mark.parametrize(
    ("scheme", "least"), [("entities", 0.08), ("stance", 0.05), ("claims", 0.08)]
)
def test_where_half_is_missed_what_learns_beats_what_counts(scheme: str, least: float) -> None:
    assert _score(scheme, "dawid-skene", 0.5) >= _score(scheme, "majority", 0.5) + least


def test_soft_labels_of_dawid_skene_are_chances() -> None:
    crowd = make_crowd("stance", make_people(6, 0.4, seed=3), tasks=40, each=4, words=5)
    for _, gold in resolve_tasks(crowd.tasks, load_scheme("stance"), policy="dawid-skene"):
        label, shares, votes, voters, *_ = gold.values
        assert sum(share for _, share in shares) == pytest.approx(1)
        assert label == max(shares, key=lambda item: item[1])[0]
        assert votes == len(voters)


def test_two_who_always_contradict_each_other_are_tied() -> None:
    tasks = [
        gathered(
            f"t{n}",
            "x",
            {"a": Stance("favor" if n % 2 else "none"), "b": Stance("none" if n % 2 else "favor")},
            target="dam",
        )
        for n in range(8)
    ]
    resolved = resolve_tasks(tasks, load_scheme("stance"), policy="dawid-skene")
    assert [(gold.values[0], gold.ties) for _, gold in resolved] == [(None, 1)] * 8


@pytest.mark.parametrize("policy", [p for p in POLICIES if p != "single"])
def test_nobody_drew_anything(policy: PolicyName) -> None:
    assert _spans(_resolve("entities", {"a": [], "b": []}, policy)) == []
    assert _claims(_resolve("claims", {"a": ClaimSet(()), "b": ClaimSet(())}, policy)) == []


def test_every_span_of_dawid_skene_knows_its_voters() -> None:
    crowd = make_crowd("entities", make_people(8, 0.3, seed=3), tasks=15, each=5, words=200)
    for task, gold in resolve_tasks(crowd.tasks, load_scheme("entities"), policy="dawid-skene"):
        drawn = {
            a.annotator: {(e.start, e.end, e.label) for e in a.record} for a in task.annotations
        }
        for start, end, label, votes, voters in _spans(gold):
            assert votes == len(voters)
            assert voters == [w for w in gold.annotators if (start, end, label) in drawn[w]]


def test_equal_spans_of_dawid_skene_have_mentions_and_voters_of_their_own() -> None:
    drawn = [_BOARD, replace(_BOARD, mention="NOM")]
    records = dict.fromkeys("abc", drawn) | {"d": [_BOARD]}
    (found,) = _resolve("entities", records, "dawid-skene").values
    assert [(mention, voters) for *_, mention, _, voters in found] == [
        ("NAM", ["a", "b", "c", "d"]),
        ("NOM", ["a", "b", "c"]),
    ]


def test_two_labels_as_likely_are_a_tie_of_dawid_skene() -> None:
    gold = _resolve("entities", {"a": [_DAM], "b": [Entity(24, 27, "ORG")]}, "dawid-skene")
    assert (_spans(gold), gold.ties) == ([], 1)


def test_tokens_that_nobody_marked_count() -> None:
    # one of 15 tokens is marked, so 14 of 15 are outside a name
    task = gathered("t", TEXT, {"a": [_DAM], "b": [_DAM]})
    model = learn([task], load_scheme("entities")).models["entity"]
    assert model.fit.priors[0] == pytest.approx(14 / 15, abs=0.01)
