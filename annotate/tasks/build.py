"""Articles (and targets) -> tasks that Label Studio imports.

A task's data carries its content key, so that it is known again in any project
on any server; see `annotate.identity`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from annotate.errors import InputError
from annotate.identity import unit_key
from annotate.models import Article, Target, Task, UnitKind
from annotate.schemes.base import Scheme
from annotate.tasks.targets import Targets
from annotate.tasks.units import WINDOW, Unit, split_units
from annotate.text import text_sha256


class Grouped(NamedTuple):
    """An article with what was found out about it."""

    article: Article
    name: str
    """Its article_id, which takes a hash to find."""
    group: str
    """The group of near-duplicates that it belongs to; its own name where nobody looked."""


def make_tasks(
    articles: Iterable[Grouped],
    scheme: Scheme[Any],
    *,
    unit: UnitKind = "article",
    window: int = WINDOW,
    targets: Targets | None = None,
    calibration: frozenset[str] = frozenset(),
) -> Iterator[Task]:
    """Yield a task for each unit, and for stance for each unit and target.

    `articles` holds each article once (see `annotate.articles.spool.Spool`). Tasks of those
    named in `calibration` say so. Targets and errors are those of `build_tasks`.
    """
    if targets is not None and not scheme.has_targets:
        raise InputError(f"the scheme {scheme.name} has no targets", do="leave out --targets")
    built = False
    for grouped in articles:
        article = grouped.article
        asked: list[Target | None] = [None]
        if scheme.has_targets:
            asked = [*(targets.of(article) if targets is not None else article.targets)]
        if not asked:
            continue
        mark = {"calibration": True} if grouped.name in calibration else {}
        for piece in split_units(article, unit, window=window):
            for target in asked:
                built = True
                yield _task(grouped, piece, scheme, target, mark)
    if scheme.has_targets and not built:
        raise InputError(
            f"the scheme {scheme.name} needs targets, and no article has one",
            do="give --targets FILE, or name their column with --columns target=NAME",
        )


def _task(
    grouped: Grouped,
    unit: Unit,
    scheme: Scheme[Any],
    target: Target | None,
    mark: Mapping[str, bool],
) -> Task:
    article, name, group = grouped
    asked = (target.text, target.kind, target.holder) if target else None
    sha = text_sha256(unit.text)
    data: dict[str, str | int | bool | None] = {
        "text": unit.text,
        "title": article.title,
        "date": article.date.isoformat() if article.date else "",
        "url": article.url or "",
        "article_id": name,
        "unit": unit.kind,
        "unit_start": unit.start,
        "text_sha256": sha,
        "unit_key": unit_key(
            article=name,
            start=unit.start,
            text=unit.text,
            scheme=scheme.name,
            target=asked,
            sha256=sha,
        ),
        "group": group,
        **mark,
    }
    if article.licence:
        data["licence"] = article.licence
    if target:
        data |= {"target": target.text, "target_kind": target.kind, "holder": target.holder or ""}
    return Task(data=data)
