"""`--suggest NAME[:ARGUMENT]` -> a suggester.

The project's own are here; other packages add theirs under the entry point
group `annotate.suggesters`. A suggester is made by a function of a `Request`;
it raises InputError for a scheme that it has nothing for.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NamedTuple

from annotate.errors import InputError
from annotate.schemes.base import Scheme
from annotate.schemes.label_config import LabelConfig
from annotate.tasks.suggest.draft import Suggester

GROUP = "annotate.suggesters"
_OWN = {
    "rules": "annotate.tasks.suggest.rules:make_rules",
    "dataset": "annotate.tasks.suggest.seen:make_seen",
    "spacy": "annotate.tasks.suggest.spacy:make_spacy",
    "gliner": "annotate.tasks.suggest.gliner:make_gliner",
    "hf": "annotate.tasks.suggest.hf:make_hf",
}


class Request(NamedTuple):
    """What a suggester is made from."""

    argument: str
    """What stands behind the colon: a model, a version; empty where there is none."""
    scheme: Scheme[Any]
    config: LabelConfig
    store: str
    """Where the datasets are, a folder or an address (`s3://…`)."""


Maker = Callable[[Request], Suggester]


def make_suggester(
    spec: str, scheme: Scheme[Any], config: LabelConfig, store: str | Path
) -> Suggester:
    """The suggester that NAME[:ARGUMENT] names; raises InputError for an unknown one."""
    name, _, argument = spec.partition(":")
    return _maker(name)(Request(argument, scheme, config, str(store)))


def _maker(name: str) -> Maker:
    if name in _OWN:
        module, _, function = _OWN[name].partition(":")
        own: Maker = getattr(import_module(module), function)
        return own
    foreign = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in foreign:
        known = ", ".join([*_OWN, *sorted(foreign)])
        raise InputError(f"no suggester {name!r}", where="--suggest", do=f"use one of {known}")
    maker: Maker = foreign[name].load()
    return maker
