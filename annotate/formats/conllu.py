"""Spans as a column of CoNLL-U: the tag stands in MISC as `NER=B-PER`.

Offsets stand there as `TokenRange` and white space as `SpaceAfter`, `SpacesBefore` and
`SpacesAfter`, so that the text can be put together again; what is special there is escaped in
labels as it is in white space (`|` is `\\p`). Lemmas, parts of speech and syntax are not known
(`_`). Holds flat spans on token borders, and the text.
The format: https://universaldependencies.org/format.html; its white space:
https://ufal.mff.cuni.cz/udpipe/2/models
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from annotate.formats.base import Document, Losses, SpanFormat, Table, one_word_names
from annotate.formats.tokens import Token, tag_sentences

_ESCAPES = str.maketrans(
    {" ": "\\s", "\t": "\\t", "\r": "\\r", "\n": "\\n", "|": "\\p", "\\": "\\\\"}
)


class Conllu(SpanFormat):
    """A sentence a line of the text, with `newdoc`, `sent_id` and `text` comments."""

    name = "conllu"
    suffix = ".conllu"
    not_held = "title, date, url and votes"

    def write(self, table: Table, path: Path) -> Losses:
        losses, names = Losses(), one_word_names(table.config, self.name)
        with path.open("w", encoding="utf-8", newline="\n") as out:
            for document in table.documents():
                sentences = tag_sentences(document.text, document.drawing, losses, names)
                if sentences:
                    out.writelines(_lines(document, sentences))
        return losses


def _lines(document: Document, sentences: list[list[Token]]) -> Iterator[str]:
    text, name = document.text, document.row["id"]
    yield f"# newdoc id = {name}\n"
    starts = [sentence[0].start for sentence in sentences]
    before = 0
    for number, sentence in enumerate(sentences, 1):
        after = [token.start for token in sentence[1:]]
        after.append(starts[number] if number < len(starts) else len(text))
        yield f"# sent_id = {name}-{number}\n"
        yield f"# text = {text[sentence[0].start : sentence[-1].end]}\n"
        for place, (token, start) in enumerate(zip(sentence, after, strict=True), 1):
            lead = text[: token.start] if not before else ""
            last = place == len(sentence)
            misc = _misc(token, lead, text[token.end : start], last=last)
            yield "\t".join([str(place), token.text, *"_______", misc]) + "\n"
            before = token.end
        yield "\n"


def _misc(token: Token, before: str, after: str, *, last: bool) -> str:
    fields = []
    if token.tag != "O":
        fields.append(f"NER={token.tag.translate(_ESCAPES)}")
    if not after:
        fields.append("SpaceAfter=No")
    elif last or after != " ":
        fields.append(f"SpacesAfter={after.translate(_ESCAPES)}")
    if before:
        fields.append(f"SpacesBefore={before.translate(_ESCAPES)}")
    return "|".join([*fields, f"TokenRange={token.start}:{token.end}"])


FORMATS = (Conllu(),)
