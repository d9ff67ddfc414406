"""Noted tasks -> the same, those made elsewhere in the group of their story.

`annotate tasks` looks for copies of a story before there are tasks; for what was made
elsewhere nobody did. Here its articles are compared with all that the version is made
of. A task that stood in an older version keeps its group; a new one joins the story that it
tells, and one whose story stands in two splits already is not placed. Where every task
made elsewhere stood in the parent, no text is looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from annotate.annotations.notes import NotedTask, Notes, data_of
from annotate.annotations.read import decode_checked
from annotate.articles.stories import Told, find_stories
from annotate.dataset.rows import TASK_COLUMNS
from annotate.dataset.splits import Stood
from annotate.schemes.base import Scheme
from annotate.schemes.label_config import LabelConfig
from annotate.store.carry import CarriedTask
from annotate.text import forbidden_character

_TEXT = [column.name for column in TASK_COLUMNS].index("text")


class Stories:
    """The stories of all tasks of a version, noted and carried."""

    def __init__(
        self,
        notes: Notes,
        carried: Mapping[str, CarriedTask],
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
        self._units: dict[str, list[str]] = defaultdict(list)

    def join(self, stood: Mapping[str, Stood]) -> set[str]:
        """Give tasks made elsewhere their groups; returns those that would join two splits.

        `stood` is where rows of older versions stood, by their unit.
        """
        for unit in stood.keys() & set(self._elsewhere):
            self._move(unit, stood[unit].group)
        new = {unit for unit in self._elsewhere if unit not in stood}
        bridges: set[str] = set()
        for story in self._stories() if new else ():
            units = [unit for name in story for unit in self._units[name]]
            settled = sorted((u for u in units if u not in new), key=lambda u: u not in stood)
            group = self._known(settled[0]).group if settled else story[0]
            joining = new.intersection(units)
            if len({stood[unit].split for unit in settled if unit in stood}) > 1:
                bridges |= joining
                continue
            for unit in joining:
                self._move(unit, group)
        return bridges

    def _stories(self) -> Iterator[list[str]]:
        """The articles of each story, the oldest first; most tell one of their own."""
        for unit in (*self._noted, *(unit for unit in self._carried if unit not in self._noted)):
            article = self._known(unit).article_id
            if article not in self._retracted:
                self._units[article].append(unit)
        alone = dict.fromkeys(self._units)
        for story in find_stories(self._told()):
            for name in story:
                del alone[name]
            yield story
        yield from ([name] for name in alone)

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
            return self._carried[unit].rows.rows.gold[_TEXT] or ""
        fragment = noted.fragments[0]
        task = decode_checked(fragment.raw, f"{fragment.file}: task {fragment.task}")
        return data_of(task, fragment.file, self._scheme, self._config).text

    def _move(self, unit: str, group: str) -> None:
        if self._noted[unit].group != group:
            self._noted[unit] = replace(self._noted[unit], group=group)

    def _known(self, unit: str) -> NotedTask | CarriedTask:
        return self._noted.get(unit) or self._carried[unit]
