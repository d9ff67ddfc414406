"""Rows as Prodigy JSONL: `spans`, `relations`, `accept`, `answer`.

Offsets are code points, ends of tokens inclusive, as Prodigy has them. What Prodigy has no key
for stands under keys that it passes on: `id` and `choices` of a span, `choices` and `meta` of a
text; the fragments of one part are spans that a relation joins. Holds every label.
The format: https://prodi.gy/docs/api-interfaces
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from annotate.formats.base import METADATA, Document, Format, Losses, Table
from annotate.formats.tokens import tokens_of
from annotate.formats.votes import decided_documents, main_control
from annotate.tokens import token_places


class Prodigy(Format):
    """One task a line."""

    name = "prodigy"
    suffix = ".jsonl"
    holds_annotator = True
    not_held = "votes"

    def write(self, table: Table, path: Path) -> Losses:
        losses = Losses()
        with path.open("wb") as out:
            for document in decided_documents(table, losses):
                out.write(msgspec.json.encode(_task(table, document)) + b"\n")
                losses.lose_undecided(document.drawing)
        return losses


def _task(table: Table, document: Document) -> dict[str, Any]:
    row, drawing = document.row, document.drawing
    places = token_places(row["text"])
    task: dict[str, Any] = {
        "text": row["text"],
        "meta": {name: row[name] for name in ("id", *METADATA) if row.get(name) is not None},
        "tokens": _tokens(row["text"], places),
    }
    spans = _spans(document, places)
    task["spans"] = [span for fragments in spans for span in fragments]
    task["relations"] = _relations(table, document, spans)
    main = main_control(table)
    if table.scheme.of_texts:
        task["options"] = [{"id": value, "text": value} for value in table.config.values(main)]
        task["accept"] = [drawing.choices[main]] if main in drawing.choices else []
        task["choices"] = {c: value for c, value in drawing.choices.items() if c != main}
    view = "choice" if table.scheme.of_texts else "relations"
    task |= {"_view_id": view if view == "choice" or drawing.links else "spans_manual"}
    if document.annotator is not None:
        task |= {"_annotator_id": document.annotator}
    return task | {"answer": "accept"}


def _tokens(text: str, places: list[tuple[int, int]]) -> list[dict[str, Any]]:
    after = [*(start for start, _ in places), len(text)][1:]
    return [
        {"text": text[start:end], "start": start, "end": end, "id": number, "ws": follow > end}
        for number, ((start, end), follow) in enumerate(zip(places, after, strict=True))
    ]


def _spans(document: Document, places: list[tuple[int, int]]) -> list[list[dict[str, Any]]]:
    """The spans of each shape, one a fragment; its choices stand on the first."""
    drawn = []
    for number, shape in enumerate(document.drawing.shapes):
        fragments = []
        for place, (start, end) in enumerate(shape.fragments):
            span: dict[str, Any] = {"start": start, "end": end, "label": shape.label}
            inside = tokens_of(places, start, end)
            if inside:
                span |= {"token_start": inside[0], "token_end": inside[-1]}
            span["id"] = f"s{number}" if place == 0 else f"s{number}.{place}"
            if shape.choices and place == 0:
                span["choices"] = dict(shape.choices)
            fragments.append(span)
        drawn.append(fragments)
    return drawn


def _relations(
    table: Table, document: Document, spans: list[list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    pairs = [(spans[a][0], spans[b][0], label) for a, b, label in document.drawing.links]
    joined = [pair for fragments in spans for pair in pairwise(fragments)]
    pairs += [(before, after, table.scheme.join or "") for before, after in joined]
    return [
        {
            "head": head.get("token_end"),
            "child": child.get("token_end"),
            "head_span": head,
            "child_span": child,
            "label": label,
        }
        for head, child, label in pairs
    ]


FORMATS = (Prodigy(),)
