"""A row -> the name of its file: readable, unique, and never a way out of the folder."""

from __future__ import annotations

import re
from typing import Any

from annotate.identity import digest

_UNSAFE = re.compile(r"[^\w-]+")


def file_stem(row: dict[str, Any]) -> str:
    """The title, with anything but letters, digits, `_` and `-` as `-` and cut to 40 characters,
    then the row's id; where the id is not fit for a file name, a hash of it."""
    title = _UNSAFE.sub("-", row.get("title") or "").strip("-_")[:40].strip("-_")
    name = row["id"]
    if _UNSAFE.search(name) or len(name) > 64:
        name = digest(name)
    return f"{title or 'document'}-{name}"
