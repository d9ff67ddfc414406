"""The real seed article, from file to tasks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import annotate
from tests.shared import shared


@pytest.fixture(scope="module")
def article() -> tuple[Path, str, list[str]]:
    path = next(iter(sorted(shared("seeds").glob("*.txt"))))
    lines = path.read_bytes().decode("utf-8").split("\n")
    paragraphs = [line for line in lines[3:] if line]
    return path, f"{lines[0]}\n\n" + "\n".join(paragraphs), paragraphs


@pytest.mark.parametrize("scheme", ["entities", "claims", "stance"])
def test_the_text_of_a_task_is_the_article(
    scheme: str, article: tuple[Path, str, list[str]], tmp_path: Path
) -> None:
    path, text, paragraphs = article
    targets = tmp_path / "targets.csv"
    targets.write_text("text,kind\nVladimir Putin,entity\nSanctions should come now,proposition\n")
    extra: list[str | Path] = ["--targets", targets] if scheme == "stance" else []
    done = annotate("tasks", scheme, path, "-o", tmp_path / "t.json", *extra, home=tmp_path)
    assert done.code == 0, done.err
    tasks = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))
    assert len(tasks) == (2 if scheme == "stance" else 1)
    assert len(paragraphs) == 41
    for task in tasks:
        assert task["data"]["text"] == text
        assert task["data"]["date"] == "2022-02-21"
    assert len({task["data"]["unit_key"] for task in tasks}) == len(tasks)


def test_paragraph_units_point_into_the_article(
    article: tuple[Path, str, list[str]], tmp_path: Path
) -> None:
    path, text, paragraphs = article
    out = tmp_path / "t.json"
    done = annotate("tasks", "entities", path, "--unit", "paragraph", "-o", out, home=tmp_path)
    assert done.code == 0, done.err
    data = [task["data"] for task in json.loads(out.read_text(encoding="utf-8"))]
    assert [d["text"] for d in data] == paragraphs
    assert all(text[d["unit_start"] :].startswith(d["text"]) for d in data)
