"""Articles whose names are known: which of them tell one story."""

from __future__ import annotations

from annotate.articles.likeness.stories import Told, find_stories
from tests.articles.made import records

_PARAGRAPHS, _OTHERS = (record["text"].split("\n") for record in records(2))
_SHORT = "The port of Tesk will close on Sunday, the board said."


def _told(name: str, lines: list[str], date: str | None = None, url: str | None = None) -> Told:
    return Told(name, "\n".join(lines), date, url)


def test_copies_are_found_in_any_order_and_the_oldest_comes_first() -> None:
    articles = [
        _told("b", _PARAGRAPHS, "2026-01-03"),
        _told("x", _OTHERS),
        _told("a", _PARAGRAPHS[::-1], "some day"),
        _told("c", [*_PARAGRAPHS[3:], "A line of its own."], "2026-01-02"),
    ]
    assert find_stories(articles) == [["c", "b", "a"]]
    assert find_stories(articles[::-1]) == [["c", "b", "a"]]


def test_articles_of_one_address_or_text_are_several() -> None:
    one = [_told(name, _PARAGRAPHS, url="https://example.org/#" + name) for name in "ab"]
    assert find_stories(one) == [["a", "b"]]
    assert find_stories([_told(name, _PARAGRAPHS) for name in "ab"]) == [["a", "b"]]
    assert find_stories([_told("a", _PARAGRAPHS), _told("b", _OTHERS)]) == []


def test_a_few_words_tell_no_story() -> None:
    assert find_stories([_told("a", [_SHORT]), _told("b", [_SHORT])]) == []
    assert find_stories([]) == []
