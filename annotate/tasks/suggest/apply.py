"""Tasks -> tasks with suggestions; what does not pass the gate stays behind, named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from annotate.errors import InputError
from annotate.models import Task
from annotate.schemes.base import Scheme
from annotate.schemes.label_config import LabelConfig
from annotate.tasks.suggest.draft import Draft, Suggester, check_draft
from annotate.tasks.suggest.result import make_suggestion

_BATCH = 16


def add_suggestions(
    tasks: Iterable[Task],
    suggester: Suggester,
    scheme: Scheme[Any],
    config: LabelConfig,
    *,
    on_dropped: Callable[[str], None],
) -> Iterator[Task]:
    """Yield each task with the suggestion that was made for it, if any.

    A draft with anything wrong is left out whole; `on_dropped` is told which
    and why. Raises InputError where the suggester gives more or fewer drafts
    than there are tasks.
    """
    waiting = iter(tasks)
    while batch := list(islice(waiting, _BATCH)):
        drafts = list(suggester.suggest(batch))
        if len(drafts) != len(batch):
            what = f"gave {len(drafts)} drafts for {len(batch)} tasks"
            raise InputError(what, where=f"suggester {suggester.name}")
        for task, draft in zip(batch, drafts, strict=True):
            yield _with(task, draft, suggester.name, scheme, config, on_dropped)


def _with(
    task: Task,
    draft: Draft,
    name: str,
    scheme: Scheme[Any],
    config: LabelConfig,
    on_dropped: Callable[[str], None],
) -> Task:
    if not draft.regions and not draft.choices:
        return task
    text = str(task.data["text"])
    wrong = check_draft(draft, text, scheme, config)
    if wrong:
        key = task.data["unit_key"]
        on_dropped(f"suggestion of {name} for task {key} left out: {'; '.join(wrong)}")
        return task
    return task.model_copy(update={"predictions": [make_suggestion(draft, text, config, name)]})
