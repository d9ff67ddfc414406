"""Articles -> tasks, beside reading and writing the same JSON lines with orjson.

    python -m benchmarks.tasks [ARTICLES]

Each side runs in a process of its own, five times in turn; the figures are
medians of CPU time after imports. Ours is the whole way of a `.jsonl` of articles of 6 kB to
the file that Label Studio imports: read, check, canonical text, hashes, spool,
task, write. Near-duplicate grouping is measured apart (`benchmarks.groups`).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import orjson

from annotate.articles import read_articles
from annotate.articles.ledger import ArticleLedger
from annotate.articles.spool import Spool
from annotate.schemes import load_scheme
from annotate.tasks.build import Grouped, make_tasks
from annotate.tasks.write import save_tasks
from benchmarks.articles import WORDS_OF_6_KB, write_articles
from benchmarks.figure import Figure
from benchmarks.measure import Measure, median_of, run_apart


def copy_lines(source: str, out: str) -> int:
    """The floor: every line decoded and encoded again, nothing looked at."""
    with Path(source).open("rb") as lines, Path(out).open("wb") as file:
        for line in lines:
            file.write(orjson.dumps(orjson.loads(line)))
            file.write(b"\n")
    return 0


def convert(source: str, out: str) -> int:
    """Ours, without groups."""
    ledger = ArticleLedger()
    with Spool(read_articles([source], ledger=ledger), ledger) as spool:
        names = ((number, spool.article_id(number)) for number in spool.kept.tolist())
        articles = (Grouped(spool.read(number), name, name) for number, name in names)
        return save_tasks(make_tasks(articles, load_scheme("entities")), Path(out))


def measure(articles: int = 10_000, *, rounds: int = 5) -> list[Measure]:
    """The two sides, the floor first."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder, "articles.jsonl"), Path(folder, "out.json")
        write_articles(source, articles, words=WORDS_OF_6_KB)
        sides = {"orjson, lines copied": copy_lines, "articles to tasks": convert}
        found: dict[str, list[Measure]] = {name: [] for name in sides}
        for _ in range(rounds):
            for name, side in sides.items():
                found[name].append(run_apart(side, str(source), str(out), name=name))
    return [median_of(measures) for measures in found.values()]


def figures() -> Iterator[Figure]:
    """Both sides and their ratio, for 10,000 articles."""
    floor, ours = measure()
    yield Figure("tasks", "lines copied with orjson", floor.cpu, "CPU-s")
    yield Figure("tasks", "articles to tasks", ours.cpu, "CPU-s")
    yield Figure(
        "tasks", "articles to tasks, CPU to copying lines", ours.cpu / floor.cpu, "x", most=4
    )


def main() -> None:
    """Print the table and the ratio."""
    floor, ours = measure(*map(int, sys.argv[1:2]))
    for side in (floor, ours):
        print(side.line())
    print(f"ratio of CPU: {ours.cpu / floor.cpu:.2f} (at most 4)")


if __name__ == "__main__":
    main()
