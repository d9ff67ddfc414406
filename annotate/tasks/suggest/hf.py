"""`--suggest hf:MODEL`: names by a token classifier of Hugging Face, from the Hub or a folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from annotate.errors import InputError
from annotate.models import Task
from annotate.schemes.label_config import LabelConfig
from annotate.tasks.suggest.draft import Draft, Suggester
from annotate.tasks.suggest.labels import our_label
from annotate.tasks.suggest.names import Name, draft_of, load_library, pieces, shown_name
from annotate.tasks.suggest.registry import Request

_LONGEST = 1000
"""Characters given at a time; of most scripts they are fewer than 512 word pieces."""
_WINDOW = 512
"""Word pieces that a model reads at a time, at most; a longer text is read in windows."""
_BATCH = 16


def make_hf(request: Request) -> Suggester:
    """The suggester of a model; raises InputError where it cannot be loaded.

    Code that a model brings along is never run.
    """
    transformers = load_library("transformers", request, "hf")
    load_library("torch", request, "hf")
    try:
        classify = transformers.pipeline(
            "token-classification",
            model=request.argument,
            aggregation_strategy="simple",
            trust_remote_code=False,
        )
    except (ImportError, OSError, ValueError, KeyError) as error:
        raise InputError(f"cannot load {request.argument}: {error}", where="--suggest") from None
    if not classify.tokenizer.is_fast:
        raise InputError(
            f"cannot use {request.argument}: its tokenizer is a slow one, which gives no offsets",
            where="--suggest",
            do="name a model that has a fast tokenizer",
        )
    return TokenClassifier(classify, request.argument, request.config)


class TokenClassifier:
    """Suggests what a token classifier finds, sentence by sentence."""

    def __init__(self, classify: Any, model: str, config: LabelConfig) -> None:
        revision = getattr(classify.model.config, "_commit_hash", None)
        self.name = f"hf {shown_name(model)}" + (f" {revision[:12]}" if revision else "")
        self._classify, self._config = classify, config
        tokenizer = classify.tokenizer
        tokenizer.model_max_length = min(tokenizer.model_max_length, _window(classify.model.config))
        self._stride = tokenizer.model_max_length // 4

    def suggest(self, tasks: Sequence[Task]) -> Iterable[Draft]:
        """The names of each task, scored by the model's probabilities."""
        for task in tasks:
            text = str(task.data["text"])
            cut = list(pieces(text, _LONGEST))
            found = self._find([piece for _, piece in cut]) if cut else []
            names = [
                Name(start + item["start"], start + item["end"], label, float(item["score"]))
                for (start, _), items in zip(cut, found, strict=True)
                for item in items
                if (label := our_label(item["entity_group"], self._config)) is not None
            ]
            yield draft_of(names, text)

    def _find(self, texts: list[str]) -> list[list[dict[str, Any]]]:
        found: list[list[dict[str, Any]]] = self._classify(
            texts, batch_size=_BATCH, stride=self._stride
        )
        return found


def _window(config: Any) -> int:
    """The word pieces that a model has places for; some kinds keep two for themselves."""
    places: int | None = getattr(config, "max_position_embeddings", None)
    return _WINDOW if places is None else min(_WINDOW, places - 2)
