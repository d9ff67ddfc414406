"""Rows as Label Studio tasks with annotations or predictions, so that gold goes back in.

Controls, labels and relations get the names of the label config that the rows were gathered
with. Gold is a ground truth. An annotation belongs to no user, since users are numbers of one
server; its id is a number made of its pseudonym (or of `gold`), which keeps annotators apart
when the file is gathered.
"""

from __future__ import annotations

from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from annotate.formats.base import Document, Format, Losses, Table, write_array
from annotate.formats.votes import decided_documents
from annotate.identity import digest
from annotate.schemes.base import Drawing, Scheme, Shape
from annotate.schemes.label_config import Control, LabelConfig, text_field

_DATA = ("title", "date", "url", "article_id", "unit", "unit_start", "text_sha256")


class LabelStudio(Format):
    """A JSON array of tasks that Label Studio imports and `annotate` gathers."""

    suffix = ".json"
    holds_annotator = True
    not_held = (
        "votes, lead time and day of an annotation, which annotator's work is ground truth, and "
        "fields of a task's data that annotate does not use"
    )

    def __init__(self, name: str, kind: str) -> None:
        self.name = name  # type: ignore[misc]
        self.kind = kind

    def write(self, table: Table, path: Path) -> Losses:
        losses, pen = Losses(), Pen(table.config, table.scheme)
        # a suggestion may say little; an annotation without its label would be refused
        is_gathered = self.kind == "annotations"
        rows = decided_documents(table, losses) if is_gathered else table.documents()
        grouped = groupby(rows, key=lambda document: document.row["id"])
        with path.open("wb") as out:
            write_array(out, (self._task(list(own), pen, losses) for _, own in grouped))
        return losses

    def _task(self, documents: list[Document], pen: Pen, losses: Losses) -> dict[str, Any]:
        for document in documents:
            losses.lose_undecided(document.drawing)
        answers = [
            pen.answer(d.drawing, d.text, who=d.annotator, kind=self.kind) for d in documents
        ]
        return {"data": _data(documents[0].row, pen), self.kind: answers}


class Pen:
    """Writes drawings in the names of one label config."""

    def __init__(self, config: LabelConfig, scheme: Scheme[Any]) -> None:
        self.config, self.scheme = config, scheme
        self.names = {control.name: name for name, control in config.controls.items()}
        self.relations = {ours: theirs for theirs, ours in reversed(list(config.relations.items()))}
        self.field = text_field(config, scheme.needs)

    def answer(self, drawing: Drawing, text: str, *, who: str | None, kind: str) -> dict[str, Any]:
        """An annotation or a prediction; `who` is None for gold."""
        result = self.result(drawing, text)
        if kind == "predictions":
            return {"model_version": who or "gold", "result": result}
        return {
            "id": _number(who or "gold"),
            "result": result,
            "was_cancelled": False,
            "ground_truth": who is None,
        }

    def result(self, drawing: Drawing, text: str) -> list[dict[str, Any]]:
        """The result list of a drawing; region ids are `r0`, `r1`, …"""
        items: list[dict[str, Any]] = []
        relations: list[dict[str, Any]] = []
        firsts = []
        for shape in drawing.shapes:
            names = [f"r{len(items) + n}" for n in range(len(shape.fragments))]
            items += self._regions(shape, names, text)
            relations += [self._relation(a, b, self.scheme.join) for a, b in pairwise(names)]
            firsts.append(names[0])
        links = [self._relation(firsts[a], firsts[b], label) for a, b, label in drawing.links]
        for control, value in drawing.choices.items():
            items.append(self._choice(f"c{len(items)}", control, value, {}))
        return [*items, *links, *relations]

    def _regions(self, shape: Shape, names: list[str], text: str) -> list[dict[str, Any]]:
        control = self._control(shape.control)
        # evidence of a foreign config may have a label of its own
        label = control.theirs(shape.label) or next(iter(control.mapped))
        regions: list[dict[str, Any]] = []
        for name, (start, end) in zip(names, shape.fragments, strict=True):
            place = {"start": start, "end": end, "text": text[start:end]}
            regions.append(self._item(name, shape.control, "labels", place | {"labels": [label]}))
            if name == names[0]:
                chosen = [self._choice(name, c, v, place) for c, v in shape.choices.items()]
        return [*regions, *chosen]

    def _choice(self, name: str, control: str, value: str, place: dict[str, Any]) -> dict[str, Any]:
        foreign = self._control(control).theirs(value) or value
        return self._item(name, control, "choices", place | {"choices": [foreign]})

    def _item(self, name: str, control: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": name,
            "from_name": self.names[control],
            "to_name": self._control(control).to_name,
            "type": kind,
            "value": value,
        }

    def _relation(self, start: str, end: str, label: str | None) -> dict[str, Any]:
        # the roles of its ends say what a relation means where the config has no label for it
        labels = [self.relations[label]] if label in self.relations else []
        return {
            "type": "relation",
            "from_id": start,
            "to_id": end,
            "direction": "right",
            "labels": labels,
        }

    def _control(self, name: str) -> Control:
        return self.config.controls[self.names[name]]


def _number(who: str) -> int:
    """A number for a name: Label Studio keeps an annotation's id as `import_id`, a number."""
    return int(digest("annotator", who, length=12), 16)


def _data(row: dict[str, Any], pen: Pen) -> dict[str, Any]:
    data = {pen.field: row["text"]}
    data |= {name: "" if row[name] is None else row[name] for name in _DATA}
    data |= {"unit_key": row["id"], "group": row["group"]}
    if row["licence"]:
        data["licence"] = row["licence"]
    return data | {name: value or "" for name, value in pen.scheme.context(row).items()}


FORMATS = (
    LabelStudio("label-studio", "annotations"),
    LabelStudio("label-studio-predictions", "predictions"),
)
