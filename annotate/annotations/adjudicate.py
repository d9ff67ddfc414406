"""Gathered annotations that differ -> tasks for whoever decides.

Each annotator's work comes along as a suggestion named by pseudonym. The
task's data says whose work is decided over; by that its annotations are known
as deciding ones, in whatever project and file they come back. A task is left
out when one person annotated it, when all agree, or when a ground truth
decided already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from annotate.annotations.gather import Annotation, GatheredTask, Gathering
from annotate.annotations.migrate import Renames, rename_result
from annotate.annotations.read import read_tasks
from annotate.annotations.source import Source
from annotate.annotations.taskdata import ADJUDICATES, is_deciding, read_task_data
from annotate.errors import StateError
from annotate.models import Suggestion, Task
from annotate.schemes.base import Scheme
from annotate.schemes.label_config import LabelConfig


class Adjudication(NamedTuple):
    """What is to be decided, and what is not."""

    tasks: list[Task]
    """For an adjudication project, in the order of the gathering."""
    agreed: int
    """Tasks of two or more annotators who say the same."""
    decided: int
    """Tasks with a ground truth."""
    single: int
    """Tasks of one annotator."""
    settled: set[str]
    """Unit keys of all that need no deciding, also where no annotation is left."""


def build_adjudication(
    gathering: Gathering,
    sources: Iterable[Source],
    scheme: Scheme[Any],
    config: LabelConfig,
    renames: Renames,
) -> Adjudication:
    """Tasks for what the annotators of `gathering` differ in; `sources` are its inputs.

    Raises StateError for a gathering that has not kept what Label Studio stored.
    Suggestions are put in the names of `config`, by `renames`.
    """
    differing: dict[str, GatheredTask] = {}
    agreed = decided = single = 0
    for task in gathering.tasks:
        if any(annotation.ground_truth for annotation in task.annotations):
            decided += 1
        elif len(task.annotations) < 2:
            single += 1
        elif _agree(task, scheme):
            agreed += 1
        else:
            differing[task.data.unit_key] = task
    data, settled = _original_data(sources, differing, scheme, config)
    tasks = [_build(task, data[key], renames) for key, task in differing.items()]
    return Adjudication(tasks, agreed, decided, single, settled)


def _agree(task: GatheredTask, scheme: Scheme[Any]) -> bool:
    first, *others = (
        scheme.values(task.data.unit_key, task.data.text, annotation.record)
        for annotation in task.annotations
    )
    return all(values == first for values in others)


def _original_data(
    sources: Iterable[Source],
    wanted: Mapping[str, GatheredTask],
    scheme: Scheme[Any],
    config: LabelConfig,
) -> tuple[dict[str, dict[str, Any]], set[str]]:
    """The data of the wanted tasks as they stand in the inputs, and the keys of all others.

    A config may show any of the data.
    """
    found, others = dict[str, dict[str, Any]](), set[str]()
    for key, data in _keyed(sources, scheme, config):
        if is_deciding(data):
            continue
        if key in wanted:
            found.setdefault(key, data)
        else:
            others.add(key)
    return found, others


def _keyed(
    sources: Iterable[Source], scheme: Scheme[Any], config: LabelConfig
) -> Iterator[tuple[str, dict[str, Any]]]:
    for source in sources:
        for task in read_tasks(source):
            data = task.data or {}
            where = f"{source.name}: task {task.id}"
            yield read_task_data(data, scheme, config, where=where).unit_key, data


def _build(task: GatheredTask, original: dict[str, Any], renames: Renames) -> Task:
    known = task.data
    own = {
        "unit_key": known.unit_key,
        "article_id": known.article_id,
        "group": known.group,
        "unit": known.unit,
        "unit_start": known.unit_start,
        "text_sha256": known.text_sha256,
        ADJUDICATES: " ".join(annotation.annotator for annotation in task.annotations),
    }
    return Task(
        data={name: value for name, value in original.items() if name not in own} | own,
        predictions=[
            Suggestion(
                model_version=annotation.annotator,
                result=rename_result(_stored(annotation), renames),
            )
            for annotation in task.annotations
        ],
    )


def _stored(annotation: Annotation) -> list[Any]:
    if annotation.result is None:
        raise StateError("the results were not kept", do="gather with keep_results=True")
    found: list[Any] = msgspec.json.decode(annotation.result)
    return found
