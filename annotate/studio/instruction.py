"""A guideline in Markdown -> the HTML that Label Studio shows its annotators.

Label Studio takes every style out, and shows lists without marks and paragraphs without a
distance. So line ends become breaks and the marks of lists stay; headings, tables, bold,
code, `<sub>` and `<sup>` become HTML.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from annotate.errors import InputError

_INLINE = (
    (re.compile(r"\*\*([^*<]+)\*\*"), r"<b>\1</b>"),
    (re.compile(r"`([^`<]+)`"), r"<code>\1</code>"),
    (re.compile(r"&lt;(/?su[bp])&gt;"), r"<\1>"),
)
_HEADING = re.compile(r"#{1,6} +(.*)")
_RULE = re.compile(r"\|[-:| ]+")
"""The line between the head of a table and its rows."""


def read_instruction(path: Path) -> str:
    """The instruction of a file: HTML as it stands, Markdown as HTML, else text with its line ends.

    Raises InputError where the file cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError("no such file", where=str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path)) from None
    kind = path.suffix.lower()
    if kind in (".html", ".htm"):
        return text
    return markdown_as_html(text) if kind == ".md" else as_html(text)


def as_html(text: str) -> str:
    """`text` with its line ends, and with nothing in it that a browser would take for markup."""
    lines = html.escape(text.strip(), quote=False).splitlines()
    return f"<div>{'<br>'.join(lines)}</div>"


def markdown_as_html(text: str) -> str:
    """Markdown as Label Studio can show it; HTML in it is shown as it is written."""
    lines = html.escape(text.strip(), quote=False).splitlines()
    blocks = groupby(lines, key=lambda line: line.startswith("|"))
    parts = (_table(block) if is_table else _lines(block) for is_table, block in blocks)
    shown = "".join(part for block in parts for part in block)
    for pattern, tag in _INLINE:
        shown = pattern.sub(tag, shown)
    return f"<div>{shown}</div>"


def _lines(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        heading = _HEADING.fullmatch(line)
        yield f"<h3>{heading[1]}</h3>" if heading else f"{line}<br>"


def _table(lines: Iterator[str]) -> Iterator[str]:
    yield '<table cellpadding="4">'
    for number, line in enumerate(lines):
        if number != 1 or not _RULE.fullmatch(line):
            inner = line.rstrip().removeprefix("|").removesuffix("|")
            cells = (cell.strip() for cell in inner.split("|"))
            yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
    yield "</table>"
