"""Grouping finds copies, keeps stories apart, and does not depend on order."""

from __future__ import annotations

import itertools
import random
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.articles import ArticleLedger, read_articles
from annotate.articles.likeness.boilerplate import Boilerplate
from annotate.articles.likeness.groups import Groups
from annotate.articles.likeness.shingles import containment, lines_of, shingle
from annotate.articles.record import article_of
from annotate.articles.spool import Spool
from annotate.models import Article
from tests.articles.likeness.stories import Made, make_stories

SEEDS = Path(__file__).resolve().parents[3] / "seeds" / "articles"


def articles_of(records: Iterable[dict[str, str]]) -> list[Article]:
    return [article_of(r, {name: name for name in r}, where=str(n)) for n, r in enumerate(records)]


def group(articles: Iterable[Article]) -> dict[str, str]:
    """The group of each article, by article_id."""
    with Spool(articles, ArticleLedger()) as spool:
        groups = Groups(spool)
        return {spool.article_id(n): groups.name(n) for n in spool.kept.tolist()}


def pairs(of: dict[str, str]) -> set[tuple[str, str]]:
    members = defaultdict(list)
    for article, name in of.items():
        members[name].append(article)
    return {pair for found in members.values() for pair in itertools.combinations(sorted(found), 2)}


def score(made: list[Made]) -> tuple[float, float]:
    articles = articles_of(m.record for m in made)
    wanted = pairs({a.article_id: str(m.story) for a, m in zip(articles, made, strict=True)})
    found = pairs(group(articles))
    assert wanted
    return len(wanted & found) / len(wanted), len(wanted & found) / len(found)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_recall_and_precision(seed: int) -> None:
    recall, precision = score(make_stories(150, seed))

    assert recall >= 0.98
    assert precision >= 0.98


def test_copies_are_found_without_their_original() -> None:
    made = [m for m in make_stories(200, 4) if not m.record["url"].endswith("/0")]

    recall, precision = score(made)

    assert recall >= 0.98
    assert precision >= 0.98


def test_order_changes_nothing() -> None:
    articles = articles_of(m.record for m in make_stories(60, 5))
    expected = group(articles)
    for seed in range(3):
        random.Random(seed).shuffle(articles)  # noqa: S311
        assert group(articles) == expected


def test_seeds() -> None:
    articles = list(read_articles([str(SEEDS)]))
    file = {a.article_id: Path(a.origin).name[:2] for a in articles}

    found = {file[a]: file[name] for a, name in group(articles).items()}

    assert found == {number: number for number in file.values()} | {"05": "04"}


def test_a_group_keeps_its_name_when_a_later_copy_comes() -> None:
    made = make_stories(40, 8)
    articles = articles_of(m.record for m in made)
    originals = [a for a, m in zip(articles, made, strict=True) if m.record["url"][-1] == "0"]

    before, after = group(originals), group(articles)

    assert {name: after[name] for name in before} == before


def test_copies_with_the_same_text_and_other_addresses() -> None:
    record = {"text": "One two three four five.\nSix seven eight nine ten.", "url": "", "date": ""}
    copies = [
        record | {"url": f"https://{n}.example/", "date": f"2024-01-{31 - n}"} for n in range(9)
    ]
    articles = articles_of(copies)

    assert set(group(articles).values()) == {articles[8].article_id}


def test_copies_are_found_however_far_apart_they_come() -> None:
    rng = random.Random(13)  # noqa: S311
    words = [f"w{n}" for n in range(4000)]
    stories = [" ".join(rng.sample(words, 24)) for _ in range(1300)]
    # more than are held at once lie between a story and its copy, which lacks the first half
    copies = [" ".join(story.split()[12:]) for story in stories[:100]]
    articles = articles_of({"text": text, "url": "", "date": ""} for text in stories + copies)

    names = [a.article_id for a in articles]

    assert pairs(group(articles)) == {
        tuple(sorted(two)) for two in zip(names[:100], names[1300:], strict=True)
    }


def test_copies_that_are_connected_are_not_looked_up_again_for_each_band() -> None:
    record = {"text": "One two three four five.\nSix seven eight nine ten.", "date": ""}
    articles = articles_of(record | {"url": f"https://{n}.example/"} for n in range(300))
    looked_up = 0

    def count(frame: FrameType, event: str, _: Any) -> None:
        nonlocal looked_up
        looked_up += event == "call" and frame.f_code.co_name == "find"

    sys.setprofile(count)
    try:
        names = set(group(articles).values())
    finally:
        sys.setprofile(None)
    assert len(names) == 1
    assert looked_up < 400 * len(articles)  # once a band, of 128; it was 15,000 times


def test_different_stories_under_one_long_footer() -> None:
    made = make_stories(30, 11)
    footer = "\n".join(
        line[:200] for line in make_stories(1, 12)[0].record["text"].split("\n")[3:8]
    )
    stories = {m.event: m.record for m in reversed(made)}
    records = [
        {"text": record["text"][:900] + "\n" + footer, "url": f"https://a.example/{n}"}
        for n, record in enumerate(stories.values())
    ]
    articles = articles_of(records)

    names = group(articles)

    assert len(set(names.values())) == len(records)
    with Spool(articles, ArticleLedger()) as spool:
        boilerplate = Boilerplate(spool)
        lines = boilerplate.lines(spool)
        assert [line.articles for line in lines[:5]] == [len(records)] * 5
        assert {line.line for line in lines[:5]} == set(lines_of(footer))


@given(st.text(alphabet="aB9_ .,'`’‘“”–—…\u00a0-\t", max_size=20))
def test_words_do_not_depend_on_their_neighbours(line: str) -> None:
    # with a letter that is not ASCII the line takes the general way
    assert [*lines_of(f"{line} é")] == [" ".join([*" ".join(lines_of(line)).split(), "é"])]


@given(st.lists(st.text(), min_size=1), st.randoms())
def test_shingles_do_not_know_the_order_of_lines(lines: list[str], rng: random.Random) -> None:
    once = shingle(lines_of("\n".join(lines)))
    rng.shuffle(lines)

    assert shingle(lines_of("\n".join(lines))).tolist() == once.tolist()


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ("a b c d e", "a b c d e", 1.0),
        ("a b c d", "b c d e", 0.5),
        ("They weren’t “firing” back", "they werent FIRING back", 1.0),
        ("a b c\nd e f", "d e f\na b c", 1.0),
        ("a b c d e f", "x\na b c", 0.5),
        ("佐藤は言った", "「佐藤は言った」", 1.0),
        ("สวัสดีครับ", "สวัสดีค่ะ", 5 / 7),
        ("a b", "a b c", 0.0),
        ("", "a b c", 0.0),
    ],
)
def test_containment(one: str, other: str, share: float) -> None:
    found = containment(shingle(lines_of(one)), shingle(lines_of(other)))
    assert found == pytest.approx(share)
