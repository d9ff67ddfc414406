"""Text and markup -> markup in which no text can become markup.

`element` escapes whatever is not `Html` already, so a page is safe by the way
it is put together. Control characters are shown as symbols; words of other
people are isolated, so that no direction mark in them can reorder the page.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import TypeAlias

_VOID = frozenset({"meta", "br", "col"})
_CONTROLS = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n\r"} | {127: 0x2421}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


class Html(str):
    """Markup that is finished."""

    __slots__ = ()


Child: TypeAlias = "str | int | Iterable[Child] | None"
"""What an element may hold."""
Attribute = str | float | bool | None


def escape(text: str) -> Html:
    """A text as markup."""
    return Html(html.escape(text.translate(_CONTROLS), quote=True))


def start_tag(name: str, /, **attributes: Attribute) -> Html:
    """`<name …>`; `class_` and `aria_label` stand for `class` and `aria-label`."""
    said = "".join(
        f" {key.rstrip('_').replace('_', '-')}"
        + ("" if value is True else f'="{escape(f"{value}")}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Html(f"<{name}{said}>")


def element(name: str, /, *children: Child, **attributes: Attribute) -> Html:
    """An element; children that are no `Html` are escaped, None is left out."""
    inner = "".join(join(child) for child in children)
    end = "" if name in _VOID else f"</{name}>"
    return Html(f"{start_tag(name, **attributes)}{inner}{end}")


def join(child: Child) -> Html:
    """Markup of a child, or of several one after the other."""
    if child is None:
        return Html("")
    if isinstance(child, Html):
        return child
    if isinstance(child, str | int):
        return escape(str(child))
    return Html("".join(join(item) for item in child))


def words(text: str) -> Html:
    """Words of somebody else within a line of ours."""
    return element("bdi", text)


def hidden(text: str) -> Html:
    """Words for those who hear the page."""
    return element("span", text, class_="heard")


def table(
    head: Sequence[Child], rows: Iterable[Sequence[Child]], *, caption: str, class_: str = ""
) -> Html:
    """A table whose first column heads its rows; numbers stand to the right."""
    names = [str(cell or "") for cell in head]
    body = [
        element(
            "tr",
            element("th", row[0], scope="row"),
            (
                element("td", cell, class_=_alignment(cell), data_head=name)
                for cell, name in zip(row[1:], names[1:], strict=True)
            ),
        )
        for row in rows
    ]
    top = element("tr", (element("th", cell, scope="col") for cell in head))
    said = element("caption", caption, class_="heard")
    named = element("thead", top) if any(names) else None
    made = element("table", said, named, element("tbody", body), class_=class_ or None)
    return element("div", made, class_="scroll")


def _alignment(cell: Child) -> str | None:
    if isinstance(cell, Html) or cell is None:
        return None
    plain = str(cell).replace(",", "").replace(".", "").removeprefix("-").removesuffix(" %")
    return "number" if plain.isdecimal() else None


def page(title: str, *body: Html) -> str:
    """A whole page, which asks nothing of any server and runs nothing."""
    style = files("annotate.report").joinpath("page.css").read_text(encoding="utf-8")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", Html(style)),
    )
    return f'<!doctype html>\n<html lang="en">\n{head}\n<body>\n{join(body)}\n</body>\n</html>\n'
