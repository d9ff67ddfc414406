"""Suggestions: what rules find, the gate, foreign configs, and what leaves for Label Studio."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.annotations.check import Checker
from annotate.annotations.raw import Result
from annotate.errors import InputError
from annotate.models import Suggestion, Task
from annotate.schemes import load_scheme
from annotate.schemes.base import Region, Relation
from annotate.schemes.label_config import (
    LabelConfig,
    fit_config,
    parse_label_config,
    read_label_config,
    shipped_config,
)
from annotate.tasks.suggest import Draft, Request, add_suggestions, make_suggester, registry
from annotate.tasks.suggest.draft import check_draft
from annotate.tasks.suggest.rules import find_claims
from benchmarks.suggestions import score
from tests.tasks.made import seed_articles, task


def checked(scheme: str, config: LabelConfig, text: str, suggestion: Suggestion) -> Any:
    """The record that an annotator makes who submits a suggestion unchanged."""
    kind = load_scheme(scheme)
    checker = Checker(
        config, kind.needs, many_labels=kind.many_labels, has_relations=bool(kind.relations)
    )
    found = checker.check(msgspec.convert(suggestion.result, list[Result]), text)
    record, rejects = kind.assemble(found.marks)
    assert (found.rejects, rejects) == ([], [])
    return record


def claims_in(text: str) -> list[tuple[str, str, str]]:
    return [
        (
            text[slice(*claim.source)] if claim.source else "",
            text[slice(*claim.cue)],
            " … ".join(text[a:b] for a, b in claim.content),
        )
        for claim in find_claims(text)
    ]


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("Ada Ott said the road was closed.", [("Ada Ott", "said", "the road was closed")]),
        (
            "The minister has repeatedly said that taxes will fall.",
            [("The minister", "said", "taxes will fall")],
        ),
        ("“We won,” said Ada Ott, 61.", [("Ada Ott", "said", "We won")]),
        ("We won in the end, said Ada Ott, 61.", [("Ada Ott", "said", "We won in the end")]),
        (
            "“Snow blinds us,” she said, “and we stop.”",
            [("she", "said", "Snow blinds us … and we stop")],
        ),
        ("“Snow falls. We stop,” she said.", [("she", "said", "Snow falls. We stop")]),
        (
            "According to the port, 312 ships were turned away.",
            [("the port", "According to", "312 ships were turned away")],
        ),
        (
            "The bridge is safe, according to two engineers, and will open in May.",
            [("two engineers", "according to", "The bridge is safe … and will open in May")],
        ),
        (
            "Its captain, Ada Ott, told the inquiry on Monday that nobody was hurt.",
            [("Ada Ott", "told", "nobody was hurt")],
        ),
        (
            "Ott, who leads the union, told the Lowe Inquiry he had asked them to stop.",
            [("Ott", "told", "he had asked them to stop")],
        ),
        ("The road was closed in May, according to 😀 ;", []),
        ("The road was closed in May, according to -\n", []),
        ("Ott denied having met him.", [("Ott", "denied", "having met him")]),
        (
            "It is thought that a deal is near.",
            [("", "It is thought", "a deal is near")],
        ),
        (
            "Ott believes the wall will hold, but said the cost was too high.",
            [
                ("Ott", "believes", "the wall will hold"),
                ("Ott", "said", "the cost was too high"),
            ],
        ),
        (
            "The plan was a scandal, he said, adding that voters would remember it.",
            [
                ("he", "said", "The plan was a scandal"),
                ("he", "adding", "voters would remember it"),
            ],
        ),
        ("The report was found behind a boiler.", []),
        ("It does not say who will pay.", []),
        ("He was told to wait outside.", []),
        ("The claims were settled in May.", []),
        ("The letter was rejected by the court.", []),
        ("Der Minister sagte am Dienstag, dass die Brücke im Winter geschlossen bleibt.", []),
    ],
)
def test_rules(text: str, claims: list[tuple[str, str, str]]) -> None:
    assert claims_in(text) == claims


def test_thousands_of_cues_in_one_sentence() -> None:
    # 4,000 took half a minute, and twice as many four times as long
    text = "Ott said that the road was closed, " * 10_000 + "and that was all."
    claims = list(find_claims(text))
    assert len(claims) > 9_900
    assert {(text[slice(*c.source)], text[slice(*c.cue)]) for c in claims if c.source} == {
        ("Ott", "said")
    }
    assert all(text[a:].startswith("the road") for claim in claims for a, _ in claim.content)
    # of 8 words and marks with 35 characters, 125 are read together
    assert max(b - a for claim in claims for a, b in claim.content) < 125 * 35


def test_rules_on_the_hand_annotation_of_the_seeds() -> None:
    for annotators in (("anna",), ("ben",)):
        whole, stripped = score(annotators, strip=False), score(annotators, strip=True)

        assert whole.recall >= 0.5
        assert whole.precision >= 0.7
        assert stripped.precision >= 0.7
        assert stripped.recall >= 0.8 * whole.recall


def test_every_suggestion_of_the_seeds_is_what_the_gathering_reads() -> None:
    scheme, config = load_scheme("claims"), shipped_config("claims")
    suggester = make_suggester("rules", scheme, config, "datasets")
    tasks = [task("claims", article.text) for article in seed_articles()]
    dropped: list[str] = []

    done = list(add_suggestions(tasks, suggester, scheme, config, on_dropped=dropped.append))

    assert dropped == []
    for one in done:
        text = str(one.data["text"])
        (suggestion,) = one.predictions
        record = checked("claims", config, text, suggestion)
        expected = {tuple(sorted(claim.content)) for claim in find_claims(text)}
        assert {claim.content for claim in record.claims} == expected
        assert record.unlinked == ()


WORDS = (
    'he she Ott said says told that denied according to “ ” " , . : ; the road was closed in May '
    "and but who - ’s 6,000 😀 it is thought believes claims adding call called"
)
words = st.sampled_from([*WORDS.split(), "\n", "  "])


@given(st.lists(words, max_size=60), st.lists(st.sampled_from([" ", "", "  "]), min_size=60))
@settings(deadline=None, max_examples=300)
def test_rules_never_give_what_the_gate_refuses(parts: list[str], spaces: list[str]) -> None:
    text = "x" + "".join(p + s for p, s in zip(parts, spaces, strict=False))
    scheme, config = load_scheme("claims"), shipped_config("claims")
    suggester = make_suggester("rules", scheme, config, "datasets")

    (draft,) = suggester.suggest([Task(data={"text": text})])

    if draft.regions:
        assert check_draft(draft, text, scheme, config) == []


R = Region
GOOD = [R("a", "role", 0, 3, "Source", {}), R("b", "role", 4, 8, "Content", {})]


def test_a_draft_may_reach_to_the_end_of_the_text() -> None:
    scheme, config = load_scheme("claims"), shipped_config("claims")
    draft = Draft([R("a", "role", 0, 15, "Content", {})], score=1.0)
    assert check_draft(draft, "Ott said it was", scheme, config) == []


@pytest.mark.parametrize(
    ("draft", "problem"),
    [
        (Draft([R("a", "role", 0, 99, "Cue", {})]), "region a: 0 to 99 in a text of 15 characters"),
        (Draft([R("a", "role", 9, 16, "Cue", {})]), "region a: 9 to 16 in a text of 15 characters"),
        (Draft([R("a", "role", -1, 2, "Cue", {})]), "region a: -1 to 2 in a text"),
        (Draft([R("a", "role", 3, 3, "Cue", {})]), "region a: 3 to 3"),
        (Draft([R("a", "role", 0.0, 3, "Cue", {})]), "offsets are not whole numbers"),  # type: ignore[arg-type]
        (Draft([GOOD[0], GOOD[0]]), "2 regions have the id 'a'"),
        (Draft([R("a", "role", 0, 3, "PER", {})]), "'PER' is not a label of role"),
        (Draft([R("a", "entity", 0, 3, "Cue", {})]), "'Cue' is not a label of entity"),
        (Draft([R("a", "role", 0, 3, "Cue", {"mode": "loud"})]), "'loud' is not a choice of mode"),
        (Draft(GOOD, [Relation("a", "z")]), "relation a -> z: an end does not exist"),
        (Draft(GOOD, [Relation("a", "a")]), "both ends are the same region"),
        (Draft(GOOD, [Relation("a", "b", ("has",))]), "'has' is not in the label config"),
        (Draft(GOOD, [Relation("a", "b", ("cue",))]), "relation a -> b: contradicting_relation"),
        (Draft(GOOD, score=1.5), "score 1.5 is not between 0 and 1"),
        (Draft(GOOD, choices={"stance": "favor"}), "choice 'favor' of stance is not in the"),
    ],
)
def test_the_gate(draft: Draft, problem: str) -> None:
    scheme, config = load_scheme("claims"), shipped_config("claims")
    assert problem in "; ".join(check_draft(draft, "Ott said it was", scheme, config))


class Fixed:
    """A suggester of another package."""

    name = "fixed 1"

    def __init__(self, drafts: list[Draft]) -> None:
        self.drafts = drafts

    def suggest(self, tasks: Sequence[Task]) -> list[Draft]:
        return self.drafts


def make_fixed(request: Request) -> Fixed:
    return Fixed([Draft([R("q", "entity", 0, 3, request.argument, {})], score=0.5)])


def test_suggester_of_another_package(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("fixed", f"{__name__}:make_fixed", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry])
    scheme, config = load_scheme("entities"), shipped_config("entities")

    suggester = make_suggester("fixed:ORG", scheme, config, "datasets")
    (done,) = add_suggestions(
        [task("entities", "Ott said")], suggester, scheme, config, on_dropped=print
    )

    assert done.predictions[0].model_dump() == {
        "model_version": "fixed 1",
        "score": 0.5,
        "result": [
            {
                "id": "q",
                "from_name": "entity",
                "to_name": "text",
                "type": "labels",
                "value": {"start": 0, "end": 3, "text": "Ott", "labels": ["ORG"]},
            }
        ],
    }


def test_a_bad_draft_stays_behind_and_is_named() -> None:
    scheme, config = load_scheme("entities"), shipped_config("entities")
    dropped: list[str] = []
    one = task("entities", "Ott said")

    suggester = Fixed([Draft([R("q", "entity", 0, 30, "PER", {})])])
    (done,) = add_suggestions([one], suggester, scheme, config, on_dropped=dropped.append)

    assert done == one
    key = one.data["unit_key"]
    assert dropped == [
        f"suggestion of fixed 1 for task {key} left out: "
        "region q: 0 to 30 in a text of 8 characters"
    ]
    with pytest.raises(InputError, match="suggester fixed 1: gave 0 drafts for 1 tasks"):
        list(add_suggestions([one], Fixed([]), scheme, config, on_dropped=print))


def test_relations_have_no_label_where_the_config_has_none_for_them() -> None:
    scheme, shipped = load_scheme("claims"), shipped_config("claims")
    bare = re.sub("<Relations.*</Relations>", "", shipped.xml, flags=re.DOTALL)
    config = parse_label_config(bare, where="bare.xml")
    fit_config(config, scheme.name, scheme.needs, scheme.relations)
    suggester = make_suggester("rules", scheme, config, "datasets")
    dropped: list[str] = []
    one = task("claims", "Ada Ott denied that the road was closed.")
    (done,) = add_suggestions([one], suggester, scheme, config, on_dropped=dropped.append)
    assert not dropped
    result = done.predictions[0].result
    assert [r["labels"] for r in result if r["type"] == "relation"] == [[], []]


def test_a_suggestion_leaves_under_the_names_of_a_foreign_config(tmp_path: Path) -> None:
    path = tmp_path / "foreign.xml"
    path.write_text(
        '<View><Relations><Relation value="by"/><Relation value="with"/></Relations>'
        '<Labels name="span" toName="t"><Label value="Who"/><Label value="Word"/>'
        '<Label value="What"/></Labels><Text name="t" value="$text"/></View>'
    )
    names = {
        "span": "role", "Who": "Source", "Word": "Cue", "What": "Content",
        "by": "source", "with": "cue",
    }  # fmt: skip
    config, scheme = read_label_config(path, names), load_scheme("claims")
    suggester = make_suggester("rules", scheme, config, "datasets")
    one = task("claims", "Ada Ott denied that the road was closed.")

    (done,) = add_suggestions([one], suggester, scheme, config, on_dropped=print)

    result = done.predictions[0].result
    assert {(r["from_name"], r["to_name"]) for r in result if r["type"] == "labels"} == {
        ("span", "t")
    }
    assert {r["value"]["text"]: r["value"]["labels"] for r in result if r["type"] == "labels"} == {
        "Ada Ott": ["Who"],
        "denied": ["Word"],
        "the road was closed": ["What"],
    }
    assert sorted(r["labels"] for r in result if r["type"] == "relation") == [["by"], ["with"]]
    record = checked("claims", config, str(one.data["text"]), done.predictions[0])
    assert len(record.claims) == 1


def test_unknown_suggester_and_scheme() -> None:
    config = shipped_config("entities")
    with pytest.raises(InputError, match=r"--suggest: no suggester 'magic'; use one of rules"):
        make_suggester("magic", load_scheme("entities"), config, "datasets")
    with pytest.raises(InputError, match="rules know claims only"):
        make_suggester("rules", load_scheme("entities"), config, "datasets")
    with pytest.raises(InputError, match="--suggest: rules take no 'de'; write rules alone"):
        make_suggester("rules:de", load_scheme("claims"), shipped_config("claims"), "datasets")
