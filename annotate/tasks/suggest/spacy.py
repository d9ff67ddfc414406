"""`--suggest spacy:MODEL`: names by a spaCy pipeline, a package or a folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from annotate.errors import InputError
from annotate.models import Task
from annotate.schemes.label_config import LabelConfig
from annotate.tasks.suggest.draft import Draft, Suggester
from annotate.tasks.suggest.labels import our_label
from annotate.tasks.suggest.names import Name, draft_of, load_library, pieces
from annotate.tasks.suggest.registry import Request


def make_spacy(request: Request) -> Suggester:
    """The suggester of a pipeline; raises InputError where it cannot be loaded."""
    spacy = load_library("spacy", request, "spacy")
    try:
        pipeline = spacy.load(request.argument)
    except (ImportError, OSError, ValueError) as error:
        raise InputError(f"cannot load {request.argument}: {error}", where="--suggest") from None
    return SpacyNames(pipeline, request.config)


class SpacyNames:
    """Suggests what a pipeline's `doc.ents` hold, where the config has a label for it."""

    def __init__(self, pipeline: Any, config: LabelConfig) -> None:
        meta = pipeline.meta
        self.name = f"spacy {meta['lang']}_{meta['name']} {meta['version']}"
        self._pipeline, self._config = pipeline, config

    def suggest(self, tasks: Sequence[Task]) -> Iterable[Draft]:
        """The names of each task; spaCy gives no scores.

        A text that is longer than the pipeline takes is read sentence by sentence.
        """
        texts = [str(task.data["text"]) for task in tasks]
        cut = [(piece, (n, at)) for n, text in enumerate(texts) for at, piece in self._cut(text)]
        names: list[list[Name]] = [[] for _ in texts]
        for doc, (n, at) in self._pipeline.pipe(cut, as_tuples=True):
            names[n] += (
                Name(at + ent.start_char, at + ent.end_char, label)
                for ent in doc.ents
                if (label := our_label(ent.label_, self._config)) is not None
            )
        return map(draft_of, names, texts)

    def _cut(self, text: str) -> Iterable[tuple[int, str]]:
        longest = self._pipeline.max_length
        return [(0, text)] if len(text) <= longest else pieces(text, longest)
