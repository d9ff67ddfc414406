"""Noted tasks -> the same, those made elsewhere in the group of their story.

`annotate tasks` looks for copies of a story before there are tasks; for what was made
elsewhere nobody did, nor for rows of several datasets that are carried over. Here articles
are compared with all that the version is made of. A task that stood in an older version keeps
its group; a new one joins the story that it tells, and one whose story stands in two splits
already is not placed, nor one that returns to a story that stands in another split by now.
Where every task made elsewhere or carried over stood in the parent, no text is looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from annotate.annotations.notes import NotedTask, Notes, data_of
from annotate.annotations.read import decode_checked
from annotate.articles.likeness.stories import Told, find_stories
from annotate.dataset.splits import Stood
from annotate.schemes.base import Scheme
from annotate.schemes.label_config import LabelConfig
from annotate.store.create.carried import CarriedTask
from annotate.text import forbidden_character


class Stories:
    """The stories of all tasks of a version, noted and carried."""

    def __init__(
        self,
        notes: Notes,
        carried: dict[str, CarriedTask],
        retracted: Collection[str],
        scheme: Scheme[Any],
        config: LabelConfig,
    ) -> None:
        """`retracted` are the articles that stay out, and join nothing."""
        self._noted, self._carried, self._retracted = notes.tasks, carried, retracted
        self._elsewhere = [
            unit for unit in notes.elsewhere if notes.tasks[unit].article_id not in retracted
        ]
        self._scheme, self._config = scheme, config
        self._units: dict[str, list[str]] = {}

    def join(self, stood: Mapping[str, Stood], parent: Collection[str]) -> set[str]:
        """Give tasks their groups; returns those that would join two splits.

        `stood` is where rows of older versions stood, by their unit, the newest version's
        first; `parent` are the units of the newest.
        """
        for unit in stood.keys() & set(self._elsewhere):
            self._move(unit, stood[unit].group)
        carried = self._carried.keys() - self._noted.keys()
        foreign = carried - stood.keys()
        new = {unit for unit in self._elsewhere if unit not in stood}
        back = {u for u in (*self._elsewhere, *carried) if u in stood and u not in parent}
        units = [*self._noted, *(unit for unit in self._carried if unit not in self._noted)]
        bridges: set[str] = set()
        if back:
            bridges |= self._returned([u for u in units if u in stood], stood, back)
        origins = {self._carried[unit].version.name for unit in foreign}
        if new or (origins and len(origins) + bool(stood or self._noted) > 1):
            rest = [unit for unit in units if unit not in bridges]
            bridges |= self._join_new(rest, new, foreign, stood)
        return bridges

    def _returned(
        self, known: Iterable[str], stood: Mapping[str, Stood], back: set[str]
    ) -> set[str]:
        """Those of `back`, which had left, whose story stands in another split by now."""
        newest = {unit: number for number, unit in enumerate(stood)}
        amiss: set[str] = set()
        for _, units in self._stories(known):
            here = [unit for unit in units if unit not in back]
            here = here or [min(units, key=newest.__getitem__)]
            splits = {stood[unit].split for unit in here}
            amiss.update(u for u in units if u in back and {stood[u].split} != splits)
        return amiss

    def _join_new(
        self,
        units: Iterable[str],
        new: set[str],
        foreign: set[str],
        stood: Mapping[str, Stood],
    ) -> set[str]:
        """Move new tasks, and carried ones of other datasets, to the story that they tell."""
        bridges: set[str] = set()
        renamed: dict[str, str] = {}
        for story, members in self._stories(units):
            settled = sorted((u for u in members if u not in new), key=lambda u: u not in stood)
            group = self._known(settled[0]).group if settled else story[0]
            joining = [unit for unit in members if unit in new or unit in foreign]
            if len({stood[unit].split for unit in settled if unit in stood}) > 1:
                bridges.update(joining)
                continue
            for unit in joining:
                if unit in foreign:
                    renamed[self._known(unit).group] = group
                self._move(unit, group)
        for unit in foreign - bridges:
            self._move(unit, renamed.get(self._known(unit).group, self._known(unit).group))
        return bridges

    def _stories(self, units: Iterable[str]) -> Iterator[tuple[list[str], list[str]]]:
        """The articles of each story, the oldest first, and their units; most tell one of
        their own."""
        self._units = defaultdict(list)
        for unit in units:
            article = self._known(unit).article_id
            if article not in self._retracted:
                self._units[article].append(unit)
        alone = dict.fromkeys(self._units)
        for story in find_stories(self._told()):
            for name in story:
                del alone[name]
            yield story, [unit for name in story for unit in self._units[name]]
        yield from (([name], self._units[name]) for name in alone)

    def _told(self) -> Iterator[Told]:
        for name, units in self._units.items():
            units.sort(key=lambda unit: (self._known(unit).unit_start, unit))
            first = self._known(units[0])
            # one text may be several tasks, one for each target
            text = "\n".join(dict.fromkeys(map(self._text, units)))
            if forbidden_character(text) is None:
                yield Told(name, text, first.date, first.url)

    def _text(self, unit: str) -> str:
        """The text of a task; none where a version without texts is carried over."""
        noted = self._noted.get(unit)
        if noted is None:
            carried = self._carried[unit]
            return carried.version.text(carried)
        fragment = noted.fragments[0]
        task = decode_checked(fragment.raw, f"{fragment.file}: task {fragment.task}")
        return data_of(task, fragment.file, self._scheme, self._config).text

    def _move(self, unit: str, group: str) -> None:
        if self._known(unit).group == group:
            return
        if unit in self._noted:
            self._noted[unit] = replace(self._noted[unit], group=group)
            return
        self._carried[unit] = self._carried[unit]._replace(group=group, is_moved=True)

    def _known(self, unit: str) -> NotedTask | CarriedTask:
        return self._noted.get(unit) or self._carried[unit]
