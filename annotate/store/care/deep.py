"""The rows of a version -> everything in them that contradicts itself.

Row hashes are made again, and from them the logical hash; offsets must cut out
the text that stands beside them; ids must be unique and refer to a gold row; no
story, not even a near-duplicate, may stand in two splits; the card must have the
data's numbers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from annotate.articles.likeness.stories import Told, find_stories
from annotate.dataset.arrow.hashing import logical_hash
from annotate.dataset.arrow.rehash import rehash
from annotate.dataset.arrow.tables import other_column
from annotate.dataset.manifest import Agreement
from annotate.dataset.rows import Schemas
from annotate.dataset.tokens.bio import token_rows
from annotate.schemes import load_scheme
from annotate.schemes.columns import Column
from annotate.store.care.faults import Fault, as_faults, stated_schemas
from annotate.store.care.spans import check_spans
from annotate.store.documents import derived_documents
from annotate.store.folder import MANIFEST
from annotate.store.numbers import count_numbers
from annotate.store.rowtables import hash_tables
from annotate.store.versions import Version
from annotate.text import text_sha256

_LAST_DIGIT = 2e-6
_AT_ONCE = 2000
"""Rows that are looked at together."""


class _Article(NamedTuple):
    """What of an article tells its story and where it stands."""

    split: str
    date: str | None
    url: str | None
    units: list[tuple[int, str]]
    """(start in the article, row id)."""


class _Gold(NamedTuple):
    """What of the gold rows is needed to check the others."""

    texts: dict[str, str]
    splits: dict[str, str]
    groups: dict[str, set[str]]
    articles: dict[str, _Article]
    """By article id."""
    tokens: dict[str, str]
    """Row id -> the hash of the row of tokens that follows from it."""


class _Batch(NamedTuple):
    """Some rows of a file."""

    columns: tuple[Column, ...]
    split: str
    rows: pa.RecordBatch

    def values(self, name: str) -> list[Any]:
        """A whole column."""
        found: list[Any] = self.rows.column(name).to_pylist()
        return found


def check_rows(version: Version) -> Iterator[Fault]:
    """Everything that is wrong with the rows of a version."""
    gold = _Gold({}, {}, defaultdict(set), {}, {})
    schemas = stated_schemas(version)
    tagged = load_scheme(version.manifest.scheme).tag_column if "bio" in schemas else None
    for config, data in version.manifest.configs.items():
        for file in data.files:
            path = version.path(file.path)
            found = _check_file(path, config, file.split, gold, schemas, tagged)
            yield from as_faults(((file.path, what) for what in found), file.path)
    yield from as_faults(_check_together(version, gold, schemas), "data")


def _check_together(version: Version, gold: _Gold, schemas: Schemas) -> Iterator[Fault]:
    """What only all files together say."""
    yield from (("data", what) for what in _check_leaks(gold))
    yield from _check_numbers(version)
    made = logical_hash(hash_tables(version), schemas, version.manifest.config_digest)
    if made != version.manifest.logical_hash:
        yield MANIFEST, "the row hashes do not make its logical hash"


def _check_file(
    path: Path, config: str, split: str, gold: _Gold, schemas: Schemas, tagged: str | None
) -> Iterator[str]:
    columns = schemas.get(config, ())
    with pq.ParquetFile(path, memory_map=True, pre_buffer=False) as file:
        if what := other_column(file.schema_arrow, columns):
            yield what
            return
        for rows in file.iter_batches(batch_size=_AT_ONCE, use_threads=False):
            batch = _Batch(columns, split, rows)
            damaged = list(_check_hashes(batch))
            yield from damaged
            if config == "gold":
                yield from _check_gold(batch, gold)
                if tagged and not damaged:
                    made = token_rows(pa.Table.from_batches([rows]), tagged, schemas).table
                    names = ("id", "row_hash")
                    gold.tokens.update(zip(*(made[n].to_pylist() for n in names), strict=True))
            else:
                yield from _check_other(batch, gold)
                if config == "bio":
                    yield from _check_tokens(batch, gold)


def _check_hashes(batch: _Batch) -> Iterator[str]:
    stored, made = batch.values("row_hash"), rehash(batch.columns, batch.rows)
    if stored != made:
        for unit, one, other in zip(batch.values("id"), stored, made, strict=True):
            if one != other:
                yield f"row {unit} has another hash than is written in it"


def _check_gold(batch: _Batch, gold: _Gold) -> Iterator[str]:
    names = ("id", "text", "text_sha256", "group", "article_id", "unit_start", "date", "url")
    rows = zip(*map(batch.values, names), strict=True)
    for unit, text, sha, group, name, start, date, url in rows:
        if None in (unit, text, group, name, start):
            yield f"row {unit} lacks its id, text, group, article_id or unit_start"
            continue
        if unit in gold.texts:
            yield f"row {unit} stands twice"
        gold.texts[unit], gold.splits[unit] = text, batch.split
        gold.groups[group].add(batch.split)
        article = gold.articles.setdefault(name, _Article(batch.split, date, url, []))
        article.units.append((start, unit))
        if text_sha256(text) != sha:
            yield f"row {unit}: text_sha256 is not that of its text"
    yield from _check_spans(batch, batch.values("text"))


def _check_other(batch: _Batch, gold: _Gold) -> Iterator[str]:
    units = batch.values("id")
    for unit in units:
        if unit not in gold.texts:
            yield f"row {unit} has no gold row"
        elif gold.splits[unit] != batch.split:
            yield f"row {unit} stands in another split than its gold row"
    yield from _check_spans(batch, list(map(gold.texts.get, units)))


def _check_spans(batch: _Batch, texts: list[str | None]) -> Iterator[str]:
    for column in batch.columns:
        for place, what in check_spans(column, batch.rows.column(column.name), texts):
            yield f"row {batch.rows.column('id')[place]}: {what}"


def _check_tokens(batch: _Batch, gold: _Gold) -> Iterator[str]:
    """Rows of tokens against the gold rows that they were made of."""
    for unit, made in zip(batch.values("id"), batch.values("row_hash"), strict=True):
        if gold.tokens.get(unit, made) != made:
            yield f"row {unit} is not what its gold row gives"


def _check_leaks(gold: _Gold) -> Iterator[str]:
    for group, splits in gold.groups.items():
        if len(splits) > 1:
            yield f"the group {group} stands in {' and '.join(sorted(splits))}"
    for story in find_stories(_told(gold)):
        splits = {gold.articles[name].split for name in story}
        if len(splits) > 1:
            what = f"the articles {', '.join(story)} tell one story"
            yield f"{what}, and stand in {' and '.join(sorted(splits))}"


def _told(gold: _Gold) -> Iterator[Told]:
    """The articles, as far as their units are there."""
    for name, article in gold.articles.items():
        texts = dict.fromkeys(gold.texts[unit] for _, unit in sorted(article.units))
        yield Told(name, "\n".join(texts), article.date, article.url)


def _check_numbers(version: Version) -> Iterator[Fault]:
    """The numbers of the manifest against the data, and the texts that follow from it."""
    stated, found = (
        version.manifest.numbers,
        count_numbers(version, load_scheme(version.manifest.scheme)),
    )
    rest = {"agreement"}
    if stated.model_dump(exclude=rest) != found.model_dump(exclude=rest) or not _agree(
        stated.agreement, found.agreement
    ):
        yield MANIFEST, "its numbers are not those of the data"
    for name, data in derived_documents(version.manifest, version.schemas()).items():
        if version.path(name).read_bytes() != data:
            yield name, "is not what follows from the manifest and the columns"


def _agree(stated: Agreement, found: Agreement) -> bool:
    """Whether two agreements are one, but for the last digit, which other hardware may round."""
    if len(stated.figures) != len(found.figures) or (stated.tasks, stated.compared) != (
        found.tasks,
        found.compared,
    ):
        return False
    return all(
        (one.name, one.of, one.n) == (other.name, other.of, other.n)
        and all(
            a == b or (a is not None and b is not None and abs(a - b) < _LAST_DIGIT)
            for a, b in (
                (one.value, other.value),
                (one.low, other.low),
                (one.high, other.high),
            )
        )
        for one, other in zip(stated.figures, found.figures, strict=True)
    )
