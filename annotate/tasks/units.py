"""An article's text -> the pieces that are put before an annotator.

The article's canonical text from a unit's start on begins with the unit's
text, so offsets in a unit become offsets in the article by adding its start.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, get_args

from annotate.articles.language import UNKNOWN, language_of
from annotate.errors import InputError
from annotate.models import Article, UnitKind

UNITS: tuple[UnitKind, ...] = get_args(UnitKind)
WINDOW = 3000
"""Code points of a window: about two screens of the shipped configs at 1366 by 768."""
# sentencex 1.0 panics where the last of these spaces is not ASCII: it takes one byte for it. Full
# stops stand among them in its rules for Kazakh.
_CAPITAL_ALONE = re.compile(r"[A-Z][\s.]*\s(?=\.)")
_SPACE = re.compile(r"\s")


class Unit(NamedTuple):
    """The piece of an article that is put before an annotator."""

    kind: UnitKind
    start: int
    """Its offset in the article's text, in code points."""
    text: str


def split_units(article: Article, kind: UnitKind, *, window: int = WINDOW) -> Iterator[Unit]:
    """Yield the units of an article in order; they do not overlap.

    A paragraph is a line of the text with a visible character, a sentence is
    found in its paragraph; the title, where the text begins with it, is context
    and neither, nor a window by itself. Windows are paragraphs in a row, together
    at most `window` code points; a paragraph that is longer is cut between
    sentences, a sentence that is longer between words. A text that fits into one
    window is an article. Raises InputError for an unknown `kind`, and for a
    `window` that holds no character.
    """
    if window < 1:
        raise InputError(f"a window of {window} characters holds none", do="ask for one or more")
    text = article.text
    if kind == "article" or (kind == "window" and len(text) <= window):
        yield Unit(kind="article", start=0, text=text)
        return
    if kind == "paragraph":
        spans = _paragraphs(article)
    elif kind == "sentence":
        language = language_of(text)
        spans = (s for p in _paragraphs(article) for s in find_sentences(text, p, language))
    elif kind == "window":
        title_end = _title_end(article)
        spans = (span for span in _windows(text, window) if span[1] > title_end)
    else:
        raise InputError(f"no unit {kind!r}", do=f"use one of {', '.join(UNITS)}")
    for start, end in spans:
        yield Unit(kind=kind, start=start, text=text[start:end])


Span = tuple[int, int]


def find_sentences(text: str, inside: Span, language: str = "en") -> Iterator[Span]:
    """Yield the sentences of a stretch of text, without the white space between them."""
    from sentencex import get_sentence_boundaries

    start, end = inside
    code = "en" if language == UNKNOWN else language
    piece = _CAPITAL_ALONE.sub(_plain_spaces, text[start:end])
    for found in get_sentence_boundaries(code, piece):
        yield from _stripped(text, (start + found["start_index"], start + found["end_index"]))


def _plain_spaces(match: re.Match[str]) -> str:
    """For each space a plain one, so that every offset stays."""
    return _SPACE.sub(" ", match[0])


def _title_end(article: Article) -> int:
    """Where the title ends with which the text begins; 0 where it does not, or is all of it."""
    first, _, rest = article.text.partition("\n")
    return len(first) if first.strip() == article.title and rest.strip() else 0


def _paragraphs(article: Article) -> Iterator[Span]:
    start, title_end = 0, _title_end(article)
    for line in article.text.split("\n"):
        if line.strip() and start + len(line) > title_end:
            yield start, start + len(line)
        start += len(line) + 1


def _windows(text: str, size: int) -> Iterator[Span]:
    first: int | None = None
    last = 0
    for start, end in _pieces(text, size):
        if first is not None and end - first > size:
            yield first, last
            first = None
        first = start if first is None else first
        last = end
    if first is not None:
        yield first, last


def _pieces(text: str, size: int) -> Iterator[Span]:
    """Paragraphs, or what they must be cut into, none longer than `size`."""
    start, language = 0, ""
    for line in text.split("\n"):
        for paragraph in _stripped(text, (start, start + len(line))):
            if paragraph[1] - paragraph[0] <= size:
                yield paragraph
            else:
                language = language or language_of(text)
                for sentence in find_sentences(text, paragraph, language):
                    yield from _cut(text, sentence, size)
        start += len(line) + 1


def _cut(text: str, sentence: Span, size: int) -> Iterator[Span]:
    start, end = sentence
    while end - start > size:
        space = text.rfind(" ", start + 1, start + size + 1)
        cut = space if space > start else start + size
        yield from _stripped(text, (start, cut))
        start = cut
    yield from _stripped(text, (start, end))


def _stripped(text: str, span: Span) -> Iterator[Span]:
    """The span without white space at its ends; nothing where nothing is left."""
    piece = text[span[0] : span[1]]
    start = span[0] + len(piece) - len(piece.lstrip())
    if piece.strip():
        yield start, start + len(piece.strip())
