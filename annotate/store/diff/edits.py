"""Two drawings of one row -> what an annotator would have had to do to get from one to the other.

A shape that is in both is paired with itself; then shapes of equal extent with
another label (relabelled), then those of equal label that overlap, so that the
overlaps sum to the most (border). What is left was added or removed.
Choices and links are compared on the shapes that were paired.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from typing import Literal, NamedTuple

from annotate.schemes.base import Drawing, Link, Shape
from annotate.schemes.overlap import Part, match_parts

EMPTY = Drawing((), (), {}, ())
UNDECIDED = "undecided"
"""Value of a choice that the annotators left tied."""


class OwnLink(NamedTuple):
    """A link as one of its ends sees it."""

    label: str
    other: Shape
    outgoing: bool
    """Whether it leads from this end to the other one."""


class LabelEdit(NamedTuple):
    """A shape that came, went, or is another than it was."""

    kind: Literal["added", "removed", "relabelled", "border"]
    before: Shape | None
    after: Shape | None
    links: tuple[OwnLink, ...] = ()
    """Links that came or went with it."""


class ChoiceEdit(NamedTuple):
    """A choice with another value; None where it is unset or the default."""

    shape: Shape | None
    """The newer state of what it is on; None is the whole task."""
    control: str
    before: str | None
    after: str | None


class LinkEdit(NamedTuple):
    """A link between two shapes that stand in both drawings."""

    kind: Literal["added", "removed"]
    label: str
    start: Shape
    end: Shape


Edit = LabelEdit | ChoiceEdit | LinkEdit


def compare_drawings(before: Drawing, after: Drawing) -> list[Edit]:
    """Every edit: labels in text order, then choices, then links."""
    pairs = _pair(before.shapes, after.shapes)
    labels = [
        *_changed(before, after, pairs),
        *_lone("removed", before, set(pairs)),
        *_lone("added", after, set(pairs.values())),
    ]
    labels.sort(key=_place)
    return [*labels, *_choices(before, after, pairs), *_links(before, after, pairs)]


def edited_labels(edit: Edit) -> set[str]:
    """The labels that an edit is about: of shapes, and the values of a choice."""
    if isinstance(edit, LabelEdit):
        return {shape.label for shape in (edit.before, edit.after) if shape}
    if isinstance(edit, LinkEdit):
        return {edit.start.label, edit.end.label}
    values = (edit.shape and edit.shape.label, edit.before, edit.after)
    return {value for value in values if value is not None}


def task_choices(drawing: Drawing) -> dict[str, str]:
    """The choices on the whole task, tied ones too."""
    on_shapes = {name for shape in drawing.shapes for name in shape.undecided}
    tied = (name for name in drawing.undecided if name not in on_shapes)
    return dict.fromkeys(tied, UNDECIDED) | dict(drawing.choices)


def _place(edit: LabelEdit) -> list[Part]:
    """Where its newer state is; the older one's place where it is gone."""
    return [shape.fragments for shape in (edit.after, edit.before) if shape][:1]


def _pair(before: tuple[Shape, ...], after: tuple[Shape, ...]) -> dict[int, int]:
    """Place of each shape in the older drawing -> its place in the newer one."""
    pairs: dict[int, int] = {}
    keys: tuple[Callable[[Shape], Hashable], ...] = (
        lambda s: (s.control, s.label, s.fragments, tuple(sorted(_said(s).items()))),
        lambda s: (s.control, s.label, s.fragments),
        lambda s: (s.control, s.fragments),
    )
    for key in keys:
        waiting = defaultdict(list)
        for place, shape in _left(after, set(pairs.values())):
            waiting[key(shape)].append(place)
        for place, shape in _left(before, pairs):
            if waiting[key(shape)]:
                pairs[place] = waiting[key(shape)].pop(0)
    borders = _pair_borders(_left(before, pairs), _left(after, set(pairs.values())))
    return pairs | borders


def _pair_borders(
    before: list[tuple[int, Shape]], after: list[tuple[int, Shape]]
) -> dict[int, int]:
    """Shapes of one label, paired so that their overlaps sum to the most."""
    pairs: dict[int, int] = {}
    for kind in sorted({(shape.control, shape.label) for _, shape in before}):
        old = [(n, shape.fragments) for n, shape in before if (shape.control, shape.label) == kind]
        new = [(n, shape.fragments) for n, shape in after if (shape.control, shape.label) == kind]
        matched = match_parts([part for _, part in old], [part for _, part in new])
        pairs.update((old[i][0], new[j][0]) for i, j in matched)
    return pairs


def _left(shapes: tuple[Shape, ...], taken: Collection[int]) -> list[tuple[int, Shape]]:
    return [(place, shape) for place, shape in enumerate(shapes) if place not in taken]


def _changed(before: Drawing, after: Drawing, pairs: Mapping[int, int]) -> Iterator[LabelEdit]:
    for i, j in pairs.items():
        old, new = before.shapes[i], after.shapes[j]
        if old.label != new.label:
            yield LabelEdit("relabelled", old, new)
        elif old.fragments != new.fragments:
            yield LabelEdit("border", old, new)


def _lone(
    kind: Literal["added", "removed"], drawing: Drawing, paired: set[int]
) -> Iterator[LabelEdit]:
    for place, shape in enumerate(drawing.shapes):
        if place not in paired:
            links = tuple(_own_links(drawing, place, paired))
            added = kind == "added"
            yield LabelEdit(kind, None if added else shape, shape if added else None, links)


def _own_links(drawing: Drawing, place: int, paired: set[int]) -> Iterator[OwnLink]:
    """Its links; one from a shape that came or went too is said there."""
    for start, end, label in drawing.links:
        if start == place:
            yield OwnLink(label, drawing.shapes[end], outgoing=True)
        elif end == place and start in paired:
            yield OwnLink(label, drawing.shapes[start], outgoing=False)


def _choices(before: Drawing, after: Drawing, pairs: Mapping[int, int]) -> Iterator[ChoiceEdit]:
    yield from _differing(None, task_choices(before), task_choices(after))
    for i, j in sorted(pairs.items(), key=lambda pair: after.shapes[pair[1]].fragments):
        shape = after.shapes[j]
        yield from _differing(shape, _said(before.shapes[i]), _said(shape))


def _said(shape: Shape) -> dict[str, str]:
    """The choices on a shape, tied ones too."""
    return dict.fromkeys(shape.undecided, UNDECIDED) | dict(shape.choices)


def _differing(
    shape: Shape | None, old: Mapping[str, str], new: Mapping[str, str]
) -> Iterator[ChoiceEdit]:
    for control in sorted(old.keys() | new.keys()):
        if old.get(control) != new.get(control):
            yield ChoiceEdit(shape, control, old.get(control), new.get(control))


def _links(before: Drawing, after: Drawing, pairs: Mapping[int, int]) -> Iterator[LinkEdit]:
    kept = set(pairs.values())
    old = {
        Link(pairs[link.start], pairs[link.end], link.label): link
        for link in before.links
        if link.start in pairs and link.end in pairs
    }
    new = {link for link in after.links if link.start in kept and link.end in kept}
    for place in sorted(old.keys() - new):
        was = old[place]
        yield LinkEdit("removed", was.label, before.shapes[was.start], before.shapes[was.end])
    for link in sorted(new - old.keys()):
        yield LinkEdit("added", link.label, after.shapes[link.start], after.shapes[link.end])
