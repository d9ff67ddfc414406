"""The names of a record's fields -> which of them is our text, title, date, …

What `--columns` says counts; what it leaves open is found by exact name, then
by the names that news collections use. Guesses are told once a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from annotate.errors import ArticleError, UsageError

FIELDS = ("text", "title", "date", "url", "licence", "target", "target_kind", "holder")
"""Our names; the last three are stance targets that stand beside an article."""
_ALSO = {
    "text": (
        "body",
        "content",
        "article_text",
        "full_text",
        "maintext",
        "articlebody",
        "article_body",
        "story",
        "article",
    ),
    "title": ("headline", "heading", "head"),
    "date": (
        "published",
        "published_at",
        "publish_date",
        "date_publish",
        "date_published",
        "datepublished",
        "publication_date",
        "pub_date",
        "pubdate",
    ),
    "url": ("link", "uri", "source_url", "canonical_url", "article_url", "web_url"),
    "licence": ("license",),
}


class Columns:
    """Finds our fields among a file's columns."""

    def __init__(
        self,
        given: Mapping[str, str] | None = None,
        *,
        on_guess: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`given` maps our names to theirs; `on_guess` is told what was guessed.

        Raises UsageError for a name that is not ours, and for a column that is named twice.
        """
        unknown = sorted(set(given or {}) - set(FIELDS))
        if unknown:
            raise UsageError(
                f"names {', '.join(unknown)}", where="--columns", do=f"use {', '.join(FIELDS)}"
            )
        self.given = dict(given or {})
        named = list(self.given.values())
        twice = sorted({theirs for theirs in named if named.count(theirs) > 1})
        if twice:
            raise UsageError(
                f"names the column {', '.join(twice)} twice",
                where="--columns",
                do="give each column to one field",
            )
        self.on_guess = on_guess
        self._found: dict[tuple[str, ...], tuple[dict[str, str], str]] = {}
        self._told: set[tuple[str, str]] = set()

    def find(self, names: Iterable[str], *, file: str) -> dict[str, str]:
        """Our names -> the file's; a field that it does not have is absent."""
        key = tuple(names)
        if key not in self._found:
            if len(self._found) > 1000:
                self._found.clear()
            self._found[key] = self._match(key)
        found, guesses = self._found[key]
        if guesses and (file, guesses) not in self._told:
            self._told.add((file, guesses))
            self.on_guess(f"{file}: columns guessed: --columns {guesses}")
        return found

    def check(self, names: Iterable[str], *, file: str) -> None:
        """Raise ArticleError where a file with a header lacks a column that was asked for."""
        present = list(names)
        missing = sorted(theirs for theirs in self.given.values() if theirs not in present)
        if missing:
            raise ArticleError(
                f"has no column {', '.join(missing)}",
                where=file,
                do=f"it has {', '.join(present)}",
            )

    def _match(self, names: tuple[str, ...]) -> tuple[dict[str, str], str]:
        """Our names -> the file's, and those that were guessed, as `--columns` takes them."""
        lower: dict[str, str] = {}
        for name in names:
            lower.setdefault(name.lower(), name)
        found = {ours: theirs for ours, theirs in self.given.items() if theirs in names}
        for ours in FIELDS:
            if ours in self.given:
                continue
            like = (lower.get(name) for name in (ours, *_ALSO.get(ours, ())))
            free = (n for n in (ours, *like) if n in names and n not in found.values())
            theirs = next(free, None)
            if theirs is not None:
                found[ours] = theirs
        guesses = (f"{o}={t}" for o, t in found.items() if o != t and o not in self.given)
        return found, ",".join(guesses)
