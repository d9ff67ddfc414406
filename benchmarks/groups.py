"""CPU of finding near-duplicates, for each article of 6 kB.

    python -m benchmarks.groups [ARTICLES]

One in five articles is a copy of another with its paragraphs shuffled. Reading
them is not counted; looking for boilerplate is.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from annotate.articles import read_articles
from annotate.articles.ledger import ArticleLedger
from annotate.articles.likeness.groups import Groups
from annotate.articles.spool import Spool
from benchmarks.articles import WORDS_OF_6_KB, write_articles
from benchmarks.figure import Figure
from benchmarks.measure import Measure, cpu_seconds, run_apart

_ARTICLES = 10_000


def group(source: str) -> dict[str, float]:
    """Group the articles of a file; what the grouping alone took, and how many groups it found."""
    ledger = ArticleLedger()
    with Spool(read_articles([source], ledger=ledger), ledger) as spool:
        before = cpu_seconds()
        groups = Groups(spool)
        spent = cpu_seconds() - before
        return {"cpu": spent, "shared": sum(1 for _ in groups.members())}


def measure(articles: int = _ARTICLES) -> Measure:
    """One run; its result is that of `group`."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "articles.jsonl")
        write_articles(source, articles, words=WORDS_OF_6_KB)
        return run_apart(group, str(source), name="near-duplicate grouping")


def figures() -> Iterator[Figure]:
    """CPU an article, of 10,000."""
    each = 1000 * measure().result["cpu"] / _ARTICLES
    yield Figure("groups", "near-duplicate grouping, an article", each, "CPU-ms", most=1)


def main() -> None:
    """Print the figure."""
    articles = int(sys.argv[1]) if len(sys.argv) > 1 else _ARTICLES
    found = measure(articles)
    each = 1000 * found.result["cpu"] / articles
    shared = found.result["shared"]
    print(f"{articles} articles, {shared} groups of more than one, {found.peak:.0f} MB")
    print(f"{each:.2f} ms of CPU an article (at most 1)")


if __name__ == "__main__":
    main()
