"""Labels drawn on a text, read back by another parser."""

from __future__ import annotations

import cProfile
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from annotate.report.marked import list_labels, mark_text, number_shapes
from annotate.schemes.base import Drawing, Link, Shape
from annotate.schemes.colours import Palette
from tests.report.parsed import Parsed

_PALETTE = Palette("<View/>", {})


def _shape(label: str, *fragments: tuple[int, int], **choices: str) -> Shape:
    return Shape("role", label, fragments, choices)


def _drawing(*shapes: Shape, links: tuple[tuple[int, int, str], ...] = ()) -> Drawing:
    return Drawing(shapes, tuple(Link(*link) for link in links), {}, ())


@st.composite
def _drawn(draw: Any) -> tuple[str, Drawing]:
    text = draw(st.text(st.sampled_from("ab <&\"'>é😀\n"), min_size=1, max_size=20))
    spans = st.tuples(st.integers(0, len(text) - 1), st.integers(1, len(text)))
    found = draw(st.lists(spans.filter(lambda s: s[0] < s[1]), max_size=6))
    return text, _drawing(*(_shape(f"L{n}", span) for n, span in enumerate(found)))


@given(_drawn())
def test_every_character_stands_in_its_labels_and_nothing_is_lost(drawn: Any) -> None:
    text, drawing = drawn
    parsed = Parsed(mark_text(text, drawing, _PALETTE))
    shown = [seen for seen in parsed.seen if not seen.hidden and seen.character != "\u2060"]
    assert "".join(seen.character for seen in shown) == text
    for place, seen in enumerate(shown):
        over = {
            s.label for s in drawing.shapes for start, end in s.fragments if start <= place < end
        }
        assert set(seen.marks) == over
        assert len(seen.marks) == len(over)


@given(_drawn())
def test_a_mark_lies_on_all_that_are_shorter_and_share_words_with_it(drawn: Any) -> None:
    text, drawing = drawn
    lanes: dict[int, int] = {}
    spans = [shape.fragments[0] for shape in drawing.shapes]
    for n in sorted(range(len(spans)), key=lambda n: (spans[n][1] - spans[n][0], spans[n][0], n)):
        start, end = spans[n]
        under = [lanes[m] for m in lanes if spans[m][0] < end and spans[m][1] > start]
        lanes[n] = min(1 + max(under, default=-1), 6)
    page = mark_text(text, drawing, _PALETTE)
    drawn_marks = re.findall(r'<mark [^>]*--lane:(\d+)px" title="L(\d+)"', page)
    assert {int(n): int(lane) for lane, n in drawn_marks} == {n: 5 * o for n, o in lanes.items()}


def test_thousands_of_labels_are_drawn_in_time_that_grows_with_them() -> None:
    def comparisons(count: int) -> int:
        drawing = _drawing(*(_shape("A", (10 * n, 10 * n + 8)) for n in range(count)))
        profile = cProfile.Profile()
        profile.runcall(mark_text, "x" * 10 * count, drawing, _PALETTE)
        return sum(entry.callcount for entry in profile.getstats())

    assert comparisons(2000) < 2.5 * comparisons(1000)


def test_what_is_heard() -> None:
    text = "Engineers at the University of Vellmar left."
    drawing = _drawing(_shape("ORG", (17, 38)), _shape("GPE", (31, 38)))
    heard = Parsed(mark_text(text, drawing, _PALETTE)).text.replace("\u2060", "")
    assert heard == "Engineers at the [ORG:University of [GPE:Vellmar]] left."


def test_crossing_labels_close_once() -> None:
    drawing = _drawing(_shape("A", (0, 4)), _shape("B", (2, 6)))
    heard = Parsed(mark_text("abcdef", drawing, _PALETTE)).text.replace("\u2060", "")
    assert heard == "[A:ab[B:cd]ef]"
    assert mark_text("abcdef", drawing, _PALETTE).count('class="again"') == 1


def test_the_shorter_mark_lies_nearer() -> None:
    drawing = _drawing(_shape("A", (0, 6)), _shape("B", (2, 4)), _shape("C", (5, 6)))
    marks = mark_text("abcdef", drawing, _PALETTE)
    assert '--lane:5px" title="A"' in marks
    assert '--lane:0px" title="B"' in marks
    assert '--lane:0px" title="C"' in marks
    assert "--room:5px" in marks


_TEXT = "He and she said no; maybe, she said."
_CLAIMS = _drawing(
    _shape("Content", (20, 25), mode="indirect"),  # maybe
    _shape("Source", (27, 30), kind="named"),  # she
    _shape("Cue", (11, 15)),  # said
    _shape("Content", (16, 18)),  # no
    _shape("Source", (0, 2)),  # He
    _shape("Source", (7, 10)),  # she, of no claim
    links=((0, 1, "source"), (0, 2, "cue"), (3, 4, "source"), (3, 2, "cue")),
)


def test_what_belongs_together_has_one_number() -> None:
    # "no" comes first in the text, so it is 1; the cue serves both
    assert number_shapes(_CLAIMS) == [(2,), (2,), (1, 2), (1,), (1,), ()]
    heard = Parsed(mark_text(_TEXT, _CLAIMS, _PALETTE)).text.replace("\u2060", "")
    assert heard == (
        "[1\u00a0Source:He] and [Source:she] [1, 2\u00a0Cue:said] [1\u00a0Content:no];"
        " [2\u00a0Content:maybe], [2\u00a0Source:she] said."
    )


def test_linked_labels_are_listed_in_one_line() -> None:
    parsed = Parsed(list_labels(_TEXT, _CLAIMS, _PALETTE))
    assert "2she (kind named)saidmaybemode indirect" in parsed.text
    assert "1Hesaidno" in parsed.text
    assert "Source 1 without a link: she" in parsed.text


def test_fragments_of_one_label() -> None:
    drawing = _drawing(_shape("Content", (0, 2), (16, 18)))
    heard = Parsed(mark_text(_TEXT, drawing, _PALETTE)).text.replace("\u2060", "")
    assert heard.startswith("[Content:He] and she said [Content\u00a0…:no]")
    assert "Content 1: He … no" in Parsed(list_labels(_TEXT, drawing, _PALETTE)).text


def test_nothing_drawn() -> None:
    assert Parsed(mark_text("plain", _drawing(), _PALETTE)).text == "plain"
    assert list_labels("plain", _drawing(), _PALETTE) == ""
