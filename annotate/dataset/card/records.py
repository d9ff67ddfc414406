"""Rows of a version -> the annotators' records again, for agreement.

A row of the annotations config is drawn as marks on the text of its gold row,
and the scheme assembles them as it did when they were gathered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from annotate.annotations.gather import Annotation, GatheredTask
from annotate.annotations.taskdata import TaskData
from annotate.schemes.base import Drawing, Marks, Region, Relation, Scheme

_FROM_ROW = (
    *("article_id", "group", "unit", "unit_start", "title", "date", "url", "licence"),
    *("text", "text_sha256"),
)


def read_records(
    gold: Iterable[Mapping[str, Any]],
    annotations: Iterable[Mapping[str, Any]],
    scheme: Scheme[Any],
) -> list[GatheredTask]:
    """The tasks of gold rows with the annotations that refer to them; labels are names.

    An annotation by somebody who is not among the gold row's `annotators` decided
    over theirs. Which annotation was a ground truth otherwise is not in the rows.
    """
    said: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in annotations:
        said[row["id"]].append(row)
    return [
        GatheredTask(
            TaskData(
                unit_key=row["id"],
                context=scheme.context(row),
                **{name: row[name] for name in _FROM_ROW},
            ),
            [_read_annotation(own, row, scheme) for own in said[row["id"]]],
        )
        for row in gold
    ]


def _read_annotation(
    row: Mapping[str, Any], gold: Mapping[str, Any], scheme: Scheme[Any]
) -> Annotation:
    record, _ = scheme.assemble(_marks(scheme.draw(row), gold["text"], scheme.join or ""))
    decides = row["annotator"] not in gold["annotators"]
    return Annotation(
        row["annotator"], record, decides, row["created_at"], row["lead_time"], decides=decides
    )


def _marks(drawing: Drawing, text: str, join: str) -> Marks:
    regions: list[Region] = []
    relations: list[Relation] = []
    firsts = []
    for shape in drawing.shapes:
        first, control, label, choices = len(regions), shape.control, shape.label, shape.choices
        firsts.append(f"r{first}")
        for number, (start, end) in enumerate(shape.fragments, first):
            regions.append(Region(f"r{number}", control, start, end, label, choices))
        for number in range(first + 1, len(regions)):
            relations.append(Relation(f"r{number - 1}", f"r{number}", (join,)))
    relations += [Relation(firsts[a], firsts[b], (label,)) for a, b, label in drawing.links]
    return Marks(text, regions, relations, dict(drawing.choices))
