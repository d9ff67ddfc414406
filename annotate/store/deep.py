"""The rows of a version -> everything in them that contradicts itself.

Row hashes are made again; offsets must cut out the text that stands beside
them; ids must be unique and refer to a gold row; no story, not even a
near-duplicate, may stand in two splits; the card must have the data's numbers.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from annotate.dataset.arrow import read_rows, schema_columns
from annotate.dataset.bio import bio_names, hash_token_row, tag_tokens
from annotate.dataset.hashing import row_hasher
from annotate.dataset.manifest import Agreement
from annotate.dataset.rows import row_values
from annotate.schemes import load_scheme
from annotate.store.numbers import count_numbers
from annotate.store.stage import derived_texts
from annotate.store.versions import Version
from annotate.text import text_sha256

_LINE = 40
"""Characters from which a line says which story it is from."""
_COMMON = 50
"""Articles from which on a line is boilerplate."""
_SHARED = 0.5
"""Share of the shorter article's lines that makes two articles one story."""
_LAST_DIGIT = 2e-6
_SPACE = re.compile(r"\W+")

Found = tuple[str, str]
"""(file, what is wrong with it)."""


class _Gold(NamedTuple):
    """What of the gold rows is needed to check the others."""

    texts: dict[str, str]
    splits: dict[str, str]
    groups: dict[str, set[str]]
    articles: dict[str, tuple[str, set[str]]]
    """Article id -> (split, its lines)."""


def check_rows(version: Version) -> Iterator[Found]:
    """Everything that is wrong with the rows of a version."""
    gold = _Gold({}, {}, defaultdict(set), {})
    for config in version.manifest.configs:
        for split, paths in version.config_paths(config).items():
            for path in paths:
                rows = list(read_rows([path]))
                file = f"data/{path.name}"
                yield from ((file, what) for what in _check_hashes(schema_columns(path), rows))
                if config == "gold":
                    yield from ((file, what) for what in _check_gold(rows, split, gold))
                else:
                    yield from ((file, what) for what in _check_other(rows, split, gold))
    yield from (("data", what) for what in _check_leaks(gold))
    yield from _check_tags(version, gold)
    yield from _check_numbers(version)


def _check_numbers(version: Version) -> Iterator[Found]:
    """The numbers of the manifest against the data, and the texts that follow from it."""
    stated, found = (
        version.manifest.numbers,
        count_numbers(version, load_scheme(version.manifest.scheme)),
    )
    rest = {"agreement"}
    if stated.model_dump(exclude=rest) != found.model_dump(exclude=rest) or not _agree(
        stated.agreement, found.agreement
    ):
        yield "manifest.json", "its numbers are not those of the data"
    for name, data in derived_texts(version.manifest, version.schemas()).items():
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


def _check_hashes(columns: Any, rows: list[dict[str, Any]]) -> Iterator[str]:
    by_values = row_hasher(columns)
    is_tokens = "tokens" in (column.name for column in columns)
    for row in rows:
        found = hash_token_row(row) if is_tokens else by_values(row_values(columns, row))
        if found != row["row_hash"]:
            yield f"row {row['id']} has another hash than is written in it"


def _check_gold(rows: list[dict[str, Any]], split: str, gold: _Gold) -> Iterator[str]:
    for row in rows:
        unit = row["id"]
        if unit in gold.texts:
            yield f"row {unit} stands twice"
        gold.texts[unit], gold.splits[unit] = row["text"], split
        gold.groups[row["group"]].add(split)
        _, lines = gold.articles.setdefault(row["article_id"], (split, set()))
        lines |= _lines(row["text"])
        if text_sha256(row["text"]) != row["text_sha256"]:
            yield f"row {unit}: text_sha256 is not that of its text"
        yield from (f"row {unit}: {what}" for what in _check_spans(row, row["text"]))


def _check_other(rows: list[dict[str, Any]], split: str, gold: _Gold) -> Iterator[str]:
    for row in rows:
        text = gold.texts.get(row["id"])
        if text is None:
            yield f"row {row['id']} has no gold row"
        elif gold.splits[row["id"]] != split:
            yield f"row {row['id']} stands in another split than its gold row"
        else:
            yield from (f"row {row['id']}: {what}" for what in _check_spans(row, text))


def _check_spans(value: Any, text: str) -> Iterator[str]:
    """Spans that do not cut out their text, ids that repeat, claims without their parts."""
    if isinstance(value, Mapping):
        if {"start", "end", "text"} <= value.keys():
            start, end = value["start"], value["end"]
            if not 0 <= start < end <= len(text) or text[start:end] != value["text"]:
                yield f"the span {start}-{end} is not {value['text']!r}"
        if "source_kind" in value:
            parts = len({span["part"] for span in value["source"]})
            if parts != len(value["source_kind"]):
                yield f"claim {value['id']} has {parts} sources and another number of kinds"
            if not value["content"]:
                yield f"claim {value['id']} has no content"
        for inner in value.values():
            yield from _check_spans(inner, text)
    elif isinstance(value, list):
        ids = Counter(item["id"] for item in value if isinstance(item, Mapping) and "id" in item)
        yield from (f"the id {name} stands {n} times" for name, n in ids.items() if n > 1)
        for item in value:
            yield from _check_spans(item, text)


def _check_leaks(gold: _Gold) -> Iterator[str]:
    for group, splits in gold.groups.items():
        if len(splits) > 1:
            yield f"the group {group} stands in {' and '.join(sorted(splits))}"
    for one, other, share in near_duplicates(gold.articles):
        yield f"the articles {one} and {other} share {share:.0%} of their lines across splits"


def near_duplicates(
    articles: Mapping[str, tuple[str, set[str]]],
) -> Iterator[tuple[str, str, float]]:
    """Pairs of articles in different splits that share half of the shorter one's lines.

    The order of lines does not matter; lines that many articles share do not count.
    """
    by_line: dict[str, list[str]] = defaultdict(list)
    for name, (_, lines) in articles.items():
        for line in lines:
            by_line[line].append(name)
    common = {line for line, names in by_line.items() if len(names) > _COMMON}
    shared: Counter[tuple[str, str]] = Counter()
    for line, names in by_line.items():
        if line not in common:
            shared.update(
                (one, other)
                for place, one in enumerate(names)
                for other in names[place + 1 :]
                if articles[one][0] != articles[other][0]
            )
    for (one, other), n in sorted(shared.items()):
        share = n / min(len(articles[name][1] - common) for name in (one, other))
        if share >= _SHARED:
            yield one, other, share


def _lines(text: str) -> set[str]:
    lines = (_SPACE.sub(" ", line).strip().casefold() for line in text.splitlines())
    return {line for line in lines if len(line) >= _LINE}


def _check_tags(version: Version, gold: _Gold) -> Iterator[Found]:
    """The token config against the gold rows that it was made of."""
    paths = _files(version, "bio")
    if not paths:
        return
    tagged = load_scheme(version.manifest.scheme).tag_column or ""
    names = version.manifest.labels[tagged]
    expected = {}
    for row in read_rows(_files(version, "gold")):
        spans = ((s["start"], s["end"], s["label"]) for s in row[tagged.partition(".")[0]])
        expected[row["id"]] = tag_tokens(row["text"], spans)
    for path in paths:
        features = {column.name: column.type for column in schema_columns(path)}
        if bio_names(tuple(names)) != _tag_names(features["ner_tags"]):
            yield f"data/{path.name}", "its tags are not those of the labels"
        for row in read_rows([path]):
            made = expected.get(row["id"])
            if made is not None and (made.tokens, made.tags) != (row["tokens"], row["ner_tags"]):
                yield f"data/{path.name}", f"row {row['id']} is not what its gold row gives"


def _tag_names(type_: Any) -> tuple[str, ...]:
    names: tuple[str, ...] = type_.item.names
    return names


def _files(version: Version, config: str) -> list[Any]:
    found: Iterable[list[Any]] = version.config_paths(config).values()
    return [path for paths in found for path in paths]
