"""Claims of each annotation, as tasks come -> how far each two annotators made the same ones.

Two annotators' claims are compared when their task comes, and are not held.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from annotate.consensus.coefficients import Ints
from annotate.schemes.base import Frame
from annotate.schemes.overlap import (
    ALIKE,
    Part,
    assign,
    assign_most,
    count_alone,
    overlap,
    touching,
)


class Attribute(NamedTuple):
    """What two annotators said of claims that are one."""

    pair: Ints
    one: Ints
    """By place among the values."""
    other: Ints
    one_partners: Ints
    """With how many annotators' claims that of the one is paired."""
    other_partners: Ints
    values: list[str]
    """Sorted; also those of claims that only one annotator made."""


class Frames(NamedTuple):
    """What comes of comparing each two annotators of each task."""

    roles: tuple[str, ...]
    """Of the claims, and of what hangs on them; none where nobody made a claim."""
    sums: dict[str, Ints]
    """Figure -> (matched, drawn by both) of each pair of annotations."""
    attributes: dict[str, Attribute]


class Compared(NamedTuple):
    """The frames of two annotators on one text."""

    sums: dict[str, tuple[int, int]]
    """(matched, drawn by both) of every figure."""
    paired: list[tuple[int, int]]
    """The frames that are one, by their places."""


_End = tuple[int, int]
"""An annotation of a task, and a frame of it, by their places."""


class FrameColumns:
    """Takes the frames of one task after the other."""

    def __init__(self) -> None:
        self._roles: tuple[str, ...] = ()
        self._pairs = 0
        # flat: pair, matched, drawn, and so on
        self._sums: dict[str, array[int]] = defaultdict(lambda: array("q"))
        # flat: pair, what one said, what the other said, the partners of both, and so on
        self._said: dict[str, array[int]] = {}
        self._codes: dict[str, dict[str, int]] = {}

    def add(self, frames: Sequence[Sequence[Frame]]) -> None:
        """Compare the frames of each two annotations of a task, in their order."""
        for own in frames:
            for frame in own:
                self._note(frame)
        paired: list[tuple[int, _End, _End]] = []
        for (one, mine), (other, theirs) in combinations(enumerate(frames), 2):
            if mine or theirs:
                met = self._compare(mine, theirs)
                paired += [(self._pairs, (one, i), (other, j)) for i, j in met]
            self._pairs += 1
        partners = Counter(end for _, *ends in paired for end in ends)
        for name, said in self._said.items():
            codes = self._codes[name]
            for pair, *ends in paired:
                both = (str(frames[who][n].attributes[name]) for who, n in ends)
                said.extend((pair, *(codes[value] for value in both)))
                said.extend(partners[end] for end in ends)

    def ordered(self, places: Ints) -> Frames:
        """What was found; `places` are where the pairs of annotations come to stand."""
        sums: dict[str, Ints] = {}
        for name, found in self._sums.items():
            pair, *counts = np.array(found, np.int64).reshape(-1, 3).T
            sums[name] = np.zeros((self._pairs, 2), np.int64)
            sums[name][places[pair]] = np.column_stack(counts)
        return Frames(
            self._roles, sums, {name: self._attribute(name, places) for name in self._said}
        )

    def _note(self, frame: Frame) -> None:
        self._roles = self._roles or (frame.role, *frame.links)
        for name, value in frame.attributes.items():
            self._said.setdefault(name, array("q"))
            codes = self._codes.setdefault(name, {})
            codes.setdefault(str(value), len(codes))

    def _compare(self, mine: Sequence[Frame], theirs: Sequence[Frame]) -> list[tuple[int, int]]:
        compared = compare_frames(mine, theirs, self._roles)
        for name, (matched, drawn) in compared.sums.items():
            self._sums[name].extend((self._pairs, matched, drawn))
        return compared.paired

    def _attribute(self, name: str, places: Ints) -> Attribute:
        values = sorted(self._codes[name])
        codes = np.empty(len(values), np.int64)
        codes[[self._codes[name][value] for value in values]] = np.arange(len(values))
        pair, one, other, mine, theirs = np.array(self._said[name], np.int64).reshape(-1, 5).T
        return Attribute(places[pair], codes[one], codes[other], mine, theirs, values)


def compare_frames(
    first: Sequence[Frame], second: Sequence[Frame], roles: Sequence[str]
) -> Compared:
    """Compare the frames of two annotators; `roles` are that of the anchors, then the links'."""
    mine, theirs = [frame.anchor for frame in first], [frame.anchor for frame in second]
    shares = {(i, j): overlap(mine[i], theirs[j]) for i, j in touching(mine, theirs)}
    met = [ends for ends, share in shares.items() if share > 0]
    one, other = len({i for i, _ in met}), len({j for _, j in met})
    paired = assign(
        {ends: shares[ends] for ends in met if shares[ends] >= ALIKE},
        lambda i, j: count_alone(first[i].beside, second[j].beside),
    )
    sums = {
        "agr": (one + other, len(mine) + len(theirs)),
        "agr to": (one, len(mine)),
        "agr from": (other, len(theirs)),
        "claim F1": (len(paired), len(mine) + len(theirs)),
    }
    related = 0
    for role in roles:
        parts = [(_parts(first[i], role), _parts(second[j], role)) for i, j in paired]
        drawn = sum(len(one) + len(other) for one, other in parts)
        counted = [_count_alike(one, other) for one, other in parts]
        exact, alike = sum(n for n, _ in counted), sum(n for _, n in counted)
        sums[f"{role} exact"] = (exact, drawn)
        sums[f"{role} overlap"] = (alike, drawn)
        related += alike if role != roles[0] else 0
    sums["relation F1"] = (related, _links(first) + _links(second))
    return Compared(sums, paired)


def _parts(frame: Frame, role: str) -> tuple[Part, ...]:
    return (frame.anchor,) if role == frame.role else frame.links[role]


def _links(frames: Sequence[Frame]) -> int:
    return sum(len(parts) for frame in frames for parts in frame.links.values())


def _count_alike(mine: Sequence[Part], theirs: Sequence[Part]) -> tuple[int, int]:
    """How many parts are equal, and how many overlap, one to one: as many as can be."""
    if not mine or not theirs:
        return 0, 0
    if mine == theirs and len(mine) == len(mine[0]) == 1:  # as mostly
        return 1, 1
    met = [(i, j) for i, j in touching(mine, theirs) if overlap(mine[i], theirs[j])]
    return (Counter(mine) & Counter(theirs)).total(), len(assign_most(met))
