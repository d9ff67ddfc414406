"""`annotate articles`, as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from annotate.cli import cli
from annotate.errors import InputError, RejectsError
from tests.articles.made import page, records
from tests.command import annotate
from tests.transcript import matches, read_transcript

_ROOT = Path(__file__).resolve().parents[2]
SEEDS = str(_ROOT / "seeds" / "articles")


def test_articles_are_counted() -> None:
    done = CliRunner().invoke(cli, ["articles", SEEDS, "--json"], catch_exceptions=False)

    report = json.loads(done.stdout)
    assert (report["read"], report["articles"], report["set_aside"]) == (12, 12, [])
    assert report["languages"] == {"en": 12}
    assert [[Path(a["origin"]).name[:2] for a in g["articles"]] for g in report["groups"]] == [
        ["04", "05"]
    ]
    assert report["lengths"]["smallest"] == 234
    assert done.stderr == "12 read = 12 articles + 0 set aside\n"


def test_outlets_groups_and_lengths_are_in_order(tmp_path: Path) -> None:
    one, two, three = (record["text"] for record in records(3))
    told = [
        ("a.example", one),
        ("c.example", f"{one} More."),
        ("b.example", two),
        ("c.example", f"{two} More."),
        ("b.example", f"{two} Still more."),
        ("b.example", three),
    ]
    rows = [{"text": text, "url": f"https://{h}/{n}"} for n, (h, text) in enumerate(told)]
    (tmp_path / "n.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    report = annotate("articles", "n.jsonl", "--json", home=tmp_path).json

    assert list(report["outlets"].items()) == [("b.example", 3), ("c.example", 2), ("a.example", 1)]
    assert [[a["url"][-1] for a in group["articles"]] for group in report["groups"]] == [
        ["2", "3", "4"],
        ["0", "1"],
    ]
    lengths = sorted(len(text) for _, text in told)
    assert list(report["lengths"].values()) == [lengths[n] for n in (0, 1, 2, 3, 5)]


def test_the_transcript_of_the_page(tmp_path: Path) -> None:
    page = (_ROOT / "docs" / "articles.md").read_text(encoding="utf-8")
    (typed, content), (command, shown) = read_transcript(page)
    assert (typed, command) == ("cat news.jsonl", "annotate articles news.jsonl")
    (tmp_path / "news.jsonl").write_text(content, encoding="utf-8")

    ran = annotate("articles", "news.jsonl", home=tmp_path)

    assert ran.code == 1
    assert matches(shown, ran.out + ran.err), ran.out + ran.err


def test_a_terminal_does_nothing_that_titles_and_lines_ask_for(tmp_path: Path) -> None:
    text = "".join(f"Line {n} of a text that comes word for word.\n" for n in range(40))
    rows = [
        {"title": "\x1b[2JNews", "text": f"{text}\x1b]0;{n}\x07", "url": f"https://a.example/{n}"}
        for n in range(5)
    ]
    (tmp_path / "n.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    ran = annotate("articles", "n.jsonl", home=tmp_path)

    assert ran.code == 0
    assert "␛[2JNews" in ran.out
    assert "\x1b" not in ran.out + ran.err


def test_files_that_nothing_reads_are_counted(tmp_path: Path) -> None:
    (tmp_path / "news" / "old").mkdir(parents=True)
    (tmp_path / "news" / "n.jsonl").write_text('{"text": "Anna left."}\n')
    for name in ("a.pdf", "b.PDF", "old/c.docx", "README"):
        (tmp_path / "news" / name).write_bytes(b"x")

    said = (
        "other endings, not read: 1 without one, 2 .pdf, 1 .docx"
        " (news/README, news/a.pdf, news/b.PDF, news/old/c.docx)\n"
    )
    ran = annotate("articles", "news", home=tmp_path)
    assert (ran.code, ran.err) == (0, said + "1 read = 1 articles + 0 set aside\n")
    ran = annotate("tasks", "entities", "news", "-o", "tasks.json", home=tmp_path)
    assert ran.code == 0
    assert said in ran.err

    for name in ("d.pdf", "e.pdf"):
        (tmp_path / "news" / name).write_bytes(b"x")
    ran = annotate("articles", "news", home=tmp_path)
    assert "4 .pdf" in ran.err
    assert "news/d.pdf, news/e.pdf, …)\n" in ran.err


def test_frames_of_a_saved_page_are_no_articles(tmp_path: Path) -> None:
    names = (
        "Rat.html",
        "Rat_files/f.html",
        "Hafen.HTM",
        "Hafen_files/ad/f.html",
        "my_files/a.html",
    )
    for name, made in zip(names, records(5), strict=True):
        (tmp_path / "news" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "news" / name).write_text(page(made))
    (tmp_path / "news" / "Rat_files" / "x.js").write_text("1")

    ran = annotate("articles", "news", "--json", home=tmp_path)
    report = json.loads(ran.out)

    assert (report["articles"], report["passed_over"]) == (3, {"_files/": 2})
    said = "other endings, not read: 2 _files/ (news/Hafen_files/, news/Rat_files/)\n"
    assert ran.err.startswith(said)
    alone = annotate("articles", "news/Rat_files", "--json", home=tmp_path)
    assert json.loads(alone.out)["articles"] == 1


def test_the_folder_of_a_saved_page_is_known_in_other_languages(tmp_path: Path) -> None:
    """As Chromium and Firefox write what a page takes from its folder; a site's copy has links."""
    taken = {
        "Rat-Dateien": '<iframe src="./Rat-Dateien/f.html"></iframe>',
        "El puerto_archivos": '<script src="El%20puerto_archivos/f.js"></script>',
        "Port & mer_fichiers": '<link rel="stylesheet" href="./Port &amp; mer_fichiers/f.css">',
        "港口 のファイル": "<IMG alt='' SRC = '港口 のファイル/f.png'>",
        "news-2024": '<a href="./news-2024/f.html">more</a>',
        "ports": '<a src-of="x" href="https://example.org/ports/f.html">more</a>',
        "sea": '<img src="./sea/f.png">',
    }
    pages = ("Rat", "El puerto", "Port & mer", "港口", "news", "port", "sea")
    for name, folder, made in zip(pages, taken, records(7), strict=True):
        (tmp_path / "saved" / folder).mkdir(parents=True)
        text = page(made).replace("</body>", f"{taken[folder]}</body>")
        assert taken[folder] in text
        (tmp_path / "saved" / f"{name}.html").write_text(text)
    for folder, made in zip(taken, records(14)[7:], strict=True):
        (tmp_path / "saved" / folder / "f.html").write_text(page(made))

    ran = annotate("articles", "saved", "--json", home=tmp_path)
    report = json.loads(ran.out)

    assert (report["articles"], report["passed_over"]) == (7 + 3, {"_files/": 4})
    assert "news-2024" not in ran.err


def test_what_is_no_article_is_named_and_ends_with_an_error(tmp_path: Path) -> None:
    file = tmp_path / "n.jsonl"
    file.write_text(
        '{"body": "Der Rat stimmte am Dienstag gegen den Ausbau des alten Hafens."}\nnonsense\n'
    )

    done = CliRunner().invoke(cli, ["articles", str(file)])
    allowed = CliRunner().invoke(cli, ["articles", str(file), "--max-rejects", "1"])

    assert isinstance(done.exception, RejectsError)
    assert allowed.exit_code == 0
    assert "language de" in allowed.stdout
    assert f"{file}: columns guessed: --columns text=body" in done.stderr
    assert f"set aside: {file}: line 2: is no JSON object" in done.stderr
    assert done.stderr.endswith("2 read = 1 articles + 1 set aside\n")


def test_where_nothing_is_kept_the_account_is_given_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "n.jsonl"
    file.write_text("nonsense\n")
    (tmp_path / "blank.jsonl").write_text("\n")

    done = CliRunner().invoke(cli, ["articles", str(file), "--json"])
    allowed = CliRunner().invoke(cli, ["articles", str(file), "--max-rejects", "1"])
    blank = CliRunner().invoke(cli, ["articles", str(tmp_path / "blank.jsonl"), "--json"])

    report = json.loads(done.stdout)
    assert (report["read"], report["articles"], report["groups"]) == (1, 0, [])
    assert isinstance(done.exception, RejectsError)
    assert done.stderr.startswith(f"set aside: {file}: line 1: is no JSON object")
    assert done.stderr.endswith("\n1 read = 0 articles + 1 set aside\n")
    assert isinstance(allowed.exception, InputError)
    assert str(allowed.exception) == f"{file}: no article there"
    assert allowed.stdout.split() == ["0", "articles"]
    assert (json.loads(blank.stdout)["read"], type(blank.exception)) == (0, InputError)
