"""Endings of names -> the reader of each.

A reader is a function of a `SourceFile` and `Columns` that yields articles and,
in place of a record that is none, its ArticleError; it raises ArticleError
where the rest of the file cannot be read. Other packages add readers under the
entry point group `annotate.readers`: the entry's name is the ending without
its dot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import entry_points

from annotate.articles.columns import Columns
from annotate.articles.readers.csv import read_csv, read_tsv
from annotate.articles.readers.dataset import read_dataset
from annotate.articles.readers.html import read_html
from annotate.articles.readers.jsonl import read_jsonl
from annotate.articles.readers.parquet import read_parquet
from annotate.articles.readers.txt import read_txt
from annotate.articles.readers.warc import read_warc
from annotate.articles.record import Found
from annotate.articles.sources.files import DATASET, SourceFile
from annotate.errors import InputError

Reader = Callable[[SourceFile, Columns], Iterator[Found]]
GROUP = "annotate.readers"
_OWN: dict[str, Reader] = {
    ".txt": read_txt,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".csv": read_csv,
    ".tsv": read_tsv,
    ".parquet": read_parquet,
    ".html": read_html,
    ".htm": read_html,
    ".warc": read_warc,
    DATASET: read_dataset,
}


@cache
def readers() -> dict[str, Reader]:
    """All readers by ending, the project's own and those of other packages.

    Raises InputError where a package brings a reader for an ending that has one.
    """
    found = dict(_OWN)
    for entry in entry_points(group=GROUP):
        ending = f".{entry.name.lower().lstrip('.')}"
        if ending in found:
            raise InputError(
                f"two readers for {ending}", where=entry.value, do="uninstall one of the packages"
            )
        found[ending] = entry.load()
    return found
