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

_LONGEST = 1000  # characters, well within 512 word pieces of news
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

    def suggest(self, tasks: Sequence[Task]) -> Iterable[Draft]:
        """The names of each task, scored by the model's probabilities."""
        for task in tasks:
            text = str(task.data["text"])
            cut = list(pieces(text, _LONGEST))
            found = self._classify([piece for _, piece in cut], batch_size=_BATCH) if cut else []
            names = [
                Name(start + item["start"], start + item["end"], label, float(item["score"]))
                for (start, _), items in zip(cut, found, strict=True)
                for item in items
                if (label := our_label(item["entity_group"], self._config)) is not None
            ]
            yield draft_of(names, text)
