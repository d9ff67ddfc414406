"""`--suggest rules`: claims of English news by their cues, without a model.

Sentences are read one by one, those of more than a thousand words and marks in pieces;
a quotation that spans several is put together again by its marks. Texts in other
languages get no suggestion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, zip_longest
from typing import NamedTuple

from annotate.articles.language import UNKNOWN, language_of
from annotate.errors import InputError
from annotate.models import Task
from annotate.schemes.base import Region, Relation
from annotate.schemes.label_config import LabelConfig
from annotate.tasks.suggest.attribution import Attribution, attributions
from annotate.tasks.suggest.draft import Draft, Suggester, fit_draft
from annotate.tasks.suggest.registry import Request
from annotate.tasks.suggest.words import CLOSING, OPENING, Token, tokens_of
from annotate.tasks.units import find_sentences

VERSION = "1"
_LONGEST = 1000
"""Words and marks that are read together: each cue is tried with all that stands behind it."""
Span = tuple[int, int]


class FoundClaim(NamedTuple):
    """A claim in code points of the text."""

    cue: Span
    source: Span | None
    content: tuple[Span, ...]
    attributes: dict[str, str]
    score: float


def make_rules(request: Request) -> Suggester:
    """The suggester `rules`; raises InputError for another scheme than claims, and an argument."""
    if request.scheme.name != "claims":
        raise InputError("rules know claims only", where="--suggest", do="name another suggester")
    if request.argument:
        what = f"rules take no {request.argument!r}"
        raise InputError(what, where="--suggest", do="write rules alone")
    return Rules(request.config)


class Rules:
    """Suggests claims by rules."""

    name = f"rules {VERSION}"

    def __init__(self, config: LabelConfig) -> None:
        self._config = config

    def suggest(self, tasks: Sequence[Task]) -> Iterable[Draft]:
        """A draft for each task; an empty one where nothing is found."""
        return [self._draft(str(task.data["text"])) for task in tasks]

    def _draft(self, text: str) -> Draft:
        claims = list(find_claims(text))
        if not claims:
            return Draft()
        regions: dict[tuple[int, int, str], Region] = {}
        relations: dict[tuple[str, str, str], Relation] = {}
        for claim in claims:
            contents = [_region(regions, span, "Content") for span in claim.content]
            contents[0].choices = {**contents[0].choices, **claim.attributes}
            for one, other in pairwise(contents):
                _relate(relations, one, other, "continues")
            _relate(relations, contents[0], _region(regions, claim.cue, "Cue"), "cue")
            if claim.source is not None:
                _relate(relations, contents[0], _region(regions, claim.source, "Source"), "source")
        score = round(sum(claim.score for claim in claims) / len(claims), 3)
        found = Draft(list(regions.values()), list(relations.values()), {}, score)
        return fit_draft(found, self._config)


def find_claims(text: str) -> Iterator[FoundClaim]:
    """Yield the claims of an English text, paragraph by paragraph."""
    if language_of(text) not in ("en", UNKNOWN):
        return
    start = 0
    seen: set[tuple[Span, ...]] = set()
    for line in text.split("\n"):
        for claim in _paragraph(text, (start, start + len(line))):
            if claim.content not in seen:  # one content is one claim
                seen.add(claim.content)
                yield claim
        start += len(line) + 1


def _paragraph(text: str, paragraph: Span) -> Iterator[FoundClaim]:
    sentences = list(_tokens(text, _quoted_together(text, find_sentences(text, paragraph))))
    for tokens, behind in zip_longest(sentences, sentences[1:]):
        following = (behind[0].start, behind[-1].end) if behind else None
        for found in attributions(tokens):
            yield _claim(text, tokens, found, following)


def _tokens(text: str, sentences: Iterable[Span]) -> Iterator[list[Token]]:
    """The tokens of each sentence, of a very long one in pieces."""
    for start, end in sentences:
        tokens = tokens_of(text, start, end)
        for first in range(0, len(tokens), _LONGEST):
            yield tokens[first : first + _LONGEST]


def _quoted_together(text: str, sentences: Iterable[Span]) -> Iterator[Span]:
    """Join sentences that were parted inside a quotation which a cue follows: “A. B,” he said."""
    open_from: int | None = None
    for start, end in sentences:
        piece = text[start:end]
        unclosed = piece.count("“") > piece.count("”") or piece.count('"') % 2 == 1
        if open_from is not None and ("”" in piece or '"' in piece):
            yield open_from, end
            open_from = None
        elif open_from is not None:
            continue
        elif unclosed and piece[0] in OPENING:
            open_from = start
        else:
            yield start, end


def _claim(
    text: str, tokens: list[Token], found: Attribution, following: Span | None
) -> FoundClaim:
    content = [_chars(tokens, span) for span in found.content]
    if _is_quote(text, content[0]) and following and _is_quote(text, following, whole=True):
        content.append(_inside(text, following))
    return FoundClaim(
        cue=_chars(tokens, found.cue),
        source=_chars(tokens, found.source) if found.source else None,
        content=tuple(_inside(text, span) for span in content),
        attributes=_attributes(text, content, found),
        score=found.word.score,
    )


def _attributes(text: str, content: list[Span], found: Attribution) -> dict[str, str]:
    inside = "".join(text[start:end] for start, end in content)
    marks = any(mark in inside for mark in '“”"')
    attributes = {}
    if _is_quote(text, content[0]):
        attributes["mode"] = "direct"
    elif marks:
        attributes["mode"] = "mixed"
    elif found.that:
        attributes["mode"] = "indirect"
    if found.word.attitude:
        attributes["attitude"] = found.word.attitude
    if found.word.negated:
        attributes["negated"] = "yes"
    return attributes


def _chars(tokens: list[Token], span: Span) -> Span:
    return tokens[span[0]].start, tokens[span[1] - 1].end


def _is_quote(text: str, span: Span, *, whole: bool = False) -> bool:
    """Whether a stretch stands in quotation marks, its own or those around it."""
    start, end = span
    piece = text[start:end].strip()
    if whole:
        return piece[:1] in OPENING and piece.rstrip(".!?,")[-1:] in CLOSING
    around = text[max(start - 1, 0) : start], text[end : end + 2]
    opened = around[0] in OPENING and around[0] != ""
    return opened and any(mark in CLOSING for mark in around[1])


def _inside(text: str, span: Span) -> Span:
    """A stretch without the quotation marks that enclose it."""
    start, end = span
    piece = text[start:end]
    if len(piece) > 2 and piece[0] in OPENING and piece[-1] in CLOSING:
        middle = piece[1:-1]
        if not any(mark in middle for mark in '“”"'):
            return start + 1, end - 1
    return span


def _region(regions: dict[tuple[int, int, str], Region], span: Span, label: str) -> Region:
    key = (*span, label)
    if key not in regions:
        regions[key] = Region(f"s{len(regions)}", "role", *span, label, {})
    return regions[key]


def _relate(
    relations: dict[tuple[str, str, str], Relation], one: Region, other: Region, label: str
) -> None:
    relations[one.id, other.id, label] = Relation(one.id, other.id, (label,))
