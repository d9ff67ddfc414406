"""The page of commands: every variable that the code reads is in its table."""

from __future__ import annotations

import re
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_READ = re.compile(r'environ\.get\("(\w+)"\)|\benvvar="(\w+)"|\b_VARIABLE = "(\w+)"')


def test_every_variable_is_in_the_table() -> None:
    page = (_ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    table = page.split("## Environment variables\n")[1].split("\n## ")[0]
    said = {
        n for row in re.findall(r"^\| (`.+?`) \|", table, re.M) for n in re.findall(r"\w+", row)
    }
    code = [path.read_text(encoding="utf-8") for path in (_ROOT / "annotate").rglob("*.py")]
    read = {name for text in code for groups in _READ.findall(text) for name in groups if name}
    assert {"ANNOTATE_STORE", "ANNOTATE_PSEUDONYM_KEY", "LABEL_STUDIO_URL", "HF_TOKEN"} <= read
    assert read <= said
