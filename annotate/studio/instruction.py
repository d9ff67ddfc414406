"""A guideline in Markdown -> the HTML that Label Studio shows its annotators."""

from __future__ import annotations

import html
from pathlib import Path

from annotate.errors import InputError


def read_instruction(path: Path) -> str:
    """The instruction of a file: HTML as it stands, anything else as text with its line ends.

    Raises InputError where the file cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError("no such file", where=str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path)) from None
    return text if path.suffix.lower() in (".html", ".htm") else as_html(text)


def as_html(text: str) -> str:
    """`text` with its line ends, and with nothing in it that a browser would take for markup."""
    return f'<div style="white-space: pre-wrap">{html.escape(text.strip())}</div>'
