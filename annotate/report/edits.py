"""What changed in tasks -> markup: words in context, added, removed or changed."""

from __future__ import annotations

from annotate.dataset.shown.excerpt import excerpt, excerpt_border, quoted, says_moved
from annotate.report.html import Child, Html, element, hidden, join, words
from annotate.report.marked import choices_in_brackets, label_badge, quote
from annotate.schemes.base import Shape
from annotate.schemes.colours import Palette
from annotate.store.diff.changes import RowEdit, TaskChange
from annotate.store.diff.edits import Edit, LabelEdit, LinkEdit, OwnLink

_SIGNS = {"added": "+", "removed": "−", "changed": "~"}


def task_change(change: TaskChange, palette: Palette) -> Html:
    """One task: what is different in gold and in each annotator's work."""
    about = [f"{name}: {value}" for name, value in change.context.items() if value]
    moved = change.kind == "changed" and change.old_split != change.new_split
    where = (
        f"{change.old_split} to {change.new_split}"
        if moved
        else change.new_split or change.old_split
    )
    return element(
        "article",
        element("h3", words(change.title or change.id)),
        element(
            "p",
            f"{change.kind} in {where} · " if not moved else f"moved from {where} · ",
            element("code", change.id),
            *(part for said in about for part in (" · ", words(said))),
            class_="meta",
        ),
        _row("Gold", change.gold, change, palette) if change.gold else None,
        (_row(who, edit, change, palette) for who, edit in change.annotators.items()),
    )


def _row(title: str, edit: RowEdit, change: TaskChange, palette: Palette) -> Html:
    head = element("h4", words(title))
    if edit.kind != "changed":
        labels = (
            join([label_badge(label, palette), f" {n}  "]) for label, n in edit.labels.items()
        )
        sign = element("span", _SIGNS[edit.kind], class_="sign", aria_hidden="true")
        said = "a row with " if title == "Gold" else "an annotation with "
        item = element(
            "li",
            sign,
            f"{edit.kind}: {said}",
            labels if edit.labels else "no label",
            class_=edit.kind,
        )
        return join([head, element("ul", item, class_="edits")])
    items = [*(_field(f.name, f.before, f.after) for f in edit.fields)]
    items += [_edit(e, change, palette) for e in edit.edits]
    items = items or [_item("changed", "votes", "only votes, voters or shares differ")]
    return join([head, element("ul", items, class_="edits")])


def _field(name: str, before: object, after: object) -> Html:
    if name == "text":
        return _item("changed", name, "the text itself is another")
    return _item("changed", name, _from_to(before, after))


def _from_to(before: object, after: object) -> Html:
    old = element("i", "unset") if before is None else element("del", words(str(before)))
    new = element("i", "unset") if after is None else element("ins", words(str(after)))
    return join([old, " → ", new])


def _edit(edit: Edit, change: TaskChange, palette: Palette) -> Html:
    if isinstance(edit, LabelEdit):
        return _label_edit(edit, change, palette)
    if isinstance(edit, LinkEdit):
        text = change.after if edit.kind == "added" else change.before
        ends = (_inline(text, edit.start, palette), " → ", _inline(text, edit.end, palette))
        return _item(edit.kind, f"link {edit.label}", ends)
    on = (" on ", _inline(change.after, edit.shape, palette)) if edit.shape else ()
    return _item("changed", edit.control, (_from_to(edit.before, edit.after), *on))


def _label_edit(edit: LabelEdit, change: TaskChange, palette: Palette) -> Html:
    before, after = edit.before, edit.after
    if before is None or after is None:
        shape, text = (after, change.after) if before is None else (before, change.before)
        name = "ins" if before is None else "del"
        if shape is None:
            return Html("")
        body = (
            label_badge(shape.label, palette),
            " ",
            quote(excerpt(text, shape.fragments), name),
            choices_in_brackets(shape),
            _links(edit.links, text),
        )
        return _item(edit.kind, None, body)
    new = excerpt(change.after, after.fragments)
    if edit.kind == "relabelled":
        labels = (label_badge(before.label, palette), " → ", label_badge(after.label, palette))
        return _item("changed", edit.kind, (labels, " ", quote(new)))
    name = label_badge(after.label, palette)
    if change.before == change.after:
        both = excerpt_border(change.after, before.fragments, after.fragments)
        more = None if says_moved(both) else " (the same words, in other fragments)"
        return _item("changed", edit.kind, (name, " ", quote(both), more))
    old = quote(excerpt(change.before, before.fragments), "del")
    return _item("changed", edit.kind, (name, " ", old, " → ", quote(new, "ins")))


def _item(kind: str, what: str | None, body: Child) -> Html:
    sign = element("span", _SIGNS[kind], class_="sign", aria_hidden="true")
    name = element("b", f"{what}: ") if what else None
    return element("li", sign, hidden(f"{kind}: "), name, body, class_=kind)


def _inline(text: str, shape: Shape, palette: Palette) -> Html:
    said = quoted(text, shape.fragments, most=80)
    return join([label_badge(shape.label, palette), " ", element("bdi", said, class_="quote")])


def _links(links: tuple[OwnLink, ...], text: str) -> Html:
    return join(
        join(
            [
                f" · {link.label} " if link.outgoing else f" · {link.label} of ",
                element("bdi", quoted(text, link.other.fragments, most=60), class_="quote"),
            ]
        )
        for link in links
    )
