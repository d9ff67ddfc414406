"""`--suggest gliner:MODEL`: names of the config's own labels, without training (GLiNER)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from annotate.errors import InputError
from annotate.models import Task
from annotate.schemes.label_config import LabelConfig
from annotate.tasks.suggest.draft import Draft, Suggester
from annotate.tasks.suggest.labels import prompts
from annotate.tasks.suggest.names import Name, draft_of, load_library, pieces, shown_name
from annotate.tasks.suggest.registry import Request

_LONGEST = 1000
_THRESHOLD = 0.5


def make_gliner(request: Request) -> Suggester:
    """The suggester of a model; raises InputError where it cannot be loaded."""
    gliner = load_library("gliner", request, "gliner")
    try:
        model = gliner.GLiNER.from_pretrained(request.argument)
    except (ImportError, OSError, ValueError, KeyError) as error:
        raise InputError(f"cannot load {request.argument}: {error}", where="--suggest") from None
    return GlinerNames(model, request.argument, request.config)


class GlinerNames:
    """Suggests what the model finds for the labels of the config, sentence by sentence."""

    def __init__(self, model: Any, name: str, config: LabelConfig) -> None:
        self.name = f"gliner {shown_name(name)}"
        self._model = model
        self._labels = prompts(config.values("entity"))

    def suggest(self, tasks: Sequence[Task]) -> Iterable[Draft]:
        """The names of each task, scored by the model."""
        for task in tasks:
            text = str(task.data["text"])
            names = [
                Name(start + item["start"], start + item["end"], label, float(item["score"]))
                for start, piece in pieces(text, _LONGEST)
                for item in self._predict(piece)
                if (label := self._labels.get(item["label"])) is not None
            ]
            yield draft_of(names, text)

    def _predict(self, piece: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._model.predict_entities(
            piece, list(self._labels), threshold=_THRESHOLD
        )
        return found
