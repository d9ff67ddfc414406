"""Bytes that are new to the Hub's chunk store when a version changes, for several ways to write.

`python -m benchmarks.xet [ARTICLES]` (20,000). Made articles of 6 kB with two
annotators and twelve entities each, as the configs `gold` and `annotations` of
the scheme entities, in three splits, and apart from them as the config `bio`, which
repeats the text as tokens. Each version is written and sent by the real Xet client
(`hf_xet`) to a local store, a store of its own for each way; the client counts
what is new. Changes: 2 % of the articles relabelled at random; 2 % one after
the other; 5 % more articles; one article taken out. Percent of the second
version's bytes, and for the append times the size of the same rows written
alone. The last column is the processor time to read all columns.
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

from annotate.dataset.arrow.hashing import row_hasher
from annotate.dataset.arrow.layout import SplitWriter, write_parquet
from annotate.dataset.arrow.tables import make_table
from annotate.dataset.rows import Row, make_schemas
from annotate.dataset.tokens.bio import token_rows
from annotate.identity import span_names
from annotate.schemes import load_scheme
from annotate.schemes.label_config import shipped_config

LENGTH, ENTITIES, CHANGED, ADDED = 6000, 12, 0.02, 0.05
WORDS = [f"{a}{b}{c}{d}" for a in "bdfklmnprst" for b in "aeiou" for c in "lmnrst" for d in "aeiou"]
WEIGHTS = list(accumulate(1 / (rank + 3) for rank in range(len(WORDS))))
LABELS = ["PER", "ORG", "GPE", "LOC"]
SPLITS = ["train"] * 8 + ["validation", "test"]
CHANGES = ("random", "batch", "append", "removal")
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


class Item(NamedTuple):
    """The rows of an article, without their hashes."""

    gold: Row
    annotations: list[Row]
    split: str
    first: str | None
    """The version it first stood in; None is the newer one."""


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
        (span_names(key)[start, end, 0], start, end, article.text[start:end], label, "NAM")
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
    hashers = {config: row_hasher(columns) for config, columns in schemas.items()}
    rows: dict[tuple[str, str], list[Row]] = {}
    for item in sorted(items, key=lambda item: (item.first is None, item.gold[1])):
        for config, found in (("gold", [item.gold]), ("annotations", item.annotations)):
            own = sorted(((*row, hashers[config](row)) for row in found), key=lambda row: row[-1])
            rows.setdefault((config, item.split), []).extend(own)
    return {
        f"{split}-{config}": make_table(schemas[config], found)
        for (config, split), found in rows.items()
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
        "removal": make_tables(items(set())[1:]),
        "added": make_tables(added),
    }


def make_tokens(tables: Tables) -> Tables:
    """The tables of `bio` that belong to those of gold."""
    schemas = make_schemas(load_scheme("entities"), shipped_config("entities"), {})
    found = {}
    for name, gold in tables.items():
        if name.endswith("-gold"):
            pieces = (gold[start : start + 500] for start in range(0, gold.num_rows, 500))
            made = [token_rows(piece, "entities.label", schemas).table for piece in pieces]
            found[name.replace("gold", "bio")] = pa.concat_tables(made).combine_chunks()
    return found


def written(table: pa.Table, path: Path, **options: Any) -> list[Path]:
    """One file, with other options than `annotate.dataset.arrow.layout` has."""
    settings: dict[str, Any] = {
        "compression": "zstd",
        "write_page_index": True,
        "write_page_checksum": True,
    }
    pq.write_table(table, path, **(settings | options))
    return [path]


def ours(first: dict[str, int]) -> Write:
    """As `annotate.dataset.arrow.layout` writes a version; beyond `first` is a new batch."""

    def write(table: pa.Table, path: Path) -> list[Path]:
        old = min(first[path.stem], table.num_rows)
        with SplitWriter(path.parent, path.stem, table.schema) as writer:
            writer.write(table[:old], "v1.0.0")
            writer.write(table[old:], "v1.1.0")
        return [file.path for file in writer.files]

    return write


def one_batch(table: pa.Table, path: Path) -> list[Path]:
    """The row groups of `annotate.dataset.arrow.layout` in one file, wherever batches begin."""
    write_parquet([table], table.schema, path)
    return [path]


def by_content(write: Write) -> Write:
    """The files and row groups of `write`, with pages that end by content."""

    def rewritten(table: pa.Table, path: Path) -> list[Path]:
        paths = write(table, path)
        for file in paths:
            groups = pq.read_metadata(file)
            rows, start = pq.read_table(file), 0
            with pq.ParquetWriter(
                file,
                rows.schema,
                compression="zstd",
                use_content_defined_chunking=True,
                write_page_index=True,
                write_page_checksum=True,
            ) as writer:
                for number in range(groups.num_row_groups):
                    several = groups.row_group(number).num_rows
                    writer.write_table(rows[start : start + several], row_group_size=several)
                    start += several
        return paths

    return rewritten


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


def ids_of_labels(write: Write) -> Write:
    """Span ids that follow from the label too, so that relabelling makes new ones."""

    def rewritten(table: pa.Table, path: Path) -> list[Path]:
        spans = table.column("entities").combine_chunks()
        columns = {field.name: spans.values.field(field.name) for field in spans.type.value_type}
        pairs = zip(columns["id"].to_pylist(), columns["label"].to_pylist(), strict=True)
        columns["id"] = pa.array([digest(f"{name} {label}")[:16] for name, label in pairs])
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
    return {
        "layout.py": ours(counts),
        "the same, ids from labels": ids_of_labels(ours(counts)),
        "layout.py, one batch": one_batch,
        **WAYS,
        "cut at batches, 1,000": at_batches(1000, counts, files=False),
        "cut at batches, 16,000": at_batches(16_000, counts, files=False),
        "a file a batch, 16,000": at_batches(16_000, counts, files=True),
    }


WAYS: dict[str, Write] = {
    "plain": cut(None, chunked=False),
    "chunked": cut(None, chunked=True),
    "chunked 16 to 64 kB": small_chunks,
    "groups of 100, chunked": cut(100, chunked=True),
    "groups of 1,000, chunked": cut(1000, chunked=True),
    "groups of 4,000, chunked": cut(4000, chunked=True),
    "labels apart, chunked": apart(None),
    "labels apart, groups of 1,000": apart(1000),
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
    for change in CHANGES:
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
    paths = write_all(made["first"], one_batch, folder / "account")
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
        heads = "".join(f"{head:>9}" for head in (*CHANGES, "read, s"))
        print(f"\n{'':<32} {'MB':>7}{heads}")
        for number, (way, write) in enumerate(ways(made["first"]).items()):
            folder = Path(name, str(number))
            folder.mkdir()
            print(f"{way:<32} {measure(made, write, folder)}", flush=True)
        tokens = {version: make_tokens(tables) for version, tables in made.items()}
        layout = ours({config: table.num_rows for config, table in tokens["first"].items()})
        for way, write in {"layout.py": layout, "by content": by_content(layout)}.items():
            folder = Path(name, way)
            folder.mkdir()
            print(f"{f'tokens, {way}':<32} {measure(tokens, write, folder)}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
