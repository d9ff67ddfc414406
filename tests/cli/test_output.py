"""What commands write: JSON in few writes, since where stdout has no buffer each is a call of
the system; and lines that stay lines, whatever the names in them hold."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from annotate.cli.output import show_json
from tests.annotations.exports import annotation, region, task
from tests.command import annotate
from tests.store import made


class _Counting(io.StringIO):
    writes = 0

    def write(self, text: str) -> int:
        self.writes += 1
        return super().write(text)


@pytest.mark.parametrize("entries", [0, 30_000])
def test_a_large_document_is_written_in_a_few_pieces(
    entries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = {"tasks": [{"title": f"Día {n} 😀", "n": n} for n in range(entries)]}
    out = _Counting()
    monkeypatch.setattr(sys, "stdout", out)
    show_json(document)
    assert out.getvalue() == json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    assert out.writes <= 2 + entries / 500


def test_a_line_stays_one_whatever_a_name_holds(tmp_path: Path) -> None:
    (tmp_path / "n").mkdir()
    (tmp_path / "n" / "a\n\x1b]0;b\a.jsonl").write_text('{"text": "Anna left."}\nnonsense\n')
    (tmp_path / "n" / "c\nd.pdf").write_bytes(b"%PDF-1.7")
    ran = annotate("articles", "n", "--max-rejects", "1", home=tmp_path)
    assert ran.code == 0
    passed, aside, account = ran.err.splitlines()
    assert passed == "other endings, not read: 1 .pdf (n/c␊d.pdf)"
    assert aside.startswith("set aside: n/a␊␛]0;b␇.jsonl: line 2: is no JSON object")
    assert account == "2 read = 1 articles + 1 set aside"

    (tmp_path / "e\nf.json").write_text(
        json.dumps([task(annotation(region("a\a\nb", 0, 99, "PER")))])
    )
    ran = annotate("check", "entities", "e\nf.json", "--max-rejects", "1", home=tmp_path)
    assert ran.code == 0
    (line,) = (line for line in ran.out.splitlines() if line.startswith("e␊f.json: "))
    assert "region a␇␊b: " in line


def test_no_address_and_no_file_acts_on_the_terminal(tmp_path: Path) -> None:
    tasks = [
        made.task(f"Anna left, day {n}.", {1: [(0, 4, "PER")]}, url=f"https://e\avil.example/{n}")
        for n in range(2)
    ]
    records = [{"text": one["data"]["text"], "url": one["data"]["url"]} for one in tasks]
    (tmp_path / "n.jsonl").write_text(json.dumps(records[0]) + "\n")
    ran = annotate("articles", "n.jsonl", home=tmp_path)
    assert "        1  outlet e␇vil.example\n" in ran.out, ran.err

    made.create(tmp_path / "datasets", tasks)
    bare = ("version", "restore", "ents", "v1.0.0", "bare", "--offsets-only")
    assert annotate(*bare, home=tmp_path).code == 0
    ran = annotate("hydrate", "bare", "n.jsonl", "-o", "whole", home=tmp_path)
    assert ran.out.endswith("  https://e␇vil.example/1  its article is not there\n"), ran.err

    left = tmp_path / "datasets/ents/.annotate/objects/00/a\a\nb"
    left.parent.mkdir(exist_ok=True)
    left.touch()
    ran = annotate("version", "gc", "ents", home=tmp_path)
    assert ran.out == ".annotate/objects/00/a␇␊b\n", ran.err


def test_a_reader_that_went_away_is_1_without_a_word(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run(
        [sys.executable, "-m", "annotate", "config", "print", "claims"],
        stdout=writer,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert (ran.returncode, ran.stderr) == (1, b"")
