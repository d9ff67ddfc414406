"""Transcripts of the docs: what is typed, and what is shown below it."""

from __future__ import annotations

import re


def read_transcript(page: str) -> list[tuple[str, str]]:
    """(command, what is shown) of each step of the page's first transcript."""
    block = page.split("```console\n")[1].split("```")[0]
    steps = (part.partition("\n") for part in block.removeprefix("$ ").split("\n$ "))
    return [(command, shown) for command, _, shown in steps]


def matches(shown: str, said: str) -> bool:
    """Whether the output is the one shown; `…` stands for anything."""
    pattern = re.escape(shown.strip()).replace("…", ".*")
    return re.fullmatch(pattern, said.strip(), re.DOTALL) is not None
