"""Pages and folders -> the folders that browsers put beside pages which they save.

Of `page.html` it is `page_files`, or what that is in the browser's language (`page-Dateien`,
`page_archivos`): a folder whose name begins as the page's, and from which the page takes
images, scripts, frames or styles. Links do not count, since a site's copy has `news/…`
beside `news.html` too.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator
from html import unescape
from itertools import islice, takewhile
from urllib.parse import unquote

LARGEST = 16 << 20
"""Bytes of a page that are looked at."""
_RESOURCE = re.compile(
    rb"""(?:\ssrc|<link\s[^>]{0,999}?\shref)\s*=\s*["']?(?:\./)?([^"'<>/?#:]{1,999})/""", re.I
)


def parts_of_pages(
    names: Iterable[str], folders: Collection[str], read: Callable[[str], bytes]
) -> set[str]:
    """Those of `folders` that hold parts of a page of `names`; `read` gives a page's bytes.

    Names are paths. A page is read only where a folder beside it begins as it does.
    """
    parts, ordered = set[str](), sorted(folders)
    for name in names:
        stem, _, ending = name.rpartition(".")
        if ending.lower() not in ("html", "htm"):
            continue
        near = set(_beside(stem, ordered))
        if near - {f"{stem}_files"}:
            above = name[: name.rfind("/") + 1]
            near &= {f"{stem}_files"} | {above + taken for taken in _resources(read(name))}
        parts |= near
    return parts


def _beside(stem: str, ordered: list[str]) -> Iterator[str]:
    """Folders `stem…` that lie where `stem` does; one of the name alone is nobody's."""
    begin = takewhile(
        lambda one: one.startswith(stem), islice(ordered, bisect_left(ordered, stem), None)
    )
    return (one for one in begin if one != stem and "/" not in one[len(stem) :])


def _resources(page: bytes) -> set[str]:
    """The first step of each place from which a page takes what it shows."""
    found = {match[1].decode("utf-8", "surrogateescape") for match in _RESOURCE.finditer(page)}
    return {unquote(unescape(one)) for one in found}
