"""Articles, units and spans -> names that are the same on every machine.

Identifiers are truncated SHA-256 hashes over canonical JSON arrays. Nothing
from Label Studio (task ids, region ids, row order) enters.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

import msgspec

from annotate.text import text_sha256

_CANONICAL = re.compile(r"https?://([a-z0-9.-]+)/[!\"$->@-~]*(\?[!\"$-~]+)?")
"""Most addresses as they come: nothing to change, and nothing to take apart for it."""
_ENCODER = msgspec.json.Encoder()
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def digest(*parts: str | int | None, length: int = 32) -> str:
    """The first `length` hexadecimal digits of SHA-256 over the JSON array of `parts`."""
    return hashlib.sha256(_ENCODER.encode(parts)).hexdigest()[:length]


def canonical_url(url: str) -> str:
    """Return `url` with lower-case scheme and host, without default port and fragment.

    The path and the query stay as they are: two addresses that differ there
    may be two articles. A string that is no URL is returned stripped.
    """
    url = url.strip()
    if _CANONICAL.fullmatch(url):
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    if not parts.scheme or not parts.netloc:
        return url
    host = parts.netloc.lower().removesuffix(_DEFAULT_PORTS.get(parts.scheme, ""))
    return urlunsplit((parts.scheme, host, parts.path or "/", parts.query, ""))


def host_of(url: str) -> str:
    """The host of an address in lower case; empty where it has none."""
    found = _CANONICAL.fullmatch(url)
    if found:
        return found[1]
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def article_id(url: str | None, text: str) -> str:
    """Name of an article: a hash of its canonical URL, or of its text where it has none."""
    if url and url.strip():
        return digest("url", canonical_url(url))
    return digest("text", text_sha256(text))


def unit_key(
    *,
    article: str | None,
    start: int,
    text: str,
    scheme: str,
    target: tuple[str, str, str | None] | None = None,
    sha256: str | None = None,
) -> str:
    """Name of a task in any project on any server.

    `start` is the unit's offset in the article's text; the end follows from
    `text`. `target` is (text, kind, holder) for stance. `article` is None for
    a task that was made elsewhere. `sha256` is that of `text`, where it is known.
    """
    target_parts = target or (None, None, None)
    return digest(
        article, start, start + len(text), sha256 or text_sha256(text), *target_parts, scheme
    )


class SpanNames(dict[tuple[int, ...], str]):
    """Place of a span or claim of one unit -> its name, whatever its label, made when asked for.

    A place is start and end of each fragment, then an ordinal, which counts the spans at the
    same offsets from 0.
    """

    def __init__(self, unit: str) -> None:
        self._begun = hashlib.sha256(_ENCODER.encode([unit])[:-1] + b",")

    def __missing__(self, place: tuple[int, ...]) -> str:
        digest = self._begun.copy()
        digest.update(_ENCODER.encode(place)[1:])
        name = self[place] = digest.hexdigest()[:16]
        return name


@lru_cache(maxsize=16)  # annotators, and gold, mostly name the same spans
def span_names(unit: str) -> SpanNames:
    """The names of the spans of `unit`."""
    return SpanNames(unit)
