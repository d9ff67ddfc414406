"""Suggestions: pre-annotations that an annotator corrects instead of starting from nothing."""

from __future__ import annotations

from annotate.tasks.suggest.apply import add_suggestions
from annotate.tasks.suggest.draft import Draft, Suggester
from annotate.tasks.suggest.registry import Request, make_suggester

__all__ = ["Draft", "Request", "Suggester", "add_suggestions", "make_suggester"]
