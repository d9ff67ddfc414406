"""`--suggest spacy:MODEL`: names by a spaCy pipeline, a package or a folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from annotate.errors import InputError
from annotate.models import Task
from annotate.schemes.label_config import LabelConfig
from annotate.tasks.suggest.draft import Draft, Suggester
from annotate.tasks.suggest.labels import our_label
from annotate.tasks.suggest.names import Name, draft_of, load_library
from annotate.tasks.suggest.registry import Request


def make_spacy(request: Request) -> Suggester:
    """The suggester of a pipeline; raises InputError where it cannot be loaded."""
    spacy = load_library("spacy", request, "spacy")
    try:
        pipeline = spacy.load(request.argument)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot load {request.argument}: {error}", where="--suggest") from None
    return SpacyNames(pipeline, request.config)


class SpacyNames:
    """Suggests what a pipeline's `doc.ents` hold, where the config has a label for it."""

    def __init__(self, pipeline: Any, config: LabelConfig) -> None:
        meta = pipeline.meta
        self.name = f"spacy {meta['lang']}_{meta['name']} {meta['version']}"
        self._pipeline, self._config = pipeline, config

    def suggest(self, tasks: Sequence[Task]) -> Iterable[Draft]:
        """The names of each task; spaCy gives no scores."""
        texts = [str(task.data["text"]) for task in tasks]
        for text, doc in zip(texts, self._pipeline.pipe(texts), strict=True):
            names = [
                Name(ent.start_char, ent.end_char, label)
                for ent in doc.ents
                if (label := our_label(ent.label_, self._config)) is not None
            ]
            yield draft_of(names, text)
