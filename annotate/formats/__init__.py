"""Export formats. Every module here that defines FORMATS is a home of some."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from annotate.errors import UsageError
from annotate.formats.base import Format

_SUPPORT = {"base", "collect", "export", "lift", "paths", "readers", "spool", "tokens", "votes"}


@cache
def formats() -> dict[str, Format]:
    """All formats by name, sorted."""
    found = {}
    for module in iter_modules(__path__):
        if module.name not in _SUPPORT:
            for item in import_module(f"{__name__}.{module.name}").FORMATS:
                found[item.name] = item
    return dict(sorted(found.items()))


def load_format(name: str) -> Format:
    """The format called `name`; raises UsageError for an unknown one."""
    if name not in formats():
        raise UsageError(f"no format {name!r}", do=f"use one of {', '.join(formats())}")
    return formats()[name]
