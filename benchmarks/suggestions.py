"""How many hand-annotated attributions of the seeds `rules` finds, and how many it invents.

`python -m benchmarks.suggestions [-v]`. A suggested claim is right when an
annotated one of the same article overlaps its cue and its source (or neither
has one) and the contents have at least half of their characters in common
(intersection over union). Each annotated claim answers for one suggestion.
Measured against each of the two annotators and against both together (what
either of them marked), as the texts are and with every quotation mark removed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from annotate.articles import read_articles
from annotate.demo.hand import make_result, read_hand
from annotate.tasks.suggest.rules import find_claims

SEEDS = Path(__file__).resolve().parents[1] / "seeds"
MARKS = re.compile("[“”\"‘«»„]|(?<!\\w)['’]|['’](?!\\w)")
Chars = frozenset[int]


class Attributed(NamedTuple):
    """A claim as sets of character places."""

    source: Chars
    cue: Chars
    content: Chars


class Score(NamedTuple):
    """Right and wrong suggestions, and annotated claims."""

    right: int
    suggested: int
    annotated: int

    @property
    def recall(self) -> float:
        return self.right / self.annotated

    @property
    def precision(self) -> float:
        return self.right / self.suggested if self.suggested else 0.0


def annotated_claims(annotators: tuple[str, ...]) -> Iterator[tuple[str, list[Attributed]]]:
    """Text and claims of each seed; of several rounds the newest counts."""
    texts = {Path(a.origin).name: a.text for a in read_articles([str(SEEDS / "articles")])}
    claims: dict[str, dict[str, list[Attributed]]] = {}
    for number in (1, 2):
        for annotator in annotators:
            path = SEEDS / "annotations" / f"claims.round{number}.{annotator}.json"
            for task in read_hand(path):
                if not task.skipped:
                    result = make_result("claims", texts[task.article], task)
                    claims.setdefault(task.article, {})[annotator] = list(_claims(result))
    for article, by in sorted(claims.items()):
        yield texts[article], [claim for found in by.values() for claim in found]


def _claims(result: list[dict]) -> Iterator[Attributed]:  # type: ignore[type-arg]
    regions = {r["id"]: r["value"] for r in result if r["type"] == "labels"}
    links: dict[str, set[str]] = {}
    for item in result:
        if item["type"] == "relation":
            links.setdefault(item["from_id"], set()).add(item["to_id"])

    def chars(name: str) -> Chars:
        return frozenset(range(regions[name]["start"], regions[name]["end"]))

    def fragments(name: str) -> set[str]:
        label, found, waiting = regions[name]["labels"], set(), [name]
        while waiting:
            one = waiting.pop()
            if one not in found and regions[one]["labels"] == label:
                found.add(one)
                waiting += links.get(one, ())
        return found

    later = {
        end
        for start, ends in links.items()
        for end in ends
        if regions[start]["labels"] == regions[end]["labels"]
    }
    for name, value in regions.items():
        if value["labels"] == ["Content"] and name not in later:
            parts: dict[str, Chars] = {"Source": frozenset(), "Cue": frozenset()}
            for other in links.get(name, ()):
                label = regions[other]["labels"][0]
                if label in parts:
                    parts[label] |= frozenset().union(*map(chars, fragments(other)))
            content = frozenset().union(*map(chars, fragments(name)))
            yield Attributed(parts["Source"], parts["Cue"], content)


def suggested_claims(text: str, kept: list[int]) -> Iterator[tuple[Attributed, str]]:
    """What `rules` finds; `kept` maps its offsets to those of the annotated text."""
    for claim in find_claims(text):
        spans = [frozenset(kept[start:end]) for start, end in claim.content]
        words = " // ".join(text[start:end] for start, end in claim.content)
        source = frozenset(kept[slice(*claim.source)]) if claim.source else frozenset()
        who = text[slice(*claim.source)] if claim.source else "-"
        shown = f"{who} | {text[slice(*claim.cue)]} | {words}"
        cue = frozenset(kept[slice(*claim.cue)])
        yield Attributed(source, cue, frozenset().union(*spans)), shown


def matches(one: Attributed, other: Attributed) -> bool:
    """Whether a suggestion is right."""
    cue = bool(one.cue & other.cue)
    source = bool(one.source & other.source) or not (one.source or other.source)
    both = len(one.content & other.content) / len(one.content | other.content)
    return cue and source and both >= 0.5


def score(annotators: tuple[str, ...], *, strip: bool, verbose: bool = False) -> Score:
    """Compare suggestions with what the annotators marked.

    With both annotators, a claim that both marked counts once.
    """
    right = suggested = annotated = 0
    for text, claims in annotated_claims(annotators):
        kept = [n for n in range(len(text)) if not (strip and MARKS.match(text, n))]
        open_claims: list[Attributed] = []
        for claim in claims:
            if not any(matches(claim, other) for other in open_claims):
                open_claims.append(claim)
        annotated += len(open_claims)
        for claim, shown in suggested_claims("".join(text[n] for n in kept), kept):
            suggested += 1
            match = next((other for other in open_claims if matches(claim, other)), None)
            if match is not None:
                right += 1
                open_claims.remove(match)
            elif verbose:
                print("  not annotated:", shown)
        if verbose:
            for claim in open_claims:
                cut = min(claim.content), max(claim.content)
                print(
                    "  not suggested:",
                    "".join(text[n] for n in sorted(claim.cue)),
                    "|",
                    text[cut[0] : cut[1] + 1],
                )
    return Score(right, suggested, annotated)


def main() -> None:
    """Print the table."""
    verbose = "-v" in sys.argv
    print(
        f"{'annotator':<12}{'marks':<10}{'annotated':>10}{'suggested':>10}{'right':>7}"
        f"{'recall':>8}{'precision':>11}"
    )
    for annotators in (("anna",), ("ben",), ("anna", "ben")):
        for strip in (False, True):
            found = score(annotators, strip=strip, verbose=verbose)
            name = " or ".join(annotators)
            print(
                f"{name:<12}{'stripped' if strip else 'as they are':<12}{found.annotated:>8}"
                f"{found.suggested:>10}{found.right:>7}{found.recall:>8.2f}{found.precision:>11.2f}"
            )


if __name__ == "__main__":
    main()
