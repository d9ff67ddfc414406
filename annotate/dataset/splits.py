"""Groups of articles -> train, validation and test, for good.

The split follows from a hash of the group, so copies of one story stay
together. An item that has a split keeps it in every later version; a new item
whose group already stands in two splits is set aside (`split_bridge`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from annotate.identity import digest

SPLITS = ("train", "validation", "test")
_SHARES = (("train", 0.8), ("validation", 0.9), ("test", 1.0))


class Splitter:
    """Assigns splits, knowing those of the parent version."""

    def __init__(self, parent: Mapping[str, str], groups: Mapping[str, str]) -> None:
        """`parent` maps row ids to splits; `groups` maps all row ids, old and new, to groups."""
        self.parent = parent
        self.taken: dict[str, set[str]] = defaultdict(set)
        for row, group in groups.items():
            if row in parent:
                self.taken[group].add(parent[row])

    def split_of(self, row: str, group: str) -> str | None:
        """The split of a row; None where its group stands in two splits already."""
        if row in self.parent:
            return self.parent[row]
        taken = self.taken.get(group, set())
        if len(taken) > 1:
            return None
        return next(iter(taken)) if taken else hash_split(group)


def hash_split(group: str) -> str:
    """The split of a group by its hash: 80 % train, 10 % validation, 10 % test."""
    place = int(digest("split", group, length=16), 16) / 16**16
    return next(name for name, upper in _SHARES if place < upper)
