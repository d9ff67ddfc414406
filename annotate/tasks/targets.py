"""A file of stance targets, or an earlier version -> the targets of each article.

`.txt` has one target a line; `.csv`, `.jsonl` and `.json` (a list) have
`text`, and optionally `kind`, `holder` and `url` or `article_id` (without
either a target is asked of every article). Of a version of entities the names,
of one of claims the contents become targets of the articles they stand in.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Collection, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from annotate.articles.readers.csv import read_table
from annotate.articles.readers.jsonl import read_objects
from annotate.errors import ArticleError, InputError
from annotate.files import read_file
from annotate.identity import article_id
from annotate.models import Article, Target
from annotate.strict import RefusedError, decode_json
from annotate.tasks.version import find_version
from annotate.text import canonical_text, decode_text

_FIELDS = {"text", "kind", "holder", "url", "article_id"}


class Targets(NamedTuple):
    """Targets by article; those under None are asked of every article."""

    by_article: dict[str | None, list[Target]]

    def of(self, article: Article) -> list[Target]:
        """The targets of an article, each once, in the order they were given."""
        found = [*self.by_article.get(article.article_id, []), *self.by_article.get(None, [])]
        return list(dict.fromkeys(found))


def read_targets(path: str | Path) -> Targets:
    """Read a file of targets; raises InputError naming file and record."""
    path = Path(path)
    data = read_file(path, absent="name a file, or a version by its number, as claims@v1.0.0")
    by_article: dict[str | None, list[Target]] = {}
    for where, record in _records(path, data):
        if isinstance(record, ArticleError):
            raise record
        article, target = _target(record, where=where)
        by_article.setdefault(article, []).append(target)
    if not by_article:
        raise InputError("holds no target", where=str(path))
    return Targets(by_article)


def read_version_targets(spec: str, store: str | Path, *, labels: Collection[str] = ()) -> Targets:
    """The targets that the gold rows of NAME@VERSION give.

    Of entities every name once (kind `entity`), those with one of `labels`
    where some are named; of claims every content (kind `proposition`), its
    fragments joined by an ellipsis. Raises InputError for another scheme, for a label that
    its entities do not have and where nothing is found, VersionError for a version that cannot
    be read.
    """
    version = find_version(spec, store)
    if version.scheme not in ("entities", "claims"):
        raise InputError(f"{spec} holds {version.scheme}", do="give entities or claims")
    known = version.labels.get("entities.label", [])
    if strange := [label for label in labels if label not in known]:
        raise InputError(
            f"{spec} has no entities labelled {', '.join(strange)}",
            where="--target-labels",
            do=f"use {', '.join(known)}" if known else "leave it out",
        )
    found: dict[str | None, dict[Target, None]] = {}
    seen: set[tuple[str, str]] = set()
    for row in version.rows(["article_id", version.scheme]):
        for target in _targets_of(row, version.scheme, labels):
            key = (row["article_id"], target.text.casefold())
            if key not in seen:
                seen.add(key)
                found.setdefault(row["article_id"], {})[target] = None
    if not found:
        raise InputError("holds no target", where=spec)
    return Targets({article: list(targets) for article, targets in found.items()})


def _targets_of(row: dict[str, Any], scheme: str, labels: Collection[str]) -> Iterator[Target]:
    if scheme == "entities":
        for entity in row["entities"]:
            words = " ".join(entity["text"].split())  # of a span of white space none
            is_asked = entity["mention"] in (None, "NAM") and words
            if is_asked and (not labels or entity["label"] in labels):
                yield Target(text=words, kind="entity")
    else:
        for claim in row["claims"]:
            pieces = (" ".join(span["text"].split()) for span in claim["content"])
            if words := " … ".join(filter(None, pieces)):
                yield Target(text=words, kind="proposition")


def _records(path: Path, data: bytes) -> Iterator[tuple[str, object]]:
    """What stands for a target, with its place: read as articles are."""
    kind, where = path.suffix.lower(), str(path)
    if kind == ".csv":
        yield from read_table(BytesIO(data), ",", where=where)[1]
    elif kind == ".jsonl":
        yield from read_objects(BytesIO(data), where=where)
    elif kind == ".json":
        for number, record in enumerate(_decode_list(data, where), 1):
            yield f"{where}: target {number}", record
    elif kind == ".txt":
        for number, line in enumerate(decode_text(data, where=where).split("\n"), 1):
            if line.strip():
                yield f"{where}: line {number}", {"text": line}
    else:
        raise InputError(
            f"no reader for {kind!r}", where=where, do="give .txt, .csv, .jsonl or .json"
        )


def _decode_list(data: bytes, where: str) -> list[object]:
    try:
        found = decode_json(data.removeprefix(BOM_UTF8))
    except RefusedError as error:
        raise InputError(f"is no JSON list: {error}", where=where) from None
    if not isinstance(found, list):
        raise InputError("is no JSON list", where=where)
    return found


def _target(record: object, *, where: str) -> tuple[str | None, Target]:
    if isinstance(record, str):
        record = {"text": record}
    if not isinstance(record, dict):
        raise InputError("is neither text nor a record", where=where)
    given = {str(name): value for name, value in record.items() if value not in (None, "")}
    unknown = sorted(set(given) - _FIELDS)
    if unknown:
        raise InputError(
            f"has {', '.join(unknown)}", where=where, do=f"use {', '.join(sorted(_FIELDS))}"
        )
    fields = {name: _field(name, value, where) for name, value in given.items()}
    url, article = fields.pop("url", None), fields.pop("article_id", None)
    try:
        target = Target.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise InputError(f"{name}: {first['msg']}", where=where) from None
    return (article_id(url, "") if url else article), target


def _field(name: str, value: object, where: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"{name} is no text", where=where)
    return canonical_text(value, where=f"{where}: {name}").strip()
