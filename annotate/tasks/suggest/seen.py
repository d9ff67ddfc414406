"""`--suggest dataset:NAME@VERSION`: what stands in gold already is suggested again.

Of entities, names that were labelled before, where they stand as whole words.
Of claims, those of a paragraph that comes again word for word, as in a copy of
the same story.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from annotate.errors import InputError
from annotate.models import Task
from annotate.schemes.base import Region, Relation
from annotate.schemes.label_config import LabelConfig
from annotate.tasks.suggest.draft import Draft, Suggester
from annotate.tasks.suggest.registry import Request
from annotate.tasks.version import GoldVersion, find_version

_LEAST_SHARE = 0.5
_CLAIM_SCORE = 0.95


def make_seen(request: Request) -> Suggester:
    """The suggester of a version; raises InputError where its scheme is another."""
    version = find_version(request.argument, request.store)
    kinds: dict[str, type[SeenNames] | type[SeenClaims]] = {
        "entities": SeenNames,
        "claims": SeenClaims,
    }
    kind = kinds.get(request.scheme.name)
    if kind is None or version.scheme != request.scheme.name:
        what = f"{version.name} holds {version.scheme}, the tasks are for {request.scheme.name}"
        raise InputError(what, where="--suggest", do="entities for entities, claims for claims")
    return kind(version, request.config)


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
    inner = "|".join(map(re.escape, ordered))
    return re.compile(rf"(?<!\w)(?=[{first}])(?<![{before}])(?:{inner})(?!\w)(?![{marks}])")


@cache
def _marks() -> str:
    """What is no letter to `re` and yet goes on with a word: combining marks, and (non-)joiners."""
    marks = filter(lambda c: unicodedata.category(c)[0] == "M", map(chr, range(sys.maxunicode + 1)))
    return "".join(marks) + "\u200c\u200d"


class _SeenClaim(NamedTuple):
    """A claim whose spans lie in one paragraph, with offsets into it."""

    parts: dict[str, list[list[tuple[int, int]]]]
    """Role -> parts -> fragments."""
    choices: dict[str, str]
    kinds: list[str | None]


class SeenClaims:
    """Suggests the claims of paragraphs that gold holds word for word."""

    def __init__(self, version: GoldVersion, config: LabelConfig) -> None:
        self.name = f"dataset {version.name}"
        self._config = config
        self._claims: dict[str, dict[str, _SeenClaim]] = {}
        for row in version.rows(["text", "claims"]):
            for line, claim in _claims_by_line(row):
                self._claims.setdefault(line, {}).setdefault(str(claim), claim)

    def suggest(self, tasks: Sequence[Task]) -> Iterable[Draft]:
        """The claims of every paragraph that is known."""
        return [self._draft(str(task.data["text"])) for task in tasks]

    def _draft(self, text: str) -> Draft:
        regions: dict[tuple[int, int, str], Region] = {}
        relations: dict[tuple[str, str], Relation] = {}
        start = 0
        for line in text.split("\n"):
            for claim in self._claims.get(line, {}).values():
                self._add(claim, start, regions, relations)
            start += len(line) + 1
        score = _CLAIM_SCORE if regions else None
        return Draft(list(regions.values()), list(relations.values()), {}, score)

    def _add(
        self,
        claim: _SeenClaim,
        start: int,
        regions: dict[tuple[int, int, str], Region],
        relations: dict[tuple[str, str], Relation],
    ) -> None:
        made: dict[str, list[list[Region]]] = {}
        for role, parts in claim.parts.items():
            for part in parts:
                found = []
                for a, b in part:
                    key = (start + a, start + b, role.capitalize())
                    fresh = Region(f"s{len(regions)}", "role", *key, {})
                    found.append(regions.setdefault(key, fresh))
                for one, other in pairwise(found):
                    relations[one.id, other.id] = Relation(one.id, other.id, ("continues",))
                made.setdefault(role, []).append(found)
        content = made["content"][0][0]
        content.choices = {**content.choices, **self._known(claim.choices)}
        for number, source in enumerate(made.get("source", [])):
            kind = claim.kinds[number] if number < len(claim.kinds) else None
            known = self._known({"kind": kind} if kind else {})
            source[0].choices = {**source[0].choices, **known}
        for role in ("source", "cue"):
            for linked in made.get(role, []):
                relations[content.id, linked[0].id] = Relation(content.id, linked[0].id, (role,))

    def _known(self, choices: dict[str, str]) -> dict[str, str]:
        return {n: value for n, value in choices.items() if value in self._config.values(n)}


def _claims_by_line(row: dict[str, Any]) -> Iterable[tuple[str, _SeenClaim]]:
    text = row["text"]
    for claim in row["claims"]:
        spans = [span for role in ("source", "cue", "content") for span in claim[role]]
        first = min(span["start"] for span in spans)
        last = max(span["end"] for span in spans)
        start = text.rfind("\n", 0, first) + 1
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if last <= end:
            yield text[start:end], _relative(claim, start)


def _relative(claim: dict[str, Any], start: int) -> _SeenClaim:
    parts: dict[str, list[list[tuple[int, int]]]] = {}
    for role in ("content", "source", "cue"):
        by_part: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for span in claim[role]:
            by_part[span["part"]].append((span["start"] - start, span["end"] - start))
        if by_part:
            parts[role] = [sorted(found) for _, found in sorted(by_part.items())]
    choices = {name: claim[name] for name in ("mode", "attitude") if claim[name]}
    if claim["negated"]:
        choices["negated"] = "yes"
    unset = {"mode": "undetermined", "attitude": "assertion"}
    choices = {name: value for name, value in choices.items() if unset.get(name) != value}
    return _SeenClaim(parts, choices, list(claim["source_kind"]))
