"""SOURCE arguments -> the texts of rows that came without them.

A source is what `annotate tasks` reads, a Label Studio export (`.json`), a
version's folder or NAME@VERSION. A text belongs to a row where its SHA-256 is
the row's: as a whole, or as the stretch of the row's article that the row says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from annotate.annotations.read import read_tasks
from annotate.annotations.source import open_input
from annotate.articles.columns import Columns
from annotate.articles.ledger import ArticleLedger
from annotate.articles.read import read_articles
from annotate.dataset.arrow.tables import read_rows
from annotate.errors import InputError, StateError
from annotate.models import Article
from annotate.store.folder import MANIFEST, DatasetFolder
from annotate.store.versions import names_version, open_version
from annotate.text import forbidden_character, text_sha256


class Wanted(NamedTuple):
    """A row whose text is looked for."""

    id: str
    article_id: str
    unit_start: int
    text_length: int
    text_sha256: str


class Found(NamedTuple):
    """A text that a row may have had."""

    text: str
    title: str | None


class Texts:
    """The texts that were found, by row; only those that a row asks for are kept."""

    def __init__(self, wanted: Iterable[Wanted]) -> None:
        self._by_article: dict[str, list[Wanted]] = defaultdict(list)
        self._by_sha: dict[str, list[Wanted]] = defaultdict(list)
        self._found: dict[str, list[Found]] = defaultdict(list)
        self._changed: set[str] = set()
        for row in wanted:
            self._by_article[row.article_id].append(row)
            self._by_sha[row.text_sha256].append(row)

    def of(self, row_id: str) -> list[Found]:
        """The texts with the SHA-256 of a row, which differ in their title alone."""
        return self._found.get(row_id, [])

    def is_changed(self, row_id: str) -> bool:
        """Whether the row's article was there with another text only."""
        return row_id in self._changed and row_id not in self._found

    def add(
        self, text: str, title: str | None, article_id: str | None = None, start: int = 0
    ) -> None:
        """Take a text for the rows whose text it is, or part of it.

        With `article_id` it is that article's from offset `start` on.
        """
        if forbidden_character(text):
            return
        for row in self._by_sha.get(text_sha256(text), ()):
            self._keep(row, Found(text, title or None))
        for row in self._by_article.get(article_id, ()) if article_id else ():
            place = row.unit_start - start
            piece = text[place : place + row.text_length] if place >= 0 else ""
            if piece and text_sha256(piece) == row.text_sha256:
                self._keep(row, Found(piece, title or None))
            elif piece:
                self._changed.add(row.id)

    def add_article(self, article: Article) -> None:
        """Take an article.

        It has LF only; a task that was made elsewhere may have had other line ends.
        """
        text, title = article.text, article.title
        self.add(text, title, article.article_id)
        for variant in {text.replace("\n", "\r\n"), text.replace("\n", "\r")} - {text}:
            self.add(variant, title)

    def _keep(self, row: Wanted, found: Found) -> None:
        if found not in self._found[row.id]:
            self._found[row.id].append(found)


def read_texts(
    texts: Texts,
    sources: Sequence[str],
    *,
    field: str,
    store: str | Path,
    columns: Columns | None = None,
    ledger: ArticleLedger | None = None,
) -> None:
    """Read `sources` into `texts`; `field` is where a task's data has its text.

    Raises InputError for a source that is not there, StateError for a version
    without texts; a record that is no article goes to `ledger`, or is raised.
    """
    for source in sources:
        if names_version(source):
            name, _, version = source.partition("@")
            found = open_version(DatasetFolder(store, name), version).checked()
            _add_rows(texts, found.paths("gold"), source)
        elif (Path(source) / MANIFEST).is_file():
            _add_rows(texts, sorted(Path(source).glob("data/*-gold-*.parquet")), source)
        elif source.lower().endswith(".json"):
            _add_tasks(texts, source, field)
        else:
            for article in read_articles([source], columns, ledger=ledger):
                texts.add_article(article)


def _add_rows(texts: Texts, paths: Iterable[Path], source: str) -> None:
    for path in paths:
        for row in read_rows([path]):
            if "text" not in row:
                raise StateError("has no texts either", where=source, do="name the articles")
            texts.add(row["text"], row["title"], row["article_id"], row["unit_start"])


def _add_tasks(texts: Texts, source: str, field: str) -> None:
    found = False
    for task in read_tasks(open_input(source)):
        data = task.data or {}
        text, title = data.get(field), data.get("title")
        article, start = data.get("article_id"), data.get("unit_start")
        if isinstance(text, str):
            found = True
            is_ours = isinstance(article, str) and isinstance(start, int)
            place = (article, start) if is_ours else ()
            texts.add(text, title if isinstance(title, str) else None, *place)
    if not found:
        raise InputError(f"no task has a text in data.{field}", where=source)
