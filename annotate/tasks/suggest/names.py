"""What the models for names have in common: texts in pieces, spans back into the text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from annotate.errors import InputError
from annotate.schemes.base import Region
from annotate.tasks.suggest.draft import Draft
from annotate.tasks.suggest.registry import Request
from annotate.tasks.units import find_sentences


class Name(NamedTuple):
    """A span that a model found, with the config's label."""

    start: int
    end: int
    label: str
    score: float | None = None


def load_library(name: str, request: Request, extra: str) -> Any:
    """The library of a model; raises InputError where it or the model's name is missing."""
    if request.scheme.name != "entities":
        what = f"{extra} knows entities only, not {request.scheme.name}"
        raise InputError(what, where="--suggest", do="name another suggester")
    if not request.argument:
        raise InputError(f"{extra} needs a model", where="--suggest", do=f"write {extra}:MODEL")
    try:
        return import_module(name)
    except ImportError as error:
        raise InputError(
            f"{extra} needs a library: {error}",
            where="--suggest",
            do=f"in the clone, `pip install -e '.[{extra}]'` installs it",
        ) from None


def shown_name(model: str) -> str:
    """What a model is called on the server; of a folder its last part, since it names a machine."""
    return Path(model).resolve().name if Path(model).is_dir() else model


def pieces(text: str, longest: int) -> Iterator[tuple[int, str]]:
    """The sentences of a text with their offsets, none longer than `longest` characters."""
    start = 0
    for line in text.split("\n"):
        for first, last in find_sentences(text, (start, start + len(line))):
            for cut in range(first, last, longest):
                yield cut, text[cut : min(cut + longest, last)]
        start += len(line) + 1


def draft_of(names: Iterable[Name], text: str) -> Draft:
    """A draft of names, without white space at their ends, each once."""
    found: dict[tuple[int, int, str], float | None] = {}
    for start, end, label, score in names:
        piece = text[start:end]
        start += len(piece) - len(piece.lstrip())
        if piece.strip():
            found.setdefault((start, start + len(piece.strip()), label), score)
    regions: Sequence[Region] = [
        Region(f"s{number}", "entity", start, end, label, {})
        for number, (start, end, label) in enumerate(sorted(found))
    ]
    scores = [score for score in found.values() if score is not None]
    return Draft(regions, score=round(min(scores), 3) if scores else None)
