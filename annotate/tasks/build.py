"""Articles (and targets) -> tasks that Label Studio imports.

A task's data carries its content key, so that it is known again in any project
on any server; see `annotate.identity`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

import msgspec

from annotate.errors import InputError
from annotate.identity import unit_key
from annotate.models import Article, Target, Task, Unit, UnitKind
from annotate.schemes.base import Scheme
from annotate.tasks.targets import Targets
from annotate.tasks.units import split_units
from annotate.text import text_sha256


def build_tasks(
    articles: Iterable[Article],
    scheme: Scheme[Any],
    *,
    unit: UnitKind = "article",
    targets: Targets | None = None,
) -> Iterator[Task]:
    """Yield a task for each unit, and for stance for each unit and target.

    An article that comes twice gives its tasks once. Raises InputError where
    targets are missing for a scheme that has them, given for one that has not,
    and where two articles share an address but not their text.
    """
    if scheme.has_targets != (targets is not None):
        problem = "needs targets" if scheme.has_targets else "has no targets"
        do = "give a file with --targets" if scheme.has_targets else "leave out --targets"
        raise InputError(f"the scheme {scheme.name} {problem}", do=do)
    seen: dict[str, str] = {}
    for article in articles:
        sha = text_sha256(article.text)
        before = seen.setdefault(article.article_id, sha)
        if before != sha:
            raise InputError(
                f"another article with the address {article.url} has other text",
                where=article.origin,
                do="keep one of them",
            )
        for piece in split_units(article, unit):
            for target in targets.of(article) if targets is not None else [None]:
                yield _task(article, piece, scheme, target)


def write_tasks(tasks: Iterable[Task], out: TextIO) -> int:
    """Write tasks as the JSON array that Label Studio imports; returns how many."""
    count = 0
    for count, task in enumerate(tasks, 1):
        out.write("[\n" if count == 1 else ",\n")
        out.write(msgspec.json.encode(task.model_dump(exclude_defaults=True)).decode("utf-8"))
    out.write("\n]\n" if count else "[]\n")
    return count


def save_tasks(tasks: Iterable[Task], path: Path) -> int:
    """Write tasks to a file, which appears only when whole; returns how many."""
    partial = path.with_name(f".{path.name}.part")
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as out:
            count = write_tasks(tasks, out)
        partial.replace(path)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=str(path)) from None
    finally:
        partial.unlink(missing_ok=True)
    return count


def _task(article: Article, unit: Unit, scheme: Scheme[Any], target: Target | None) -> Task:
    asked = (target.text, target.kind, target.holder) if target else None
    data: dict[str, str | int | None] = {
        "text": unit.text,
        "title": article.title,
        "date": article.date.isoformat() if article.date else "",
        "url": article.url or "",
        "article_id": article.article_id,
        "unit": unit.kind,
        "unit_start": unit.start,
        "text_sha256": text_sha256(unit.text),
        "unit_key": unit_key(
            article=article.article_id,
            start=unit.start,
            text=unit.text,
            scheme=scheme.name,
            target=asked,
        ),
        "group": article.article_id,
    }
    if article.licence:
        data["licence"] = article.licence
    if target:
        data |= {"target": target.text, "target_kind": target.kind, "holder": target.holder or ""}
    return Task(data=data)
