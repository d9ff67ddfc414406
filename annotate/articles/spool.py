"""Articles -> a temporary file of them that can be read again in any order.

Grouping, ordering and sampling need several looks at the articles; sources are
read once. In memory stay a few numbers an article: its place in the file, its
name, its date and its outlet.
"""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from array import array
from collections.abc import Iterable, Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from annotate.articles.ledger import ArticleLedger
from annotate.errors import ArticleError
from annotate.identity import host_of
from annotate.models import Article, Target

_BUFFER = 1 << 18
_NAME = 16  # bytes of an article_id
_UNDATED = dt.date.max.toordinal() + 1


class _Stored(msgspec.Struct, array_like=True):
    title: str
    url: str | None
    text: str
    licence: str | None
    origin: str
    targets: list[tuple[str, str, str | None]]


_DECODER = msgspec.msgpack.Decoder(_Stored)


class Spool:
    """The articles of a reading, each once. A context manager; its file goes with it."""

    def __init__(self, articles: Iterable[Article], ledger: ArticleLedger) -> None:
        """Read all `articles`.

        One that comes again with the same address and text is counted as
        repeated and lends its targets to the first; one with the address of
        another and a text of its own is withdrawn in `ledger`.
        """
        self._file = tempfile.TemporaryFile(prefix="annotate-", buffering=_BUFFER)  # noqa: SIM115 -- closed by __exit__
        self._starts = array("Q", [0])
        self._ahead, self._from, self._last = b"", 0, 0
        """What was read last, where it stands, and where what was asked for ends."""
        self._names = bytearray()
        self.dates = array("l")
        """Proleptic Gregorian ordinals; where there is none, the one after the last."""
        self.outlets = array("L")
        """Index into `hosts`."""
        self.hosts: list[str] = []
        self._twins: dict[int, list[int]] = {}
        hosts: dict[str, int] = {}
        try:
            for article in articles:
                self._add(article, hosts)
        except BaseException:
            self._file.close()
            raise
        self._file.flush()
        self.hosts = list(hosts)
        self.kept = self._settle(ledger)
        """Numbers of the articles that count, in the order read."""

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self.kept)

    def __iter__(self) -> Iterator[Article]:
        return map(self.read, self.kept.tolist())

    def read(self, number: int) -> Article:
        """The article with a number of `kept`."""
        article, twins = self._load(number), self._twins.get(number)
        if twins is None:
            return article
        targets = [*article.targets, *(t for twin in twins for t in self._load(twin).targets)]
        return article.model_copy(update={"targets": tuple(dict.fromkeys(targets))})

    def article_id(self, number: int) -> str:
        """The name of an article, without reading it."""
        return self._names[_NAME * number : _NAME * (number + 1)].hex()

    def smallest(self, count: int) -> list[int]:
        """Numbers of the `count` articles whose names come first."""
        heads = np.frombuffer(self._names, dtype=">u8")[::2][self.kept]
        found: list[int] = self.kept[np.argsort(heads, kind="stable")[:count]].tolist()
        return found

    def host(self, number: int) -> str:
        """The host of an article's address; empty where it has none."""
        return self.hosts[self.outlets[number]]

    def _add(self, article: Article, hosts: dict[str, int]) -> None:
        data = msgspec.msgpack.encode(
            _Stored(
                article.title,
                article.url,
                article.text,
                article.licence,
                article.origin,
                [(t.text, t.kind, t.holder) for t in article.targets],
            )
        )
        self._file.write(data)
        self._starts.append(self._starts[-1] + len(data))
        self._names += bytes.fromhex(article.article_id)
        self.dates.append(article.date.toordinal() if article.date else _UNDATED)
        host = host_of(article.url or "").removeprefix("www.")
        self.outlets.append(hosts.setdefault(host, len(hosts)))

    def _load(self, number: int) -> Article:
        stored = _DECODER.decode(self._stored(self._starts[number], self._starts[number + 1]))
        day = self.dates[number]
        return Article(
            title=stored.title,
            date=dt.date.fromordinal(day) if day < _UNDATED else None,
            url=stored.url,
            text=stored.text,
            licence=stored.licence,
            origin=stored.origin,
            targets=tuple(
                Target.model_validate({"text": text, "kind": kind, "holder": holder})
                for text, kind, holder in stored.targets
            ),
        )

    def _stored(self, start: int, end: int) -> memoryview:
        """A stretch of the file; where one follows the other, much is read at once."""
        if not self._from <= start <= end <= self._from + len(self._ahead):
            size = max(end - start, _BUFFER if start == self._last else 0)
            self._ahead, self._from = os.pread(self._file.fileno(), size, start), start
        self._last = end
        return memoryview(self._ahead)[start - self._from : end - self._from]

    def _settle(self, ledger: ArticleLedger) -> NDArray[np.int64]:
        names = np.frombuffer(self._names, dtype=f"V{_NAME}")
        _, firsts, of_name = np.unique(names, return_index=True, return_inverse=True)
        keep = np.zeros(len(names), dtype=bool)
        keep[firsts] = True
        for number in np.flatnonzero(~keep).tolist():
            first = int(firsts[of_name[number]])
            again, before = self._load(number), self._load(first)
            if again.text == before.text:
                ledger.repeated += 1
                self._twins.setdefault(first, []).append(number)
            else:
                what = f"another article with the address {again.url} has other text"
                do = f"keep one of them; the other is {before.origin}"
                ledger.withdraw(ArticleError(what, where=again.origin, do=do))
        return np.flatnonzero(keep)
