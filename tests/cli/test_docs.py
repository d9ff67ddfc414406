"""The page of commands: its table has every variable that the code reads; `doctor` names each."""

from __future__ import annotations

import re
from pathlib import Path

from tests.command import annotate

_ROOT = Path(__file__).resolve().parents[2]
_READ = re.compile(r'environ\.get\("(\w+)"\)|\benvvar="(\w+)"|\b_VARIABLE = "(\w+)"')


def _said() -> set[str]:
    """The variables of the page's table."""
    page = (_ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    table = page.split("## Environment variables\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`.+?`) \|", table, re.M)
    return {name for row in rows for name in re.findall(r"\w+", row)}


def test_every_variable_is_in_the_table() -> None:
    code = [path.read_text(encoding="utf-8") for path in (_ROOT / "annotate").rglob("*.py")]
    read = {name for text in code for groups in _READ.findall(text) for name in groups if name}
    assert {"ANNOTATE_STORE", "ANNOTATE_PSEUDONYM_KEY", "LABEL_STUDIO_URL", "HF_TOKEN"} <= read
    assert read <= _said()


def test_doctor_says_which_are_set_and_not_what_they_are(tmp_path: Path) -> None:
    ran = annotate("doctor", home=tmp_path, env=dict.fromkeys(_said(), "canary of variables"))
    (line,) = [line for line in ran.out.splitlines() if line.split()[0] == "variables"]
    assert _said() <= set(re.findall(r"\w+", line))
    assert "canary" not in ran.out + ran.err
