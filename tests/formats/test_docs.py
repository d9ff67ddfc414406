"""The page of formats: every format has an example, which is what the code writes."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from annotate.formats import formats, load_format
from annotate.formats.base import Table
from annotate.formats.export import export_table
from annotate.formats.readers import readers
from tests.formats.making import choice, gold_table, own_table, region, relation, save, task

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "formats.md"
_TEXT = "The port will close, Olin said 😀.\nShe left Rome."
_STANCE = {"stance": ("crowd-kit", "cleanlab")}
_CLAIMS = ("brat", "webanno", "prodigy", "label-studio", "label-studio-predictions")


def example(name: str, folder: Path) -> Table:
    """The text of the page's examples, labelled for the scheme that shows a format best."""
    if name in _CLAIMS:
        result = [
            region(_TEXT, "c", "role", "Content", 0, 19),
            region(_TEXT, "s", "role", "Source", 21, 25),
            region(_TEXT, "q", "role", "Cue", 26, 30),
            choice("c", "mode", "indirect"),
            relation("c", "s", "source"),
            relation("c", "q", "cue"),
        ]
        return gold_table(save(folder / "in.json", [task(_TEXT, result, title="Port")]), "claims")
    if name in _STANCE["stance"]:
        data = {"target": "closing the port", "target_kind": "proposition", "holder": "Olin"}
        results = [[choice("x", "stance", "favor")], [choice("x", "stance", "none")]]
        made = task(_TEXT, *results, title="Port", **data)
        return own_table(save(folder / "in.json", [made]), "stance")
    result = [
        region(_TEXT, "p", "entity", "PER", 21, 25),
        region(_TEXT, "r", "entity", "LOC", 43, 47),
        choice("p", "mention", "NAM"),
    ]
    return gold_table(save(folder / "in.json", [task(_TEXT, result, title="Port")]), "entities")


def sections() -> dict[str, str]:
    """The page's sections by the name of their format."""
    parts = re.split(r"^## (.+)$", _PAGE.read_text(encoding="utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("name", sorted(formats()))
def test_the_example_is_what_is_written(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = load_format(name)
    out = tmp_path / f"gold{target.suffix}"
    export_table(example(name, tmp_path), target, out)
    section = sections()[name]
    if ">>>" in section:
        monkeypatch.chdir(tmp_path)
        code = "\n".join(re.findall(r"```python\n(.*?)```", section, re.S))
        test = doctest.DocTestParser().get_doctest(code, {}, name, str(_PAGE), 0)
        result = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test)
        assert result.attempted and not result.failed
        return
    blocks = re.findall(r"```\w*\n(.*?)```", section, re.S)
    files = [out] if out.is_file() else sorted(out.iterdir())
    written = [file.read_bytes().decode("utf-8") for file in files]
    assert [block.rstrip("\n") for block in blocks[: len(written)]] == [
        text.rstrip("\n") for text in written
    ]


@pytest.mark.parametrize("name", sorted(formats()))
def test_the_losses_are_named(name: str) -> None:
    assert "**Losses.**" in sections()[name]


def test_the_formats_that_hold_several_annotators_are_named() -> None:
    said = re.search(r"([a-z, -]+)\s+and\s+([a-z-]+) hold several annotators", _flat_page())
    assert said is not None
    found = {name for name in formats() if load_format(name).holds_annotator}
    votes = {name for name in formats() if load_format(name).of_annotators}
    assert {*said[1].strip().split(", "), said[2]} == found - votes


def _flat_page() -> str:
    return " ".join(_PAGE.read_text(encoding="utf-8").split())


def test_every_section_is_a_format_or_about_reading() -> None:
    imports = {f"import {name}" for name in readers()}
    about = {"What is counted", "Whose work an import is", "Names that an import meets"}
    assert set(sections()) == set(formats()) | imports | about
