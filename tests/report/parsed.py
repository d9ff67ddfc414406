"""A page read by the standard library's parser: what a browser would see in it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import NamedTuple

_VOID = {"meta", "br"}


class Seen(NamedTuple):
    """A character of a page, with the classes and labels that it stands in."""

    character: str
    hidden: bool
    marks: tuple[str, ...]
    """`title` of each mark around it, outermost first."""


class Parsed(HTMLParser):
    """Elements, attributes and text of a page; every element must be closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.seen: list[Seen] = []
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in _VOID:
            self._open.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self._open.pop()
        assert opened == tag

    def handle_data(self, data: str) -> None:
        names = {tag for tag, _ in self._open}
        classes = {said.get("class") for _, said in self._open}
        hidden = bool(classes & {"badge", "heard"}) or bool(names & {"style", "title"})
        marks = tuple(str(said.get("title")) for tag, said in self._open if tag == "mark")
        self.seen += [Seen(character, hidden, marks) for character in data]

    @property
    def text(self) -> str:
        """All text outside the head's style, badges and hidden words too."""
        return "".join(seen.character for seen in self.seen)


def check_harmless(page: str) -> Parsed:
    """Parse a page and refuse everything that could run or fetch."""
    parsed = Parsed(page)
    assert not {"script", "img", "iframe", "object", "embed", "link", "base", "form"} & set(
        parsed.tags
    )
    for tag, name, value in parsed.attributes:
        assert not name.startswith("on"), (tag, name)
        assert name not in {"src", "srcset", "action", "srcdoc", "ping"}, (tag, name)
        assert name != "href" or str(value).startswith("#"), value
        assert "url(" not in str(value) or name != "style", value
    assert page.count("<style>") == page.count("</style>") == 1
    style = page.split("<style>")[1].split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    return parsed
