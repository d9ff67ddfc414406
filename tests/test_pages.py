"""Every page: its links lead somewhere, and the commands it prints take the options it gives."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from annotate.cli import cli

_ROOT = Path(__file__).resolve().parents[1]
_PAGES = [_ROOT / "README.md", *_ROOT.glob("docs/**/*.md"), *_ROOT.glob("label_configs/*.md")]


def _anchors(page: Path) -> set[str]:
    """What the headings of a page are called in an address."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    plain = (re.sub(r"[^\w\- ]", "", line) for line in re.findall(r"^#+ (.+)$", text, re.M))
    return {line.lower().replace(" ", "-") for line in plain}


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(_ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?://)([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in _anchors(target), link


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(_ROOT)))
def test_printed_commands_take_their_options(page: Path) -> None:
    text = re.sub(r"\\\n\s+", "", page.read_text(encoding="utf-8"))
    printed = re.findall(r"^(?:\$ )?(annotate .+)$", text, re.M)
    printed += [" ".join(line.split()) for line in re.findall(r"`(annotate [^`]+)`", text)]
    for line in printed:
        command, words = _find(line.split()[1:])
        is_group = isinstance(command, click.Group)
        assert not is_group or words in ([], ["--help"], ["COMMAND", "--help"]), line
        known = {name for option in command.params for name in (*option.opts, "--help")}
        for word in words:
            assert not re.match(r"--?[a-z]", word) or word in known, line


def _find(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that the first words name, and the other words."""
    found: click.Command = cli
    while isinstance(found, click.Group) and words:
        inner = found.get_command(click.Context(found), words[0])
        if inner is None:
            break
        found, words = inner, words[1:]
    return found, words
