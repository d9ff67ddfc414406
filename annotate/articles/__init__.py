"""Files -> articles with their one canonical text."""

from __future__ import annotations

from annotate.articles.read import read_articles

__all__ = ["read_articles"]
