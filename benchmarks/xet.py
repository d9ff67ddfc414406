"""Bytes that are new to the Hub's chunk store when a version changes, for several ways to write.

`python -m benchmarks.xet [ARTICLES]` (20,000). Made articles of 6 kB with two
annotators and twelve entities each, as the configs `gold` and `annotations` of
the scheme entities (`bio`, which repeats the text as tokens, is left out), in
three splits. Each version is written and sent by the real Xet client
(`hf_xet`) to a local store, a store of its own for each way; the client counts
what is new. Changes: 2 % of the articles relabelled at random; 2 % one after
the other; 5 % more articles. Percent of the second version's bytes, and for
the append times the size of the same rows written alone.
"""

from __future__ import annotations

import hashlib
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import hf_xet
import pyarrow as pa
import pyarrow.parquet as pq

from annotate.dataset.arrow import make_table, write_parquet
from annotate.dataset.rows import Item, Rows, make_rows, make_schemas
from annotate.schemes import load_scheme
from annotate.schemes.label_config import shipped_config

LENGTH, ENTITIES, CHANGED, ADDED = 6000, 12, 0.02, 0.05
WORDS = [f"{a}{b}{c}{d}" for a in "bdfklmnprst" for b in "aeiou" for c in "lmnrst" for d in "aeiou"]
WEIGHTS = list(accumulate(1 / (rank + 3) for rank in range(len(WORDS))))
LABELS = ["PER", "ORG", "GPE", "LOC"]
SPLITS = ["train"] * 8 + ["validation", "test"]
Tables = dict[str, pa.Table]
Write = Callable[[pa.Table, Path], list[Path]]


class Article(NamedTuple):
    """A made article with its entities: (start, end)."""

    number: int
    text: str
    spans: list[tuple[int, int]]


def make_article(number: int) -> Article:
    """Words by Zipf's law; every article has its own seed."""
    rng = random.Random(number)
    words = rng.choices(WORDS, cum_weights=WEIGHTS, k=LENGTH // 5 + 40)
    text = " ".join(words)[:LENGTH]
    starts = sorted(rng.sample(range(0, LENGTH - 40, 40), ENTITIES))
    return Article(number, text, [(start, start + rng.randint(4, 20)) for start in starts])


def make_item(article: Article, *, relabelled: bool, first: str | None) -> Item:
    """The rows of an article; a relabelled one has another label at three entities."""
    key, place, group = (
        digest(f"{kind} {article.number}") for kind in ("unit", "article", "group")
    )
    rng = random.Random(f"labels {article.number}")
    labels = [rng.choice(LABELS) for _ in article.spans]
    if relabelled:
        labels[:3] = [LABELS[(LABELS.index(label) + 1) % 4] for label in labels[:3]]
    spans = [
        (digest(f"{key} {start} {label}")[:16], start, end, article.text[start:end], label, "NAM")
        for (start, end), label in zip(article.spans, labels, strict=True)
    ]
    people = ["a1b2c3d4", "e5f6a7b8"]
    gold = (
        *(key, place, group, "article", 0, f"Title {article.number}", "2026-01-02"),
        *(f"https://example.org/{article.number}", "CC-BY-4.0", article.text),
        *(hashlib.sha256(article.text.encode()).hexdigest(), "majority", people),
        [(*span, 2, people) for span in spans],
    )
    times = [rng.random() * 600 for _ in people]
    own = [
        (key, person, spans, lead, f"2026-01-02T03:04:{second:02d}Z")
        for person, lead, second in zip(people, times, (5, 9), strict=True)
    ]
    return Item(gold, own, SPLITS[int(key[:8], 16) % 10], first)


def digest(text: str) -> str:
    """Thirty-two hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def make_tables(items: Iterable[Item]) -> Tables:
    """The tables of a version, by config and split."""
    scheme = load_scheme("entities")
    schemas = make_schemas(scheme, shipped_config("entities"), {})
    del schemas["bio"]
    made: Rows = make_rows(items, scheme, schemas)
    return {
        f"{split}-{config}": make_table(schemas[config], rows)
        for config, by_split in made.rows.items()
        for split, rows in by_split.items()
    }


def versions(count: int) -> dict[str, Tables]:
    """The first version, the three that follow it, and what the append added, alone."""
    articles = [make_article(number) for number in range(count + int(count * ADDED))]
    old, new = articles[:count], articles[count:]
    ordered = sorted(old, key=lambda a: digest(f"article {a.number}"))
    many = int(count * CHANGED)
    chosen = {a.number for a in random.Random(5).sample(old, many)}
    batch = {a.number for a in ordered[count // 3 : count // 3 + many]}

    def items(changed: set[int]) -> list[Item]:
        return [make_item(a, relabelled=a.number in changed, first="v1.0.0") for a in old]

    added = [make_item(a, relabelled=False, first=None) for a in new]
    return {
        "first": make_tables(items(set())),
        "random": make_tables(items(chosen)),
        "batch": make_tables(items(batch)),
        "append": make_tables([*items(set()), *added]),
        "added": make_tables(added),
    }


def written(table: pa.Table, path: Path, **options: Any) -> list[Path]:
    """One file, as `write_parquet` with other options."""
    settings: dict[str, Any] = {
        "compression": "zstd",
        "write_page_index": True,
        "write_page_checksum": True,
    }
    pq.write_table(table, path, **(settings | options))
    return [path]


def ours(table: pa.Table, path: Path) -> list[Path]:
    """The settings of `annotate.dataset.arrow`."""
    write_parquet(table, path)
    return [path]


def cut(rows: int | None, *, chunked: bool) -> Write:
    """Row groups of `rows` (None: the writer's default), chunked by content or not."""
    size = {} if rows is None else {"row_group_size": rows}
    return lambda table, path: written(table, path, use_content_defined_chunking=chunked, **size)


def small_chunks(table: pa.Table, path: Path) -> list[Path]:
    """One row group, content-defined chunks of 16 to 64 kB in place of 256 kB to 1 MB."""
    sizes = {"min_chunk_size": 16 << 10, "max_chunk_size": 64 << 10}
    return written(table, path, use_content_defined_chunking=sizes)


def apart(rows: int | None) -> Write:
    """Label columns in a file of their own, texts and what belongs to them in another."""

    def write(table: pa.Table, path: Path) -> list[Path]:
        labels = [n for n in table.column_names if n in {"entities", "annotators", "row_hash"}]
        if "text" not in table.column_names:
            return cut(rows, chunked=True)(table, path)
        texts = path.with_suffix(".texts.parquet")
        cut(None, chunked=True)(table.drop_columns(labels), texts)
        return [texts, *cut(rows, chunked=True)(table.select(["id", *labels]), path)]

    return write


def hashes_last(table: pa.Table, path: Path) -> list[Path]:
    """As ours, the changing columns first and the texts last."""
    changing = [n for n in table.column_names if n in {"entities", "row_hash"}]
    rest = [n for n in table.column_names if n not in changing]
    return ours(table.select([*changing, *rest]), path)


def without_ids(table: pa.Table, path: Path) -> list[Path]:
    """As the default row groups, without what follows from the rest: span ids and texts, hashes."""
    kept = [n for n in table.column_names if n != "row_hash"]
    spans = table.column("entities").combine_chunks()
    fields = [f for f in spans.type.value_type if f.name not in {"id", "text"}]
    arrays = [spans.values.field(field.name) for field in fields]
    inner = pa.StructArray.from_arrays(arrays, fields=fields)
    lists = pa.ListArray.from_arrays(spans.offsets, inner)
    place = kept.index("entities")
    return cut(None, chunked=True)(
        table.select(kept).set_column(place, pa.field("entities", lists.type), lists), path
    )


def steady_ids(write: Write) -> Write:
    """Span ids that do not follow from the label, so that relabelling leaves them alone."""

    def rewritten(table: pa.Table, path: Path) -> list[Path]:
        spans = table.column("entities").combine_chunks()
        columns = {field.name: spans.values.field(field.name) for field in spans.type.value_type}
        rows = table.column("id").to_pylist()
        keys = [
            row
            for row, size in zip(rows, spans.value_lengths().to_pylist(), strict=True)
            for _ in range(size)
        ]
        borders = zip(keys, columns["start"].to_pylist(), columns["end"].to_pylist(), strict=True)
        columns["id"] = pa.array(
            [digest(f"{key} {start} {end}")[:16] for key, start, end in borders]
        )
        inner = pa.StructArray.from_arrays(
            list(columns.values()), fields=list(spans.type.value_type)
        )
        lists = pa.ListArray.from_arrays(spans.offsets, inner)
        place = table.column_names.index("entities")
        return write(table.set_column(place, table.schema.field("entities"), lists), path)

    return rewritten


def at_batches(rows: int, first: dict[str, int], *, files: bool) -> Write:
    """A row group, or a file, that begins where the rows of the second version begin."""

    def write(table: pa.Table, path: Path) -> list[Path]:
        old = min(first[path.stem], table.num_rows)
        parts = [part for part in (table[:old], table[old:]) if part.num_rows]
        if files:
            return [
                written_file
                for number, part in enumerate(parts)
                for written_file in cut(rows, chunked=True)(
                    part, path.with_suffix(f".{number}.parquet")
                )
            ]
        with pq.ParquetWriter(
            path,
            table.schema,
            compression="zstd",
            use_content_defined_chunking=True,
            write_page_index=True,
            write_page_checksum=True,
        ) as writer:
            for part in parts:
                writer.write_table(part, row_group_size=rows)
        return [path]

    return write


def ways(first: Tables) -> dict[str, Write]:
    """All ways to write; `first` are the tables of the first version."""
    counts = {name: table.num_rows for name, table in first.items()}
    more = {
        "groups cut at batches, 1,000": at_batches(1000, counts, files=False),
        "groups cut at batches, 16,000": at_batches(16_000, counts, files=False),
        "a file a batch, 16,000": at_batches(16_000, counts, files=True),
        "… and ids without the label": steady_ids(at_batches(16_000, counts, files=False)),
        "ids without the label, chunked": steady_ids(cut(None, chunked=True)),
    }
    return WAYS | more


WAYS: dict[str, Write] = {
    "as in arrow.py": ours,
    "plain": cut(None, chunked=False),
    "chunked": cut(None, chunked=True),
    "chunked 16 to 64 kB": small_chunks,
    "groups of 100, chunked": cut(100, chunked=True),
    "groups of 300, chunked": cut(300, chunked=True),
    "groups of 1,000": cut(1000, chunked=False),
    "groups of 4,000, chunked": cut(4000, chunked=True),
    "arrow.py, labels first": hashes_last,
    "labels apart, chunked": apart(None),
    "labels apart, groups of 1,000": apart(1000),
    "labels apart, groups of 100": apart(100),
    "chunked, no ids or hashes": without_ids,
}


def write_all(tables: Tables, write: Write, folder: Path) -> list[Path]:
    """Write a version's files."""
    folder.mkdir()
    return [
        path
        for name, table in sorted(tables.items())
        for path in write(table, folder / f"{name}.parquet")
    ]


def send(paths: Sequence[Path], store: Path) -> tuple[int, int]:
    """Send files to a local store; returns (all bytes, bytes that were new to it)."""
    commit = hf_xet.XetSession().new_upload_commit(endpoint=f"local://{store}")
    for path in paths:
        commit.start_upload_file(str(path))
    counted = commit.wait_to_finish().dedup_metrics
    return counted.total_bytes, counted.new_bytes


def read_seconds(paths: Sequence[Path]) -> float:
    """Processor seconds to read all columns, the best of three."""

    def once() -> float:
        start = time.process_time()
        for path in paths:
            pq.read_table(path)
        return time.process_time() - start

    return min(once() for _ in range(3))


def measure(made: dict[str, Tables], write: Write, folder: Path) -> str:
    """One line of the table; each change is sent to a store that holds the first version alone."""
    first = write_all(made["first"], write, folder / "first")
    size = sum(path.stat().st_size for path in first)
    figures = []
    for change in ("random", "batch", "append"):
        store = folder / f"store-{change}"
        send(first, store)
        total, new = send(write_all(made[change], write, folder / change), store)
        if change == "append":
            alone = write_all(made["added"], write, folder / "added")
            figures.append(f"{new / sum(path.stat().st_size for path in alone):6.2f} x")
        else:
            figures.append(f"{100 * new / total:6.1f} %")
    return f"{size / 1e6:7.1f} {' '.join(figures)} {read_seconds(first):7.2f}"


def account(made: dict[str, Tables], folder: Path) -> None:
    """Where the bytes of a version are, by column, written as ours."""
    sizes: dict[str, int] = {}
    paths = write_all(made["first"], ours, folder / "account")
    for path in paths:
        config = path.stem.split("-")[1]
        found = pq.read_metadata(path)
        for group in range(found.num_row_groups):
            for column in range(found.num_columns):
                chunk = found.row_group(group).column(column)
                name = f"{config} {chunk.path_in_schema.replace('list.element.', '')}"
                sizes[name] = sizes.get(name, 0) + chunk.total_compressed_size
    total = sum(path.stat().st_size for path in paths)
    sizes["all else: footers, indexes"] = total - sum(sizes.values())
    for name, size in sorted(sizes.items(), key=lambda pair: -pair[1])[:16]:
        print(f"{name:<36} {100 * size / total:5.1f} %")


def main(count: int) -> None:
    """Print the tables."""
    made = versions(count)
    with tempfile.TemporaryDirectory() as name:
        account(made, Path(name))
        print(f"\n{'':<32} {'MB':>7} {'random':>8} {'batch':>8} {'append':>8} {'read, s':>7}")
        for number, (way, write) in enumerate(ways(made["first"]).items()):
            folder = Path(name, str(number))
            folder.mkdir()
            print(f"{way:<32} {measure(made, write, folder)}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
