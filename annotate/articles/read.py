"""SOURCE arguments (paths, globs, folders) -> articles, by the reader of each ending."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from glob import glob, has_magic
from pathlib import Path

from annotate.articles.csv import read_csv
from annotate.articles.jsonl import read_jsonl
from annotate.articles.parquet import read_parquet
from annotate.articles.txt import read_txt
from annotate.errors import ArticleError
from annotate.models import Article

Columns = Mapping[str, str]
_READERS: dict[str, Callable[[Path, Columns], Iterator[Article]]] = {
    ".txt": read_txt,
    ".jsonl": read_jsonl,
    ".csv": read_csv,
    ".parquet": read_parquet,
}


def read_articles(sources: Iterable[str], columns: Columns | None = None) -> Iterator[Article]:
    """Yield the articles of all `sources`, in their order; those of a glob sorted by name.

    `columns` maps our names (`text`, `title`, `date`, `url`, `licence`) to the
    names in the files. Raises ArticleError for the first that cannot be read.
    """
    for source in sources:
        for path in _paths(source):
            reader = _READERS.get(path.suffix.lower())
            if reader is None:
                raise ArticleError(
                    f"no reader for {path.suffix or 'a file without ending'}",
                    where=str(path),
                    do=f"give one of {', '.join(_READERS)}",
                )
            yield from reader(path, columns or {})


def _paths(source: str) -> list[Path]:
    path = Path(source)
    if path.is_file():
        return [path]
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if p.suffix.lower() in _READERS)
    elif has_magic(source):
        found = sorted(Path(name) for name in glob(source, recursive=True))  # noqa: PTH207
    else:
        raise ArticleError("no such file", where=source)
    if not found:
        raise ArticleError("no article there", where=source)
    return found
