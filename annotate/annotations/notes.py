"""Exports -> a note of every task they hold, before any annotation is looked at.

What a note holds decides where a task's rows go; its fragments are the bytes to
check, wherever and whenever that is done. Refused: an article in two groups.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from annotate.annotations.raw import WholeTask
from annotate.annotations.read import RawTask, has_bom, read_tasks
from annotate.annotations.source import MappedFile, Source, Stretch
from annotate.annotations.taskdata import TaskData, is_ours, pushed_with, read_task_data
from annotate.errors import ExportError
from annotate.schemes.base import Scheme
from annotate.schemes.label_config import LabelConfig, fit_config

_SITE = re.compile(r"[^/?#]*//[^/?#]*")


class Fragment(msgspec.Struct, frozen=True, gc=False):
    """A task of an input."""

    file: str
    task: int | str | None
    """Its number in Label Studio, for messages."""
    held: msgspec.Raw | bytes | Stretch
    """Its bytes, or where they are."""
    lone_surrogate: bool
    mapped: MappedFile | None = None
    """What `held` may be a part of; then it is pickled as a place there, for this machine alone."""

    @property
    def raw(self) -> msgspec.Raw | bytes:
        """Its bytes; raises ExportError where the file that had them was changed."""
        held = self.held
        return held.read() if isinstance(held, Stretch) else held

    def __reduce__(self) -> tuple[Any, ...]:
        raw = self.raw
        held = (self.mapped.find(raw) if self.mapped else None) or bytes(raw)
        return Fragment, (self.file, self.task, held, self.lone_surrogate)

    def with_bytes(self) -> Fragment:
        """The fragment that is pickled with its bytes, for any machine."""
        return replace(self, mapped=None)


class NotedTask(msgspec.Struct, frozen=True, gc=False):
    """What is known of a task before its annotations are checked; all of them are held at once."""

    unit_key: str
    article_id: str
    group: str
    unit_start: int
    date: str | None
    url: str | None
    """The beginning of its address, with the outlet: scheme and host."""
    fragments: tuple[Fragment, ...]
    """One for each input that holds it, at least one."""


class Notes(NamedTuple):
    """All tasks of all inputs."""

    tasks: dict[str, NotedTask]
    """By unit key, in the order of the inputs."""
    inputs: dict[str, str]
    """Name of each input -> SHA-256 of its bytes."""
    with_bom: list[str]
    """Inputs that begin with a byte order mark."""
    pushed: dict[str, str]
    """Digest of each label config that tasks were pushed with -> the first input; that of tasks
    made elsewhere is empty."""
    elsewhere: list[str]
    """Units of tasks that were made elsewhere, where nobody looked for copies of one story."""


def no_tasks() -> Notes:
    """The notes of no input at all."""
    return Notes({}, {}, [], {}, [])


def note_tasks(sources: Iterable[Source], scheme: Scheme[Any], config: LabelConfig) -> Notes:
    """Note the tasks of all `sources`.

    Raises ConfigError where the config does not fit the scheme, ExportError
    where an input is no export and where one article stands in two groups.
    """
    fit_config(config, scheme.name, scheme.needs, scheme.relations)
    notes = no_tasks()
    groups: dict[str, str] = {}
    elsewhere: dict[str, None] = {}
    shared: dict[str | None, str | None] = {None: None}
    for source in sources:
        notes.inputs[source.name] = source.sha256
        if has_bom(source):
            notes.with_bom.append(source.name)
        for task in read_tasks(source):
            data = data_of(task, source.name, scheme, config)
            notes.pushed.setdefault(pushed_with(task.data or {}), source.name)
            _check_group(groups, data, source.name, task)
            fragment = Fragment(source.name, task.id, task.raw, task.lone_surrogate, source.mapped)
            if not is_ours(task.data or {}):  # of which a decision has a copy that is ours
                elsewhere[data.unit_key] = None
            known = notes.tasks.get(data.unit_key)
            if known is not None:
                fragments = (*known.fragments, fragment)
                notes.tasks[data.unit_key] = replace(known, fragments=fragments)
                continue
            article, group = data.article_id, groups[data.article_id]
            notes.tasks[data.unit_key] = NotedTask(
                data.unit_key,
                article,
                # most groups are named by their one article: one string is enough
                article if group == article else group,
                data.unit_start,
                # few, so that each is held once
                shared.setdefault(data.date, data.date),
                shared.setdefault(site := _site(data.url), site),
                (fragment,),
            )
    notes.elsewhere.extend(elsewhere)
    return notes


def data_of(
    task: RawTask | WholeTask, file: str, scheme: Scheme[Any], config: LabelConfig
) -> TaskData:
    """What a row takes from a raw task of an input."""
    return read_task_data(task.data or {}, scheme, config, where=f"{file}: task {task.id}")


def _site(url: str | None) -> str | None:
    """What an address begins with: its scheme and its host."""
    found = _SITE.match(url) if url else None
    return found.group() if found else url


def _check_group(groups: dict[str, str], data: TaskData, file: str, task: RawTask) -> None:
    group = groups.setdefault(data.article_id, data.group)
    if group != data.group:
        raise ExportError(
            f"the article {data.article_id} stands in the groups {group} and {data.group}",
            where=f"{file}: task {task.id}",
            do="give all its tasks one group",
        )
