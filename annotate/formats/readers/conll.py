"""CoNLL columns -> texts with spans.

A line of ten tab-separated fields is CoNLL-U, whose tags stand in MISC as `NER=B-PER` (or `ner=`,
as Stanza writes it) and whose white space is taken from there, both with escapes (`\\p` is `|`);
offsets that stand there (`TokenRange`) must agree with it. Words that one token of the text covers
(`1-2 du`, `1 de`, `2 le`) give it their tags. Any other line has the token first and the tag last,
with tabs or else spaces between (any other white space is part of a token), and all lines of a file
have as many columns. Tags are IOB1, IOB2, IOBES or BILOU. `-DOCSTART-` and `# newdoc` begin a text;
a file without them is one. Where white space is not said, tokens are joined by a space and
sentences by a line feed.
The formats: https://aclanthology.org/W03-0419, https://universaldependencies.org/format.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from annotate.errors import InputError
from annotate.formats.readers.base import Found, Imported, Reader, find_files
from annotate.formats.readers.lines import canonical, read_lines
from annotate.formats.readers.vocabulary import Vocabulary
from annotate.schemes.base import Drawing, Shape

_LONGEST = 1_000_000
_TAG = re.compile(r"([BIESLU])-(\S.*)")
_ESCAPED = {"s": " ", "t": "\t", "r": "\r", "n": "\n", "p": "|", "\\": "\\"}
_SPACES = re.compile(" +")
_RANGE = re.compile(r"([0-9]{1,12}):([0-9]{1,12})")
_NEWDOC = re.compile(r"# newdoc(?: id = (.*))?")


class _Tag(NamedTuple):
    """A tag and the line that it stands in."""

    tag: str
    where: str


class _Line(NamedTuple):
    """A token as its line gives it."""

    token: str
    tag: _Tag
    before: str
    after: str | None
    """None where the line does not say."""
    said: tuple[int, int] | None
    """Offsets that the line names; None where it names none."""
    last: int
    """The number of the last word that it covers; 0 where it is itself a word."""
    covered: list[_Tag]
    """The tags of the words that it covers."""

    @property
    def where(self) -> str:
        """The file and line of the token itself."""
        return self.tag.where

    @property
    def tags(self) -> list[_Tag]:
        """Its own tag; those of the words that it covers where it has none."""
        return self.covered if self.covered and self.tag.tag == "O" else [self.tag]


class Conll(Reader):
    """CoNLL-2003 and CoNLL-U columns."""

    name = "conll"
    suffixes = (".conll", ".conllu", ".iob", ".bio", ".txt", ".tsv")

    def read(self, paths: Sequence[Path], words: Vocabulary) -> Iterator[Imported]:
        for found in find_files(paths, self.suffixes):
            for number, (where, title, sentences) in enumerate(_documents(found.path), 1):
                name = title or f"{found.path.stem} {number}"
                if sentences:
                    yield _imported(found, name, sentences, words)
                else:
                    yield Imported(where, name, "", Drawing((), (), {}, ()), found.annotator)


def _imported(
    found: Found, title: str, sentences: list[list[_Line]], words: Vocabulary
) -> Imported:
    where = sentences[0][0].where
    raw, places = _join(sentences)
    _check_ranges([line for sentence in sentences for line in sentence], places)
    text, way = canonical(raw, where=where)
    words.account_text(raw)
    shapes, start = [], 0
    for sentence in sentences:
        for first, last, known in _labelled(sentence, words):
            span = (way(places[start + first][0]), way(places[start + last][1]))
            if span[0] == span[1]:
                words.lose_span()
                continue
            shapes.append(Shape(*known, (span,), {}))
        start += len(sentence)
    return Imported(where, title, text, Drawing(tuple(shapes), (), {}, ()), found.annotator)


def _join(sentences: list[list[_Line]]) -> tuple[str, list[tuple[int, int]]]:
    """The text that the lines give, and where each token stands in it."""
    pieces: list[str] = []
    places = []
    end = 0
    for sentence in sentences:
        for line in sentence:
            unsaid = "\n" if line is sentence[-1] else " "
            after = unsaid if line.after is None else line.after
            start = end + len(line.before)
            places.append((start, start + len(line.token)))
            pieces += (line.before, line.token, after)
            end = start + len(line.token) + len(after)
    if sentences[-1][-1].after is None:
        pieces.pop()
    return "".join(pieces), places


def _check_ranges(lines: Sequence[_Line], places: Sequence[tuple[int, int]]) -> None:
    """Raise InputError for a token that says it lies elsewhere than the lines before it make it.

    Some programs count on from one text of a file to the next, so the first that says sets where
    the text begins.
    """
    by = None
    for line, (start, end) in zip(lines, places, strict=True):
        if line.said is None:
            continue
        by = line.said[0] - start if by is None else by
        if line.said != (start + by, end + by):
            raise InputError(
                f"says TokenRange={line.said[0]}:{line.said[1]}, and {line.token[:60]!r} lies at "
                f"{start + by}:{end + by} by the white space that the lines name",
                where=line.where,
                do="mend SpaceAfter, SpacesAfter or SpacesBefore, or leave TokenRange out of all",
            )


def _labelled(
    sentence: list[_Line], words: Vocabulary
) -> Iterator[tuple[int, int, tuple[str, str]]]:
    """(first token, last token, (control, label)) of the spans of a sentence, ends inclusive.

    A span begins and ends with a token, so a border between two words that one token covers
    moves to the token's.
    """
    tags = [(place, tag) for place, line in enumerate(sentence) for tag in line.tags]
    of = [place for place, _ in tags]
    seen = set()
    for first, last, label in _spans([tag for _, tag in tags]):
        known = words.label(label, tags[first][1].where)
        if known is None:
            continue
        span = of[first], of[last], known
        if span in seen:
            words.not_held["second span with the label of the first on words of one token"] += 1
            continue
        seen.add(span)
        if of[first] in of[max(0, first - 1) : first] or of[last] in of[last + 1 : last + 2]:
            words.altered["span with a border inside a token, moved to the token's border"] += 1
        yield span
    for line in sentence:
        for word in line.covered:
            if "O" not in (line.tag.tag, word.tag) and line.tag.tag[1:] != word.tag[1:]:
                words.not_held["tag of a word whose token has one with another label"] += 1


def _spans(tags: Sequence[_Tag]) -> Iterator[tuple[int, int, str]]:
    """(first, last, label) of the spans that the tags of a sentence mean, ends inclusive."""
    start, label = None, ""
    for place, (tag, where) in enumerate(tags):
        if tag == "O":
            prefix, here = "O", ""
        else:
            found = _TAG.fullmatch(tag)
            if found is None:
                raise InputError(
                    f"the tag {tag[:60]!r} is neither O nor one of B I E S L U, - and a label",
                    where=where,
                )
            prefix, here = found.groups()
        if start is not None and (prefix in "OBSU" or here != label):
            yield start, place - 1, label
            start = None
        if prefix != "O" and start is None:
            start, label = place, here
        if start is not None and prefix in "ESLU":
            yield start, place, label
            start = None
    if start is not None:
        yield start, len(tags) - 1, label


def _documents(path: Path) -> Iterator[tuple[str, str | None, list[list[_Line]]]]:
    """(where it begins, title, sentences) of each text of a file.

    One that a line of its own begins may have no sentence.
    """
    begun = ""
    title: str | None = None
    sentences: list[list[_Line]] = [[]]
    lines, is_conllu = _sniff(path)
    first: tuple[int, int] | None = None
    for number, line in lines:
        where = f"{path}: line {number}"
        if "\r" in line:
            raise InputError("holds a CR that ends no line", where=where, do="end lines with LF")
        begins = line.startswith("-DOCSTART-") or (is_conllu and _NEWDOC.fullmatch(line))
        if begins:
            if begun or any(sentences):
                yield begun, title, [sentence for sentence in sentences if sentence]
            newdoc = _NEWDOC.fullmatch(line)
            begun, title, sentences = where, (newdoc.group(1) if newdoc else None), [[]]
        elif not line.strip():
            sentences.append([])
        elif is_conllu and not line.startswith("#"):
            _add_conllu_line(line, sentences[-1], where)
        elif not is_conllu:
            fields = _columns(line, where)
            first = first or (number, len(fields))
            _check_columns(len(fields), first, where)
            tag = _Tag(fields[-1].strip(), where)
            sentences[-1].append(_Line(fields[0], tag, "", None, None, 0, []))
    if begun or any(sentences):
        yield begun, title, [sentence for sentence in sentences if sentence]


def _sniff(path: Path) -> tuple[Iterator[tuple[int, str]], bool]:
    """The lines of a file, and whether they are CoNLL-U."""
    lines = read_lines(path, longest=_LONGEST)
    seen = []
    for item in lines:
        seen.append(item)
        if item[1].strip() and not item[1].startswith("#"):
            break
    is_conllu = bool(seen) and seen[-1][1].count("\t") == 9
    return chain(seen, lines), is_conllu


def _columns(line: str, where: str) -> list[str]:
    """The columns of a line that is not CoNLL-U; no white space but tabs and spaces parts them."""
    fields = line.split("\t") if "\t" in line else _SPACES.split(line.strip(" "))
    if len(fields) < 2 or not fields[0].strip(" "):
        raise InputError(f"has no token and tag: {line[:60]!r}", where=where)
    return fields


def _check_columns(columns: int, first: tuple[int, int], where: str) -> None:
    """Raise InputError for a line with other columns than the first, (its number, its columns)."""
    if columns != first[1]:
        raise InputError(
            f"has {columns} columns, and line {first[0]} has {first[1]}",
            where=where,
            do="give every line the same columns and leave comments out; where a token holds a "
            "space, put tabs between",
        )


def _add_conllu_line(line: str, sentence: list[_Line], where: str) -> None:
    """Add a token to the sentence, or a word's tag to the token that covers it."""
    fields = line.split("\t")
    number = fields[0]
    if len(fields) != 10 or not re.fullmatch(r"[0-9]{1,9}([.-][0-9]{1,9})?", number):
        raise InputError(f"is no CoNLL-U line: {line[:60]!r}", where=where)
    if "." in number:
        return
    misc = dict(field.partition("=")[::2] for field in fields[9].split("|"))
    tag = _Tag(_unescape(misc.get("NER", misc.get("ner", "O"))), where)
    first, _, last = number.partition("-")
    if sentence and int(first) <= sentence[-1].last:
        sentence[-1].covered.append(tag)
        return
    after = "" if misc.get("SpaceAfter") == "No" else misc.get("SpacesAfter")
    token = _Line(
        fields[1],
        tag,
        _unescape(misc.get("SpacesBefore", "")),
        None if after is None else _unescape(after),
        _range_of(misc.get("TokenRange"), where),
        int(last or 0),
        [],
    )
    sentence.append(token)


def _range_of(said: str | None, where: str) -> tuple[int, int] | None:
    if said is None:
        return None
    found = _RANGE.fullmatch(said)
    if found is None:
        raise InputError(f"TokenRange={said[:60]} is no start:end", where=where)
    return int(found[1]), int(found[2])


def _unescape(field: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPED.get(found.group(1), found.group()), field)


READER = Conll()
