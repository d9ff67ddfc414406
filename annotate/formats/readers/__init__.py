"""Readers of other programs' annotations. Every module here that defines READER is one."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from annotate.errors import UsageError
from annotate.formats.readers.base import Reader

_SUPPORT = {"base", "lines", "tasks", "vocabulary"}


@cache
def readers() -> dict[str, Reader]:
    """All readers by the name of their format, sorted."""
    names = sorted(m.name for m in iter_modules(__path__) if m.name not in _SUPPORT)
    found = [import_module(f"{__name__}.{name}").READER for name in names]
    return {reader.name: reader for reader in found}


def load_reader(name: str) -> Reader:
    """The reader of the format `name`; raises UsageError for an unknown one."""
    if name not in readers():
        raise UsageError(f"no reader of {name!r}", do=f"use one of {', '.join(readers())}")
    return readers()[name]
