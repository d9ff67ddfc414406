"""Figures and suspects -> the words that the card, the page and the terminal say them in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LEADING = ("alpha", "token alpha")
"""The figures that take chance out and rest on everything; one of them stands at the top."""
CONFUSED = "pairs of annotators who said the one and the other"

_Entry = Mapping[str, Any]


def figure_name(name: str, of: str | None) -> str:
    """A figure as it is called: its name, and what it is about."""
    return f"{name}: {of}" if of else name


def whose(entry: _Entry) -> str:
    """The annotators that a figure is of: one, or a pair."""
    if "annotator" in entry:
        return f"{entry['annotator']} with the others"
    return f"{entry['first']} and {entry['second']}"


def worth_asking(report: _Entry) -> list[_Entry]:
    """The tasks of which one more annotation would change something that can be shown."""
    return [entry for entry in report["next"] if entry["expected_changes"] >= 0.005]


def worth_showing(report: _Entry) -> list[_Entry]:
    """The reliabilities that rest on an observation or more, rounded."""
    return [entry for entry in report["annotators"] if entry["n"] > 0.5]


def votes_on(entry: _Entry) -> str:
    """What is tied: the question, and each answer with its votes."""
    question = " ".join(part for part in (entry["question"], entry["label"]) if part)
    answers = ", ".join(f"{answer} {len(who)}" for answer, who in entry["answers"].items())
    return f"{question}: {answers}"
