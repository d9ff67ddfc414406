"""The page of articles and tasks: its tables say what configs and files of targets may hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element, tostring

import pytest
from defusedxml.ElementTree import fromstring

from annotate.errors import InputError
from annotate.schemes import load_scheme
from annotate.tasks.config_check import check_config
from annotate.tasks.targets import read_targets

_ROOT = Path(__file__).resolve().parents[2]
_SCHEMES = ("entities", "stance", "claims")


class _Row(NamedTuple):
    """A row of the table of controls."""

    tag: str
    attributes: dict[str, str]
    needed: bool
    values: list[str]
    """Empty where they are the user's own."""

    def find(self, root: Element) -> Element:
        """The control in a label config; it must be there once."""
        (found,) = [
            element
            for element in root.iter(self.tag)
            if self.attributes.items() <= element.attrib.items()
        ]
        return found


def _table(section: str, first: str) -> Iterator[list[str]]:
    page = (_ROOT / "docs" / "articles.md").read_text(encoding="utf-8")
    rows = page.split(f"\n## {section}\n")[1].split(f"\n| {first} |")[1].split("\n\n")[0]
    for line in rows.splitlines()[2:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


def _controls(scheme: str) -> list[_Row]:
    found = []
    for of, control, needed, values in _table("Label configs", "scheme"):
        tag = re.fullmatch(r"`<(\w+)(.*)>`", control)
        assert tag is not None
        if of == scheme:
            attributes = dict(re.findall(r'(\w+)="(\w+)"', tag[2]))
            listed = [] if values.startswith("yours") else re.findall(r"`(\w+)`", values)
            found.append(_Row(tag[1], attributes, needed == "yes", listed))
    return found


@pytest.mark.parametrize("scheme", _SCHEMES)
def test_the_controls_are_those_of_the_shipped_config(scheme: str) -> None:
    root = fromstring((_ROOT / "label_configs" / f"{scheme}.xml").read_text(encoding="utf-8"))
    rows = _controls(scheme)
    names = {element.get("name") for element in root.iter() if element.get("toName")}
    assert {row.attributes["name"] for row in rows if row.tag != "Relations"} == names
    for row in rows:
        values = [e.get("value") for e in row.find(root).iter() if e.tag != row.tag]
        assert not row.values or sorted(row.values) == sorted(filter(None, values))


@pytest.mark.parametrize("scheme", _SCHEMES)
def test_a_config_without_a_control_fits_where_the_table_says_so(
    tmp_path: Path, scheme: str
) -> None:
    shipped = (_ROOT / "label_configs" / f"{scheme}.xml").read_text(encoding="utf-8")
    for row in _controls(scheme):
        root = fromstring(shipped)
        control = row.find(root)
        for parent in root.iter():
            if control in list(parent):
                parent.remove(control)
        path = tmp_path / "own.xml"
        path.write_bytes(tostring(root))
        assert bool(check_config(path, load_scheme(scheme), {})) == row.needed, row


@pytest.mark.parametrize("scheme", _SCHEMES)
def test_another_value_fits_where_the_table_says_so(tmp_path: Path, scheme: str) -> None:
    shipped = (_ROOT / "label_configs" / f"{scheme}.xml").read_text(encoding="utf-8")
    for row in _controls(scheme):
        root = fromstring(shipped)
        value = next(element for element in row.find(root).iter() if element.get("value"))
        value.set("value", "Strange")
        path = tmp_path / "own.xml"
        path.write_bytes(tostring(root))
        assert bool(check_config(path, load_scheme(scheme), {})) == bool(row.values), row


def test_the_columns_of_a_file_of_targets(tmp_path: Path) -> None:
    said = [column.strip("`") for column, _ in _table("Stance targets", "column")]
    path = tmp_path / "targets.json"
    path.write_text(json.dumps([{"text": "the port", "strange": "1"}]))
    with pytest.raises(InputError, match="has strange; use ") as refused:
        read_targets(path)
    assert sorted(said) == refused.value.do.removeprefix("use ").split(", ")
    values = {"kind": "question", "url": "https://example.org/1", "article_id": "ab"}
    for column in said[1:]:
        path.write_text(json.dumps([{"text": "the port", column: values.get(column, "Olin")}]))
        assert (None in read_targets(path).by_article) == (column in ("kind", "holder"))
    path.write_text(json.dumps([{"kind": "entity"}]))
    with pytest.raises(InputError, match="text: Field required"):
        read_targets(path)
