"""Articles (and targets) -> tasks that Label Studio imports.

A task's data carries its content key, so that it is known again in any project
on any server; see `annotate.identity`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from annotate.errors import InputError
from annotate.identity import unit_key
from annotate.models import Article, Target, Task, Unit, UnitKind
from annotate.schemes.base import Scheme
from annotate.tasks.targets import Targets
from annotate.tasks.units import WINDOW, split_units
from annotate.text import text_sha256


def make_tasks(
    articles: Iterable[Article],
    scheme: Scheme[Any],
    *,
    unit: UnitKind = "article",
    window: int = WINDOW,
    targets: Targets | None = None,
    calibration: frozenset[str] = frozenset(),
) -> Iterator[Task]:
    """Yield a task for each unit, and for stance for each unit and target.

    `articles` holds each article once (see `annotate.articles.spool.Spool`), in its
    group; one without a group is a group of its own. Tasks of the articles in
    `calibration` say so. Targets and errors are those of `build_tasks`.
    """
    if targets is not None and not scheme.has_targets:
        raise InputError(f"the scheme {scheme.name} has no targets", do="leave out --targets")
    built = False
    for article in articles:
        asked: list[Target | None] = [None]
        if scheme.has_targets:
            asked = [*(targets.of(article) if targets is not None else article.targets)]
        if not asked:
            continue
        name = article.article_id
        mark = {"calibration": True} if name in calibration else {}
        for piece in split_units(article, unit, window=window):
            for target in asked:
                built = True
                yield _task(article, name, piece, scheme, target, mark)
    if scheme.has_targets and not built:
        raise InputError(
            f"the scheme {scheme.name} needs targets, and no article has one",
            do="give --targets FILE, or name their column with --columns target=NAME",
        )


def _task(
    article: Article,
    name: str,
    unit: Unit,
    scheme: Scheme[Any],
    target: Target | None,
    mark: Mapping[str, bool],
) -> Task:
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
        "group": article.group or name,
        **mark,
    }
    if article.licence:
        data["licence"] = article.licence
    if target:
        data |= {"target": target.text, "target_kind": target.kind, "holder": target.holder or ""}
    return Task(data=data)
