"""A number of rows -> a dataset of two versions, 2 % of its rows relabelled in the second.

Paragraphs of about 600 characters with four entities and two annotators, in
three splits, written and committed by the project's own writer; nothing is
gathered, so that a million rows are there in minutes. Seeded.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from annotate.annotations.ledger import Ledger
from annotate.dataset.arrow.hashing import ConfigSplit, logical_hash, row_hasher
from annotate.dataset.arrow.layout import SplitWriter
from annotate.dataset.arrow.tables import label_lists, make_table
from annotate.dataset.manifest import Agreement, DataConfig, DataFile, Manifest, Numbers
from annotate.dataset.rows import Row, Schemas, make_schemas
from annotate.identity import digest, span_names
from annotate.schemes import load_scheme
from annotate.schemes.label_config import LabelConfig, shipped_config
from annotate.store.commit import commit_version, put_objects
from annotate.store.documents import write_documents
from annotate.store.folder import DatasetFolder
from annotate.store.local import file_sha256
from annotate.store.log import LoggedFile, VersionEntry, read_log
from annotate.store.numbers import count_numbers
from annotate.store.rowfiles import StagedFiles
from annotate.store.rowtables import hash_tables
from annotate.store.versions import Version
from annotate.text import text_sha256

CHANGED = 0.02
_LENGTH, _SPANS, _CHUNK = 600, 4, 5000
_SPLITS = ["train"] * 8 + ["validation", "test"]
_LABELS = ("PER", "ORG", "GPE", "LOC")
_PEOPLE = ("a1b2c3d4e5f6a7b8", "b2c3d4e5f6a7b8c9")
_WORDS = [
    f"{a}{b}{c}{d}" for a in "bdfklmnprst" for b in "aeiou" for c in "lmnrst" for d in "aeiou"
]


class _Made(NamedTuple):
    """The rows of one unit, without their hashes."""

    split: str
    gold: Row
    annotations: list[Row]


def make_versions(
    store: Path, name: str, versions: tuple[str, str], rows: int, *, counted: bool
) -> None:
    """Commit both versions of the dataset `name` of `rows` gold rows.

    Where they are not `counted` the card has no numbers, which `verify --deep` would say.
    """
    folder, (first, second) = DatasetFolder(store, name), versions
    folder.create()
    config = shipped_config("entities")
    schemas = make_schemas(load_scheme("entities"), config, {})
    del schemas["bio"]
    changed = set(random.Random(5).sample(range(rows), int(rows * CHANGED)))
    for version, parent, relabelled in ((first, None, set[int]()), (second, first, changed)):
        with folder.files.committing(), folder.files.stage() as staged:
            (staged / "data").mkdir()
            configs = _write(staged, _units(rows, relabelled), schemas, first)
            tables = hash_tables(StagedFiles(staged, configs))
            manifest = _manifest(name, version, parent, configs, schemas, config, tables)
            if counted:
                draft = _draft(manifest, put_objects(folder, staged, manifest))
                numbers = count_numbers(Version(folder, draft, manifest), load_scheme("entities"))
                manifest = manifest.model_copy(update={"numbers": numbers})
            write_documents(staged, manifest, schemas)
            commit_version(folder, read_log(folder), staged, manifest)


def _units(rows: int, relabelled: set[int]) -> Iterator[_Made]:
    """Units in the order of their articles, of five paragraphs each."""
    rng = random.Random(7)
    words = " ".join(rng.choices(_WORDS, k=200_000))
    articles = sorted(digest("article", n) for n in range((rows + 4) // 5))
    for number in range(rows):
        place = rng.randrange(len(words) - _LENGTH)
        text = f"{number} {words[place : place + _LENGTH]}"
        yield _unit(number, articles[number // 5], text, relabelled=number in relabelled)


def _unit(number: int, article: str, text: str, *, relabelled: bool) -> _Made:
    rng = random.Random(number)
    key, start = digest("unit", number), 1000 * (number % 5)
    spans = []
    for count in range(_SPANS):
        begin = 10 + 140 * count + rng.randrange(100)
        end, label = begin + rng.randint(4, 20), rng.randrange(len(_LABELS))
        shown = _LABELS[(label + relabelled) % 4 if count == 0 else label]
        spans.append((span_names(key)[begin, end, 0], begin, end, text[begin:end], shown, "NAM"))
    gold = (
        *(key, article, article, "paragraph", start, f"Title {article[:6]}", "2026-01-02"),
        *(f"https://example.org/{article}", "CC-BY-4.0", text, text_sha256(text)),
        *("majority", list(_PEOPLE), [(*span, 2, list(_PEOPLE)) for span in spans]),
    )
    own = [(key, who, spans, 600 * rng.random(), "2026-01-02T03:04:05Z") for who in _PEOPLE]
    return _Made(_SPLITS[int(article[:8], 16) % 10], gold, own)


def _write(
    staged: Path, units: Iterator[_Made], schemas: Schemas, batch: str
) -> dict[str, DataConfig]:
    """Write all rows; returns the configs without the version in their names."""
    hashers = {config: row_hasher(columns) for config, columns in schemas.items()}
    writers: dict[tuple[str, str], SplitWriter] = {}
    waiting: dict[tuple[str, str], list[Row]] = {}

    def flush(config: str, split: str) -> None:
        table = make_table(schemas[config], waiting.pop((config, split)))
        if (config, split) not in writers:
            prefix = f"{split}-{config}"
            writers[config, split] = SplitWriter(staged / "data", prefix, table.schema)
        writers[config, split].write(table, batch)

    for unit in units:
        for config, found in (("gold", [unit.gold]), ("annotations", unit.annotations)):
            rows = waiting.setdefault((config, unit.split), [])
            for row in found:
                rows.append((*row, hashers[config](row)))
            if len(rows) >= _CHUNK:
                flush(config, unit.split)
    for config, split in list(waiting):
        flush(config, split)
    return {config: _close(config, writers) for config in schemas}


def _close(config: str, writers: dict[tuple[str, str], SplitWriter]) -> DataConfig:
    files = []
    for split in ("train", "validation", "test"):
        writer = writers.get((config, split))
        if writer is None:
            continue
        writer.close()
        for path, rows, batches, row_hashes in writer.files:
            sha = file_sha256(path)
            named = path.rename(path.with_stem(f"{path.stem}-{sha[:12]}"))
            size = named.stat().st_size
            files.append(
                DataFile(
                    path=f"data/{named.name}",
                    split=split,
                    rows=rows,
                    bytes=size,
                    sha256=sha,
                    batches=batches,
                    row_hashes=row_hashes,
                )
            )
    return DataConfig(name=config, files=files)


def _draft(manifest: Manifest, files: list[LoggedFile]) -> VersionEntry:
    """The entry by which files can be read that are not committed yet."""
    return VersionEntry(
        seq=0,
        previous=None,
        created_at=manifest.created_at,
        message=manifest.message,
        version=manifest.version,
        parent=manifest.parent,
        bump=manifest.bump,
        logical_hash=manifest.logical_hash,
        files=files,
    )


def _manifest(
    name: str,
    version: str,
    parent: str | None,
    configs: dict[str, DataConfig],
    schemas: Schemas,
    config: LabelConfig,
    tables: Iterable[tuple[ConfigSplit, pa.Table]],
) -> Manifest:
    suffix = {"gold": "", "annotations": "-annotations"}
    named = {c: d.model_copy(update={"name": f"{version}{suffix[c]}"}) for c, d in configs.items()}
    nothing: dict[str, Any] = {
        **{key: {} for key in ("names", "changes", "rejected", "tools")},
        **{key: [] for key in ("inputs", "carried")},
    }
    agreement = Agreement(tasks=0, compared=0, replicates=0, figures=[])
    return Manifest(
        name=name,
        version=version,
        scheme="entities",
        parent=parent,
        bump="major",
        message="Made for a benchmark",
        created_at="2026-01-02T03:04:05+00:00",
        logical_hash=logical_hash(tables, schemas, config.digest),
        configs=named,
        labels={path: list(names) for path, names in label_lists(schemas["gold"]).items()},
        label_config=config.xml,
        config_digest=config.digest,
        counts=dict(Ledger().counts),
        guideline=None,
        policy="majority",
        ties="drop",
        repair=False,
        ties_found=0,
        bio_dropped=0,
        bio_moved=0,
        owner_words=text_sha256(""),
        key_fingerprint="benchmark",
        numbers=Numbers(
            articles=0,
            stories=0,
            labels={},
            licences={},
            annotators={},
            tasks_by_annotations={},
            agreement=agreement,
        ),
        **nothing,
    )
