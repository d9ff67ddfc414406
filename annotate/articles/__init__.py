"""Files -> articles with their one canonical text."""

from __future__ import annotations

from annotate.articles.columns import Columns
from annotate.articles.ledger import ArticleLedger
from annotate.articles.read import read_articles

__all__ = ["ArticleLedger", "Columns", "read_articles"]
