"""Rows as Argilla records: gold as suggestions, annotators' work as responses.

A JSON array that `dataset.records.from_json` reads; a question is named like the control whose
labels it takes (spans: SpanQuestion with overlaps, choices: LabelQuestion). A user id is a UUID
made of the pseudonym: Argilla takes the responses of users that it knows.
The format: https://docs.argilla.io/latest/reference/argilla/records/records
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from annotate.formats.base import METADATA, Document, Format, Losses, Table, write_array
from annotate.formats.votes import main_control


class Argilla(Format):
    """A JSON array of records."""

    name = "argilla"
    suffix = ".json"
    holds_annotator = True
    not_held = "votes"

    def write(self, table: Table, path: Path) -> Losses:
        losses = Losses()
        grouped = groupby(table.documents(), key=lambda document: document.row["id"])
        with path.open("wb") as out:
            write_array(out, (_record(table, list(own), losses) for _, own in grouped))
        return losses


def _record(table: Table, documents: list[Document], losses: Losses) -> dict[str, Any]:
    row = documents[0].row
    suggestions: dict[str, Any] = {}
    responses: dict[str, list[Any]] = {}
    for document in documents:
        answers = _answers(table, document)
        who = document.annotator
        for question, value in answers.items():
            if who is None:
                agent = f"gold {row['policy']}".replace("+", "/")  # its server refuses a +
                suggestions[question] = {"value": value, "score": None, "agent": agent}
            else:
                user = str(uuid5(NAMESPACE_OID, who))
                responses.setdefault(question, []).append({"value": value, "user_id": user})
        _count(document, losses)
    return {
        "id": row["id"],
        "fields": {"text": row["text"]},
        "metadata": {name: row[name] for name in METADATA if row.get(name) is not None},
        "suggestions": suggestions,
        "responses": responses,
        "vectors": {},
    }


def _answers(table: Table, document: Document) -> dict[str, Any]:
    answers: dict[str, Any] = dict(document.drawing.choices)
    if not table.scheme.of_texts:
        answers[main_control(table)] = []
    for shape in document.drawing.shapes:
        for start, end in shape.fragments:
            span = {"start": start, "end": end, "label": shape.label}
            answers.setdefault(shape.control, []).append(span)
    return answers


def _count(document: Document, losses: Losses) -> None:
    drawing = document.drawing
    losses.lose_structure(drawing)
    losses.lose_undecided(drawing)
    for shape in drawing.shapes:
        losses.lose_choices_of(shape)


FORMATS = (Argilla(),)
