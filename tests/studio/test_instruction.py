"""A guideline becomes HTML that shows its lines, and no markup but our own."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotate.errors import InputError
from annotate.studio.instruction import read_instruction

MARKDOWN = """# Names & places

Mark **every `name`**, [Weil]<sub>PER</sub>.
<script>alert(1)</script> * is no mark, nor is ` alone.

| key | what |
|---|:-:|
| `1` | a < b |
end
"""
SHOWN = (
    "<div><h3>Names &amp; places</h3><br>"
    "Mark <b>every <code>name</code></b>, [Weil]<sub>PER</sub>.<br>"
    "&lt;script&gt;alert(1)&lt;/script&gt; * is no mark, nor is ` alone.<br><br>"
    '<table cellpadding="4"><tr><td>key</td><td>what</td></tr>'
    "<tr><td><code>1</code></td><td>a &lt; b</td></tr></table>end<br></div>"
)


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("guide.md", MARKDOWN, SHOWN),
        (
            "table.md",
            "| | yes |\n|---|---  \n| a | |  \n| - | - |\n",
            '<div><table cellpadding="4"><tr><td></td><td>yes</td></tr>'
            "<tr><td>a</td><td></td></tr><tr><td>-</td><td>-</td></tr></table></div>",
        ),
        ("guide.txt", "# one\n\n<b> & two\n", "<div># one<br><br>&lt;b&gt; &amp; two</div>"),
        ("guide.HTML", "<p>as it\nis</p>\n", "<p>as it\nis</p>\n"),
    ],
)
def test_a_guideline_is_shown_by_its_kind(tmp_path: Path, name: str, text: str, shown: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_instruction(tmp_path / name) == shown


def test_a_guideline_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_instruction(tmp_path / "none.md")
    (tmp_path / "latin.md").write_bytes(b"\xfc")
    with pytest.raises(InputError, match=r"latin\.md: cannot be read"):
        read_instruction(tmp_path / "latin.md")
