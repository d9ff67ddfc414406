"""Rules that place groups of articles."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.dataset.splits import Origin, SplitRule, Splitter, Stood
from annotate.errors import InputError, UsageError

_BY_DATE = SplitRule.parse("date:2024-01-01")
_OUTLET = SplitRule.parse("outlet")
_days = st.dates(dt.date(2023, 12, 1), dt.date(2024, 2, 1))
_articles = st.lists(
    st.builds(
        Origin,
        st.sampled_from(["g1", "g2", "g3"]),
        _days.map(str),
        st.sampled_from([f"https://{h}.example/x" for h in ("a", "b", "c", "d")]),
    ),
    min_size=1,
    max_size=12,
)


def _splits(rule: SplitRule, articles: list[Origin]) -> dict[str, str | None]:
    groups = {str(n): article.group for n, article in enumerate(articles)}
    splitter = Splitter({}, groups, rule, articles)
    return {row: splitter.split_of(row, group) for row, group in groups.items()}


@given(_articles, st.sampled_from(["ratio", "date:2024-01-01", "outlet"]))
def test_no_group_crosses_splits(articles: list[Origin], rule: str) -> None:
    found = _splits(SplitRule.parse(rule), articles)
    stands = {(article.group, found[str(n)]) for n, article in enumerate(articles)}
    assert len(stands) == len({article.group for article in articles})


@given(_articles)
def test_by_date_a_group_goes_where_its_first_article_goes(articles: list[Origin]) -> None:
    found = _splits(_BY_DATE, articles)
    for n, article in enumerate(articles):
        first = min(str(a.date) for a in articles if a.group == article.group)
        assert found[str(n)] == ("test" if first >= "2024-01-01" else "train")


def test_by_outlet_all_of_an_outlet_go_together() -> None:
    hosts = [f"paper{n}.example" for n in range(60)]
    articles = [
        Origin(f"{host} {n}", None, f"https://{prefix}{host}/{n}")
        for host in hosts
        for n, prefix in enumerate(("", "www.", "WWW."))
    ]
    found = list(_splits(_OUTLET, articles).values())
    of_hosts = [set(found[3 * n : 3 * n + 3]) for n in range(60)]
    assert all(len(splits) == 1 for splits in of_hosts)
    assert {split for splits in of_hosts for split in splits} == {"train", "validation", "test"}


def test_by_outlet_the_first_article_speaks_for_the_story() -> None:
    alone = {
        host: _splits(_OUTLET, [Origin("g", None, f"https://{host}/")])["0"]
        for host in (f"paper{n}.example" for n in range(60))
    }
    train = next(host for host, split in alone.items() if split == "train")
    test = next(host for host, split in alone.items() if split == "test")
    early, late = "2024-01-01", "2024-01-02"
    for first, second, expected in ((train, test, "train"), (test, train, "test")):
        articles = [
            Origin("g", late, f"https://{second}/"),
            Origin("g", early, f"https://{first}/"),
        ]
        assert _splits(_OUTLET, articles) == {"0": expected, "1": expected}


def test_older_items_and_their_groups_stay() -> None:
    groups = {"old": "g1", "copy": "g1", "new": "g2"}
    origins = [Origin("g1", "2025-01-01", None), Origin("g2", "2025-01-01", None)]
    splitter = Splitter({"old": "validation"}, groups, _BY_DATE, origins)
    assert [splitter.split_of(row, group) for row, group in groups.items()] == [
        "validation",
        "validation",
        "test",
    ]


def test_groups_stay_where_what_left_them_stood() -> None:
    removed = {
        "gone": Stood("validation", "g1"),
        "before": Stood("train", "g1"),  # of an older version
        "back": Stood("train", "g9"),
    }
    groups = {"copy": "g1", "back": "g2", "new": "g3"}
    origins = [Origin(group, "2025-01-01", None) for group in groups.values()]
    splitter = Splitter({}, groups, _BY_DATE, origins, removed)
    assert [splitter.split_of(row, group) for row, group in groups.items()] == [
        "validation",
        "train",
        "test",
    ]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            "date:2024-01-01",
            "--split: 1 of 2 new stories have no date, so the split by date cannot place them: g2; "
            "give the articles their date, or use --split ratio",
        ),
        ("outlet", "--split: 1 of 2 new stories have no address"),
    ],
)
def test_what_a_rule_cannot_place_is_named(rule: str, message: str) -> None:
    known = Origin("g1", "2024-01-01", "https://a.example/")
    with pytest.raises(InputError) as raised:
        unknown = Origin("g2", "soon", "no address")
        splitter = Splitter({}, {}, SplitRule.parse(rule), [known, unknown])
        assert splitter.split_of("row", "g2") is None
        splitter.refuse_lost(["g1"])
        splitter.refuse_lost(["g1", "g2"])
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize("text", ["", "date", "date:", "date:soon", "outlet:x", "ratio:1", "size"])
def test_an_unknown_rule_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="use ratio, date:2024-01-01 or outlet"):
        SplitRule.parse(text)
