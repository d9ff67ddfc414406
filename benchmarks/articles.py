"""Peak memory and time of articles -> tasks, for 1,000 and for 100,000 articles.

`python -m benchmarks.articles [SMALL LARGE]`. Each size runs in a process of
its own, on a JSON Lines file of made articles of about 2,500 characters with
copies among them, the whole way: read, spool, group, build, write.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from pathlib import Path

from annotate.schemes import load_scheme
from annotate.schemes.label_config import shipped_config
from annotate.tasks import prepare_tasks
from annotate.tasks.write import save_tasks
from benchmarks.measure import run_apart

WORDS = [f"{a}{b}{c}" for a in "bdfklmnprst" for b in "aeiou" for c in "lmnrst"]
COMMON = ["the", "of", "to", "in", "and", "said", "that", "for", "on", "was"]

WORDS_OF_6_KB = 188
"""In each of the eight paragraphs, for articles of 6 kB."""


def write_articles(path: Path, count: int, *, words: int = 75) -> None:
    """Made articles; one in five is a copy of the one before, paragraphs shuffled."""
    rng = random.Random(1)
    paragraphs: list[str] = []
    with path.open("w", encoding="utf-8") as out:
        for number in range(count):
            if number % 5:
                paragraphs = [_paragraph(rng, words) for _ in range(8)]
            else:
                rng.shuffle(paragraphs)
            text = "\n".join(paragraphs) or _paragraph(rng, words)
            url = f"https://outlet{number % 50}.example/{number}"
            out.write(json.dumps({"text": text, "url": url, "date": "2024-01-01"}) + "\n")


def _paragraph(rng: random.Random, words: int) -> str:
    return " ".join(rng.choice(COMMON if rng.random() < 0.4 else WORDS) for _ in range(words)) + "."


def run(path: str) -> int:
    """Make the tasks of a file; how many."""
    scheme = load_scheme("entities")
    with (
        tempfile.TemporaryDirectory() as folder,
        prepare_tasks([path], scheme, shipped_config("entities")) as tasks,
    ):
        return save_tasks(tasks, Path(folder, "tasks.json"))


def main() -> None:
    """Print the table."""
    sizes = list(map(int, sys.argv[1:])) or [1_000, 100_000]
    peaks = []
    print(f"{'articles':>9}{'MB of input':>13}{'peak MB':>10}{'CPU s':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            path = Path(folder, f"{size}.jsonl")
            write_articles(path, size)
            found = run_apart(run, str(path), name="articles to tasks")
            peaks.append(found.peak)
            megabytes = path.stat().st_size / 1e6
            print(f"{found.result:>9}{megabytes:>13.1f}{found.peak:>10.0f}{found.cpu:>8.1f}")
    print(f"ratio of the peaks: {peaks[-1] / peaks[0]:.2f}")


if __name__ == "__main__":
    main()
