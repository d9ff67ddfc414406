"""`annotate show`, as a person runs it."""

from __future__ import annotations

from pathlib import Path

from tests.command import annotate
from tests.store.made import articles, create


def test_rows_in_the_terminal(tmp_path: Path) -> None:
    create(tmp_path / "datasets", articles(3))
    first = annotate("show", "ents@v1.0.0", home=tmp_path)
    assert first.code == 0, first.err
    assert "└1 PER───┘" in first.out
    assert annotate("show", "ents", home=tmp_path).out == first.out
    rows = annotate("show", "ents", "--limit", "9" * 30, "--json", home=tmp_path).json
    assert len(rows) == 3
    wanted = rows[-1]["id"]
    one = annotate("show", "ents", "--id", wanted, home=tmp_path).out
    assert one.startswith(f"id: {wanted}\ntitle: Day ")
    missing = annotate("show", "ents@v1.0.0", "--id", "x", home=tmp_path)
    assert (missing.code, missing.out) == (1, "")
    assert missing.err == ("annotate: ents v1.0.0 has no row x; take an id from the dataset\n")
    assert annotate("show", "ents@v9.0.0", home=tmp_path).code == 1
