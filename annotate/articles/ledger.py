"""The account of a reading: what was read is an article, or listed with its reason.

read = articles + set aside
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from annotate.errors import ArticleError, RejectsError

_NAMED = 5
"""Of what was not read, how many are named."""


class ArticleLedger:
    """Counts the records that were read and lists those that are no articles."""

    def __init__(self) -> None:
        self.read = 0
        self.articles = 0
        self.repeated = 0
        """Of the articles, those that came before with the same address and text."""
        self.set_aside: list[ArticleError] = []
        self.passed_over: Counter[str] = Counter()
        """What lies in folders and was not read: files that no reader is for, by ending, and
        folders of saved pages."""
        self.passed_over_first: list[str] = []
        """The names of the first of these."""

    def keep(self) -> None:
        """Count an article."""
        self.read += 1
        self.articles += 1

    def reject(self, error: ArticleError) -> None:
        """List a record that is no article."""
        self.read += 1
        self.set_aside.append(error)

    def pass_over(self, name: str, ending: str) -> None:
        """Count what lies in a folder and is not read."""
        self.passed_over[ending] += 1
        if len(self.passed_over_first) < _NAMED:
            self.passed_over_first.append(name)

    def withdraw(self, error: ArticleError) -> None:
        """List an article that was counted and turned out to contradict another."""
        self.articles -= 1
        self.set_aside.append(error)

    def summary(self) -> str:
        """The account as one line for a person."""
        repeated = f" ({self.repeated} repeated)" if self.repeated else ""
        aside = len(self.set_aside)
        return f"{self.read} read = {self.articles} articles{repeated} + {aside} set aside"

    def close(self, *, max_rejects: int) -> None:
        """Raise RejectsError where more than `max_rejects` records were set aside."""
        found = len(self.set_aside)
        if found > max_rejects:
            raise RejectsError(
                f"{self.set_aside[0]}; {self.summary()}, {max_rejects} allowed",
                do=f"see all with `annotate articles`, or allow them with --max-rejects {found}",
            )

    def report(self) -> dict[str, Any]:
        """The ledger as one JSON document."""
        return {
            "read": self.read,
            "articles": self.articles,
            "repeated": self.repeated,
            "passed_over": dict(self.passed_over),
            "set_aside": [
                {"where": error.where, "what": error.what, "do": error.do}
                for error in self.set_aside
            ],
        }
