"""Rows -> marks: what an annotator would have drawn to get a row."""

from __future__ import annotations

from typing import Any

from annotate.schemes import load_scheme
from annotate.schemes.base import Drawing, Link, Shape


def _span(start: int, end: int, part: int = 0) -> dict[str, Any]:
    return {"start": start, "end": end, "text": "", "part": part}


def _claim(**said: Any) -> dict[str, Any]:
    unset = {"source": [], "cue": [], "source_kind": [], "mode": "undetermined"}
    return unset | {"attitude": "assertion", "negated": False} | said


def test_claims_share_equal_ends_and_leave_defaults_out() -> None:
    row = {
        "claims": [
            _claim(
                content=[_span(0, 2), _span(8, 9)],
                source=[_span(3, 4), _span(5, 6, 1)],
                source_kind=["named", None],
                mode="direct",
                attitude="belief",
                negated=True,
            ),
            _claim(content=[_span(0, 9)], source=[_span(3, 4)], source_kind=["named"]),
            _claim(content=[_span(1, 2)], source=[_span(3, 4)], source_kind=["unnamed"]),
        ],
        "unlinked": [{**_span(6, 7), "role": "Cue"}, {**_span(7, 8), "role": "Cue"}],
    }
    choices = {"mode": "direct", "attitude": "belief", "negated": "yes"}
    drawn = load_scheme("claims").draw(row)
    # seven shapes with five choices, and four links
    assert drawn.labels == 16
    assert drawn == Drawing(
        (
            Shape("role", "Content", ((0, 2), (8, 9)), choices),
            Shape("role", "Source", ((3, 4),), {"kind": "named"}),
            Shape("role", "Source", ((5, 6),), {}),
            Shape("role", "Content", ((0, 9),), {}),
            Shape("role", "Content", ((1, 2),), {}),
            Shape("role", "Source", ((3, 4),), {"kind": "unnamed"}),
            Shape("role", "Cue", ((6, 7), (7, 8)), {}),
        ),
        (
            Link(0, 1, "source"),
            Link(0, 2, "source"),
            Link(3, 1, "source"),
            Link(4, 5, "source"),
        ),
        {},
        (),
    )


def test_what_was_tied_is_undecided() -> None:
    claim = _claim(content=[_span(0, 2)], mode=None, attitude=None, negated=None)
    drawn = load_scheme("claims").draw({"claims": [claim], "unlinked": []})
    assert drawn.undecided == ("mode", "attitude", "negated")
    assert drawn.shapes == (Shape("role", "Content", ((0, 2),), {}, drawn.undecided),)
    entity = {"start": 0, "end": 2, "label": "PER", "mention": None}
    assert load_scheme("entities").draw({"entities": [entity]}).undecided == ("mention",)
    stance: dict[str, Any] = {"label": None, "explicitness": None, "evidence": []}
    assert load_scheme("stance").draw(stance) == Drawing((), (), {}, ("stance",))


def test_entities_and_stances() -> None:
    entity = {"start": 0, "end": 2, "label": "PER", "mention": "PRO"}
    drawn = load_scheme("entities").draw({"entities": [entity, {**entity, "mention": "NAM"}]})
    assert drawn.shapes == (
        Shape("entity", "PER", ((0, 2),), {"mention": "PRO"}),
        Shape("entity", "PER", ((0, 2),), {}),
    )
    assert drawn.labels == 3
    stance = {"label": "favor", "explicitness": "implicit", "evidence": [_span(1, 3)]}
    drawn = load_scheme("stance").draw(stance)
    assert drawn.shapes == (Shape("evidence", "Evidence", ((1, 3),), {}),)
    assert drawn.choices == {"stance": "favor", "explicitness": "implicit"}
    assert drawn.labels == 3
