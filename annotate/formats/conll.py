"""Spans as the four columns of CoNLL-2003, with IOB2 or IOBES tags.

A document begins with `-DOCSTART-`, a line of the text is a sentence, and the two columns for
parts of speech and chunks, which are not known, are `-X-`. Holds flat spans on token borders.
The format: Tjong Kim Sang and De Meulder 2003, https://aclanthology.org/W03-0419
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from annotate.formats.base import Losses, SpanFormat, Table, one_word_names
from annotate.formats.tokens import iobes, tag_sentences


class Conll(SpanFormat):
    """CoNLL-2003 with IOB2 tags: every span begins with B."""

    name = "conll"
    suffix = ".conll"
    not_held = "ids, title, date, url, votes and the text between tokens"

    def write(self, table: Table, path: Path) -> Losses:
        losses, names = Losses(), one_word_names(table.config, self.name)
        with path.open("w", encoding="utf-8", newline="\n") as out:
            for document in table.documents():
                sentences = tag_sentences(document.text, document.drawing, losses, names)
                if sentences:
                    out.write("-DOCSTART- -X- O O\n\n")
                for sentence in sentences:
                    tags = self.tags([token.tag for token in sentence])
                    pairs = zip(sentence, tags, strict=True)
                    out.write("".join(f"{t.text} -X- -X- {tag}\n" for t, tag in pairs) + "\n")
        return losses

    def tags(self, tags: Sequence[str]) -> Sequence[str]:
        """The tags of one sentence in the format's own scheme."""
        return tags


class ConllIobes(Conll):
    """CoNLL-2003 with IOBES tags: S for a single token, E for the last of several."""

    name = "conll-iobes"

    def tags(self, tags: Sequence[str]) -> Sequence[str]:
        return iobes(tags)


FORMATS = (Conll(), ConllIobes())
