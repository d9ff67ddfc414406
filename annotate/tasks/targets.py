"""A file of stance targets -> the targets of each article.

`.txt` has one target a line; `.csv`, `.jsonl` and `.json` (a list) have
`text`, and optionally `kind`, `holder` and `url` or `article_id` (without
either a target is asked of every article).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from annotate.errors import InputError
from annotate.identity import article_id
from annotate.models import Article, Target
from annotate.text import canonical_text

_FIELDS = {"text", "kind", "holder", "url", "article_id"}


class Targets(NamedTuple):
    """Targets by article; those under None are asked of every article."""

    by_article: dict[str | None, list[Target]]

    def of(self, article: Article) -> list[Target]:
        """The targets of an article, each once, in the order of the file."""
        found = [*self.by_article.get(article.article_id, []), *self.by_article.get(None, [])]
        return list(dict.fromkeys(found))


def read_targets(path: str | Path) -> Targets:
    """Read a file of targets; raises InputError naming file and record."""
    path = Path(path)
    try:
        text = canonical_text(path.read_text(encoding="utf-8"), where=str(path))
    except FileNotFoundError:
        raise InputError("no such file", where=str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path)) from None
    by_article: dict[str | None, list[Target]] = {}
    for number, record in enumerate(_records(path, text), 1):
        article, target = _target(record, where=f"{path}: target {number}")
        by_article.setdefault(article, []).append(target)
    if not by_article:
        raise InputError("holds no target", where=str(path))
    return Targets(by_article)


def _records(path: Path, text: str) -> Iterator[Any]:
    kind = path.suffix.lower()
    try:
        if kind == ".csv":
            yield from csv.DictReader(text.splitlines())
        elif kind == ".jsonl":
            yield from (json.loads(line) for line in text.splitlines() if line.strip())
        elif kind == ".json":
            yield from json.loads(text)
        elif kind == ".txt":
            yield from ({"text": line} for line in text.splitlines() if line.strip())
        else:
            raise InputError(
                f"no reader for {kind!r}", where=str(path), do="give .txt, .csv, .jsonl or .json"
            )
    except (csv.Error, TypeError, json.JSONDecodeError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path)) from None


def _target(record: Any, *, where: str) -> tuple[str | None, Target]:
    if isinstance(record, str):
        record = {"text": record}
    if not isinstance(record, dict):
        raise InputError("is neither text nor a record", where=where)
    fields = {name: value for name, value in record.items() if value not in (None, "")}
    unknown = sorted(str(name) for name in set(fields) - _FIELDS)
    if unknown:
        raise InputError(
            f"has {', '.join(unknown)}", where=where, do=f"use {', '.join(sorted(_FIELDS))}"
        )
    url, article = fields.pop("url", None), fields.pop("article_id", None)
    try:
        target = Target(**{name: str(value).strip() for name, value in fields.items()})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise InputError(f"{name}: {first['msg']}", where=where) from None
    return (article_id(str(url), "") if url else article), target
