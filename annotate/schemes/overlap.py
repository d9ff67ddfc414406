"""Parts that several annotators drew -> which of them are the same thing.

A part is one or more fragments of a text. Two annotators rarely draw a long
part with the same borders; what overlaps by more than half is taken to be one.
Lengths and offsets are in code points.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # numpy itself is loaded where pairs compete: most commands need none
    from numpy import float64
    from numpy.typing import NDArray

    Floats = NDArray[float64]
Part = tuple[tuple[int, int], ...]
"""The fragments of one source, cue or content, in text order."""

ALIKE = 0.5
"""Overlap (Jaccard) from which two parts are one."""
_EQUAL = 1e-9
"""Sums of overlaps that differ by less are one."""
_FREE = -1
"""The row of a column that has none."""


def overlap(first: Part, second: Part) -> float:
    """Jaccard index: code points in both over code points in either."""
    if first == second:  # all of it is in both
        return 1.0
    first, second, common = _disjoint(first), _disjoint(second), 0
    for start, end in first:
        for other_start, other_end in second:
            shared = min(end, other_end) - max(start, other_start)
            if shared > 0:
                common += shared
    return common / (_length(first) + _length(second) - common) if common else 0.0


def _disjoint(part: Part) -> Part:
    """The same code points, each in one fragment only: those drawn may overlap each other."""
    if len(part) < 2:
        return part
    merged = [part[0]]
    for start, end in part[1:]:
        before, until = merged[-1]
        if start < until:
            merged[-1] = (before, max(until, end))
        else:
            merged.append((start, end))
    return tuple(merged)


def match_parts(
    first: Sequence[Part], second: Sequence[Part], least: float = 0.0
) -> list[tuple[int, int]]:
    """Pair the parts of two annotators, one to one, so that the overlaps sum to the most.

    Only pairs that overlap, by at least `least`, are made. Where several
    pairings are best, parts of nearest places are paired.
    """
    weights = {
        (i, j): value
        for i, j in touching(first, second)
        if (value := overlap(first[i], second[j])) > 0 and value >= least
    }
    return assign(weights)


def assign(
    weights: Mapping[tuple[int, int], float], apart: Callable[[int, int], int] | None = None
) -> list[tuple[int, int]]:
    """One-to-one pairs out of the keys of `weights`, of the most weight together, sorted.

    Where several pairings are best, the one is made whose pairs are least `apart` together,
    and of these the one that pairs nearest places.
    """
    if len({i for i, _ in weights}) == len({j for _, j in weights}) == len(weights):
        return sorted(weights)  # no two pairs compete, as nearly always
    matched: list[tuple[int, int]] = []
    for partners in _components(weights):
        matched += _assign(partners, weights, apart or (lambda i, j: 0))
    return sorted(matched)


def assign_most(ends: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """One-to-one pairs out of `ends`, as many as can be.

    Source: Berge, Two theorems in graph theory (1957); a tree that no path leaves
    to a free column is not entered again (Kuhn 1955).
    """
    columns: dict[int, list[int]] = {}
    for i, j in ends:
        columns.setdefault(i, []).append(j)
    owner: dict[int, int] = {}
    partner: dict[int, int] = {}
    left: set[int] = set()
    for row in columns:
        came: dict[int, int] = {}
        waiting = [row]
        for here in waiting:
            free = next((j for j in columns[here] if j not in owner), None)
            if free is not None:
                came[free] = here
                break
            for j in columns[here]:
                if j not in came and j not in left:
                    came[j] = here
                    waiting.append(owner[j])
        else:
            left.update(came)
            continue
        column: int | None = free
        while column is not None:
            here = owner[column] = came[column]
            before = partner.get(here)
            partner[here] = column
            column = before
    return sorted(partner.items())


def group_alike(
    drawn: Mapping[str, Sequence[Part]],
    beside: Mapping[str, Sequence[Sequence[Part]]] | None = None,
) -> list[dict[str, int]]:
    """Group the parts of all annotators: annotator -> place of its part in `drawn`.

    The two most alike come together first; of pairs as alike those that have
    most of what stands `beside` each part (the sources of a content) in common.
    No group has two parts of one annotator. Groups come in the order of their
    parts. Names of annotators decide nothing.
    """
    nodes = [(part, n, name) for name, parts in drawn.items() for n, part in enumerate(parts)]
    nodes.sort()
    groups: list[dict[str, int]] = []
    near: list[_Node] = []
    until = 0
    for node in nodes:
        part = node[0]
        if near and part[0][0] >= until:  # nothing from here on overlaps those before
            groups += _group_near(near, beside)
            near = []
        near.append(node)
        end = end_of(part)
        if end > until:
            until = end
    return groups + _group_near(near, beside)


_Node = tuple[Part, int, str]
"""A part, its place among those of its annotator, and the annotator."""


def _group_near(
    nodes: Sequence[_Node], beside: Mapping[str, Sequence[Sequence[Part]]] | None
) -> list[dict[str, int]]:
    """The groups of parts, sorted, that may overlap."""
    if len(nodes) == 2:  # as nearly always
        (first, place, name), (second, other_place, other_name) = nodes
        if name != other_name and overlap(first, second) >= ALIKE:
            return [{name: place, other_name: other_place}]
        return [{name: place}, {other_name: other_place}]
    groups = [{name: place} for _, place, name in nodes]
    home = list(range(len(nodes)))
    for one, other, _ in _most_alike_first(nodes, beside):
        while home[one] != one:
            one = home[one]
        while home[other] != other:
            other = home[other]
        if groups[one].keys().isdisjoint(groups[other]):
            low, high = (one, other) if one < other else (other, one)
            groups[low].update(groups[high])
            home[high] = low
    return [group for n, group in enumerate(groups) if home[n] == n]


def _most_alike_first(
    nodes: Sequence[_Node], beside: Mapping[str, Sequence[Sequence[Part]]] | None
) -> list[tuple[int, int, float]]:
    """Places of two alike parts of two annotators, and how alike; `nodes` are sorted."""
    pairs = []
    for i, (part, _, name) in enumerate(nodes):
        end = end_of(part)
        for j in range(i + 1, len(nodes)):
            other, _, other_name = nodes[j]
            if other[0][0] >= end:
                break
            if name != other_name and (value := overlap(part, other)) >= ALIKE:
                pairs.append((i, j, value))
    pairs.sort(key=lambda pair: _unlikeness(nodes, beside, *pair))
    return pairs


def _unlikeness(
    nodes: Sequence[_Node],
    beside: Mapping[str, Sequence[Sequence[Part]]] | None,
    i: int,
    j: int,
    value: float,
) -> tuple[float, int, int, tuple[Part, int], tuple[Part, int]]:
    """Sorts the most alike first, then by what stands beside, and equal parts by nearest places."""
    (part, place, name), (other, other_place, other_name) = nodes[i], nodes[j]
    alone = count_alone(beside[name][place], beside[other_name][other_place]) if beside else 0
    apart = abs(place - other_place) if part == other else 0
    return -value, alone, apart, (part, place), (other, other_place)


def count_alone(first: Sequence[Part], second: Sequence[Part]) -> int:
    """How many parts of both are left when as many as can be are paired with one alike."""
    alike = [
        (i, j)
        for i, part in enumerate(first)
        for j, other in enumerate(second)
        if overlap(part, other) >= ALIKE
    ]
    return len(first) + len(second) - 2 * len(assign_most(alike))


def merge_parts(
    parts: Mapping[str, Part], covers: Callable[[Collection[str], Collection[str]], bool]
) -> Part:
    """One part of several alike: the one that enough drew just so, else every stretch covered.

    `covers` is asked with those who drew the part (or a stretch of it between
    two borders) and those who drew any. A part that enough drew alike comes
    out with its own fragments, be they overlapping or adjacent.
    """
    first, *others = parts.values()
    if others.count(first) == len(others):  # what all drew just so, or one drew alone
        return first
    drawn: dict[Part, list[str]] = {}
    for name, part in parts.items():
        drawn.setdefault(part, []).append(name)
    alike = [part for part, names in drawn.items() if covers(names, parts)]
    if len(alike) == 1:
        return alike[0]
    fragments = chain.from_iterable(parts.values())
    borders = sorted(set(chain.from_iterable(fragments)))
    kept: list[tuple[int, int]] = []
    for start, end in pairwise(borders):
        voters = [name for name, part in parts.items() if _holds(part, start, end)]
        if voters and covers(voters, parts):
            if kept and kept[-1][1] == start:
                start = kept.pop()[0]
            kept.append((start, end))
    return tuple(kept)


def _holds(part: Part, start: int, end: int) -> bool:
    """Whether one fragment of `part` has the whole stretch."""
    for low, high in part:  # noqa: SIM110 - any() takes twice as long
        if low <= start and end <= high:
            return True
    return False


def empty_stretches(length: int, parts: Sequence[Part]) -> Iterator[tuple[int, int]]:
    """Stretches of a text of `length` where nobody drew, each as long as the mean part.

    They are where an annotator could have drawn a part and did not.
    """
    if not parts:
        return
    size = max(1, sum(end_of(part) - part[0][0] for part in parts) // len(parts))
    at = 0
    for start, end in [*sorted((p[0][0], end_of(p)) for p in parts), (length, length)]:
        for low in range(at, start - size + 1, size):
            yield low, low + size
        at = max(at, end)


def end_of(part: Part) -> int:
    """Where a part ends; its last fragment may lie in another."""
    return part[0][1] if len(part) == 1 else max([end for _, end in part])


def _length(part: Part) -> int:
    length = 0
    for start, end in part:
        length += end - start
    return length


def touching(first: Sequence[Part], second: Sequence[Part]) -> Iterator[tuple[int, int]]:
    """Pairs whose outer borders overlap."""
    order = sorted(range(len(second)), key=lambda j: second[j][0][0])
    for i, part in enumerate(first):
        start, end = part[0][0], end_of(part)
        for j in order:
            if second[j][0][0] >= end:
                break
            if end_of(second[j]) > start:
                yield i, j


def _components(weights: Mapping[tuple[int, int], float]) -> Iterator[dict[int, list[int]]]:
    """Rows that hang together through pairs, each with its columns."""
    rows: dict[int, list[int]] = {}
    columns: dict[int, list[int]] = {}
    for i, j in sorted(weights):
        rows.setdefault(i, []).append(j)
        columns.setdefault(j, []).append(i)
    seen: set[int] = set()
    for start in rows:
        if start in seen:
            continue
        seen.add(start)
        found = [start]
        for row in found:
            for column in rows[row]:
                others = [other for other in columns.pop(column, ()) if other not in seen]
                found += others
                seen.update(others)
        yield {row: rows[row] for row in sorted(found)}


def _assign(
    partners: Mapping[int, list[int]],
    weights: Mapping[tuple[int, int], float],
    apart: Callable[[int, int], int],
) -> list[tuple[int, int]]:
    """Assignment of most weight, and of several such the least apart."""
    rows = list(partners)
    columns = sorted(set(chain.from_iterable(partners.values())))
    if len(rows) == 1 or len(columns) == 1:
        pairs = [(i, j) for i, own in partners.items() for j in own]
        return [min(pairs, key=lambda pair: (-weights[pair], apart(*pair)))]
    import numpy as np

    size = max(len(rows), len(columns))
    cost, distance = np.zeros((size, size)), np.zeros((size, size))
    place = {j: c for c, j in enumerate(columns)}
    cells = {(i, j): (r, place[j]) for r, i in enumerate(rows) for j in partners[i]}
    for pair, cell in cells.items():
        cost[cell] = -weights[pair]
    _, dearer = _solve(cost)
    best = dearer < _EQUAL  # what is dearer than its row and column cost is in no best pairing
    for pair, (r, c) in cells.items():
        if best[r, c]:
            distance[r, c] = apart(*pair) * size**3 + (r - c) ** 2
    owner, _ = _solve(np.where(best, distance, size * (distance.max() + 1)))
    return [pair for pair, (r, c) in cells.items() if owner[c] == r]


def _solve(cost: Floats) -> tuple[list[int], Floats]:
    """The row of each column that together cost least, and how much dearer each cell is.

    By shortest augmenting paths. Source: Kuhn, The Hungarian method for the assignment
    problem (1955), in the form with dual variables of Jonker and Volgenant (1987).
    """
    import numpy as np

    owner: list[int] = [_FREE] * len(cost)
    row_price, column_price = np.zeros(len(cost)), np.zeros(len(cost))
    for row in range(len(cost)):
        _augment(row, cost, owner, row_price, column_price)
    return owner, cost - row_price[:, None] - column_price


def _augment(
    row: int,
    cost: Floats,
    owner: list[int],
    row_price: Floats,
    column_price: Floats,
) -> None:
    """Give `row` a column, moving others along the cheapest path."""
    import numpy as np

    size = len(cost)
    distance, came = np.full(size, np.inf), np.full(size, -1)
    closed = np.zeros(size)
    done: list[int] = []
    column, here, reached = -1, row, 0.0
    while True:
        step = reached + cost[here] - row_price[here] - column_price
        nearer = step < distance - 1e-12
        nearer[done] = False
        distance[nearer], came[nearer] = step[nearer], column
        column = int((distance + closed).argmin())
        reached = float(distance[column])
        if owner[column] == _FREE:
            break
        done.append(column)
        closed[column] = np.inf
        here = owner[column]
    row_price[row] += reached
    for c in done:
        slack = reached - distance[c]
        row_price[owner[c]] += slack
        column_price[c] -= slack
    while column != -1:
        before = int(came[column])
        owner[column] = row if before == -1 else owner[before]
        column = before
