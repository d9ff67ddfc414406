"""Articles -> groups of the same or nearly the same story.

MinHash signatures (Broder 1997) over the shingles of each article, cut into
bands, propose pairs; a pair is accepted by its exact containment. A group is
what accepted pairs connect. All that grows with the articles lies in temporary
files, and neither their order nor the order of their paragraphs matters.

A group bears the article_id of its oldest member (by date, then by name): news
comes in the order of dates, so a later copy joins the group without renaming
it.
"""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

from annotate.articles.likeness.boilerplate import Boilerplate
from annotate.articles.likeness.shingles import Shingles, containment, shingle
from annotate.articles.spool import Spool

LEAST_CONTAINMENT = 0.4
"""Share of the shorter article's shingles that stand in the longer, for one story."""
# A pair with Jaccard similarity s is proposed with probability 1 - (1 - s^rows)^bands:
# .97 at .30, .9997 at .40, .001 at .02 (the background between unrelated articles).
_BANDS, _ROWS = 128, 3
_PERMS = _BANDS * _ROWS
_SEED = 20_111
_BLOCK = 1024
_NEIGHBOURS = 64
_MIX = np.array([1, 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], dtype=np.uint64)


class Groups:
    """The group of every article of a spool."""

    def __init__(self, spool: Spool, boilerplate: Boilerplate | None = None) -> None:
        self._spool = spool
        with _Sketches(spool, boilerplate or Boilerplate(spool)) as sketches:
            roots = _connect(sketches)
        self._leaders = self._lead(roots)

    def name(self, number: int) -> str:
        """The name of an article's group: the article_id of its oldest member."""
        place = int(np.searchsorted(self._spool.kept, number))
        return self._spool.article_id(int(self._spool.kept[self._leaders[place]]))

    def members(self) -> Iterator[list[int]]:
        """Yield the groups of more than one article, as their numbers in the spool."""
        order = np.argsort(self._leaders, kind="stable")
        found = np.split(order, np.flatnonzero(np.diff(self._leaders[order])) + 1)
        return (self._spool.kept[places].tolist() for places in found if len(places) > 1)

    def _lead(self, roots: NDArray[np.int32]) -> NDArray[np.int32]:
        """The place of the oldest member, for every place."""
        spool, leader_of = self._spool, np.arange(len(roots), dtype=np.int32)
        oldest: dict[int, tuple[int, str, int]] = {}
        shared = np.bincount(roots, minlength=1) > 1
        for place in np.flatnonzero(shared[roots]).tolist():
            number = int(spool.kept[place])
            key = (spool.dates[number], spool.article_id(number), place)
            root = int(roots[place])
            oldest[root] = min(oldest.get(root, key), key)
        for root, (_, _, place) in oldest.items():
            leader_of[root] = place
        return leader_of[roots]


class _Sketches:
    """Shingles and bands of all articles, in temporary files. A context manager."""

    def __init__(self, spool: Spool, boilerplate: Boilerplate) -> None:
        self.count = len(spool)
        self.keys = np.zeros(self.count, dtype=np.uint64)
        """Hash of each article's set of shingles; equal sets have equal keys."""
        self._starts = array("Q", [0])
        self._shingles = tempfile.TemporaryFile(prefix="annotate-")  # noqa: SIM115 -- closed by __exit__
        self._bands = tempfile.TemporaryFile(prefix="annotate-")  # noqa: SIM115 -- closed by __exit__
        numbers = spool.kept
        for first in range(0, self.count, _BLOCK):
            self._add(spool, boilerplate, first, numbers[first : first + _BLOCK].tolist())
        self.shingles = lru_cache(256)(self._read_shingles)

    def __enter__(self) -> _Sketches:
        return self

    def __exit__(self, *_: object) -> None:
        self._shingles.close()
        self._bands.close()

    def band(self, number: int) -> NDArray[np.uint64]:
        """One band of every article."""
        found = np.empty(self.count, dtype=np.uint64)
        for first in range(0, self.count, _BLOCK):
            block = found[first : first + _BLOCK]
            self._bands.seek(8 * (first * _BANDS + number * len(block)))
            block[:] = np.frombuffer(self._bands.read(block.nbytes), dtype=np.uint64)
        return found

    def _add(self, spool: Spool, boilerplate: Boilerplate, first: int, numbers: list[int]) -> None:
        bands = np.zeros((_BANDS, len(numbers)), dtype=np.uint64)
        for column, number in enumerate(numbers):
            lines = boilerplate.strip(spool.host(number), spool.read(number).text)
            found = shingle(lines)
            self._shingles.write(found.tobytes())
            self._starts.append(self._starts[-1] + found.nbytes)
            digest = _digest(found)
            bands[:, column] = (digest.reshape(_BANDS, _ROWS).astype(np.uint64) * _MIX).sum(axis=1)
            self.keys[first + column] = np.bitwise_xor.reduce(found * _MIX[1] ^ (found >> 29))
        self._bands.write(bands.tobytes())

    def _read_shingles(self, place: int) -> Shingles:
        start, end = self._starts[place], self._starts[place + 1]
        self._shingles.seek(start)
        return np.frombuffer(self._shingles.read(end - start), dtype=np.uint64)


def _digest(found: Shingles) -> NDArray[np.uint32]:
    made: Any = RMinHash.digest_matrix_from_token_hash_sets([found.tolist()], _PERMS, _SEED)
    return np.asarray(made.to_rows()[0], dtype=np.uint32)


def _connect(sketches: _Sketches) -> NDArray[np.int32]:
    """Connect what is one story; returns a number for every place, equal within a group."""
    forest = _Forest(sketches.count)
    refused: set[int] = set()
    for number in range(_BANDS):
        values = sketches.band(number)
        order = np.lexsort((sketches.keys, values))
        for bucket in _buckets(values[order], order):
            _connect_bucket(bucket, sketches, forest, refused)
        if len(refused) > 50_000:
            refused.clear()
    return forest.roots()


def _buckets(values: NDArray[np.uint64], order: NDArray[np.int64]) -> Iterator[list[int]]:
    """Places whose band is equal, two or more, in the order of their sets' keys."""
    edges = np.flatnonzero(np.diff(values)) + 1
    starts, ends = np.append(0, edges), np.append(edges, len(values))
    for bucket in np.flatnonzero(ends - starts > 1).tolist():
        yield order[starts[bucket] : ends[bucket]].tolist()


def _connect_bucket(
    bucket: list[int], sketches: _Sketches, forest: _Forest, refused: set[int]
) -> None:
    """Check each member against its next neighbours, so that no bucket takes squared time."""
    if len({forest.find(place) for place in bucket}) == 1:  # as by an earlier band
        return
    for place, one in enumerate(bucket):
        for other in bucket[place + 1 : place + 1 + _NEIGHBOURS]:
            pair = min(one, other) * sketches.count + max(one, other)
            if pair in refused or forest.find(one) == forest.find(other):
                continue
            if containment(sketches.shingles(one), sketches.shingles(other)) >= LEAST_CONTAINMENT:
                forest.join(one, other)
            else:
                refused.add(pair)


class _Forest:
    """Disjoint sets."""

    def __init__(self, count: int) -> None:
        self.parents = array("l", range(count))

    def find(self, place: int) -> int:
        parents = self.parents
        while parents[place] != place:
            parents[place] = parents[parents[place]]
            place = parents[place]
        return place

    def join(self, one: int, other: int) -> None:
        self.parents[self.find(one)] = self.find(other)

    def roots(self) -> NDArray[np.int32]:
        return np.fromiter(map(self.find, range(len(self.parents))), dtype=np.int32)
