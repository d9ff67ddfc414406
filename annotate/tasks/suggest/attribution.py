"""The words of one English sentence -> who says what in it.

Every cue is tried in its place: content before it (`…, she said`), behind it
(`she said that …`), or around it (`…, according to her, …`). Quotation marks
help where they are and are not needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from annotate.tasks.suggest import subjects
from annotate.tasks.suggest.cues import (
    AUXILIARIES,
    BE,
    CUES,
    DAYS,
    DETERMINERS,
    IMPERSONAL,
    MONTHS,
    NOT,
    RELATIVES,
    SUBJECTS,
    SUBORDINATORS,
    Cue,
)
from annotate.tasks.suggest.words import CLOSING, OPENING, Token

Span = tuple[int, int]
_IMPERSONAL = Cue("seen clause", 0.7, after=False, noun=False, attitude=None, negated=False)
_ACCORDING = Cue("clause", 0.9, after=True, noun=False, attitude=None, negated=False)
_LEAST = 2  # words of a content


class Attribution(NamedTuple):
    """A content with its cue and source, as ranges of tokens (end exclusive)."""

    cue: Span
    source: Span | None
    content: tuple[Span, ...]
    word: Cue
    that: bool
    """Whether the content is introduced by `that`."""


def attributions(tokens: Sequence[Token]) -> list[Attribution]:
    """The attributions of a sentence's tokens, in the order of their cues."""
    found: list[Attribution] = []
    for place in range(len(tokens)):
        made = _according(tokens, place) or _impersonal(tokens, place)
        made = made or _verb(tokens, place, found)
        if made is not None and sum(end - start for start, end in made.content) >= _LEAST:
            found.append(made)
    return _bounded(found)


def _bounded(found: list[Attribution]) -> list[Attribution]:
    """Let a content that runs into a later, wider attribution's cue or source stop before it."""
    after = [a for a in found if a.content[0][0] < a.cue[0]]
    cut = []
    for one in found:
        content = one.content
        for other in after:
            edge = other.content[0][1]
            inside = content[-1][0] < edge < content[-1][1]
            if other is not one and one.cue[0] < edge and inside:
                content = (*content[:-1], (content[-1][0], edge))
        cut.append(one._replace(content=content))
    return cut


def _according(tokens: Sequence[Token], place: int) -> Attribution | None:
    if tokens[place].low != "according" or place + 2 >= len(tokens):
        return None
    if tokens[place + 1].low != "to":
        return None
    end = subjects.end_of_phrase(tokens, place + 2)
    source = subjects.trim(tokens, (place + 2, end))
    if not _words(tokens, source):
        return None
    before = subjects.trim(tokens, (0, place))
    behind = subjects.trim(tokens, (end, _stop(tokens)))
    parts = [part for part in (before, behind) if _words(tokens, part) >= _LEAST]
    return (
        Attribution((place, place + 2), source, tuple(parts), _ACCORDING, that=False)
        if parts
        else None
    )


def _impersonal(tokens: Sequence[Token], place: int) -> Attribution | None:
    """`It is thought that …`."""
    words = [token.low for token in tokens[place : place + 4]]
    if len(words) < 4 or words[0] != "it" or words[1] not in BE:
        return None
    length = 4 if words[2] in {"now", "widely", "also", "being", "been", "not"} else 3
    last = tokens[place + length - 1].low
    if last not in IMPERSONAL or place + length >= len(tokens):
        return None
    if tokens[place + length].low != "that":
        return None
    content = subjects.trim(tokens, (place + length + 1, _stop(tokens)))
    return Attribution((place, place + length), None, (content,), _IMPERSONAL, that=True)


def _verb(tokens: Sequence[Token], place: int, found: list[Attribution]) -> Attribution | None:
    word = CUES.get(tokens[place].low)
    if word is None or not _is_verb(tokens, place, word):
        return None
    if word.after:
        before = _content_before(tokens, place, word)
        if before is not None:
            return before
    return _content_behind(tokens, place, word, found)


def _is_verb(tokens: Sequence[Token], place: int, word: Cue) -> bool:
    if tokens[place].is_name and place:
        return False  # a name: the report Show of Hands
    left = tokens[place - 1].low if place else ""
    first = subjects.auxiliaries_start(tokens, place)
    helpers = {token.low for token in tokens[first:place]}
    if helpers & NOT or (helpers & BE and not tokens[place].low.endswith("ing")):
        return False
    if left == "to" and not helpers:
        return False
    if place + 1 < len(tokens) and tokens[place + 1].low == "by":
        return False
    if left in DETERMINERS | {"of", "in", "for", "with", "by", "on", "from", "as"}:
        return False
    return not (word.noun and left.endswith(("’s", "'s")))


def _content_before(tokens: Sequence[Token], place: int, word: Cue) -> Attribution | None:
    """`CONTENT, SOURCE said` and `CONTENT, said SOURCE`."""
    edge = place - 1
    source: Span | None
    if edge >= 0 and (tokens[edge].is_stop or tokens[edge].text in CLOSING):
        end = subjects.end_of_phrase(tokens, place + 1, name=True)
        source = subjects.trim(tokens, (place + 1, end))
        if not _words(tokens, source) or tokens[source[0]].low in {"that", "to"}:
            return None
        if tokens[edge].text == ":" or tokens[edge].is_gap or _relative_tail(tokens, edge):
            return None
        behind = end
    else:
        first = subjects.auxiliaries_start(tokens, place)
        source = subjects.subject_before(tokens, first, postposed=True)
        if source is None or source[0] == 0:
            return None
        edge = source[0] - 1
        if tokens[edge].text not in (",", "?", "!", *CLOSING, ".") or not _ends(
            tokens, place, word
        ):
            return None
        behind = place + 1
    content = subjects.trim(tokens, (0, edge))
    if tokens[0].low == "according" or _words(tokens, content) < _LEAST:
        return None
    if tokens[edge].text not in CLOSING and _opens_with_adverbial(tokens, content):
        return None
    parts = [content]
    second = _second_part(tokens, behind)
    if second is not None:
        parts.append(second)
    return Attribution((place, place + 1), source, tuple(parts), word, that=False)


def _relative_tail(tokens: Sequence[Token], comma: int) -> bool:
    """Whether the comma closes an insertion behind a subject: `X, who leads it, said …`."""
    opening = next((n for n in range(comma - 1, -1, -1) if tokens[n].text == ","), None)
    if opening is None or tokens[comma].text != ",":
        return False
    words = [token for token in tokens[:opening] if token.is_word]
    verbs = any(t.low in AUXILIARIES or t.low.endswith("ed") or t.low in SUBJECTS for t in words)
    return not verbs and len(words) <= 16


def _ends(tokens: Sequence[Token], place: int, word: Cue) -> bool:
    """Whether nothing but a hearer, a day or an aside follows the cue in its clause."""
    rest = place + 1
    while rest < len(tokens) and not tokens[rest].is_stop:
        if tokens[rest].low in {"that", "to"} and word.takes != "person":
            return False
        rest += 1
    between = tokens[place + 1 : rest]
    if not between:
        return True
    if any(t.low in AUXILIARIES or t.low in SUBJECTS or t.low == "that" for t in between):
        return False
    if word.takes == "person":
        return True
    return between[0].low in DAYS | {"on", "in", "at", "during", "earlier", "later", "last", "this"}


def _opens_with_adverbial(tokens: Sequence[Token], content: Span) -> bool:
    """Whether what stands before the comma is no clause: `In Olmarsh, residents said …`."""
    words = [token.low for token in tokens[content[0] : content[1]] if token.is_word]
    if any(word in AUXILIARIES or word in SUBJECTS for word in words):
        return words[0] in {"when", "while", "after", "before", "if", "although", "though", "as"}
    openers = {
        "in",
        "on",
        "at",
        "by",
        "for",
        "from",
        "under",
        "during",
        "since",
        "with",
        "asked",
        "outside",
        "inside",
        "also",
        "still",
        "yet",
        "but",
        "and",
        "however",
        "after",
    }
    return words[0] in openers or len(words) < 4


def _second_part(tokens: Sequence[Token], behind: int) -> Span | None:
    """`…, she said, SECOND`: what goes on behind the aside, to the end of the sentence."""
    if behind >= len(tokens) or tokens[behind].text != ",":
        return None
    content = subjects.trim(tokens, (behind + 1, _stop(tokens)))
    first = tokens[content[0]].low if content[0] < len(tokens) else ""
    opened = any(token.text in OPENING for token in tokens[behind + 1 : content[0] + 1])
    if _words(tokens, content) < 3 or (first in RELATIVES and not opened):
        return None
    if opened or first in SUBJECTS | {"and", "but", "as", "so", "because", "if"}:
        return content
    return None


def _content_behind(
    tokens: Sequence[Token], place: int, word: Cue, found: list[Attribution]
) -> Attribution | None:
    """`SOURCE said that CONTENT`."""
    source = _subject(tokens, place, word, found)
    if source is None:
        return None
    start, that = _content_start(tokens, place, word)
    if start is None:
        return None
    end = _content_end(tokens, start)
    if source[0] and tokens[source[0] - 1].low in SUBORDINATORS and source[1] <= place:
        end = next((n for n in range(start, end) if tokens[n].text == ","), end)
    content = subjects.trim(tokens, (start, end))
    if _words(tokens, content) < (1 if word.takes == "rest" else _LEAST):
        return None
    if (word.takes == "shared" and not that) or tokens[content[0]].low in AUXILIARIES:
        return None
    if word.takes == "seen clause" and not (that or _has_verb(tokens, content)):
        return None
    if tokens[place].low.startswith("call") and not _is_naming(tokens, content):
        return None
    return Attribution((place, place + 1), source, (content,), word, that)


def _subject(
    tokens: Sequence[Token], place: int, word: Cue, found: list[Attribution]
) -> Span | None:
    """The subject of a cue, its own or, in `X believes …, but said …`, that of the cue before."""
    first = subjects.auxiliaries_start(tokens, place)
    shared = word.takes == "shared"
    own = None if shared else subjects.subject_before(tokens, first, postposed=False)
    if own is not None:
        return None if word.noun and not _governs(tokens, own) else own
    joined = first > 0 and tokens[first - 1].low in {"and", "but"}
    before = [a.source for a in found if a.cue[0] < first and a.source]
    return before[-1] if (joined or shared) and before else None


def _governs(tokens: Sequence[Token], source: Span) -> bool:
    """Whether a form that is a noun as well is the verb of these words: not `amid new fears`."""
    words = [token.low for token in tokens[source[0] : source[1]]]
    return len(words) <= 8 and not any(
        word in {"amid", "despite", "with", "over", "about"} or word.endswith("ed")
        for word in words
    )


def _content_start(tokens: Sequence[Token], place: int, word: Cue) -> tuple[int | None, bool]:
    """Where the content begins behind a cue, and whether `that` stands before it."""
    start = place + 1
    if start < len(tokens) and tokens[start].text == ":":
        return start + 1, False
    if word.takes == "infinitive":
        return (
            (start, False) if start < len(tokens) and tokens[start].low == "to" else (None, False)
        )
    that = _that(tokens, start, 12 if word.takes == "person" else 7)
    if that is not None:
        return that + 1, True
    if word.takes == "person":
        return _behind_hearer(tokens, start), False
    while start < len(tokens) and _is_aside(tokens[start]):
        start += 1
    if start < len(tokens) and tokens[start].low == "to" and word.takes != "rest":
        return None, False
    if start < len(tokens) and tokens[start].is_stop and tokens[start].text not in OPENING:
        return None, False
    return start, False


def _that(tokens: Sequence[Token], start: int, reach: int) -> int | None:
    """The `that` which opens the content, if nothing but a hearer or an adverbial is between."""
    for place in range(start, min(start + reach, len(tokens))):
        low = tokens[place].low
        if low == "that":
            follows = tokens[place + 1].low if place + 1 < len(tokens) else ""
            return place if follows not in {"", "of", "."} else None
        if tokens[place].is_stop or low in AUXILIARIES or low in SUBJECTS:
            return None
    return None


def _behind_hearer(tokens: Sequence[Token], start: int) -> int | None:
    """The clause behind the person who is told: it begins with its subject pronoun."""
    for place in range(start + 1, min(start + 9, len(tokens))):
        if tokens[place].low in SUBJECTS - {"this", "these", "those", "that"}:
            return place
        if tokens[place].is_stop or tokens[place].low in AUXILIARIES | {"to"}:
            return None
    return None


def _is_aside(token: Token) -> bool:
    return (
        token.low in DAYS
        or token.low in MONTHS
        or (
            token.low.endswith("ly")
            and token.text.islower()
            and token.low not in {"only", "family"}
        )
        or token.low in {"also", "earlier", "again", "later"}
    )


def _content_end(tokens: Sequence[Token], start: int) -> int:
    """The end of the sentence, or where the verb of the same subject goes on: `, but said …`."""
    for place in range(start, len(tokens) - 1):
        if tokens[place].low not in {"but", "and"} and tokens[place].text != ",":
            continue
        cue = CUES.get(tokens[place + 1].low)
        if cue is not None and not cue.noun and cue.takes != "seen clause":
            return place
    return _stop(tokens)


def _is_naming(tokens: Sequence[Token], content: Span) -> bool:
    """Whether `called` gives a judgement: `called the strike “reckless”`, `called for …`."""
    first = tokens[content[0]].low
    rest = tokens[content[0] : content[1]]
    if first == "for":
        return True
    determined = first in DETERMINERS | {"it", "him", "them"} and len(rest) >= 3
    return determined and first not in {"on", "off"}


def _has_verb(tokens: Sequence[Token], content: Span) -> bool:
    words = [token.low for token in tokens[content[0] : min(content[1], content[0] + 14)]]
    return any(word in AUXILIARIES for word in words) or words[0] in SUBJECTS


def _stop(tokens: Sequence[Token]) -> int:
    """The end of the sentence without its last marks."""
    end = len(tokens)
    while end and tokens[end - 1].text in (".", "!", "?", *CLOSING):
        end -= 1
    return end


def _words(tokens: Sequence[Token], span: Span) -> int:
    return sum(token.is_word for token in tokens[span[0] : span[1]])
