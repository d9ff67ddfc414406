"""The kinds of label. Every module here that defines SCHEME is one of them."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from annotate.errors import InputError, UsageError
from annotate.schemes.base import Scheme

_SUPPORT = {"base", "claim_assembly", "colours", "columns", "label_config", "overlap"}


def scheme_names() -> list[str]:
    """Names of the schemes, sorted."""
    return sorted(m.name for m in iter_modules(__path__) if m.name not in _SUPPORT)


@cache
def load_scheme(name: str) -> Scheme[Any]:
    """The scheme called `name`; raises UsageError for an unknown one."""
    if name not in scheme_names():
        raise UsageError(f"no scheme {name!r}", do=f"use one of {', '.join(scheme_names())}")
    scheme = import_module(f"{__name__}.{name}").SCHEME
    if not isinstance(scheme, Scheme):
        raise InputError(f"{__name__}.{name}.SCHEME is not a Scheme")
    return scheme
