"""Words in context."""

from __future__ import annotations

from annotate.dataset.shown.excerpt import Piece, excerpt, excerpt_border, quoted, says_moved

_TEXT = "The lawyer, Delphine Marchetti, said no warning\nhad reached the board of the mine."


def _plain(pieces: list[Piece]) -> str:
    signs = {"": ("", ""), "label": ("[", "]"), "came": ("+", "+"), "left": ("-", "-")}
    return "".join(f"{signs[p.mark][0]}{p.text}{signs[p.mark][1]}" for p in pieces)


def test_context_is_cut_at_words() -> None:
    assert _plain(excerpt(_TEXT, [(32, 36)], around=12)) == "…Marchetti, [said] no warning…"
    assert _plain(excerpt(_TEXT, [(0, 3)], around=200)).startswith("[The] lawyer, Delphine")
    assert _plain(excerpt(_TEXT, [(37, 69)], around=5)) == (
        "…said [no warning had reached the board] of…"
    )


def test_several_fragments_and_long_ones() -> None:
    assert _plain(excerpt(_TEXT, [(4, 10), (32, 36)], around=4)) == (
        "The [lawyer], De…ti, [said] no…"
    )
    long = "x" * 300
    assert _plain(excerpt(long, [(0, 300)], most=10)) == "[xxxxx…xxxxx]"
    assert quoted(_TEXT, [(4, 10), (32, 36)]) == "lawyer … said"


def test_a_border_that_moved() -> None:
    shown = excerpt_border(_TEXT, [(12, 30)], [(4, 20)])
    assert _plain(shown) == "The +lawyer, +[Delphine]- Marchetti-, said no warning had reached…"
    assert _plain(excerpt_border("ab cd", [(0, 2)], [(0, 2), (3, 5)])) == "[ab] +cd+"


def test_fragments_that_overlap_are_quoted_once() -> None:
    assert _plain(excerpt(_TEXT, [(4, 30), (12, 20)], around=5)) == (
        "The [lawyer, Delphine Marchetti],…"
    )
    assert quoted(_TEXT, [(4, 20), (12, 30), (32, 36)]) == "lawyer, Delphine Marchetti … said"
    assert quoted(_TEXT, [(4, 10), (10, 20)]) == "lawyer … , Delphine"


def test_the_same_words_in_other_fragments() -> None:
    shown = excerpt_border(_TEXT, [(4, 20), (12, 30)], [(4, 30)])
    assert _plain(shown).startswith("The [lawyer, Delphine Marchetti], said no warning")
    assert not says_moved(shown)
    assert says_moved(excerpt_border(_TEXT, [(4, 20), (12, 30)], [(4, 20)]))
