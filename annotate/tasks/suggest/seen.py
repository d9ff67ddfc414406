"""`--suggest dataset:NAME@VERSION`: what stands in gold already is suggested again.

Of entities, names that were labelled before, where they stand as whole words.
Of claims, those of a paragraph that comes again word for word, as in a copy of
the same story; of one that gold holds several times, those where it comes first.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from annotate.errors import InputError
from annotate.models import Task
from annotate.schemes.base import Drawing, Region, Relation, Scheme
from annotate.schemes.label_config import LabelConfig
from annotate.tasks.suggest.draft import Draft, Suggester, fit_draft
from annotate.tasks.suggest.registry import Request
from annotate.tasks.version import GoldVersion, find_version

_LEAST_SHARE = 0.5
_CLAIM_SCORE = 0.95
_PARTED = 3
"""Characters by which the names of a version are parted: few names have as many in common."""


def make_seen(request: Request) -> Suggester:
    """The suggester of a version; raises InputError where its scheme is another."""
    version = find_version(request.argument, request.store)
    name = request.scheme.name
    if name not in ("entities", "claims") or version.scheme != name:
        what = f"{version.name} holds {version.scheme}, the tasks are for {name}"
        raise InputError(what, where="--suggest", do="entities for entities, claims for claims")
    if name == "entities":
        return SeenNames(version, request.config)
    return SeenClaims(version, request.config, request.scheme)


class SeenNames:
    """Suggests names as gold has labelled them."""

    def __init__(self, version: GoldVersion, config: LabelConfig) -> None:
        self.name = f"dataset {version.name}"
        allowed = set(config.values("entity"))
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        texts: list[str] = []
        for row in version.rows(["text", "entities"]):
            texts.append(row["text"])
            for entity in row["entities"]:
                if entity["label"] in allowed and entity["mention"] in (None, "NAM"):
                    counts[entity["text"]][entity["label"]] += 1
        self._pattern = _pattern(counts)
        self._labels = self._likely(counts, texts)

    def suggest(self, tasks: Sequence[Task]) -> Iterable[Draft]:
        """Every known name, the longest where several begin at one place."""
        return [self._draft(str(task.data["text"])) for task in tasks]

    def _likely(
        self, counts: dict[str, Counter[str]], texts: list[str]
    ) -> dict[str, tuple[str, float]]:
        """Label of each name with the share of its occurrences that have it."""
        occurs: Counter[str] = Counter()
        for text in texts:
            occurs.update(found.group() for found in self._pattern.finditer(text))
        likely = {}
        for name, labels in counts.items():
            label, times = min(labels.items(), key=lambda item: (-item[1], item[0]))
            share = times / max(occurs[name], sum(labels.values()))
            if share >= _LEAST_SHARE:
                likely[name] = (label, share)
        return likely

    def _draft(self, text: str) -> Draft:
        regions: list[Region] = []
        shares: list[float] = []
        for found in self._pattern.finditer(text):
            known = self._labels.get(found.group())
            if known:
                name = f"s{len(regions)}"
                regions.append(Region(name, "entity", found.start(), found.end(), known[0], {}))
                shares.append(known[1])
        return Draft(regions, score=round(min(shares), 3) if shares else None)


def _pattern(names: Iterable[str]) -> re.Pattern[str]:
    """Any of the names as whole words, the longest first; matches nothing where there is none."""
    ordered = sorted(names, key=lambda name: (-len(name), name))
    if not ordered:
        return re.compile(r"(?!)")
    marks = _marks()
    before = re.sub("[\ufe0f\u20e3]", "", marks)  # these two end an emoji
    first = "".join(sorted({re.escape(name[0]) for name in ordered}))  # spares a look at the marks
    inner = _any_of(ordered, _PARTED)
    return re.compile(rf"(?<!\w)(?=[{first}])(?<![{before}])(?:{inner})(?!\w)(?![{marks}])")


def _any_of(names: Sequence[str], parted: int) -> str:
    """A pattern of any of the names, longer ones first, parted by so many of their characters.

    `re` tries one name after the other, of tens of thousands for each word of a text.
    """
    if not parted:
        return "|".join(map(re.escape, names))
    by_first: dict[str, list[str]] = defaultdict(list)
    for name in names:
        by_first[name[:1]].append(name[1:])
    return "|".join(
        f"{re.escape(first)}(?:{_any_of(rest, parted - 1)})" for first, rest in by_first.items()
    )


@cache
def _marks() -> str:
    """What is no letter to `re` and yet goes on with a word: combining marks, and (non-)joiners."""
    marks = filter(lambda c: unicodedata.category(c)[0] == "M", map(chr, range(sys.maxunicode + 1)))
    return "".join(marks) + "\u200c\u200d"


class SeenClaims:
    """Suggests the claims of paragraphs that gold holds word for word."""

    def __init__(self, version: GoldVersion, config: LabelConfig, scheme: Scheme[Any]) -> None:
        self.name = f"dataset {version.name}"
        self._config, self._join = config, scheme.join or ""
        self._drawings: dict[str, tuple[Drawing, int]] = {}
        """Paragraph -> its claims as marks, and where it began."""
        for row in version.rows(["text", "claims"]):
            for start, claims in _claims_by_line(row).items():
                line = row["text"][start:].partition("\n")[0]
                if line not in self._drawings:
                    self._drawings[line] = scheme.draw({"claims": claims, "unlinked": []}), start

    def suggest(self, tasks: Sequence[Task]) -> Iterable[Draft]:
        """The claims of every paragraph that is known."""
        return [self._draft(str(task.data["text"])) for task in tasks]

    def _draft(self, text: str) -> Draft:
        regions: list[Region] = []
        relations: list[Relation] = []
        start = 0
        for line in text.split("\n"):
            if line in self._drawings:
                drawing, began = self._drawings[line]
                self._add(drawing, start - began, regions, relations)
            start += len(line) + 1
        found = Draft(regions, relations, score=_CLAIM_SCORE if regions else None)
        return fit_draft(found, self._config)

    def _add(
        self, drawing: Drawing, away: int, regions: list[Region], relations: list[Relation]
    ) -> None:
        firsts: list[str] = []
        for shape in drawing.shapes:
            names = [f"s{n}" for n, _ in enumerate(shape.fragments, len(regions))]
            firsts.append(names[0])
            choices = shape.choices
            for name, (start, end) in zip(names, shape.fragments, strict=True):
                place = (start + away, end + away)
                regions.append(Region(name, shape.control, *place, shape.label, choices))
                choices = {}  # what the first fragment says is mended once
            relations += [Relation(a, b, (self._join,)) for a, b in pairwise(names)]
        relations += [Relation(firsts[a], firsts[b], (label,)) for a, b, label in drawing.links]


def _claims_by_line(row: dict[str, Any]) -> dict[int, list[dict[str, Any]]]:
    """Where a paragraph begins -> the claims that lie in it with all of their spans."""
    text = row["text"]
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for claim in row["claims"]:
        spans = [span for role in ("source", "cue", "content") for span in claim[role]]
        first = min(span["start"] for span in spans)
        last = max(span["end"] for span in spans)
        if "\n" not in text[first:last]:
            found[text.rfind("\n", 0, first) + 1].append(claim)
    return found
