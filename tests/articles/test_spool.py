"""A spool gives every article back, once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from annotate.articles import ArticleLedger, read_articles
from annotate.articles.language import language_of
from annotate.articles.spool import Spool
from annotate.errors import ArticleError
from tests.articles.made import records, write_jsonl


def test_articles_come_back_unchanged(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "n.jsonl", records(50))
    articles = list(read_articles([str(tmp_path)]))
    ledger = ArticleLedger()

    with Spool(articles, ledger) as spool:
        assert list(spool) == articles
        assert [spool.article_id(n) for n in spool.kept] == [a.article_id for a in articles]
        assert {spool.host(n) for n in spool.kept} == {f"outlet{n}.example" for n in range(7)}
    assert ledger.repeated == 0


def test_days_come_back_also_the_last_that_there_is(tmp_path: Path) -> None:
    days = ["2024-02-29", None, "9999-12-31", "0001-01-01"]
    rows = [{"text": str(n), "date": day} for n, day in enumerate(days)]
    (tmp_path / "n.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    with Spool(read_articles([str(tmp_path)]), ArticleLedger()) as spool:
        found = [article.date and article.date.isoformat() for article in spool]
        oldest_first = sorted(spool.kept.tolist(), key=lambda number: spool.dates[number])

    assert found == days
    assert oldest_first == [3, 0, 2, 1]


def test_repeated_and_contradicting_articles(tmp_path: Path) -> None:
    rows = [
        {"text": "one", "url": "https://A.example/x", "target": "tax"},
        {"text": "two", "url": "https://a.example/y"},
        {"text": "one", "url": "https://a.example/x#top", "target": "ban"},
        {"text": "other", "url": "https://a.example/x"},
        {"text": "no address"},
        {"text": "no address"},
    ]
    (tmp_path / "n.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ledger = ArticleLedger()

    with Spool(read_articles([str(tmp_path)], ledger=ledger), ledger) as spool:
        articles = list(spool)

    assert [article.text for article in articles] == ["one", "two", "no address"]
    assert [[t.text for t in article.targets] for article in articles] == [["tax", "ban"], [], []]
    assert ledger.summary() == "6 read = 5 articles (2 repeated) + 1 set aside"
    assert "line 4: another article with the address" in str(ledger.set_aside[0])
    assert "the other is" in str(ledger.set_aside[0])


def test_its_file_goes_where_an_article_cannot_be_read(tmp_path: Path) -> None:
    articles = read_articles([str(tmp_path / "absent.txt")])
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(ArticleError) as caught:
        Spool(articles, ArticleLedger())
    # the error holds what stood in the frames, as it does where a notebook shows it
    assert caught.value.__traceback__ is not None
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Le conseil municipal a voté mardi soir l’extension du vieux port de la ville.", "fr"),
        ("Der Stadtrat stimmte am Dienstagabend für den Ausbau des alten Hafens.", "de"),
        ("Городской совет во вторник вечером проголосовал за расширение порта.", "ru"),
        ("صوّت مجلس المدينة مساء الثلاثاء لصالح توسيع الميناء القديم في المدينة", "ar"),
        (
            "市議会は火曜日の夜、古い港を拡張することを決めた。反対派は強く批判し、住民投票を求めている。",
            "ja",
        ),
        ("ok", "und"),
    ],
)
def test_languages(text: str, language: str) -> None:
    assert language_of(text) == language
