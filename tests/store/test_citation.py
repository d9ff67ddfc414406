"""CITATION.cff, held to the published JSON schema of the Citation File Format 1.2.0."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from annotate.dataset.card.citation import read_words
from annotate.errors import StateError
from annotate.store.care.repair import repair
from annotate.store.care.verify import verify
from annotate.store.create.retract import retract_article
from annotate.store.folder import DatasetFolder
from annotate.store.log import read_log
from annotate.store.versions import open_version
from tests.store.made import articles, create

_GIVEN = """\
---
title: The Tesk corpus
authors:
  - Tesk Valley Institute
  - family-names: Novak
    given-names: Anna
    name-particle: von
    orcid: https://orcid.org/0000-0002-1825-0097
    affiliation: Tesk Valley Institute
    email: anna@example.org
  - name: The annotators
    website: https://example.org/people
keywords: [news, "claims: who says what", news]
doi: 10.5281/zenodo.1234567
url: https://example.org/tesk
abstract: |
  Two paragraphs.

  With “quotes” and: colons.
message: Cite the paper too.
---
# Why these articles

Because.
"""


def _problems(document: Any) -> list[str]:
    """What the published schema says against a document."""
    schema = files("check_jsonschema").joinpath(
        "builtin_schemas", "vendor", "citation-file-format.json"
    )
    validator = jsonschema.Draft7Validator(json.loads(schema.read_text(encoding="utf-8")))
    return [error.message for error in validator.iter_errors(document)]


def _citation(store: Path) -> Any:
    return yaml.safe_load((store / "ents/CITATION.cff").read_text(encoding="utf-8"))


def test_it_names_the_newest_version(tmp_path: Path) -> None:
    create(tmp_path, articles(2))
    manifest = create(tmp_path, articles(3)).manifest
    document = _citation(tmp_path)
    assert _problems(document) == []
    assert document == {
        "cff-version": "1.2.0",
        "message": "Whoever uses ents may cite it as follows.",
        "type": "dataset",
        "title": "ents",
        "authors": [{"name": "The makers of ents"}],
        "version": "1.1.0",
        "date-released": manifest.created_at[:10],
        "identifiers": [
            {
                "type": "other",
                "value": f"sha256:{manifest.logical_hash}",
                "description": "Logical hash of ents v1.1.0, which names the content of this"
                " version.",
            }
        ],
    }
    assert "`CITATION.cff`" in (tmp_path / "ents/README.md").read_text(encoding="utf-8")


def test_the_owner_says_who_made_it(tmp_path: Path) -> None:
    create(tmp_path, articles(2))
    (tmp_path / "ents/card.md").write_text(_GIVEN, encoding="utf-8")
    assert create(tmp_path, articles(2)).manifest.bump == "patch"
    document = _citation(tmp_path)
    assert _problems(document) == []
    given = yaml.safe_load(_GIVEN.split("---\n")[1])
    for name in ("title", "doi", "url", "abstract", "message"):
        assert document[name] == given[name]
    assert document["authors"] == [{"name": "Tesk Valley Institute"}, *given["authors"][1:]]
    assert document["keywords"] == ["news", "claims: who says what"]
    assert document["version"] == "1.0.1"
    card = (tmp_path / "ents/README.md").read_text(encoding="utf-8")
    assert "# Why these articles\n\nBecause.\n" in card
    assert "family-names" not in card
    assert (tmp_path / "ents/card.md").read_text(encoding="utf-8") == _GIVEN


@pytest.mark.parametrize(
    "given",
    [
        {"authors": [{"name": "An institute", "affiliation": "Another"}]},
        {"authors": [{"affiliation": "An institute"}]},
        {"authors": [{"family-names": "Novak", "orcid": "0000-0002-1825-0097"}]},
        {"authors": [{"family-names": "Novak", "email": "anna"}]},
        {"authors": [{"family-names": ""}]},
        {"authors": [{"surname": "Novak"}]},
        {"authors": "Anna Novak"},
        {"authors": [""]},
        {"doi": "https://doi.org/10.5281/zenodo.1"},
        {"url": "example.org"},
        {"url": "https://exa mple.org"},
        {"authors": ["Anna Novak", "Anna Novak"]},
        {"authors": ["The annotators", {"name": "The annotators"}]},
        {"title": ""},
        {"title": 3},
        {"keywords": ["", "news"]},
        {"licence": "CC0-1.0"},
    ],
)
def test_what_is_no_citation_is_refused_and_nothing_is_made(
    tmp_path: Path, given: dict[str, Any]
) -> None:
    create(tmp_path, articles(2))
    (tmp_path / "ents/card.md").write_text(f"---\n{yaml.safe_dump(given)}---\n", encoding="utf-8")
    with pytest.raises(
        StateError, match=r"card\.md: its front matter cannot be used: .*; use auth"
    ):
        create(tmp_path, articles(3))
    assert len(read_log(DatasetFolder(tmp_path, "ents")).versions) == 1
    known = {"cff-version": "1.2.0", "message": "m", "title": "t", "authors": [{"name": "n"}]}
    # a name alone as an author, and an author with no name at all, are our own rules; the
    # schema leaves the characters of an address to RFC 3986
    own = given in (
        {"authors": [{"affiliation": "An institute"}]},
        {"authors": ["The annotators", {"name": "The annotators"}]},
        {"licence": "CC0-1.0"},
        {"url": "https://exa mple.org"},
    )
    assert own or _problems(known | given)


@pytest.mark.parametrize(
    "words",
    ["---\nA line above.\n---\nWords.\n", "---\nNo end", "Words.\n---\nauthors: [x]\n---\n"],
)
def test_rules_of_markdown_are_no_front_matter(tmp_path: Path, words: str) -> None:
    create(tmp_path, articles(2))
    (tmp_path / "ents/card.md").write_text(words, encoding="utf-8")
    create(tmp_path, articles(2))
    assert words.strip() in (tmp_path / "ents/README.md").read_text(encoding="utf-8")
    assert _problems(_citation(tmp_path)) == []


@pytest.mark.parametrize("given", ["authors: [x", "title: 2024-02-30", "title: " + "[" * 9999])
def test_a_broken_front_matter_is_named(tmp_path: Path, given: str) -> None:
    create(tmp_path, articles(2))
    (tmp_path / "ents/card.md").write_text(f"---\n{given}\n---\n", encoding="utf-8")
    with pytest.raises(StateError, match="front matter cannot be used"):
        create(tmp_path, articles(3))


@pytest.mark.parametrize(
    ("author", "said"),
    [
        ("{surname: Novak}", "authors.0.author.surname: Extra inputs"),
        ("''", "authors.0.name: String should have at least 1 character"),
        ("{alias: a, orcid: b}", "authors.0.author.orcid: String should match pattern"),
    ],
)
def test_the_field_of_an_author_that_is_wrong_is_named(author: str, said: str) -> None:
    with pytest.raises(StateError, match=rf": {said}"):
        read_words(f"---\nauthors:\n  - {author}\n---\n", where="card.md")


def test_a_field_that_stands_twice_is_named() -> None:
    for given in ("authors: [Anna]\ntitle: T\nauthors: [Ben]", "authors:\n- {name: A, name: B}"):
        with pytest.raises(StateError, match=r": (authors|name) stands twice; use authors"):
            read_words(f"---\n{given}\n---\n", where="card.md")


def test_a_byte_order_mark_is_no_word(tmp_path: Path) -> None:
    create(tmp_path, articles(2))
    for words in ("# Why these articles", "---\ntitle: T\n---\n# Why these articles"):
        (tmp_path / "ents/card.md").write_text(words, encoding="utf-8-sig")
        assert verify(DatasetFolder(tmp_path, "ents"))
        repair(DatasetFolder(tmp_path, "ents"))
        assert "\n# Why these articles\n" in (tmp_path / "ents/README.md").read_text("utf-8")


def test_it_is_verified_and_made_again(tmp_path: Path) -> None:
    create(tmp_path, articles(2))
    folder, path = DatasetFolder(tmp_path, "ents"), tmp_path / "ents/CITATION.cff"
    whole = path.read_bytes()
    for damage in (whole[:-1], None):
        path.unlink() if damage is None else path.write_bytes(damage)
        assert [problem.file for problem in verify(folder)] == ["CITATION.cff"]
        repair(folder)
        assert (path.read_bytes(), verify(folder)) == (whole, [])


def test_a_retracted_version_is_not_cited(tmp_path: Path) -> None:
    create(tmp_path, articles(1))
    folder = DatasetFolder(tmp_path, "ents")
    (row,) = open_version(folder).gold_rows(limit=1)
    retract_article(folder, row["id"])
    assert not (tmp_path / "ents/CITATION.cff").exists()
    create(tmp_path, articles(3, start=5))
    assert _citation(tmp_path)["version"] == "2.0.0"
