"""JSON on stdout, in few writes: where stdout has no buffer, each is a call of the system."""

from __future__ import annotations

import io
import json
import sys

import pytest

from annotate.cli.output import show_json


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
