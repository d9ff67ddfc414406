"""Groups of articles -> train, validation and test, for good.

A rule says where a group goes: by a hash of it, by the day it came out, or by
the outlet. It places groups, never articles, so copies of one story stay
together. An item that has a split keeps it in every later version, and so does
one that left and returns, or its group; a new item
whose group already stands in two splits is set aside (`split_bridge`).
Refused: a rule by date or outlet where a group has none.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from annotate.errors import InputError, UsageError
from annotate.identity import digest, host_of

SPLITS = ("train", "validation", "test")
RATIO = "ratio"
_SHARES = (("train", 0.8), ("validation", 0.9), ("test", 1.0))
_LATE = dt.date.max


class Origin(NamedTuple):
    """When and where an article came out, as its task says."""

    group: str
    date: str | None
    url: str | None

    @property
    def day(self) -> dt.date | None:
        """The day; None where there is none that can be read."""
        try:
            return dt.date.fromisoformat(self.date) if self.date else None
        except ValueError:
            return None

    @property
    def outlet(self) -> str:
        """The host of the address without `www.`; empty where there is none."""
        return host_of(self.url or "").removeprefix("www.").rstrip(".")


class Stood(NamedTuple):
    """Where a row stood in an older version."""

    split: str
    group: str


class SplitRule(NamedTuple):
    """What decides on the split of a new group."""

    by: str
    """`ratio`, `date` or `outlet`."""
    day: dt.date | None = None
    """Of `date`: the first day of the test split."""

    @classmethod
    def parse(cls, text: str) -> SplitRule:
        """The rule that `ratio`, `date:2024-01-01` or `outlet` names; UsageError for another."""
        by, _, day = text.partition(":")
        try:
            if by == "date":
                return cls(by, dt.date.fromisoformat(day))
        except ValueError:
            pass
        else:
            if text in (RATIO, "outlet"):
                return cls(by)
        raise UsageError(
            f"no split {text!r}", where="--split", do="use ratio, date:2024-01-01 or outlet"
        )

    def place(self, origins: Sequence[Origin]) -> str | None:
        """The split of a group with these articles; None where they lack what the rule needs.

        The article that came out first speaks for its group.
        """
        if self.day is not None:
            days = [origin.day for origin in origins if origin.day]
            return None if not days else "train" if min(days) < self.day else "test"
        known = [(o.day or _LATE, o.outlet) for o in origins if o.outlet]
        return hash_split(min(known)[1]) if known else None


class Splitter:
    """Assigns splits, knowing those of the parent version and of what left before it."""

    def __init__(
        self,
        parent: Mapping[str, str],
        groups: Mapping[str, str],
        rule: SplitRule | None = None,
        origins: Iterable[Origin] = (),
        removed: Mapping[str, Stood] = MappingProxyType({}),
    ) -> None:
        """`parent` maps row ids to splits; `groups` maps the ids of its rows, and of those in
        `removed` that return, to groups.

        `origins` are those of all articles that are to have a split; `removed` are rows that
        older versions had and the parent has not, the newest version's first.
        """
        self.parent, self.rule = parent, rule or SplitRule(RATIO)
        self.taken: dict[str, set[str]] = defaultdict(set)
        for row, group in groups.items():
            if row in parent:
                self.taken[group].add(parent[row])
            elif row in removed:
                self.taken[group].add(removed[row].split)
        stories: dict[str, str] = {}
        for stood in removed.values():
            stories.setdefault(stood.group, stood.split)
        for group in stories.keys() - self.taken.keys():
            self.taken[group].add(stories[group])
        self.placed = self._place(origins)

    def split_of(self, row: str, group: str) -> str | None:
        """The split of a row; None where its group has two splits already, or can have none."""
        if row in self.parent:
            return self.parent[row]
        if self.is_bridged(group):
            return None
        taken = self.taken.get(group)
        if taken:
            return next(iter(taken))
        return hash_split(group) if self.rule.by == RATIO else self.placed[group]

    def is_bridged(self, group: str) -> bool:
        """Whether older items of a group stand in two splits."""
        return len(self.taken.get(group, ())) > 1

    def refuse_lost(self, groups: Iterable[str]) -> None:
        """Raise InputError naming those of `groups` that the rule cannot place."""
        lost = sorted({group for group in groups if self.placed.get(group, "") is None})
        if lost:
            what = "date" if self.rule.by == "date" else "address"
            raise InputError(
                f"{len(lost)} of {len(self.placed)} new stories have no {what}, so the split by"
                f" {self.rule.by} cannot place them:"
                f" {', '.join(lost[:3])}{' …' * (len(lost) > 3)}",
                where="--split",
                do=f"give the articles their {what}, or use --split ratio",
            )

    def _place(self, origins: Iterable[Origin]) -> dict[str, str | None]:
        """The split of every group that has none yet; None where the rule cannot place it.

        Nothing is held where the hash of a group says it all.
        """
        if self.rule.by == RATIO:
            return {}
        members: dict[str, list[Origin]] = defaultdict(list)
        for origin in origins:
            if origin.group not in self.taken:
                members[origin.group].append(origin)
        return {group: self.rule.place(own) for group, own in members.items()}


def hash_split(name: str) -> str:
    """The split of a group or outlet by its hash: 80 % train, 10 % validation, 10 % test."""
    place = int(digest("split", name, length=16), 16) / 16**16
    return next(split for split, upper in _SHARES if place < upper)
