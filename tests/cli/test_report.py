"""`annotate report`, as a person runs it."""

from __future__ import annotations

from pathlib import Path

from tests.command import annotate
from tests.store.made import articles, create


def test_a_page_in_a_file_and_on_stdout(tmp_path: Path) -> None:
    create(tmp_path / "datasets", articles(3))
    create(tmp_path / "datasets", articles(4))
    ran = annotate("report", "ents", "v1.0.0", "-o", "page.html", home=tmp_path)
    assert (ran.code, ran.out) == (0, ""), ran.err
    made = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert ran.err == f"ents v1.0.0: {len(made.encode()):,} bytes in page.html\n"
    assert "<title>ents v1.0.0</title>" in made
    assert "Anna" not in made
    newest = annotate("report", "ents", "-o", "-", "--allow-unknown-licence", home=tmp_path)
    assert "<title>ents v1.1.0</title>" in newest.out
    assert "Anna Novak" in newest.out
    few = annotate("report", "ents", "-o", "-", "--examples", "0", home=tmp_path).out
    assert few.count("<mark") == 0


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    create(tmp_path / "datasets", articles(3))
    ran = annotate("report", "ents", "-o", "no/page.html", home=tmp_path)
    assert (ran.code, ran.err) == (1, "annotate: no/page.html: its folder does not exist\n")
    assert annotate("report", "ents", "v9.0.0", "-o", "x.html", home=tmp_path).code == 1
    assert annotate("report", "ents", home=tmp_path).code == 2
