"""Text never becomes markup."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from hypothesis import given
from hypothesis import strategies as st

from annotate.report.html import Html, element, escape, hidden, page, table, words
from annotate.schemes.colours import Palette
from tests.report.parsed import Parsed, check_harmless

_ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(_ANY)
def test_any_text_comes_out_as_it_went_in(text: str) -> None:
    parsed = Parsed(element("p", text, title=text))
    shown = "".join(chr(0x2400 + ord(c)) if c < " " and c not in "\t\n\r" else c for c in text)
    shown = shown.replace("\x7f", "\u2421")
    assert parsed.text == shown
    assert parsed.tags == ["p"]
    assert [(name, value) for _, name, value in parsed.attributes] == [("title", shown)]


def test_markup_is_left_alone_and_none_left_out() -> None:
    assert element("p", Html("<b>x</b>"), None, ["<", 3]) == "<p><b>x</b>&lt;3</p>"
    assert element("br") == "<br>"
    assert element("a", "x", class_="y", href=None, aria_label="z") == (
        '<a class="y" aria-label="z">x</a>'
    )
    assert escape("a\x1b[31m\"'") == "a\u241b[31m&quot;&#x27;"
    assert words("<i>") == "<bdi>&lt;i&gt;</bdi>"
    assert hidden("x") == '<span class="heard">x</span>'


def test_a_table_for_eyes_and_ears() -> None:
    made = table(("label", "n"), [("<x>", "1,200")], caption="Labels & more")
    assert '<caption class="heard">Labels &amp; more</caption>' in made
    assert '<th scope="col">label</th>' in made
    assert '<th scope="row">&lt;x&gt;</th><td class="number" data-head="n">1,200</td>' in made
    assert "<thead>" not in table(("", ""), [("a", "b")], caption="x")


def test_a_page_asks_and_runs_nothing() -> None:
    made = page("</title><script>alert(1)</script>", element("p", "x"))
    check_harmless(made)
    assert made.startswith('<!doctype html>\n<html lang="en">')
    assert "default-src 'none'" in made.replace("&#x27;", "'")


def _config(background: str) -> str:
    label = f'<Label value="A" background={quoteattr(background)}/>'
    return f'<View><Labels name="x">{label}</Labels></View>'


def test_only_plain_colours_are_used() -> None:
    assert Palette(_config("#E69F00"), {}).style("A") == "--c:#E69F00;--l:solid"
    assert Palette(_config("red"), {}).style("A") == "--c:red;--l:solid"
    for names in ({"A": "B"}, {"x.A": "B"}, {"x.A": "B", "A": "C"}):
        assert Palette(_config("#fff"), names).style("B") == "--c:#fff;--l:solid"
    for hostile in (
        "red;background:url(//x)",
        "#12345",
        "</style><script>",
        "rgb(1,2,3)",
        "transparent",
        "none",
        "",
    ):
        assert Palette(_config(hostile), {}).style("A") == "--c:#0072B2;--l:solid"


def test_neighbouring_labels_differ_in_more_than_colour() -> None:
    palette = Palette(_config("red"), {})
    styles = [palette.style(name) for name in ("A", "B", "C", "D")]
    assert len({style.split("--l:")[1] for style in styles}) == 4
    assert palette.style("B") == styles[1]
