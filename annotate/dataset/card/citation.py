"""A manifest and the owner's words -> `CITATION.cff`, by which others cite the dataset.

Citation File Format 1.2.0. Who made a dataset is known to its owner alone: the
front matter of `card.md` may name `authors` (a name, or the fields of a person
or entity), `title`, `abstract`, `keywords`, `doi`, `url` and `message`. Refused
are other fields there, and values that would not be valid.

Source: Citation File Format 1.2.0, https://doi.org/10.5281/zenodo.5171937.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, NamedTuple

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)

from annotate.dataset.manifest import Manifest
from annotate.errors import StateError

_FRONT = re.compile(r"---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_URL = r"^(https|http|ftp|sftp)://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+$"
"""The characters of RFC 3986; others are written as `%` and two digits."""


class _Given(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        str_min_length=1,
        alias_generator=lambda name: name.replace("_", "-"),
    )


class Author(_Given):
    """A person, or with `name` an entity, in the words of the format."""

    name: str | None = None
    family_names: str | None = None
    given_names: str | None = None
    name_particle: str | None = None
    name_suffix: str | None = None
    affiliation: str | None = None
    alias: str | None = None
    email: str | None = Field(None, pattern=r"^[\S]+@[\S]+\.[\S]{2,}$")
    orcid: str | None = Field(
        None, pattern=r"^https://orcid\.org/[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]$"
    )
    website: str | None = Field(None, pattern=_URL)

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Author:
        of_person = (self.family_names, self.given_names, self.alias)
        only_person = (self.name_particle, self.name_suffix, self.affiliation)
        if self.name is None and not any(of_person):
            raise ValueError("an author needs name, family-names or given-names")
        if self.name is not None and any((*of_person[:2], *only_person)):
            raise ValueError("an author with name is an entity and has no fields of a person")
        return self


def _kind(given: object) -> str:
    return "name" if isinstance(given, str) else "author"


_AnyAuthor = Annotated[
    Annotated[Author, Tag("author")] | Annotated[str, Tag("name")], Discriminator(_kind)
]
"""Told apart by hand, so that what is wrong is said of the one that was meant."""


class Credit(_Given):
    """What the owner says for those who cite."""

    authors: list[_AnyAuthor] = []
    title: str | None = None
    abstract: str | None = None
    keywords: list[str] = []
    doi: str | None = Field(None, pattern=r"^10\.\d{4,9}(\.\d+)?/[A-Za-z0-9:/_;\-\.\(\)\[\]\\]+$")
    url: str | None = Field(None, pattern=_URL)
    message: str | None = None

    @model_validator(mode="after")
    def _names_each_author_once(self) -> Credit:
        entries = [_author(author) for author in self.authors]
        if any(entry in entries[:place] for place, entry in enumerate(entries)):
            raise ValueError("an author stands there twice")
        return self


class _Loader(yaml.SafeLoader):
    """Refuses a field that stands twice, of which YAML would take the last."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        names = [key.value for key, _ in node.value]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise yaml.YAMLError(f"{twice} stands twice")
        return super().construct_mapping(node, deep=deep)


class Words(NamedTuple):
    """The owner's words, taken apart."""

    credit: Credit
    body: str
    """What stands in the card."""


def read_words(text: str, *, where: str) -> Words:
    """Take the text of `card.md` apart; a first block that is no YAML mapping is words.

    Raises StateError for fields that cannot go into a citation.
    """
    text = text.removeprefix("\ufeff")
    found = _FRONT.match(text)
    if found is None:
        return Words(Credit(), text)
    try:
        given = yaml.load(found[1], Loader=_Loader)  # noqa: S506
        if not isinstance(given, dict):
            return Words(Credit(), text)
        return Words(Credit.model_validate(given), text[found.end() :])
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
    except ValidationError as error:
        first = error.errors()[0]
        problem = ": ".join(
            part for part in (".".join(map(str, first["loc"])), first["msg"]) if part
        )
    except ValueError as error:  # a date that no calendar has
        problem = str(error)
    except RecursionError:
        problem = "it is nested too deep"
    raise StateError(
        f"its front matter cannot be used: {problem}",
        where=where,
        do=f"use {', '.join(Credit.model_fields)}, as in CITATION.cff",
    )


def make_citation(manifest: Manifest, credit: Credit, *, url: str | None = None) -> bytes:
    """The bytes of `CITATION.cff`; `url` is where the dataset is, where the owner does not say."""
    number = manifest.version.removeprefix("v")
    document: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": credit.message or f"Whoever uses {manifest.name} may cite it as follows.",
        "type": "dataset",
        "title": credit.title or manifest.name,
        "authors": _authors(manifest, credit),
        "version": number,
        "date-released": manifest.created_at[:10],
        "identifiers": [
            {
                "type": "other",
                "value": f"sha256:{manifest.logical_hash}",
                "description": f"Logical hash of {manifest.name} {manifest.version}, which names"
                " the content of this version.",
            }
        ],
        "abstract": credit.abstract,
        "keywords": list(dict.fromkeys(credit.keywords)),
        "doi": credit.doi,
        "url": credit.url or url,
    }
    kept = {name: value for name, value in document.items() if value}
    text: str = yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=100)
    return text.encode("utf-8")


def _authors(manifest: Manifest, credit: Credit) -> list[dict[str, str]]:
    if not credit.authors:
        # the format asks for an author, and nothing in a version knows one
        return [{"name": f"The makers of {manifest.name}"}]
    return [_author(author) for author in credit.authors]


def _author(author: Author | str) -> dict[str, str]:
    """An author in the words of the format."""
    if isinstance(author, str):
        return {"name": author}
    return author.model_dump(by_alias=True, exclude_none=True)
