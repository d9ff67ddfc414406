"""The work of several annotators -> one vote an item and annotator.

An item is a text (and target) where the scheme labels the whole of it, else a token, whose vote
is its IOB2 tag. The work of each annotator is flattened like a version's bio config.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from annotate.dataset.tokens.bio import bio_names
from annotate.formats.base import Document, Losses, Table
from annotate.formats.tokens import tag_sentences


class Vote(NamedTuple):
    """What one annotator said of one item."""

    item: str
    """Id of the row, for a token with its range: `ID:START-END`."""
    annotator: str
    label: str
    text: str
    """The token, or the whole text."""


def read_votes(table: Table, losses: Losses) -> Iterator[Vote]:
    """Yield the votes of a table of annotators' rows; counts what votes cannot hold."""
    for document in table.documents():
        if table.scheme.of_texts:
            yield from _text_vote(document, main_control(table), losses)
        else:
            yield from _token_votes(document, losses)


def vote_labels(table: Table) -> tuple[str, ...]:
    """Every label a vote can have, in a fixed order."""
    values = table.config.values(main_control(table))
    return values if table.scheme.of_texts else bio_names(values)


def main_control(table: Table) -> str:
    """The control that carries a scheme's labels: the first that it needs."""
    return table.scheme.needs[0].name


def decided_documents(table: Table, losses: Losses) -> Iterator[Document]:
    """Rows but for those whose own label the annotators left tied, which are counted as lost.

    Without that label they would read back as annotations that say nothing.
    """
    main = main_control(table)
    for document in table.documents():
        if main not in document.drawing.undecided:
            yield document
            continue
        losses.lose(f"text whose {main} is tied")
        losses.lose(f"label of a text whose {main} is tied", document.drawing.labels)


def _text_vote(document: Document, control: str, losses: Losses) -> Iterator[Vote]:
    drawing = document.drawing
    losses.lose("span", len(drawing.shapes))
    losses.lose_choices(drawing, kept=control)
    label = drawing.choices.get(control)
    if label is not None:
        yield Vote(document.row["id"], document.annotator or "", label, document.text)


def _token_votes(document: Document, losses: Losses) -> Iterator[Vote]:
    name, annotator = document.row["id"], document.annotator or ""
    for sentence in tag_sentences(document.text, document.drawing, losses, {}):
        for token in sentence:
            yield Vote(f"{name}:{token.start}-{token.end}", annotator, token.tag, token.text)
