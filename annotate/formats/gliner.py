"""Spans as GLiNER's training JSON: words, and entities as inclusive ranges of words.

Words are those that GLiNER itself splits a text into, so that training and use agree. Holds
nested and overlapping spans on word borders.
The format: https://urchade.github.io/GLiNER/training.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from annotate.formats.base import Document, Losses, SpanFormat, Table, write_array
from annotate.formats.tokens import is_loose, tokens_of

_WORD = re.compile(r"\w+(?:[-_]\w+)*|\S")


class Gliner(SpanFormat):
    """A JSON array with `tokenized_text` and `ner` of each text."""

    name = "gliner"
    suffix = ".json"
    not_held = "ids, title, date, url, votes and the text between words"

    def write(self, table: Table, path: Path) -> Losses:
        losses = Losses()
        with path.open("wb") as out:
            write_array(out, _examples(table, losses))
        return losses


def _examples(table: Table, losses: Losses) -> Iterator[dict[str, Any]]:
    for document in table.documents():
        example = _example(document, losses)
        if example["tokenized_text"]:
            yield example
        else:
            losses.lose_text()


def _example(document: Document, losses: Losses) -> dict[str, Any]:
    text, drawing = document.text, document.drawing
    words = [(found.start(), found.end()) for found in _WORD.finditer(text)]
    entities = []
    for shape in drawing.shapes:
        for start, end in shape.fragments:
            inside = tokens_of(words, start, end)
            if not inside:
                losses.lose("span without a visible character")
                continue
            losses.alter("span with white space at its border, cut off", is_loose(text, start, end))
            if words[inside[0]][0] < start or words[inside[-1]][1] > end:
                losses.alter("span with a border inside a word, moved to the word's border")
            entities.append([inside[0], inside[-1], shape.label])
    losses.lose_choices(drawing)
    losses.lose_structure(drawing)
    losses.lose_undecided(drawing)
    return {"tokenized_text": [text[start:end] for start, end in words], "ner": sorted(entities)}


FORMATS = (Gliner(),)
