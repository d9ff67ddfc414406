"""A spool of articles -> the order in which they are worked on, and which of them.

Chance is a hash of a seed and the article's name: the same articles give the
same order and the same sample on every machine, in whatever order they were
read.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Literal, get_args

from annotate.articles.likeness.groups import Groups
from annotate.articles.spool import Spool
from annotate.errors import InputError
from annotate.identity import digest

Order = Literal["given", "date", "random", "outlets", "uncertain"]
ORDERS: tuple[Order, ...] = get_args(Order)


def arrange(spool: Spool, order: Order, *, seed: int = 0, sample: int | None = None) -> list[int]:
    """Numbers of the articles in the order of work.

    `date` puts the oldest first and the undated last; `outlets` takes one of
    each outlet in turn, each outlet's at random; `uncertain` is an order of
    tasks and leaves articles as given. `sample` takes so many at random.
    """
    numbers: list[int] = spool.kept.tolist()
    if sample is not None:
        taken = sorted(numbers, key=lambda n: _chance("sample", seed, spool, n))[:sample]
        numbers = sorted(taken)
    if order == "date":
        numbers.sort(key=lambda n: (spool.dates[n], spool.article_id(n)))
    elif order == "random":
        numbers.sort(key=lambda n: _chance("order", seed, spool, n))
    elif order == "outlets":
        numbers = _in_turn(spool, numbers, seed)
    elif order not in ORDERS:
        raise InputError(f"no order {order!r}", do=f"use one of {', '.join(ORDERS)}")
    return numbers


def choose_calibration(
    spool: Spool, groups: Groups, numbers: list[int], count: int, *, seed: int = 0
) -> list[int]:
    """`count` of the articles for everyone to annotate, at random, no two of one group."""
    if not count:
        return []
    chosen: dict[str, int] = {}
    for number in sorted(numbers, key=lambda n: _chance("calibration", seed, spool, n)):
        if len(chosen) == count:
            break
        chosen.setdefault(groups.name(number), number)
    return list(chosen.values())


def _in_turn(spool: Spool, numbers: list[int], seed: int) -> list[int]:
    by_outlet: dict[str, list[int]] = defaultdict(list)
    for number in sorted(numbers, key=lambda n: _chance("order", seed, spool, n)):
        by_outlet[spool.host(number)].append(number)
    turns = [
        (turn, _chance_of("outlet", seed, outlet), number)
        for outlet, found in by_outlet.items()
        for turn, number in enumerate(found)
    ]
    return [number for _, _, number in sorted(turns)]


def _chance(what: str, seed: int, spool: Spool, number: int) -> str:
    return _chance_of(what, seed, spool.article_id(number))


def _chance_of(what: str, seed: int, name: str) -> str:
    return digest(what, seed, name, length=16)
