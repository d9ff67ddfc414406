"""Articles and tasks for the tests of this room."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from annotate.articles import read_articles
from annotate.models import Article, Task
from annotate.tasks import build_tasks

SEEDS = Path(__file__).resolve().parents[2] / "seeds"


def article(text: str, *, title: str = "") -> Article:
    return Article(title=title, text=text, date=dt.date(2024, 5, 1), origin="test")


def seed_articles() -> list[Article]:
    return list(read_articles([str(SEEDS / "articles")]))


def task(scheme: str, text: str) -> Task:
    (made,) = build_tasks([article(text)], scheme)
    return made
