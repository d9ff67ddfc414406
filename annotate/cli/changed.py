"""What changed in tasks -> lines for the terminal, coloured; without colour they say the same.

`[words]` are those of a label; where a border moved, `{+words+}` came and
`[-words-]` left. Characters that a terminal would act on are shown as symbols.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import click

from annotate.dataset.shown.excerpt import Piece, excerpt, excerpt_border, quoted, says_moved
from annotate.schemes.base import Shape
from annotate.store.diff.changes import FieldEdit, RowEdit, TaskChange
from annotate.store.diff.edits import ChoiceEdit, Edit, LabelEdit, LinkEdit, OwnLink
from annotate.text import visible

_SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}
_MARKS = {"label": ("[", "]", None), "came": ("{+", "+}", "green"), "left": ("[-", "-]", "red")}


def changed_lines(changes: Iterable[TaskChange]) -> Iterator[str]:
    """The lines of all tasks, an empty one before each."""
    for change in changes:
        yield ""
        yield _head(change)
        yield from (f"  {visible(f'{name}: {v}')}" for name, v in change.context.items() if v)
        if change.gold:
            yield from _row("gold", change.gold, change)
        for who, edit in change.annotators.items():
            yield from _row(who, edit, change)


def _head(change: TaskChange) -> str:
    where = change.new_split or change.old_split
    if change.kind == "changed" and change.old_split != change.new_split:
        where = f"{change.new_split}, moved from {change.old_split}"
    title = click.style(visible(change.title), bold=True)
    return f"{change.kind} in {where}  {change.id}  {title}".rstrip()


def _row(title: str, edit: RowEdit, change: TaskChange) -> Iterator[str]:
    yield f"  {click.style(visible(title), fg='cyan')}"
    if edit.kind != "changed":
        labels = ", ".join(f"{visible(label)} {n}" for label, n in edit.labels.items())
        yield _line(edit.kind, f"with {labels or 'no label'}")
        return
    for field in edit.fields:
        yield _line("changed", _field(field))
    for found in edit.edits:
        yield _edit(found, change)
    if not edit.fields and not edit.edits:
        yield _line("changed", "only votes, voters or shares")


def _line(kind: str, said: str) -> str:
    sign, colour = _SIGNS[kind]
    return f"    {click.style(sign, fg=colour, bold=True)} {said}"


def _field(field: FieldEdit) -> str:
    if field.name == "text":
        return "text: another"
    return f"{field.name}: {_value(field.before)} -> {_value(field.after)}"


def _value(value: object) -> str:
    return "unset" if value is None else visible(str(value))


def _edit(edit: Edit, change: TaskChange) -> str:
    if isinstance(edit, LabelEdit):
        return _label(edit, change)
    if isinstance(edit, LinkEdit):
        text = change.after if edit.kind == "added" else change.before
        ends = f"{_named(text, edit.start)} -> {_named(text, edit.end)}"
        return _line(edit.kind, f"link {visible(edit.label)}: {ends}")
    return _line("changed", _choice(edit, change))


def _choice(edit: ChoiceEdit, change: TaskChange) -> str:
    on = f" on {_named(change.after, edit.shape)}" if edit.shape else ""
    return f"{visible(edit.control)}: {_value(edit.before)} -> {_value(edit.after)}{on}"


def _label(edit: LabelEdit, change: TaskChange) -> str:
    before, after = edit.before, edit.after
    if after is None:
        return _alone(edit, before, change.before)
    if before is None:
        return _alone(edit, after, change.after)
    if edit.kind == "relabelled":
        words = _words(change.after, after)
        return _line("changed", f"{visible(before.label)} -> {visible(after.label)}  {words}")
    if change.before == change.after:
        found = excerpt_border(change.after, before.fragments, after.fragments)
        more = "" if says_moved(found) else "  (the same words, in other fragments)"
        return _line("changed", f"{visible(after.label)}  {_pieces(found)}{more}")
    old, new = _words(change.before, before), _words(change.after, after)
    return _line("changed", f"{visible(after.label)}  {old} -> {new}")


def _alone(edit: LabelEdit, shape: Shape | None, text: str) -> str:
    if shape is None:
        return ""
    _, colour = _SIGNS[edit.kind]
    words = _pieces(excerpt(text, shape.fragments), colour)
    said = [*shape.said, *(_link(link, text) for link in edit.links)]
    more = f"  ({visible('; '.join(said))})" if said else ""
    return _line(edit.kind, f"{visible(shape.label)}  {words}{more}")


def _link(link: OwnLink, text: str) -> str:
    words = quoted(text, link.other.fragments, most=40)
    return f"{link.label} “{words}”" if link.outgoing else f"{link.label} of “{words}”"


def _named(text: str, shape: Shape) -> str:
    return f"{visible(shape.label)} [{visible(quoted(text, shape.fragments, most=60))}]"


def _words(text: str, shape: Shape) -> str:
    return _pieces(excerpt(text, shape.fragments))


def _pieces(pieces: Sequence[Piece], colour: str | None = None) -> str:
    shown = []
    for piece in pieces:
        if not piece.mark:
            shown.append(visible(piece.text))
            continue
        opened, closed, own = _MARKS[piece.mark]
        words = f"{opened}{visible(piece.text)}{closed}"
        shown.append(click.style(words, fg=own or colour, bold=True if own is None else None))
    return "".join(shown)
