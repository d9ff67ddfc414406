"""Errors put in on purpose are found; people and guideline are described."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from annotate.annotations.gather import GatheredTask
from annotate.consensus.ballots import ballots_of
from annotate.consensus.judge import Judged
from annotate.consensus.learned import Learned, learn
from annotate.consensus.reliability import Work, find_speed_outliers, measure_drift, wilson
from annotate.consensus.suspects import suspects_report
from annotate.schemes import load_scheme
from annotate.schemes.claims import Claim, ClaimSet
from annotate.schemes.entities import Entity
from annotate.schemes.stance import Stance
from benchmarks.crowd import make_crowd, make_people
from tests.consensus.gathered import gathered

TEXT = "The board met in Rome and Ann Lee spoke of Acme for an hour or so ."


def _entity(words: str, label: str) -> Entity:
    start = TEXT.index(words)
    return Entity(start, start + len(words), label)


_TWO = (("Ann", "Lee"), ("Tesk", "Board"), ("Lee", "Board"))
"""First and last word of two names, and of what goes over both."""
_ROME, _ANN, _ACME = _entity("Rome", "GPE"), _entity("Ann Lee", "PER"), _entity("Acme", "ORG")


def _office() -> list[GatheredTask]:
    """Twenty texts by three annotators; c mistakes Acme for a person once and misses Rome once."""
    tasks = []
    for n in range(20):
        work = {"a": [_ROME, _ANN, _ACME], "b": [_ROME, _ANN, _ACME], "c": [_ROME, _ANN, _ACME]}
        if n == 3:
            work["c"] = [_ROME, _ANN, _entity("Acme", "PER")]
        if n == 7:
            work["c"] = [_ANN, _ACME]
        days = dict.fromkeys(work, f"2026-01-{n + 1:02}T10:00:00Z")
        seconds = dict.fromkeys(work, 60.0 + n) | ({"b": 2.0} if n == 11 else {})
        tasks.append(gathered(f"t{n:02}", TEXT, work, days=days, seconds=seconds))
    return tasks


def _report(tasks: list[GatheredTask], scheme: str = "entities") -> dict[str, Any]:
    return suspects_report(tasks, load_scheme(scheme))


def test_errors_put_in_are_what_is_found() -> None:
    found = _report(_office())["suspects"]
    shown = {(e["unit_key"], e["annotator"], e["text"], e["said"], e["likely"]) for e in found}
    assert shown == {("t03", "c", "Acme", "PER", "ORG"), ("t07", "c", "Rome", None, "GPE")}
    assert all(0.9 < e["chance_of_error"] <= 1 for e in found)


def test_thousands_of_spans_on_one_text_are_not_compared_each_with_each() -> None:
    # with 2,000 it took 5 s, with 8,000 more than a minute
    spans = [Entity(5 * n, 5 * n + 4, "PER") for n in range(8000)]
    third = [Entity(0, 4, "ORG"), *spans[1:]]
    text = "Rowe " * len(spans)
    found = _report([gathered("t", text, {"a": spans, "b": spans, "c": third})])
    (confused,) = found["confused"]
    assert (confused["first"], confused["second"], confused["count"]) == ("ORG", "PER", 2)
    assert confused["words"] == [["rowe", 2]]
    shown = [(e["annotator"], e["start"], e["said"], e["likely"]) for e in found["suspects"]]
    assert shown == [("c", 0, "ORG", "PER")]


def test_a_border_put_wrong_says_where_it_likely_is() -> None:
    tasks = _office()
    short = _entity("Ann", "PER")
    for annotation in tasks[5].annotations:
        if annotation.annotator == "c":
            annotation.record = [_ROME, short, _ACME]
    (entry,) = [e for e in _report(tasks)["suspects"] if e["unit_key"] == "t05"]
    assert (entry["said"], entry["start"], entry["end"]) == ("PER", short.start, short.end)
    assert (entry["likely"], entry["likely_start"], entry["likely_end"]) == (
        "PER",
        _ANN.start,
        _ANN.end,
    )


def test_of_two_likely_spans_the_one_with_more_in_common_is_named() -> None:
    text = "Ann Lee met the Tesk Water Board there ."
    ann, board, both = ((text.index(a), text.index(b) + len(b)) for a, b in _TWO)
    right = [Entity(*ann, "PER"), Entity(*board, "ORG")]
    tasks = [gathered(f"t{n:02}", text, dict.fromkeys("abc", right)) for n in range(20)]
    tasks[4] = gathered("t04", text, {"a": right, "b": right, "c": [Entity(*both, "ORG")]})
    (entry,) = [e for e in _report(tasks)["suspects"] if e["said"]]
    assert (entry["start"], entry["end"]) == both
    assert (entry["likely"], entry["likely_start"], entry["likely_end"]) == ("ORG", *board)


def test_a_task_with_one_annotator_has_suspects_too() -> None:
    """What `dawid-skene` overrules: b always says favor where the others say none."""
    tasks = [
        gathered(f"t{n:02}", "x", {w: Stance("none") for w in "ac"} | {"b": Stance("favor")})
        for n in range(30)
    ]
    tasks += [gathered(f"u{n:02}", "x", {w: Stance("against") for w in "abc"}) for n in range(30)]
    tasks.append(gathered("alone", "x", {"b": Stance("favor")}))
    found = [e for e in _report(tasks, "stance")["suspects"] if e["unit_key"] == "alone"]
    assert [(e["annotator"], e["said"], e["likely"]) for e in found] == [("b", "favor", "none")]


def test_what_is_as_likely_as_anything_else_is_no_suspect() -> None:
    said = {"a": Stance("favor"), "b": Stance("against"), "c": Stance("neutral")}
    tasks = [gathered(f"t{n:02}", "x", said) for n in range(9)]
    # each answer has a third of the chance, and no other is likelier
    assert _report(tasks, "stance")["suspects"] == []
    even = Judged("a", "entity", (0, 2), "ORG", "ORG", (0, 3), 0.5 - 1e-12)
    assert not even.is_suspect
    assert even._replace(right=0.49).is_suspect


def test_reliability_has_its_uncertainty() -> None:
    entries = _report(_office())["annotators"]
    own = {(e["annotator"], e["measure"]): e for e in entries if e["question"] == "entity"}
    # c has 78 of 80 entity tokens right: Rome missed, Acme under another label
    assert own["c", "recall"]["n"] == pytest.approx(80, abs=0.5)
    assert own["c", "recall"]["value"] == pytest.approx(78 / 80, abs=0.01)
    assert own["a", "recall"]["value"] > own["c", "recall"]["value"]
    assert own["c", "recall"]["low"] < 78 / 80 < own["c", "recall"]["high"] < 1


def test_a_recall_of_next_to_nothing_is_none() -> None:
    # what one of two drew in a text where nobody else drew anything is likely not there
    drawn = {"a": [Entity(0, 4, "PER")], "b": []}
    entries = _report([gathered("t", "Rowe met them here. " * 10, drawn)])["annotators"]
    found = {(e["annotator"], e["measure"]): (e["value"], e["low"], e["n"]) for e in entries}
    assert found["a", "recall"] == found["b", "recall"] == (None, None, 0)
    assert found["a", "precision"] == (pytest.approx(0, abs=1e-6), pytest.approx(0, abs=1e-6), 1)


def test_wilson_by_hand() -> None:
    # 8 of 10: (.8 + .19207 -+ 1.96 sqrt(.016 + .0096)) / 1.38415, a textbook example
    low, high = wilson(8, 10)
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    assert wilson(0, 5)[0] == pytest.approx(0, abs=1e-12)
    # 0 of 3: 0 to z2 / (1 + z2), with z2 = 1.96 ** 2 / 3; all of 20: 1 / (1 + z2) to 1
    (none, upto), (down, all_) = wilson(0, 3), wilson(20, 20)
    assert (none, all_) == (0, 1)
    assert (upto, down) == pytest.approx((0.5614970, 0.8388748))


def test_confused_labels_come_with_their_words() -> None:
    (entry,) = _report(_office())["confused"]
    assert (entry["first"], entry["second"], entry["count"]) == ("ORG", "PER", 2)
    assert entry["words"] == [["acme", 2]]
    over = [gathered("t", TEXT, {"a": [_ANN], "b": [_entity("Lee spoke", "ORG")]})]
    (entry,) = _report(over)["confused"]
    assert (entry["first"], entry["second"], entry["words"]) == ("ORG", "PER", [["lee", 1]])


def test_whether_something_is_there_confuses_no_labels() -> None:
    claim = Claim(((0, 9),), negated=True)
    drawn = {"a": ClaimSet((claim,)), "b": ClaimSet((Claim(((0, 9),)),)), "c": ClaimSet(())}
    assert _report([gathered("t", TEXT, drawn)], "claims")["confused"] == []


def test_paces_by_hand() -> None:
    # by the text, in powers of two: the median is 1, and the median distance from it 2
    powers = (-15, -1, 0, 1, 2, 3, 21)
    work = [
        Work(f"t{n}", "a", None, 2.0**power * size, size, None)
        for n, (power, size) in enumerate(zip(powers, (9, 200, 40, 9, 1, 70, 8), strict=True))
    ]
    untimed = [Work("u", "a", None, seconds, 9, None) for seconds in (None, 0.0)]
    found = find_speed_outliers([*work[::-1], *untimed])
    assert [(e["unit_key"], e["characters"]) for e in found] == [("t0", 9), ("t6", 8)]
    assert [e["z"] for e in found] == pytest.approx([0.6745 * -16 / 2, 0.6745 * 20 / 2])


def test_who_was_far_too_fast() -> None:
    (entry,) = _report(_office())["speed"]
    assert (entry["unit_key"], entry["annotator"], entry["seconds"]) == ("t11", "b", 2.0)
    assert entry["z"] < -3.5


def test_who_got_worse() -> None:
    tasks = _office()
    for task in tasks[12:]:
        for annotation in task.annotations:
            if annotation.annotator == "b":
                annotation.record = [_ROME]
    drift = {e["annotator"]: e for e in _report(tasks)["drift"]}
    assert drift["b"]["drifts"]
    assert drift["b"]["late"] < drift["b"]["early"]
    assert 0.9 < drift["a"]["early"] <= 1
    assert not drift["a"]["drifts"]
    assert "b" not in {e["annotator"] for e in _report(tasks[:9])["drift"]}


def _dated(moments: list[str], right: Sequence[float | None]) -> dict[str, Any]:
    work = [
        Work(f"t{n:02}", "a", moment, None, 9, chance)
        for n, (moment, chance) in enumerate(zip(moments, right, strict=True))
    ]
    (found,) = measure_drift(work)
    return found


@pytest.mark.parametrize(
    ("early", "late", "low", "high", "drifts"),
    [
        # both have the variance .1 / 4, so the error is sqrt(2 * .025 / 5) = .1
        ((0.6, 0.7, 0.8, 0.9, 1.0), (0.1, 0.2, 0.3, 0.4, 0.5), -0.695996, -0.304004, True),
        ((0.1, 0.2, 0.3, 0.4, 0.5), (0.6, 0.7, 0.8, 0.9, 1.0), 0.304004, 0.695996, True),
        ((0.6, 0.7, 0.8, 0.9, 1.0), (0.5, 0.6, 0.7, 0.8, 0.9), -0.295996, 0.095996, False),
        ((0.1, 0.2, 0.3, 0.4, 0.5), (0.2, 0.3, 0.4, 0.5, 0.6), -0.095996, 0.295996, False),
    ],
)
def test_drift_by_hand(
    early: tuple[float, ...], late: tuple[float, ...], low: float, high: float, drifts: bool
) -> None:
    moments = [f"2026-01-{day:02}" for day in range(1, 11)]
    found = _dated([*moments, "2026-01-11"], [*early, *late, None])
    assert (found["tasks"], found["drifts"]) == (10, drifts)
    assert (found["low"], found["high"]) == pytest.approx((low, high), abs=1e-6)


def test_without_an_order_in_time_there_is_no_drift() -> None:
    turn = [1.0, 0.9] * 4 + [0.1, 0.2] * 4
    undefined = {"early": None, "late": None, "low": None, "high": None, "drifts": False}
    for moments in (["2026"] * 16, ["2025"] * 4 + ["2026"] * 12, ["2025"] * 13 + ["2026"] * 3):
        assert _dated(moments, turn) == {
            "annotator": "a",
            "tasks": 16,
            **undefined,
            "undefined": "the tasks have no order in time",
        }
    # the halves are cut between two moments, here 6 tasks and 10
    found = _dated(["2025"] * 6 + ["2026"] * 10, turn)
    assert (found["early"], found["undefined"]) == (pytest.approx(0.95), None)
    assert found["late"] == pytest.approx((1.9 + 1.2) / 10)
    assert found["drifts"]


def test_the_open_task_is_where_one_more_would_change_most() -> None:
    tasks = [
        gathered(
            f"t{n:02}", "x", {w: Stance("favor" if n % 2 else "none") for w in "abc"}, target="dam"
        )
        for n in range(20)
    ]
    open_ = gathered("open", "x", {"a": Stance("favor"), "b": Stance("none")}, target="dam")
    report = _report([*tasks, open_], "stance")
    assert report["next"][0]["unit_key"] == "open"
    changes = [entry["expected_changes"] for entry in report["next"]]
    assert changes == sorted(changes, reverse=True)
    assert report["confused"][0]["words"] == [["dam", 1]]


def _expected_changes(task: GatheredTask, learned: Learned) -> float:
    """By the definition, value by value: P(the likeliest is another after one more vote)."""
    (ballot,) = ballots_of(task, load_scheme("entities")).drawn["entity"]
    mean = learned.models["entity"].fit.mean_confusion().tolist()
    total = 0.0
    for row in learned.tag_chances("entity", ballot.layer)[:-1].tolist():
        for said in range(len(row)):
            joint = [chance * mean[true][said] for true, chance in enumerate(row)]
            if joint.index(max(joint)) != row.index(max(row)):
                total += sum(joint)
    return total


def _many_labels(labels: int, tasks: int) -> list[GatheredTask]:
    """Texts of 60 names with one of many labels, on which two annotators differ at times."""
    made, text = [], "Rowe " * 60
    for n in range(tasks):
        codes = [(7 * n + 3 * place) % labels for place in range(60)]
        work = {
            who: [
                Entity(5 * p, 5 * p + 4, f"L{(code + (p % 9 == shift)) % labels:03}")
                for p, code in enumerate(codes)
            ]
            for who, shift in (("a", 1), ("b", 2))
        }
        made.append(gathered(f"t{n:02}", text, work))
    return made


def test_expected_changes_are_those_of_the_definition() -> None:
    for tasks in (_office(), _many_labels(5, 6)):
        learned = learn(tasks, load_scheme("entities"))
        found = {e["unit_key"]: e["expected_changes"] for e in _report(tasks)["next"]}
        plain = {t.data.unit_key: _expected_changes(t, learned) for t in tasks}
        assert any(plain.values())
        assert found == pytest.approx(plain, abs=1e-12)


def test_hundreds_of_labels_take_no_memory_by_their_square_for_each_token() -> None:
    tracemalloc.start()
    try:
        report = _report(_many_labels(200, 20))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert report["tasks"] == 20
    assert peak < 40 << 20  # 60 tokens x 401 x 401 tags are 77 MB


@pytest.mark.parametrize("scheme", ["entities", "stance", "claims"])
def test_order_of_tasks_and_annotators_never_matters(scheme: str) -> None:
    crowd = make_crowd(scheme, make_people(5, 0.3, seed=3), tasks=10, each=3, words=150)
    turned = [GatheredTask(task.data, task.annotations[::-1]) for task in crowd.tasks[::-1]]
    assert _report(turned, scheme) == _report(crowd.tasks, scheme)


def test_suspects_are_mostly_errors() -> None:
    crowd = make_crowd("stance", make_people(8, 0.3, seed=5), tasks=100, each=5, words=5)
    truth = {task.data.unit_key: true for task, true in zip(crowd.tasks, crowd.truth, strict=True)}
    found = [e for e in _report(crowd.tasks, "stance")["suspects"] if e["question"] == "stance"]
    wrong = [e for e in found if e["said"] != truth[e["unit_key"]]]
    assert len(found) > 20
    assert len(wrong) > 0.9 * len(found)


class _Many:
    """Long texts, made each time they are gone through."""

    def __init__(self, tasks: int) -> None:
        self.tasks = tasks

    def __iter__(self) -> Iterator[GatheredTask]:
        work = {"a": [Entity(0, 4, "GPE")], "b": [Entity(0, 4, "GPE")]}
        for number in range(self.tasks):
            text = f"Rome {number} " + "is here " * 2500
            yield gathered(str(number), text, work)


def test_what_is_held_does_not_grow_with_the_texts() -> None:
    few, many = _most_held(40), _most_held(240)
    # a task that is held takes 20 kB of text alone, 4 MB for 200 more
    assert many - few < 1_000_000


def _most_held(tasks: int) -> int:
    """The most bytes at once while so many tasks are judged."""
    tracemalloc.start()
    try:
        assert suspects_report(_Many(tasks), load_scheme("entities"))["tasks"] == tasks
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_what_can_be_gone_through_once_is_refused() -> None:
    with pytest.raises(TypeError, match="twice"):
        suspects_report(iter(_office()), load_scheme("entities"))


def test_nothing_at_all() -> None:
    report = _report([])
    assert [report[name] for name in ("suspects", "annotators", "next", "speed")] == [
        [],
        [],
        [],
        [],
    ]
    alone = _report([gathered("t", TEXT, {"a": [_ROME]})])
    assert alone["suspects"] == []
