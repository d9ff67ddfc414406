"""Every format gives the same articles; sources are found as the commands say."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset, DatasetDict, disable_progress_bars

from annotate.articles import ArticleLedger, Columns, read_articles
from annotate.articles.readers import registry
from annotate.articles.record import Found, make_article
from annotate.articles.sources.files import SourceFile
from annotate.articles.spool import Spool
from annotate.errors import ArticleError, InputError
from annotate.tasks.targets import read_targets
from tests.articles.made import WRITERS, page, records, write_jsonl, write_warc
from tests.shared import shared


def read(*sources: Path | str, columns: dict[str, str] | None = None) -> list[dict[str, str]]:
    found = read_articles(map(str, sources), columns)
    return [
        {"title": a.title, "date": str(a.date), "url": str(a.url), "text": a.text} for a in found
    ]


@pytest.mark.parametrize("ending", WRITERS)
def test_ten_thousand_articles_come_through_unchanged(ending: str, tmp_path: Path) -> None:
    made = records(10_000)
    path = tmp_path / f"made.{ending}"
    WRITERS[ending](path, made)
    ledger = ArticleLedger()

    count = 0
    for article, wanted in zip(read_articles([str(path)], ledger=ledger), made, strict=True):
        assert (article.title, article.text) == (wanted["title"], wanted["text"])
        assert (str(article.date), article.url) == (wanted["date"], wanted["url"])
        count += 1

    assert (ledger.read, ledger.articles, ledger.set_aside) == (count, count, [])


@pytest.mark.faults
@pytest.mark.parametrize("kind", ["txt", "html", "warc.gz"])
def test_ten_thousand_pages_and_files(kind: str, tmp_path: Path) -> None:
    made = sorted(records(10_000), key=lambda r: r["url"])
    if kind == "warc.gz":
        write_warc(tmp_path / "crawl.warc.gz", made)
    for number, item in enumerate(made if kind != "warc.gz" else []):
        title, _, *paragraphs = item["text"].split("\n")
        lines = [title, item["date"].replace("-", ""), item["url"], *paragraphs]
        text = page(item) if kind == "html" else "\n".join(lines)
        (tmp_path / f"{number:05d}.{kind}").write_text(text, encoding="utf-8")
    ledger = ArticleLedger()

    for article, wanted in zip(read_articles([str(tmp_path)], ledger=ledger), made, strict=True):
        assert (article.title, article.text) == (wanted["title"], wanted["text"])
        assert (str(article.date), article.url) == (wanted["date"], wanted["url"])

    assert (ledger.read, ledger.articles) == (10_000, 10_000)


def test_dataset_on_disk_with_splits(tmp_path: Path) -> None:
    made = records(300)
    disable_progress_bars()
    rows = DatasetDict({"a": Dataset.from_list(made[:200]), "b": Dataset.from_list(made[200:])})
    rows.save_to_disk(str(tmp_path / "saved"))

    assert read(tmp_path / "saved") == made
    assert read(tmp_path) == made
    origins = [article.origin for article in read_articles([str(tmp_path / "saved")])]
    numbers = [f"a row {n}" for n in range(200)] + [f"b row {n}" for n in range(100)]
    assert origins == [f"{tmp_path}/saved: {number}" for number in numbers]


def test_articles_of_parquet_say_their_row(tmp_path: Path) -> None:
    path = tmp_path / "n.parquet"
    pq.write_table(pa.table({"text": [f"Text {n}" for n in range(300)] + [None]}), path)
    ledger = ArticleLedger()

    origins = [article.origin for article in read_articles([str(path)], ledger=ledger)]

    assert origins == [f"{path}: row {n}" for n in range(300)]
    assert [error.where for error in ledger.set_aside] == [f"{path}: row 300"]


def test_real_seed() -> None:
    path = shared("seeds", "000_67a18a0e446c63d1.txt")
    lines = path.read_text(encoding="utf-8").split("\n")

    (article,) = read_articles([str(path)])

    assert article.date is not None
    assert article.date.isoformat() == "2022-02-21"
    assert article.url == lines[2]
    assert article.text.split("\n") == [lines[0], "", *[line for line in lines[3:] if line]]


def test_folder_glob_and_repeated_names(tmp_path: Path) -> None:
    made = records(6)
    (tmp_path / "deep" / "er").mkdir(parents=True)
    write_jsonl(tmp_path / "b.jsonl", made[2:4])
    write_jsonl(tmp_path / "a.jsonl", made[:2])
    write_jsonl(tmp_path / "deep" / "er" / "c.jsonl", made[4:])
    (tmp_path / "notes.md").write_text("no article")

    assert read(tmp_path) == made
    assert read(tmp_path / "*.jsonl") == made[:4]
    assert read(tmp_path / "**" / "*.jsonl") == made
    assert read(tmp_path / "deep" / ".." / "a.jsonl") == made[:2]


def test_a_glob_names_folders_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = records(6)
    (tmp_path / "2024" / "may").mkdir(parents=True)
    (tmp_path / ".old").mkdir()
    write_jsonl(tmp_path / "2024" / "a.jsonl", made[:2])
    write_jsonl(tmp_path / "2024" / "may" / "b.jsonl", made[2:4])
    write_jsonl(tmp_path / "2024-06.jsonl", made[4:])
    write_jsonl(tmp_path / ".old" / "a.jsonl", made[:1])
    (tmp_path / "2024" / "notes.md").write_text("no article")

    for pattern in ("*", "**", "**/*"):
        ledger = ArticleLedger()
        found = [a.title for a in read_articles([tmp_path / pattern], ledger=ledger)]
        assert sorted(found) == sorted(record["title"] for record in made)
        assert (ledger.set_aside, ledger.passed_over) == ([], {".md": 1})
    assert read(tmp_path / "202[45]") == made[:4]
    monkeypatch.chdir(tmp_path)
    assert len(read("**")) == 6


def test_a_glob_passes_over_the_parts_of_a_page(tmp_path: Path) -> None:
    first, second = records(2)
    (tmp_path / "page.html").write_text(page(first), encoding="utf-8")
    (tmp_path / "page_files").mkdir()
    (tmp_path / "page_files" / "frame.html").write_text(page(second), encoding="utf-8")
    ledger = ArticleLedger()
    (article,) = read_articles([tmp_path / "*"], ledger=ledger)
    assert article.title == first["title"]
    assert ledger.passed_over == {"_files/": 1}


def test_an_empty_name_is_not_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_jsonl(tmp_path / "a.jsonl", records(1))
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ArticleError, match="SOURCE: an empty name is no source; give a file"):
        read("")


def test_a_file_name_that_is_not_utf_8(tmp_path: Path) -> None:
    made = records(2)
    write_jsonl(tmp_path / "a.jsonl", made[:1])
    write_jsonl(tmp_path / os.fsdecode(b"caf\xe9.jsonl"), made[1:])

    ledger = ArticleLedger()
    with Spool(read_articles([str(tmp_path)], ledger=ledger), ledger) as spool:
        origins = [article.origin for article in spool]

    assert origins == [f"{tmp_path}/a.jsonl: line 1", f"{tmp_path}/caf\\xe9.jsonl: line 1"]


def test_fsspec_url() -> None:
    made = records(4)
    files = fsspec.filesystem("memory")
    for name, part in (("x", made[:2]), ("y", made[2:])):
        with files.open(f"/news/{name}.jsonl", "wb") as out:
            out.write("".join(json.dumps(r) + "\n" for r in part).encode())

    assert read("memory://news/x.jsonl") == made[:2]
    assert read("memory://news/*.jsonl") == made
    assert read("memory://news") == made
    with pytest.raises(ArticleError, match=r"memory://none: no article there; give one of .txt"):
        read("memory://none")


def test_a_glob_of_an_address_names_folders_too_and_nothing_hidden() -> None:
    made = records(6)
    files = fsspec.filesystem("memory")
    places = ("2024/a", "2024/may/b", "2024-06", ".2024/a", "._a", "2024/.may/a")
    for name, record in zip(places, made, strict=True):
        with files.open(f"/globbed/{name}.jsonl", "wb") as out:
            out.write(json.dumps(record).encode())

    assert read("memory://globbed/*") == made[:3]
    assert read("memory://globbed/*.jsonl") == made[2:3]
    assert sorted(read("memory://globbed/**"), key=made.index) == made[:3]
    assert read("memory://globbed/.2*/*.jsonl") == made[3:4]


def test_page_of_a_news_site(tmp_path: Path) -> None:
    (made,) = records(1)
    path = tmp_path / "page.html"
    path.write_text(page(made), encoding="utf-8")

    assert read(path) == [made]


def test_page_in_the_encoding_it_declares(tmp_path: Path) -> None:
    (made,) = records(1)
    made["text"] = made["text"].replace("😀", "é")
    path = tmp_path / "page.htm"
    path.write_bytes(page(made).replace("utf-8", "iso-8859-1").encode("cp1252"))

    (article,) = read_articles([str(path)])

    assert article.text == made["text"]


def test_page_that_is_not_in_its_encoding(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(b"<html><p>caf\xe9</p>")
    with pytest.raises(ArticleError, match="not utf-8: byte 0xe9 at offset 12"):
        read(path)


@pytest.mark.parametrize("name", ["crawl.warc", "crawl.warc.gz"])
def test_warc(name: str, tmp_path: Path) -> None:
    made = records(20)
    write_warc(tmp_path / name, made)

    assert read(tmp_path / name) == made


def test_semicolons_part_a_csv_whose_header_has_no_comma(tmp_path: Path) -> None:
    path = tmp_path / "n.csv"
    path.write_bytes(b'\xef\xbb\xbftitle;date;text\r\n"A; b";20240201;"One, ""two"";\r\nthree"\r\n')
    (article,) = read_articles([str(path)])
    assert (article.title, article.text) == ("A; b", 'One, "two";\nthree')

    path.write_text("text;kind\nDoes the port close?;question\n")
    assert read_targets(path).by_article[None][0].kind == "question"

    path.write_text("title,text;more\nT,a;b\n")
    assert read(path, columns={"text": "text;more"})[0]["text"] == "a;b"


def test_columns_are_mapped_and_guesses_told(tmp_path: Path) -> None:
    path = tmp_path / "n.csv"
    path.write_text("Headline,BODY,Published,x\nT,One.,2024-02-01,9\n", encoding="utf-8")
    told: list[str] = []

    (article,) = read_articles([str(path)], Columns(on_guess=told.append))

    assert (article.title, article.text, str(article.date)) == ("T", "One.", "2024-02-01")
    assert told == [f"{path}: columns guessed: --columns text=BODY,title=Headline,date=Published"]
    (other,) = read_articles([str(path)], {"text": "x"})
    assert other.text == "9"


def test_a_name_that_is_there_is_never_overruled(tmp_path: Path) -> None:
    path = tmp_path / "n.jsonl"
    path.write_text('{"body": "wrong", "text": "right", "content": "wrong"}\n')
    told: list[str] = []

    (article,) = read_articles([str(path)], Columns(on_guess=told.append))

    assert (article.text, told) == ("right", [])


def test_a_column_that_is_asked_for_counts_before_a_name_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "n.jsonl"
    path.write_text('{"text": "A headline.", "body": "The story."}\n')
    told: list[str] = []

    (article,) = read_articles([str(path)], Columns({"title": "text"}, on_guess=told.append))

    assert (article.title, article.text) == ("A headline.", "The story.")
    assert told == [f"{path}: columns guessed: --columns text=body"]
    path.write_text('{"text": "A headline."}\n')
    with pytest.raises(ArticleError, match="has no column for the text"):
        read(path, columns={"title": "text"})
    with pytest.raises(InputError, match="--columns: names the column text twice; give each"):
        Columns({"title": "text", "text": "text"})


def test_unknown_and_missing_columns(tmp_path: Path) -> None:
    path = tmp_path / "n.csv"
    path.write_text("text\nOne.\n")
    with pytest.raises(InputError, match="--columns: names titel; use text, title"):
        read(path, columns={"titel": "x"})
    disable_progress_bars()
    pq.write_table(pa.table({"text": ["One."]}), tmp_path / "n.parquet")
    Dataset.from_dict({"text": ["One."]}).save_to_disk(str(tmp_path / "saved"))
    for name in ("n.csv", "n.parquet", "saved"):
        with pytest.raises(ArticleError, match=f"{name}: has no column x; it has text"):
            read(tmp_path / name, columns={"title": "x"})


def test_a_column_that_no_line_has(tmp_path: Path) -> None:
    path = tmp_path / "n.jsonl"
    write_jsonl(path, [{"text": "x", "published": "2024-01-05"}, {"text": "y"}])
    ledger = ArticleLedger()

    assert len(list(read_articles([path], {"date": "publishd"}, ledger=ledger))) == 2
    assert list(map(str, ledger.set_aside)) == [
        f"{path}: no line has a column publishd; check --columns"
    ]
    dates = [str(article.date) for article in read_articles([path], {"date": "published"})]
    assert dates == ["2024-01-05", "None"]


def test_dates(tmp_path: Path) -> None:
    path = tmp_path / "n.jsonl"
    given = ["20240229", 20240229, "2024-02-29T23:59:59Z", "Thu, 29 Feb 2024 12:00:00 GMT"]
    write_jsonl(path, [{"text": "x", "date": value} for value in given])

    assert {str(article.date) for article in read_articles([str(path)])} == {"2024-02-29"}


@pytest.mark.parametrize("date", [1_712_010_112_345, "1712010112345", " 1712010112345 "])
def test_milliseconds_since_1970_are_no_day_of_1712(tmp_path: Path, date: int | str) -> None:
    path = tmp_path / "a.jsonl"
    write_jsonl(path, [{"text": "x", "date": date}])
    with pytest.raises(ArticleError, match=r"1712010112345.* is no date; write YYYYMMDD"):
        list(read_articles([str(path)]))


def test_targets_beside_an_article(tmp_path: Path) -> None:
    path = tmp_path / "n.parquet"
    row = {"text": "x", "topic": ["tax", "ban", "tax"], "who": "Oduya"}
    pq.write_table(pa.Table.from_pylist([row]), path)

    (article,) = read_articles([str(path)], {"target": "topic", "holder": "who"})

    assert [(t.text, t.kind, t.holder) for t in article.targets] == [
        ("tax", "entity", "Oduya"),
        ("ban", "entity", "Oduya"),
    ]


def test_targets_beside_an_article_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "n.jsonl"
    made: list[dict[str, object]] = [
        {"text": "x", "target": "\ufeff"},
        {"text": "x", "target": ["tax", " "]},
        {"text": "x", "target": "tax", "holder": "a\0"},
    ]
    write_jsonl(path, made)
    ledger = ArticleLedger()

    assert list(read_articles([path], ledger=ledger)) == []
    assert [error.what for error in ledger.set_aside] == [
        "target is no text",
        "target is no text",
        "NUL at offset 1",
    ]
    assert ledger.set_aside[2].where == f"{path}: line 3: holder"


def test_a_target_is_the_same_from_a_column_and_a_file(tmp_path: Path) -> None:
    text, holder = "\ufeff tax \r\n", "\ufeff Oduya "
    write_jsonl(tmp_path / "n.jsonl", [{"text": "x", "target": text, "holder": holder}])
    write_jsonl(tmp_path / "t.jsonl", [{"text": text, "holder": holder}])

    (article,) = read_articles([tmp_path / "n.jsonl"])

    assert [(t.text, t.holder) for t in article.targets] == [("tax", "Oduya")]
    assert read_targets(tmp_path / "t.jsonl").of(article) == list(article.targets)


def test_reader_of_another_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "n.feed"
    path.write_bytes(b"one\ntwo\n")
    entry = EntryPoint("feed", f"{__name__}:read_feed", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry])
    registry.readers.cache_clear()
    try:
        assert [a.text for a in read_articles([str(tmp_path)])] == ["one", "two"]
    finally:
        registry.readers.cache_clear()


def read_feed(file: SourceFile, columns: Columns) -> Iterator[Found]:
    for line in file.read(1000).decode().splitlines():
        yield make_article(title="", date=None, url=None, text=line, licence=None, where=file.name)


def test_a_second_reader_for_an_ending_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("csv", f"{__name__}:read_feed", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry])
    registry.readers.cache_clear()
    try:
        with pytest.raises(InputError, match=r"two readers for .csv; uninstall one"):
            registry.readers()
    finally:
        registry.readers.cache_clear()
