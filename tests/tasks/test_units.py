"""Units are exact slices of their article, in order, and leave nothing out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.errors import InputError
from annotate.models import Article, UnitKind
from annotate.tasks.units import UNITS, find_sentences, split_units
from tests.tasks.made import article, seed_articles

texts = st.text(
    st.one_of(
        st.characters(codec="utf-8", exclude_characters="\0\r"),
        st.sampled_from(" .!?\n\n“”’ab Z😀é\u0301。"),
    ),
    min_size=1,
    max_size=400,
).filter(str.strip)


@pytest.mark.parametrize("kind", UNITS)
@given(text=texts, window=st.integers(1, 60))
def test_units_are_slices_that_cover_the_text(kind: UnitKind, text: str, window: int) -> None:
    units = list(split_units(article(text), kind, window=window))

    end = 0
    for unit in units:
        assert unit.start >= end
        assert not text[end : unit.start].strip()
        end = unit.start + len(unit.text)
        assert text[unit.start : end] == unit.text
    assert not text[end:].strip()
    if kind == "window":
        assert all(len(unit.text) <= window for unit in units)


@pytest.mark.parametrize("language", ["en", "kk"])
@given(text=st.text(st.sampled_from("B.é \u0085\u00a0\u2028\u3000"), min_size=3))
def test_sentences_between_spaces_of_all_kinds(language: str, text: str) -> None:
    end = 0
    for first, last in find_sentences(text, (0, len(text)), language):
        assert not text[end:first].strip()
        assert text[first:last] == text[first:last].strip() != ""
        end = last
    assert not text[end:].strip()


# Counted by hand in the files, the title left out.
SENTENCES = {"01": 18, "03": 17, "08": 18, "09": 47, "12": 14}
PARAGRAPHS = {"01": 10, "03": 13, "08": 13, "09": 40, "12": 9}


def numbered() -> dict[str, Article]:
    return {a.origin.rpartition("/")[2][:2]: a for a in seed_articles()}


@pytest.mark.parametrize("number", SENTENCES)
def test_sentences_of_news_with_and_without_marks(number: str) -> None:
    units = list(split_units(numbered()[number], "sentence"))
    assert len(units) == SENTENCES[number], [unit.text for unit in units]


@pytest.mark.parametrize("number", PARAGRAPHS)
def test_paragraphs(number: str) -> None:
    assert len(list(split_units(numbered()[number], "paragraph"))) == PARAGRAPHS[number]


@pytest.mark.parametrize("kind", ["paragraph", "sentence"])
@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("Rain stops\n\nIt was wet.", [(12, "It was wet.")]),
        ("Rain stops\nIt was wet.", [(11, "It was wet.")]),
        (" Rain stops \nIt was wet.", [(13, "It was wet.")]),
        ("Rain stops play\nIt was wet.", [(0, "Rain stops play"), (16, "It was wet.")]),
        ("Rain stops", [(0, "Rain stops")]),
        ("Rain stops\n\n", [(0, "Rain stops")]),
        ("It was wet.\nRain stops", [(0, "It was wet."), (12, "Rain stops")]),
    ],
)
def test_a_title_that_opens_the_text_is_context(
    kind: UnitKind, text: str, units: list[tuple[int, str]]
) -> None:
    titled = article(text, title="Rain stops")
    assert [(unit.start, unit.text) for unit in split_units(titled, kind)] == units


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (
            "Mr. Albrecht met the U.S. envoy on Jan. 5. He left.",
            ["Mr. Albrecht met the U.S. envoy on Jan. 5.", "He left."],
        ),
        (
            "It isnt true now, he said.  Prices rose 3.5 percent.",
            ["It isnt true now, he said.", "Prices rose 3.5 percent."],
        ),
        ("他来了。她走了！", ["他来了。", "她走了！"]),
        ("😀 One. 👩‍🚒 Two.", ["😀 One.", "👩‍🚒 Two."]),
        ("We chose plan B\u00a0. She left.", ["We chose plan B\u00a0.", "She left."]),
    ],
)
def test_sentence_borders(text: str, sentences: list[str]) -> None:
    assert [unit.text for unit in split_units(article(text), "sentence")] == sentences


def test_windows_hold_whole_paragraphs() -> None:
    text = "\n".join(["a" * 40, "b" * 40, "c" * 40, "One two three. " * 10])

    units = list(split_units(article(text), "window", window=90))

    assert [unit.text for unit in units] == [
        "a" * 40 + "\n" + "b" * 40,
        "c" * 40 + "\n" + " ".join(["One two three."] * 3),
        " ".join(["One two three."] * 6),
        "One two three.",
    ]


def test_a_title_is_no_window_by_itself() -> None:
    long, short = "One two three. " * 20, "Four five."
    titled = article(f"A title\n\n{long}\n{short}", title="A title")

    starts = [
        [(unit.start, unit.text[:7]) for unit in split_units(titled, "window", window=window)]
        for window in (299, 310)
    ]

    assert starts == [[(9, "One two"), (310, "Four fi")], [(0, "A title"), (310, "Four fi")]]


def test_a_text_that_fits_is_an_article() -> None:
    (unit,) = split_units(article("short"), "window")
    assert (unit.kind, unit.start, unit.text) == ("article", 0, "short")


def test_unknown_unit() -> None:
    with pytest.raises(InputError, match="no unit 'page'; use one of article, paragraph"):
        list(split_units(article("x"), "page"))  # type: ignore[arg-type]


@pytest.mark.parametrize("window", [0, -3])
def test_a_window_that_holds_nothing(window: int) -> None:
    with pytest.raises(InputError, match=f"a window of {window} characters holds none"):
        next(split_units(article("Two words"), "window", window=window))
