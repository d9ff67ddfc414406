"""Tokens around a cue -> the noun phrase that is its source."""

from __future__ import annotations

from collections.abc import Sequence

from annotate.tasks.suggest.cues import AUXILIARIES, BREAKS, CUES, NOT, RELATIVES, SUBJECTS
from annotate.tasks.suggest.words import CLOSING, OPENING, Token

Span = tuple[int, int]
_LONGEST = 24  # words of a source
_ADVERBS = frozenset(
    {"also", "later", "then", "once", "still", "again", "earlier", "now", "himself", "herself"}
)
_LEADING = frozenset({"yet", "but", "and", "however", "meanwhile", "also", "still", "so", "or"})


def auxiliaries_start(tokens: Sequence[Token], place: int) -> int:
    """Where the verb group of the cue begins: at `has` in `has repeatedly said`."""
    first = place
    while first and (
        tokens[first - 1].low in AUXILIARIES | NOT | _ADVERBS
        or (tokens[first - 1].low.endswith("ly") and tokens[first - 1].text.islower())
    ):
        first -= 1
    return first


def trim(tokens: Sequence[Token], span: Span) -> Span:
    """The range without marks and gaps at its ends; a lone pair of quotes goes too."""
    start, end = span
    while start < end and not tokens[start].is_word:
        start += 1
    while end > start and not tokens[end - 1].is_word and tokens[end - 1].text not in "%)":
        end -= 1
    inner = [token.text for token in tokens[start:end]]
    opened = sum(mark in OPENING and mark not in CLOSING for mark in inner)
    closed = sum(mark in CLOSING and mark not in OPENING for mark in inner)
    straight = sum(mark == '"' for mark in inner)
    if start and tokens[start - 1].text in OPENING and (opened < closed or straight % 2):
        start -= 1
    if end < len(tokens) and tokens[end].text in CLOSING and (opened > closed or straight % 2):
        end += 1
    return start, end


def end_of_phrase(tokens: Sequence[Token], start: int, *, name: bool = False) -> int:
    """The end of the noun phrase that begins at `start`, behind a cue.

    It ends at a mark or a gap, and before `and` with a new clause. With `name`
    it ends before a relative clause and a preposition of place as well.
    """
    place = start
    while place < len(tokens):
        token = tokens[place]
        if token.is_stop:
            break
        if place > start and name and token.low in RELATIVES:
            break
        if place > start and token.low in {"and", "but"} and _clause_follows(tokens, place + 1):
            break
        place += 1
    return place


def _clause_follows(tokens: Sequence[Token], start: int) -> bool:
    near = [token.low for token in tokens[start : start + 5]]
    return bool(near) and (
        near[0] in SUBJECTS | {"that"} or near[0] in CUES or any(w in AUXILIARIES for w in near)
    )


def subject_before(tokens: Sequence[Token], end: int, *, postposed: bool) -> Span | None:
    """The subject that ends where the verb group begins at `end`; None where there is none.

    An insertion between commas belongs to it: of `the mayor, Ada Ott, said` the
    name is taken, of `Ott, who leads it, said` the head.
    """
    if end == 0:
        return None
    if tokens[end - 1].low in RELATIVES - {"that", "where", "whose"}:
        return _antecedent(tokens, end - 1)
    if tokens[end - 1].text == ",":
        return None if postposed else _around_insertion(tokens, end - 1)
    return _phrase(tokens, end)


def _antecedent(tokens: Sequence[Token], relative: int) -> Span | None:
    end = relative
    while end and (tokens[end - 1].text == "," or tokens[end - 1].low in {"in", "of", "to"}):
        end -= 1
    return _phrase(tokens, end)


def _around_insertion(tokens: Sequence[Token], comma: int) -> Span | None:
    opening = comma - 1
    while opening > 0 and tokens[opening].text != ",":
        opening -= 1
    if opening <= 0:
        return None
    head = _phrase(tokens, opening)
    if head is None:
        return None
    inside = tokens[opening + 1 : comma]
    words = [token for token in inside if token.is_word]
    first = words[0] if words else None
    if first is None:
        return None
    is_name = sum(token.is_name for token in words) * 2 > len(words) and first.low not in RELATIVES
    titled = any(token.is_name for token in words) and first.low in {"the", "a", "an"}
    named = tokens[head[1] - 1].is_name and tokens[head[0]].is_name and not is_name
    if (is_name or titled) and not named and len(words) <= 10:
        return trim(tokens, (opening + 1, comma))
    return head


def _phrase(tokens: Sequence[Token], end: int) -> Span | None:
    """The noun phrase that ends at `end`, searched to the left."""
    start = end
    while start > 0:
        token = tokens[start - 1]
        if token.is_stop or token.low in BREAKS:
            break
        if token.low in {"and", "or"} and not _coordinates(tokens, start, end):
            break
        if token.low in CUES and not CUES[token.low].noun:
            break
        start -= 1
    while start < end and tokens[start].low in _LEADING:
        start += 1
    words = tokens[start:end]
    if not words or len(words) > _LONGEST or not any(token.is_word for token in words):
        return None
    bare = len(words) == 1 and words[0].text.islower() and words[0].low not in SUBJECTS
    plural = words[0].low.endswith("s")
    if bare and not plural and words[0].low not in {"people", "police", "nobody", "everyone"}:
        return None
    if any(token.low in AUXILIARIES for token in words[1:]) and "who" not in [t.low for t in words]:
        return None
    if words[0].low in {"to", "by", "of"} or words[-1].low in {"to", "of", "in", "the", "a"}:
        return None
    return start, end


def _coordinates(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether `and` before `start` joins two names of one subject: `Pike and Rowe`."""
    left = tokens[start - 2] if start >= 2 else None
    right = tokens[start] if start < end else None
    return left is not None and right is not None and left.is_name and right.is_name
