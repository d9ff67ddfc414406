"""What a suggester gives for a task, and what it must not give.

A draft is in the scheme's own words (controls and labels of `annotate.schemes`)
and in code points of the task's text. `check_draft` is the gate: bounds, ids,
labels of the config, ends of relations, and what the scheme itself refuses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from msgspec.structs import replace

from annotate.models import Task
from annotate.schemes.base import Marks, Region, Relation, Scheme
from annotate.schemes.label_config import LabelConfig


class Draft(NamedTuple):
    """Marks on one task, with how sure the suggester is of them."""

    regions: Sequence[Region] = ()
    relations: Sequence[Relation] = ()
    choices: dict[str, str] = {}  # noqa: RUF012 -- never changed
    score: float | None = None
    """Between 0 and 1, of the whole draft; None where the suggester has none."""


class Suggester(Protocol):
    """Gives drafts for tasks."""

    name: str
    """Goes into `model_version`: what made the draft, and its version."""

    def suggest(self, tasks: Sequence[Task]) -> Iterable[Draft]:
        """A draft for each task, in their order; an empty one where there is nothing."""


def fit_draft(draft: Draft, config: LabelConfig) -> Draft:
    """The draft without labels and choices that the config lacks, nor relations to those labels."""
    regions = [
        replace(region, choices={n: v for n, v in region.choices.items() if v in config.values(n)})
        for region in draft.regions
        if region.label in config.values(region.control)
    ]
    ids = {region.id for region in regions}
    relations = [r for r in draft.relations if r.from_id in ids and r.to_id in ids]
    return draft._replace(regions=regions, relations=relations)


def check_draft(draft: Draft, text: str, scheme: Scheme[Any], config: LabelConfig) -> list[str]:
    """Everything that is wrong with a draft; empty where it can leave."""
    wrong = [*_regions(draft, text, config), *_relations(draft, scheme, config)]
    wrong += [
        f"choice {value!r} of {name} is not in the label config"
        for name, value in draft.choices.items()
        if value not in config.values(name)
    ]
    if draft.score is not None and not 0 <= draft.score <= 1:
        wrong.append(f"score {draft.score} is not between 0 and 1")
    if not wrong:
        marks = Marks(text, list(draft.regions), list(draft.relations), dict(draft.choices))
        record, rejects = scheme.assemble(marks)
        wrong += [f"{reject.kind} {reject.part}: {reject.code}" for reject in rejects]
        if record is None and not wrong:
            wrong.append("holds nothing that the scheme can use")
    return wrong


def _regions(draft: Draft, text: str, config: LabelConfig) -> Iterator[str]:
    ids = Counter(region.id for region in draft.regions)
    yield from (f"{n} regions have the id {name!r}" for name, n in ids.items() if n > 1)
    for region in draft.regions:
        if type(region.start) is not int or type(region.end) is not int:
            yield f"region {region.id}: offsets are not whole numbers"
        elif not 0 <= region.start < region.end <= len(text):
            place = f"{region.start} to {region.end}"
            yield f"region {region.id}: {place} in a text of {len(text)} characters"
        if region.label not in config.values(region.control):
            yield f"region {region.id}: {region.label!r} is not a label of {region.control}"
        for name, value in region.choices.items():
            control = config.control(name)
            if control is None or not control.per_region or value not in control.values:
                yield f"region {region.id}: {value!r} is not a choice of {name}"


def _relations(draft: Draft, scheme: Scheme[Any], config: LabelConfig) -> Iterator[str]:
    ids = {region.id for region in draft.regions}
    # where the config lacks the scheme's own, the roles of the ends say what a relation means
    known = {*config.relations.values(), *scheme.relations}
    for relation in draft.relations:
        ends = f"{relation.from_id} -> {relation.to_id}"
        if relation.from_id not in ids or relation.to_id not in ids:
            yield f"relation {ends}: an end does not exist"
        elif relation.from_id == relation.to_id:
            yield f"relation {ends}: both ends are the same region"
        for label in relation.labels:
            if label not in known:
                yield f"relation {ends}: {label!r} is not in the label config"
