"""Rows as a spaCy DocBin: `doc.ents`, `doc.spans["sc"]` and `doc.cats`.

Tokens are those of spaCy's blank English pipeline. Every span stands in `doc.spans["sc"]`, the
key that spancat trains on, nested ones too, fragments of one part under one span id; `doc.ents`
takes the outermost ones. None begins or ends with white space, as spaCy wants it. Ids, the
annotator, choices and relations stand in `doc.user_data`. Needs the extra `spacy`.
The format: https://spacy.io/api/docbin
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from annotate.errors import InputError
from annotate.formats.base import Document, Format, Losses, Table
from annotate.formats.tokens import is_loose
from annotate.formats.votes import main_control
from annotate.schemes.base import Drawing

_GROUP = "sc"
_STORED = ("ORTH", "NORM", "ENT_IOB", "ENT_TYPE", "ENT_ID")
"""What a token has here; DocBin keeps eight bytes a token and attribute, also of what is unset."""
_META = ("id", "article_id", "title", "date", "url", "annotator")


class Spacy(Format):
    """One DocBin file; load it with a vocabulary of `spacy.blank("en")`."""

    name = "spacy"
    suffix = ".spacy"
    holds_annotator = True
    not_held = "votes"

    def write(self, table: Table, path: Path) -> Losses:
        try:
            import spacy
            from spacy.tokens import DocBin
        except ImportError:
            raise InputError(
                "spaCy is not installed", do="in the clone, `pip install -e '.[spacy]'` installs it"
            ) from None
        losses = Losses()
        tokenizer = spacy.blank("en").tokenizer
        binned = DocBin(attrs=_STORED, store_user_data=True)
        for document in table.documents():
            doc = tokenizer(document.text)
            drawn = _add_spans(doc, document, losses)
            _add_cats(doc, document, table)
            _add_details(doc, document.drawing, drawn, losses)
            binned.add(doc)
        binned.to_disk(path)
        return losses


def _add_spans(doc: Any, document: Document, losses: Losses) -> set[int]:
    """Add the spans; gives the numbers of the shapes that have any."""
    from spacy.util import filter_spans

    spans, drawn = [], set()
    for number, shape in enumerate(document.drawing.shapes):
        for start, end in shape.fragments:
            words = document.text[start:end].strip()
            if not words:
                losses.lose("span without a visible character")
                continue
            if is_loose(document.text, start, end):
                losses.alter("span with white space at its border, cut off")
                start = document.text.index(words, start)
                end = start + len(words)
            place = {"label": shape.label, "span_id": f"s{number}"}
            span = doc.char_span(start, end, **place)
            if span is None:
                span = doc.char_span(start, end, **place, alignment_mode="expand")
                losses.alter("span with a border inside a spaCy token, moved to its border")
            spans.append(span)
            drawn.add(number)
    doc.spans[_GROUP] = spans
    doc.set_ents(filter_spans(spans))
    losses.lose_undecided(document.drawing)
    return drawn


def _add_cats(doc: Any, document: Document, table: Table) -> None:
    drawing, row = document.drawing, document.row
    main = main_control(table)
    if main in drawing.choices:
        values = table.config.values(main)
        doc.cats = {value: float(value == drawing.choices[main]) for value in values}
    meta = {name: row[name] for name in _META if row.get(name) is not None}
    meta |= {name: value for name, value in table.scheme.context(row).items() if value}
    doc.user_data |= meta
    doc.user_data["choices"] = dict(drawing.choices)


def _add_details(doc: Any, drawing: Drawing, drawn: set[int], losses: Losses) -> None:
    """Add what is said of spans, where they are there."""
    chosen, relations = {}, []
    for number, shape in enumerate(drawing.shapes):
        if number in drawn and shape.choices:
            chosen[f"s{number}"] = dict(shape.choices)
        elif number not in drawn:
            losses.lose_choices_of(shape)
    for start, end, label in drawing.links:
        if start in drawn and end in drawn:
            relations.append([f"s{start}", f"s{end}", label])
        else:
            losses.lose(f"relation {label}")
    doc.user_data["span_choices"] = chosen
    doc.user_data["relations"] = relations


FORMATS = (Spacy(),)
