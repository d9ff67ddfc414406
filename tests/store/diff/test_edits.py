"""Two drawings compared; the expected edits are worked out by hand."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from annotate.schemes import load_scheme
from annotate.schemes.base import Drawing, Link, Shape
from annotate.store.diff.edits import (
    EMPTY,
    ChoiceEdit,
    LabelEdit,
    LinkEdit,
    OwnLink,
    compare_drawings,
    edited_labels,
)


def _shape(label: str, *fragments: tuple[int, int], **choices: str) -> Shape:
    return Shape("entity", label, fragments, choices)


def _drawing(*shapes: Shape, links: tuple[tuple[int, int, str], ...] = ()) -> Drawing:
    return Drawing(shapes, tuple(Link(*link) for link in links), {}, ())


def test_added_removed_relabelled_and_moved() -> None:
    kept, gone, was = _shape("PER", (0, 4)), _shape("GPE", (5, 9)), _shape("ORG", (10, 15))
    before = _drawing(kept, gone, was, _shape("LOC", (20, 30)))
    after = _drawing(
        kept, _shape("FAC", (10, 15)), _shape("LOC", (22, 30)), _shape("GPE", (40, 44))
    )
    assert compare_drawings(before, after) == [
        LabelEdit("removed", gone, None),
        LabelEdit("relabelled", was, _shape("FAC", (10, 15))),
        LabelEdit("border", _shape("LOC", (20, 30)), _shape("LOC", (22, 30))),
        LabelEdit("added", None, _shape("GPE", (40, 44))),
    ]


def test_the_most_alike_are_one_whose_border_moved() -> None:
    before = _drawing(_shape("A", (0, 10)))
    after = _drawing(_shape("A", (0, 2)), _shape("A", (3, 10)))
    assert compare_drawings(before, after) == [
        LabelEdit("added", None, _shape("A", (0, 2))),
        LabelEdit("border", _shape("A", (0, 10)), _shape("A", (3, 10))),
    ]


def test_a_border_moves_within_one_label() -> None:
    gone, come = _shape("ORG", (0, 10)), _shape("PER", (1, 9))
    before = _drawing(gone, _shape("PER", (20, 30)))
    assert compare_drawings(before, _drawing(come, _shape("PER", (20, 31)))) == [
        LabelEdit("removed", gone, None),
        LabelEdit("added", None, come),
        LabelEdit("border", _shape("PER", (20, 30)), _shape("PER", (20, 31))),
    ]


def test_choices_on_shapes_and_on_the_task() -> None:
    tied = _shape("PER", (0, 4))._replace(undecided=("mention",))
    before = Drawing((tied,), (), {}, ("stance", "mention"))
    after = Drawing((_shape("PER", (0, 4), mention="PRO"),), (), {"stance": "against"}, ())
    assert compare_drawings(before, after) == [
        ChoiceEdit(None, "stance", "undecided", "against"),
        ChoiceEdit(_shape("PER", (0, 4), mention="PRO"), "mention", "undecided", "PRO"),
    ]
    assert compare_drawings(before, before) == []
    assert compare_drawings(EMPTY, Drawing((), (), {}, ("stance",))) == [
        ChoiceEdit(None, "stance", None, "undecided")
    ]
    assert compare_drawings(after, after._replace(choices={})) == [
        ChoiceEdit(None, "stance", "against", None)
    ]


def test_a_tie_on_a_shape_is_no_unset_choice() -> None:
    entities, place = load_scheme("entities"), {"start": 0, "end": 4, "label": "PER"}
    nam, tied, nom = (
        entities.draw({"entities": [{**place, "mention": mention}]})
        for mention in ("NAM", None, "NOM")
    )
    assert [e[1:] for e in compare_drawings(nam, tied)] == [("mention", None, "undecided")]
    assert [e[1:] for e in compare_drawings(tied, nom)] == [("mention", "undecided", "NOM")]
    claims, content = load_scheme("claims"), {"start": 0, "end": 4, "text": "text", "part": 0}
    said = {"mode": "undetermined", "attitude": "assertion", "negated": False}
    parts = {"source": [], "cue": [], "content": [content], "source_kind": []}
    unset, split = (
        claims.draw({"claims": [{**parts, **said, "mode": mode}], "unlinked": []})
        for mode in ("undetermined", None)
    )
    assert [e[1:] for e in compare_drawings(unset, split)] == [("mode", None, "undecided")]
    assert compare_drawings(split, split) == []


def test_links_between_what_stays_and_with_what_comes() -> None:
    content, source, other = (
        _shape("Content", (10, 20)),
        _shape("Source", (0, 4)),
        _shape("Source", (5, 9)),
    )
    before = _drawing(content, source, links=((0, 1, "source"),))
    moved = _drawing(content, source, other, links=((0, 2, "source"),))
    assert compare_drawings(before, moved) == [
        LabelEdit("added", None, other, (OwnLink("source", content, outgoing=False),)),
        LinkEdit("removed", "source", content, source),
    ]
    assert compare_drawings(moved, _drawing(content, source, other, links=((0, 1, "source"),))) == [
        LinkEdit("removed", "source", content, other),
        LinkEdit("added", "source", content, source),
    ]
    # the link to a shape that comes too is said once, by the shape that it starts from
    assert compare_drawings(EMPTY, before) == [
        LabelEdit("added", None, source),
        LabelEdit("added", None, content, (OwnLink("source", source, outgoing=True),)),
    ]


def test_choices_and_links_come_in_the_order_of_their_names() -> None:
    content, source = _shape("Content", (10, 20)), _shape("Source", (0, 4))
    bare = _drawing(content, source)
    said = Drawing(
        bare.shapes, tuple(Link(0, 1, name) for name in "fbdace"), dict.fromkeys("fbdace", "x"), ()
    )
    assert compare_drawings(bare, said) == [
        *(ChoiceEdit(None, name, None, "x") for name in "abcdef"),
        *(LinkEdit("added", name, content, source) for name in "abcdef"),
    ]
    assert compare_drawings(said, bare) == [
        *(ChoiceEdit(None, name, "x", None) for name in "abcdef"),
        *(LinkEdit("removed", name, content, source) for name in "abcdef"),
    ]


def test_what_an_edit_is_about() -> None:
    per, org = _shape("PER", (0, 4)), _shape("ORG", (0, 4))
    assert edited_labels(LabelEdit("relabelled", per, org)) == {"PER", "ORG"}
    assert edited_labels(LabelEdit("added", None, per)) == {"PER"}
    assert edited_labels(LinkEdit("added", "source", per, org)) == {"PER", "ORG"}
    assert edited_labels(ChoiceEdit(per, "mention", None, "NOM")) == {"PER", "NOM"}
    assert edited_labels(ChoiceEdit(None, "stance", "favor", None)) == {"favor"}


_shapes = st.lists(
    st.builds(
        lambda label, start, length: _shape(label, (start, start + length)),
        st.sampled_from("AB"),
        st.integers(0, 8),
        st.integers(1, 4),
    ),
    max_size=6,
)


@given(_shapes, _shapes)
def test_the_edits_account_for_every_shape(old: list[Shape], new: list[Shape]) -> None:
    before, after = _drawing(*old), _drawing(*new)
    assert compare_drawings(before, before) == []
    made: Counter[tuple[str, object]] = Counter((s.label, s.fragments) for s in old)
    for edit in compare_drawings(before, after):
        assert isinstance(edit, LabelEdit)
        if edit.before:
            made[edit.before.label, edit.before.fragments] -= 1
        if edit.after:
            made[edit.after.label, edit.after.fragments] += 1
    assert +made == Counter((s.label, s.fragments) for s in new)
    assert min(made.values(), default=0) >= 0
