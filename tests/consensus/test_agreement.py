"""Agreement by hand, against independent implementations, and in any order."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
import pytest
from nervaluate import Evaluator

from annotate.annotations.gather import GatheredTask
from annotate.consensus import span_agreement, span_columns
from annotate.consensus.agreement import agreement_report, overall_figures
from annotate.consensus.frame_columns import compare_frames
from annotate.consensus.measure import Pairs
from annotate.consensus.span_agreement import count_matches
from annotate.consensus.span_columns import place_spans
from annotate.schemes import load_scheme
from annotate.schemes.base import Frame, Span
from annotate.schemes.claims import Claim, ClaimSet
from annotate.schemes.entities import Entity
from annotate.schemes.stance import Stance
from tests.consensus.gathered import gathered

TEXT = "Ann Lee of Acme met Bo in Rome on Monday and again in Oslo ."
_LABELS = ("PER", "ORG", "LOC")
_SAID = ("favor", "none")


def _figures(tasks: list[GatheredTask], scheme: str, **options: Any) -> dict[tuple[str, str], Any]:
    report = agreement_report(tasks, load_scheme(scheme), **options)
    return {(e["name"], e["of"] or ""): e for e in report["figures"]}


def _entity(words: str, label: str, text: str = TEXT) -> Entity:
    start = text.index(words)
    return Entity(start, start + len(words), label)


def _two() -> list[GatheredTask]:
    one = [_entity("Ann Lee", "PER"), _entity("Acme", "ORG"), _entity("Rome", "LOC")]
    other = [_entity("Lee", "PER"), _entity("Acme", "LOC"), _entity("Rome", "LOC")]
    return [gathered("t", TEXT, {"a": one, "b": other})]


def test_span_f1_by_hand() -> None:
    found = _figures(_two(), "entities")
    # of six spans, Rome is drawn alike; Ann Lee and Lee overlap, one token apart
    assert found["span F1, exact", ""]["value"] == pytest.approx(2 / 6)
    assert found["span F1, tolerant", ""]["value"] == pytest.approx(4 / 6)
    assert found["span F1, overlap", ""]["value"] == pytest.approx(4 / 6)
    assert found["span F1, exact", "PER"]["value"] == 0
    assert found["span F1, exact", "LOC"]["value"] == pytest.approx(2 / 3)
    assert found["span F1, exact", "ORG"]["n"] == 1
    by_label = {label: found["span F1, overlap", label]["value"] for label in _LABELS}
    assert by_label == {"PER": 1, "ORG": 0, "LOC": pytest.approx(2 / 3)}
    assert found["span F1, exact", ""]["undefined"] == "one task alone has no interval"


def test_what_was_decided_over_others_is_no_judgement() -> None:
    plain = agreement_report(_two(), load_scheme("entities"))
    tasks = [
        gathered("t", TEXT, {"a": _two()[0].annotations[0].record,
                             "b": _two()[0].annotations[1].record,
                             "c": [_entity("Oslo", "LOC")]}, truth="c"),
        gathered("u", TEXT, {"c": [_entity("Oslo", "LOC")]}, truth="c"),
    ]  # fmt: skip
    # a ground truth that was flagged by hand is somebody's own work, one of an adjudication is not
    assert agreement_report(tasks, load_scheme("entities"))["annotators"] == 3
    for task in tasks:
        task.annotations[-1].decides = True
    assert agreement_report(tasks, load_scheme("entities")) == plain


def test_span_kappa_by_hand() -> None:
    # borders that either drew: Ann Lee (PER, -), Lee (-, PER), Acme (ORG, LOC), Rome (LOC, LOC);
    # po = 1/4; pe = (PER 1*1 + none 1*1 + ORG 1*0 + LOC 1*2) / 16 = 4/16: kappa 0
    kappa = _figures(_two(), "entities")["span kappa", ""]
    assert kappa["value"] == pytest.approx(0)
    assert kappa["undefined"] == "one task alone has no interval"


def _matches(*drawn: list[Span]) -> dict[str, list[int]]:
    """The matches of the first two who drew, by label, in alphabetical order."""
    labels = sorted({span[2] for spans in drawn for span in spans})
    task, one, other = (np.array([n], np.int64) for n in (0, 0, 1))
    pairs = Pairs(task, one, other, one, other, np.ones(1))
    codes = {label: n for n, label in enumerate(labels)}
    found = count_matches(place_spans([(TEXT, drawn)], codes), pairs, len(labels))
    return {kind: counts[0].tolist() for kind, counts in found.items()}


def test_tolerance_is_one_token_at_each_border() -> None:
    start = TEXT.index("Bo")
    one: list[Span] = [(start, start + 2, "PER")]
    near: list[Span] = [(TEXT.index("met"), TEXT.index(" Rome"), "PER")]
    far: list[Span] = [(TEXT.index("Acme"), start + 2, "PER")]
    assert _matches(one, near)["tolerant"] == [1]
    assert _matches(one, far)["tolerant"] == [0]
    assert _matches(one, far)["overlap"] == [1]


def test_overlapping_and_equal_spans_count_one_by_one() -> None:
    # two spans of one annotator cannot both be matched by one of the other's
    two: list[Span] = [(0, 7, "PER"), (4, 7, "PER")]
    assert _matches(two, [(0, 7, "PER")])["overlap"] == [1]
    # as many pairs as can be: the widest overlap alone would leave one out
    assert _matches([(0, 5, "X"), (4, 9, "X")], [(1, 6, "X"), (0, 1, "X")])["overlap"] == [2]
    twice: list[Span] = [(0, 7, "PER"), (0, 7, "PER")]
    assert _matches(twice, twice)["exact"] == [2]
    assert _matches(twice, [(0, 7, "PER")])["exact"] == [1]
    assert _matches([*twice, (8, 10, "PER")], [*twice, (8, 10, "PER")])["exact"] == [3]
    assert _matches([(0, 7, "PER")], [(1, 6, "PER")])["exact"] == [0]


def test_a_long_span_hides_none_that_began_behind_it() -> None:
    # by start they end at 60, 7, 15 and 30: what begins first does not end first
    nest: list[Span] = [(0, 60, "X"), (4, 7, "X"), (11, 15, "X"), (26, 30, "X")]
    for drawn, few, overlapping in (
        (nest, [(28, 34)], 1),
        (nest, [(28, 34), (40, 45)], 2),
        (nest, [(1, 2), (5, 6), (12, 13)], 3),
        (nest, [(60, 61)], 0),
        (nest[:2], [(8, 10), (15, 16)], 1),  # only one can be paired with the long one
        (nest[1:3], [(7, 11)], 0),
    ):
        spans: list[Span] = [(start, end, "X") for start, end in few]
        for two in ((drawn, spans), (spans, drawn)):
            assert _matches(*two)["overlap"] == [overlapping]
    # nobody's spans are taken for those of another label or annotator
    assert _matches(nest, [(4, 7, "Y")], [(4, 7, "X")])["overlap"] == [0, 0]


def test_labels_may_be_many_and_look_like_several() -> None:
    many = [Entity(0, 7, f"L{n:02}") for n in range(70)]
    first, last = many[0], many[-1]
    tasks = [
        gathered("t", "Ann Lee", {"a": many, "b": many}),
        gathered("u", "Ann Lee", {"a": [first, last], "b": [last]}),
        gathered("v", "Ann Lee", {"a": [first, last], "b": [Entity(0, 7, "L00+L69")]}),
    ]
    found = _figures(tasks, "entities", replicates=0)
    # tokens: 2 of 6 agree; totals of the sets: all 4, first and last 4, last 2, the odd one 2;
    # alpha = 1 - (12 - 4) * 11 / (144 - 16 - 16 - 4 - 4)
    assert found["token alpha", ""]["value"] == pytest.approx(1 - 88 / 104)
    # spans: po = 1/3, as one label that is written like two is another value than these;
    # pe = (all 1 * 1 + both 2 * 0 + last 0 * 1 + the odd one 0 * 1) / 9
    assert found["span kappa", ""]["value"] == pytest.approx((1 / 3 - 1 / 9) / (1 - 1 / 9))


def test_each_text_has_its_own_tokens() -> None:
    # the words at the ends of neighbouring texts would be one; more texts than are cut at once
    word, spans = [Entity(0, 3, "PER")], [Entity(0, 3, "PER"), Entity(4, 7, "PER")]
    tasks = [gathered(f"t{n:03}", "Ann Lee", {"a": spans, "b": word}) for n in range(150)]
    tasks += [gathered(f"u{n:03}", "Ann Lee", {"a": spans}) for n in range(150)]
    found = _figures(tasks, "entities", replicates=0)
    # of 300 tokens 150 agree; 450 of the 600 values are PER
    alpha = 1 - (600 - 300) * 599 / (600**2 - 450**2 - 150**2)
    assert found["token alpha", ""]["n"] == 300
    assert found["token alpha", ""]["value"] == pytest.approx(alpha)


def _random_spans(made: np.random.Generator) -> list[tuple[int, int, str]]:
    """Flat spans over 40 tokens, as (first token, last token, label)."""
    spans: list[tuple[int, int, str]] = []
    at = 0
    while True:
        at += int(made.integers(0, 6))
        end = at + int(made.integers(0, 3))
        if end >= 40:
            return spans
        spans.append((at, end, str(made.choice(_LABELS))))
        at = end + 1


def _near(
    spans: list[tuple[int, int, str]], made: np.random.Generator
) -> list[tuple[int, int, str]]:
    """The spans as another annotator might draw them, still flat."""
    kept = []
    for first, last, label in spans:
        if made.random() < 0.2:
            continue
        if made.random() < 0.2:
            label = str(made.choice(_LABELS))
        kept.append((first, last - int(last > first and made.random() < 0.3), label))
    return kept


def test_exact_f1_equals_nervaluate() -> None:
    made = np.random.default_rng(5)
    for _ in range(50):
        truth = _random_spans(made)
        guess = _near(truth, made)
        if not truth or not guess:
            continue
        documents = [
            [[{"label": label, "start": a, "end": b} for a, b, label in spans]]
            for spans in (truth, guess)
        ]
        theirs = Evaluator(*documents, tags=list(_LABELS), loader="dict").evaluate()
        text = " ".join("word" for _ in range(40))
        drawn = [
            [Entity(5 * a, 5 * b + 4, label) for a, b, label in spans] for spans in (truth, guess)
        ]
        task = gathered("t", text, {"a": sorted(drawn[0]), "b": sorted(drawn[1])})
        ours = _figures([task], "entities", replicates=0)
        strict = theirs["overall"]["strict"]
        assert ours["span F1, exact", ""]["value"] == pytest.approx(strict.f1, abs=1e-9)
        for label in {span[2] for span in (*truth, *guess)}:
            own = theirs["entities"][label]["strict"]
            assert ours["span F1, exact", label]["value"] == pytest.approx(own.f1, abs=1e-9)


def test_token_alpha_equals_an_independent_alpha_over_label_sets() -> None:
    made = np.random.default_rng(6)
    tasks, columns = [], []
    names = ["a", "b", "c", "d"]
    for number in range(12):
        text = " ".join("word" for _ in range(30))
        who = made.choice(names, made.integers(1, 5), replace=False)
        drawn: dict[str, list[Entity]] = {}
        for name in who:
            starts = made.integers(0, 27, 4)
            drawn[str(name)] = sorted(
                Entity(
                    5 * int(s), 5 * int(s) + int(made.choice([4, 9, 11])), str(made.choice(_LABELS))
                )
                for s in starts
            )
        tasks.append(gathered(f"t{number}", text, drawn))
        for token in range(30):
            column = []
            for name in names:
                on = {
                    e.label
                    for e in drawn.get(name, [])
                    if e.start < 5 * token + 4 and e.end > 5 * token
                }
                column.append("+".join(sorted(on)) if name in drawn else None)
            columns.append(column)
    values = sorted({v for column in columns for v in column if v is not None})
    data = np.array([[np.nan if v is None else values.index(v) for v in c] for c in columns]).T
    theirs = krippendorff.alpha(reliability_data=data, level_of_measurement="nominal")
    found = _figures(tasks, "entities", replicates=0)["token alpha", ""]
    assert found["value"] == pytest.approx(theirs, abs=1e-9)


def _stances() -> list[GatheredTask]:
    made = np.random.default_rng(8)
    tasks = []
    for number in range(30):
        who = made.choice(list("abcd"), made.integers(1, 5), replace=False)
        said = {str(w): Stance(str(made.choice(["favor", "against", "none"]))) for w in who}
        tasks.append(gathered(f"t{number:02}", "x", said, target=["dam", "ferry"][number % 2]))
    return tasks


def test_stance_alpha_over_all_annotators_equals_an_independent_alpha() -> None:
    tasks = _stances()
    labels = ["against", "favor", "none"]
    said = [{a.annotator: labels.index(a.record.label) for a in task.annotations} for task in tasks]
    data = np.array([[s.get(w, np.nan) for s in said] for w in "abcd"])
    found = _figures(tasks, "stance", replicates=0)
    for name, columns in (("stance", slice(None)), ("stance, dam", slice(0, None, 2))):
        theirs = krippendorff.alpha(data[:, columns], level_of_measurement="nominal")
        assert found["alpha", name]["value"] == pytest.approx(theirs, abs=1e-9)


def test_cohen_of_all_is_the_mean_of_the_pairs() -> None:
    report = agreement_report(_stances(), load_scheme("stance"), replicates=0)
    pairs = [e for e in report["by_pair"] if e["name"] == "Cohen kappa"]
    assert len(pairs) == 6
    mean = sum(e["value"] * e["n"] for e in pairs) / sum(e["n"] for e in pairs)
    whole = next(e for e in report["figures"] if e["name"] == "Cohen kappa")
    assert whole["value"] == pytest.approx(mean)
    counts = report["confusion"]["stance"]["counts"]
    assert counts == [list(row) for row in zip(*counts, strict=True)]


def test_a_crowd_costs_no_look_at_all_pairs_for_each_annotator_and_target() -> None:
    # thousands of annotators, pairs and targets: to look through all for each took minutes
    tasks = [
        gathered(
            f"t{n:04}", "x", {f"a{n}": Stance("favor"), f"b{n}": Stance("none")}, target=f"{n:04}"
        )
        for n in range(4000)
    ]
    report = agreement_report(tasks, load_scheme("stance"), replicates=0)
    assert len(report["by_annotator"]) == len(report["by_pair"]) == 8000
    assert {entry["n"] for entry in report["by_pair"]} == {1}
    targets = [f["of"] for f in report["figures"] if f["of"] != "stance"]
    assert targets == [f"stance, {n:04}" for n in range(4000)]


def test_the_pairs_of_a_crowd_on_one_text_are_not_held_together() -> None:
    spans = [Entity(5 * n, 5 * n + 4, "PER") for n in range(5)]
    task = gathered("t", "Rowe " * 5, {f"a{n:03}": spans for n in range(200)})
    tracemalloc.start()
    figures = overall_figures([task], load_scheme("entities"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert {f["value"] for f in figures if "F1" in f["name"]} == {1}
    assert peak < 100 << 20  # it was a gigabyte for 19,900 pairs


def test_the_kappas_of_a_crowd_on_one_text_are_not_made_one_by_one() -> None:
    # 600 took eight seconds, and twice as many four times as long
    unlike = [Entity(0, 4, "PER"), Entity(5, 9, "ORG")]
    alike = [Entity(0, 4, "PER"), Entity(5, 9, "PER")]
    drawn = {f"a{n:03}": unlike if n % 2 else alike for n in range(1200)}
    figures = overall_figures([gathered("t", "Rowe Acme", drawn)], load_scheme("entities"))
    found = next(figure for figure in figures if figure["name"] == "span kappa")
    # of two with unlike spans kappa is 1, of one and another 0, of two with alike spans undefined
    same, mixed = 600 * 599 // 2, 600 * 600
    assert found["value"] == pytest.approx(same / (same + mixed))
    assert found["n"] == 1200 * 1199


def test_cohen_of_answers_by_hand() -> None:
    said = [("favor", "favor"), ("favor", "favor"), ("favor", "none"), ("none", "none")]
    tasks = [
        gathered(f"t{number}", "x", {"a": Stance(one), "b": Stance(other)}, target="dam")
        for number, (one, other) in enumerate(said)
    ]
    # po = 3/4; pe = 3/4 * 2/4 + 1/4 * 2/4 = 1/2
    found = _figures(tasks, "stance", replicates=0)["Cohen kappa", "stance"]
    assert found["value"] == pytest.approx(1 / 2)
    assert found["n"] == 4


def test_who_gave_no_answer_is_not_counted() -> None:
    said: list[dict[str, str | None]] = [
        {"a": "explicit", "b": "explicit", "c": None},
        {"a": "explicit", "b": None},
        {"a": "implicit", "b": "explicit"},
        {"a": "implicit", "b": "implicit"},
    ]
    tasks = [
        gathered(f"t{number}", "x", {who: Stance("favor", how) for who, how in task.items()})
        for number, task in enumerate(said)
    ]
    found = _figures(tasks, "stance", replicates=0)
    # of three pairs two agree, and of six answers three are explicit: 1 - (6 - 4) * 5 / (36 - 18)
    assert found["alpha", "explicitness"]["value"] == pytest.approx(4 / 9)
    assert found["alpha", "explicitness"]["n"] == 3
    # po = 2/3; pe = 1/3 * 2/3 + 2/3 * 1/3
    assert found["Cohen kappa", "explicitness"]["value"] == pytest.approx(2 / 5)


def _frame(content: tuple[int, int], source: tuple[int, int] | None, mode: str) -> Frame:
    sources = ((source,),) if source else ()
    return Frame("content", (content,), {"source": sources}, {"mode": mode}, sources)


def test_claims_by_hand() -> None:
    one = [
        _frame((10, 20), (0, 5), "direct"),
        _frame((30, 40), (22, 28), "direct"),
        _frame((60, 70), None, "direct"),
        _frame((100, 110), (95, 99), "direct"),
    ]
    other = [
        _frame((10, 19), (0, 5), "direct"),
        _frame((31, 40), (24, 28), "mixed"),
        _frame((69, 90), None, "mixed"),
        _frame((100, 110), None, "direct"),
    ]
    sums = compare_frames(one, other, ("content", "source")).sums
    assert sums["agr to"] == (4, 4)
    # the third contents meet in one code point of thirty: alike to agr, not a pair
    assert sums["claim F1"] == (3, 8)
    assert sums["content exact"] == (1, 6)
    assert sums["content overlap"] == (3, 6)
    assert sums["source exact"] == (1, 5)
    assert sums["source overlap"] == (2, 5)
    assert sums["relation F1"] == (2, 5)


def test_claims_of_one_content_are_paired_by_their_sources_as_in_gold() -> None:
    early, late = Claim(((20, 38),), (((4, 9),),)), Claim(((20, 38),), (((57, 60),),))
    implicit = Claim(((20, 38),))
    for one, other, links in (
        ((early, late), (Claim(((20, 36),), (((56, 60),),)),), 2 / 3),
        ((implicit, late), (late,), 1),
        ((early, late), (late, Claim(((20, 38),), (((90, 94),),))), 1 / 2),
    ):
        for both in ((one, other), (other, one)):
            drawn = {who: ClaimSet(own) for who, own in zip("ab", both, strict=True)}
            found = _figures([gathered("t", "x" * 100, drawn)], "claims")
            assert found["relation F1", ""]["value"] == pytest.approx(links)


def test_as_many_sources_of_a_claim_are_paired_as_overlap() -> None:
    # the first of each are most alike, and paired with each other they leave the other two alone
    one, other = (((0, 10),), ((10, 20),)), (((0, 10), (12, 14)), ((2, 8),))
    records = [ClaimSet((Claim(((30, 40),), own),)) for own in (one, other)]
    drawn = dict(zip("ab", records, strict=True))
    found = _figures([gathered("t", "x" * 60, drawn)], "claims")
    assert found["F1 on paired claims, overlap", "source"]["value"] == 1


def test_alpha_of_an_attribute_by_hand() -> None:
    modes = [("direct", "direct"), ("direct", "mixed"), ("mixed", "mixed")]
    drawn = {
        who: ClaimSet(tuple(Claim(((10 * n, 10 * n + 5),), mode=m[k]) for n, m in enumerate(modes)))
        for k, who in enumerate("ab")
    }
    found = _figures([gathered("t", "x" * 40, drawn)], "claims")["alpha on paired claims", "mode"]
    # of three pairs two agree, and of six modes three are direct: 1 - (6 - 4) * 5 / (36 - 18)
    assert (found["value"], found["n"]) == (pytest.approx(4 / 9), 3)


def test_alpha_of_an_attribute_is_krippendorffs_where_some_made_a_claim() -> None:
    rng = np.random.default_rng(2)
    for claims in (1, 2, 12):
        modes = rng.choice(["direct", "mixed", ""], size=(4, claims), p=[0.4, 0.2, 0.4])
        modes[:2, 0] = "direct", "mixed"
        drawn = {
            who: ClaimSet(
                tuple(Claim(((10 * n, 10 * n + 5),), mode=m) for n, m in enumerate(own) if m)
            )
            for who, own in zip("abcd", modes.tolist(), strict=True)
        }
        task = gathered("t", "x" * 140, drawn)
        found = _figures([task], "claims")["alpha on paired claims", "mode"]
        data = np.select([modes == "direct", modes == "mixed"], [0.0, 1.0], np.nan)
        theirs = krippendorff.alpha(reliability_data=data, level_of_measurement="nominal")
        assert found["value"] == pytest.approx(theirs, abs=1e-12)


def test_agr_is_directional() -> None:
    claims = [Claim(((n, n + 5),)) for n in (0, 10, 20, 30)]
    task = gathered("t", "x" * 40, {"a": ClaimSet(tuple(claims)), "b": ClaimSet((claims[0],))})
    report = agreement_report([task], load_scheme("claims"))
    pair = {e["name"]: e["value"] for e in report["by_pair"]}
    assert (pair["agr to"], pair["agr from"]) == (0.25, 1)
    assert _figures([task], "claims")["agr", ""]["value"] == pytest.approx(2 / 5)
    undefined = _figures([task], "claims")["alpha on paired claims", "mode"]
    assert undefined["value"] is None
    assert "only one value" in undefined["undefined"]


def test_what_has_no_meaning_is_undefined_with_its_reason() -> None:
    nobody = [
        gathered("t", TEXT, {"a": [], "b": []}),
        gathered("u", TEXT, {"a": [_entity("Bo", "PER")]}),
    ]
    found = _figures(nobody, "entities")
    assert found["span F1, exact", ""]["undefined"] == "neither drew anything"
    assert found["token alpha", ""]["value"] is None
    alone = _figures([gathered("t", TEXT, {"a": [_entity("Bo", "PER")]})], "entities")
    assert {e["undefined"] for e in alone.values()} == {"no task has two annotators"}
    nothing = {e["undefined"] for e in _figures([], "stance").values()}
    assert nothing == {"no task has two annotators"}
    empties: list[tuple[str, Any]] = [("entities", []), ("claims", ClaimSet((), ()))]
    for scheme, empty in empties:
        bare = [gathered(f"t{n}", TEXT, {"a": empty, "b": empty}) for n in range(2)]
        reasons = {name: e["undefined"] for (name, _), e in _figures(bare, scheme).items()}
        assert reasons["span F1, exact"] == "neither drew anything"
        # every token is bare for both annotators
        assert reasons["token alpha"].startswith("only one value was used")


@pytest.mark.parametrize("names", [("a", "b", "c"), ("c", "b", "a")])
def test_why_no_pair_has_a_kappa_does_not_depend_on_names(names: tuple[str, str, str]) -> None:
    anna = [_entity("Ann Lee", "PER")]
    one, other, third = names
    tasks = [
        gathered("1", TEXT, {one: anna, other: anna}),
        gathered("2", TEXT, {one: [], third: []}),
    ]
    found = _figures(tasks, "entities")["span kappa", ""]
    assert (found["value"], found["n"]) == (None, 1)
    assert found["undefined"] == "only one value was used, so agreement by chance is complete"


def test_order_of_tasks_and_annotators_never_matters() -> None:
    for tasks, scheme in ((_stances(), "stance"), (_two() + _two_more(), "entities")):
        expected = agreement_report(tasks, load_scheme(scheme), replicates=50)
        turned = [GatheredTask(t.data, t.annotations[::-1]) for t in tasks[::-1]]
        assert agreement_report(turned, load_scheme(scheme), replicates=50) == expected


@pytest.mark.parametrize("at_once", [1, 2])
def test_figures_are_the_same_however_many_tasks_are_looked_at_together(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    alone = [gathered(key, TEXT, {"b": [_entity("Rome", "GPE")]}) for key in "wx"]
    tasks = [*_two(), alone[0], *_two_more(), alone[1]]
    expected = agreement_report(tasks, load_scheme("entities"), replicates=50)
    monkeypatch.setattr(span_agreement, "_TASKS", at_once)
    monkeypatch.setattr(span_agreement, "_PAIRS", at_once)
    monkeypatch.setattr(span_columns, "_AT_ONCE", at_once)
    assert agreement_report(tasks, load_scheme("entities"), replicates=50) == expected


def _two_more() -> list[GatheredTask]:
    return [
        gathered("u", TEXT, {"a": [_entity("Bo", "PER")], "b": [], "c": [_entity("Bo", "ORG")]}),
        gathered("v", TEXT, {"c": [_entity("Oslo", "LOC")], "b": [_entity("Oslo", "LOC")]}),
    ]


def test_the_interval_comes_from_the_seed_and_holds_the_value() -> None:
    tasks = _stances()
    first, again = (_figures(tasks, "stance", seed=1) for _ in range(2))
    assert first == again
    assert _figures(tasks, "stance", seed=2) != first
    alpha = first["alpha", "stance"]
    assert alpha["low"] < alpha["value"] < alpha["high"]


def test_the_interval_is_that_of_a_plain_bootstrap() -> None:
    # F1 is the share of tasks drawn alike here: resampling 600 of them is a binomial draw
    texts = [gathered(f"t{n:03}", TEXT, _pair(n % 3 == 0)) for n in range(600)]
    found = _figures(texts, "entities", replicates=4000)["span F1, exact", ""]
    shares = np.random.default_rng(99).binomial(600, 200 / 600, size=20000) / 600
    low, high = np.percentile(shares, [2.5, 97.5])
    assert found["value"] == pytest.approx(200 / 600)
    assert found["low"] == pytest.approx(low, abs=0.003)
    assert found["high"] == pytest.approx(high, abs=0.003)


def test_the_interval_of_a_mean_of_pairs_is_that_of_a_plain_bootstrap() -> None:
    made = np.random.default_rng(5)
    truth = made.integers(0, 2, size=(300, 1))
    codes = np.where(made.random((300, 3)) < (0.1, 0.2, 0.4), 1 - truth, truth)
    tasks = []
    for n, row in enumerate(codes.tolist()):
        said = {who: Stance(_SAID[value]) for who, value in zip("abc", row, strict=True)}
        if n % 3:
            del said["c"]
        tasks.append(gathered(f"t{n:03}", "x", said, target="dam"))
    by_c = np.arange(300) % 3 == 0

    def mean(drawn: Any) -> Any:
        kappas, units = [], []
        for one, other in ((0, 1), (0, 2), (1, 2)):
            both = codes[drawn if other == 1 else drawn[by_c[drawn]]]
            first, second = both[:, one], both[:, other]
            chance = first.mean() * second.mean() + (1 - first.mean()) * (1 - second.mean())
            kappas.append(((first == second).mean() - chance) / (1 - chance))
            units.append(len(both))
        return np.average(kappas, weights=units)

    again = [mean(made.integers(0, 300, size=300)) for _ in range(4000)]
    found = _figures(tasks, "stance", replicates=4000)["Cohen kappa", "stance"]
    assert found["value"] == pytest.approx(mean(np.arange(300)))
    low, high = np.percentile(again, [2.5, 97.5])
    assert found["low"] == pytest.approx(low, abs=0.01)
    assert found["high"] == pytest.approx(high, abs=0.01)


def test_two_tasks_have_an_interval() -> None:
    tasks = [gathered(key, TEXT, _pair(key == "t")) for key in "tu"]
    # each sample has both, the alike one twice, or the other one twice
    found = _figures(tasks, "entities")["span F1, exact", ""]
    assert (found["low"], found["high"]) == (0, 1)


def _pair(alike: bool) -> dict[str, list[Entity]]:
    return {"a": [_entity("Bo", "PER")], "b": [_entity("Bo" if alike else "Rome", "PER")]}


def test_every_reason_why_a_figure_is_undefined_is_explained() -> None:
    page = (Path(__file__).parents[2] / "docs/agreement.md").read_text(encoding="utf-8")
    empty = {"a": ClaimSet(()), "b": ClaimSet(())}
    claims = [gathered("t", TEXT, empty), gathered("u", TEXT, {"a": ClaimSet((Claim(((0, 7),)),))})]
    blank = [gathered(name, TEXT, {"a": [], "b": []}) for name in "tu"]
    figures = [*_figures(claims, "claims").values(), *_figures(blank, "entities").values()]
    found = {figure["undefined"] for figure in figures} - {None}
    assert {"no item was rated by both", "no claim was made", "neither drew anything"} <= found
    assert all(f"| {reason} |" in page for reason in found)
