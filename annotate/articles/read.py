"""SOURCE arguments -> articles, by the reader of each ending."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from annotate.articles.columns import Columns
from annotate.articles.ledger import ArticleLedger
from annotate.articles.readers.registry import readers
from annotate.articles.record import Found
from annotate.articles.sources.files import SourceFile, find_files, known_endings
from annotate.errors import ArticleError
from annotate.files import listed
from annotate.models import Article


def read_articles(
    sources: Iterable[str | Path],
    columns: Columns | Mapping[str, str] | None = None,
    *,
    ledger: ArticleLedger | None = None,
) -> Iterator[Article]:
    """Yield the articles of all `sources`, in their order; those of a folder sorted by name.

    `columns` maps our names (`text`, `title`, `date`, `url`, `licence`,
    `target`, …) to the names in the files. A record that is no article goes to
    `ledger` and the rest goes on; without a ledger its ArticleError is raised.
    A source that does not exist is raised in either case.
    """
    found = columns if isinstance(columns, Columns) else Columns(columns)
    ledger, strict = ledger or ArticleLedger(), ledger is None
    known = readers()
    for source in map(str, listed(sources)):
        for file in find_files(source, known, on_other=ledger.pass_over):
            for item in _read(file, found):
                if isinstance(item, Article):
                    ledger.keep()
                    yield item
                elif strict:
                    raise item
                else:
                    ledger.reject(item)


def find_names(sources: Iterable[str]) -> Iterator[str]:
    """Yield the names of the files of this machine that `read_articles` would read."""
    for source in sources:
        if "://" not in source:
            with suppress(ArticleError):  # which the reading will raise
                files = find_files(source, readers(), on_other=lambda *_: None)
                yield from (file.name for file in files)


def _read(file: SourceFile, columns: Columns) -> Iterator[Found]:
    """What the file's reader yields, and last the error that ended it."""
    known = readers()
    try:
        reader = known.get(file.kind)
        if reader is None:
            raise ArticleError(
                f"no reader for {file.kind or 'a file without ending'}",
                where=file.name,
                do=known_endings(known),
            )
        yield from reader(file, columns)
    except ArticleError as error:
        yield error
