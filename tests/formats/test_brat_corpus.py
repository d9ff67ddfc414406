"""A brat corpus as it is found: into Label Studio JSON, gathered, out again as brat.

Always run on a small one made by hand, which has what real ones have and ours never write:
events on triggers and on events, equivalences, notes, normalisations, attributes of events and
relations, arguments with other names, a tab at the end of a line, spans in fragments. Run also
on the real one in the folder that ANNOTATE_BRAT_CORPUS names, which may lie anywhere.

Types of spans and relations mean nothing here, so they are given roles of a claim by what the
relations join, and everything is compared with what a reader of its own finds in the files.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from annotate.formats import load_format
from annotate.formats.export import export_table
from annotate.formats.readers.tasks import Outcome
from tests.formats.bratrules import read_folder
from tests.formats.making import gold_table, import_files

REAL = os.environ.get("ANNOTATE_BRAT_CORPUS")
Ranges = tuple[tuple[int, int], ...]

HAND_MADE = {
    "events": (
        "Orla Venn told Kestrel Radio that North and\nSouth Calder merged. 😀 It denied it.\n",
        [
            "T1\tPerson 0 9\tOrla Venn",
            "T2\tOrganization 15 28\tKestrel Radio",
            "T3\tPlace 34 39;50 56\tNorth Calder",
            "T4\tPlace 44 56\tSouth Calder",
            "T5\tReport 10 14\ttold",
            "T6\tMerge 57 63\tmerged",
            "T7\tPronoun 67 69\tIt",
            "E1\tReport:T5 Speaker:T1 Hearer:T2 What:E2",
            "E2\tMerge:T6 One:T3 Other:T4",
            "R1\tSpoke_to Speaker:T1 Hearer:T2\t",
            "R2\tCoref Arg1:T7 Arg2:T4",
            "R3\tCause Arg1:E1 Arg2:E2",
            "*\tAlias T2 T7",
            "A1\tConfidence E2 Low",
            "A2\tStated R1",
            "M1\tNegation T7",
            "N1\tReference T2 Wiki:1\tKestrel Radio",
            "#1\tAnnotatorNotes T1\tdirector?",
            "#2\tAnnotatorNotes R1\tor indirect",
        ],
    ),
    "lines": (
        "The Vale\nBridge and the\nold bridge 👩‍🚀 closed.\n",
        [
            # a span over a line break, as brat itself writes it
            "T1\tPlace 4 8;9 15\tVale Bridge",
            "T2\tPlace 4 8\tVale",
            "T3\tPlace 24 34\told bridge",
            "T4\tPlace 4 8;28 34\tVale bridge",
        ],
    ),
    "nothing": ("Nobody said a thing.\n", []),
}


class Found(NamedTuple):
    """What a reader of its own finds in one document."""

    spans: dict[str, tuple[str, Ranges]]
    """Type and ranges by id; ranges with a line break alone between them are one."""
    relations: list[tuple[str, str, str]]
    other: Counter[str]
    """Lines by their first letter, but T and R."""


def read_as_it_is(path: Path, text: str) -> Found:
    spans: dict[str, tuple[str, Ranges]] = {}
    relations: list[tuple[str, str, str]] = []
    other: Counter[str] = Counter()
    for line in path.read_text(encoding="utf-8").split("\n"):
        if not line.strip():
            continue
        name, data, *_ = line.split("\t")
        if name.startswith("T"):
            kind, _, places = data.partition(" ")
            spans[name] = (
                kind,
                joined([tuple(map(int, p.split())) for p in places.split(";")], text),
            )
        elif name.startswith("R"):
            kind, start, end = data.split()
            relations.append((kind, start.partition(":")[2], end.partition(":")[2]))
        else:
            other[name[0]] += 1
    return Found(spans, relations, other)


def joined(places: list[tuple[int, ...]], text: str) -> Ranges:
    found = [(places[0][0], places[0][1])]
    for (_, before), (start, end) in pairwise((a, b) for a, b in places):
        if re.fullmatch(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+", text[before:start]):
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return tuple(found)


def roles_of(documents: list[Found]) -> tuple[dict[str, str], set[str]]:
    """Roles for types of spans, and the types of relations that fit: Content to Source."""
    ends: dict[str, Counter[tuple[str, str]]] = {}
    for found in documents:
        for kind, start, end in found.relations:
            if start in found.spans and end in found.spans:
                pair = found.spans[start][0], found.spans[end][0]
                ends.setdefault(kind, Counter())[pair] += 1
    roles: dict[str, str] = {}
    fitting: set[str] = set()
    for kind in sorted(ends, key=lambda kind: (-ends[kind].total(), kind)):
        wanted: dict[str, str] = {}
        fits = True
        for start_type, end_type in ends[kind]:
            for name, role in ((start_type, "Content"), (end_type, "Source")):
                fits &= wanted.setdefault(name, roles.get(name, role)) == role
        if fits:
            fitting.add(kind)
            roles |= wanted
    for found in documents:
        for kind, _ in found.spans.values():
            roles.setdefault(kind, "Cue")
    return roles, fitting


def collect(source: Path, into: Path) -> dict[str, Found]:
    """The documents with a text of their own, copied into one folder; by their text."""
    into.mkdir()
    documents: dict[str, Found] = {}
    for number, path in enumerate(sorted(source.rglob("*.ann"))):
        text = path.with_suffix(".txt").read_text(encoding="utf-8")
        if text in documents or not text.strip():
            continue
        documents[text] = read_as_it_is(path, text)
        for suffix in (".ann", ".txt"):
            shutil.copyfile(path.with_suffix(suffix), into / f"{number}{suffix}")
    return documents


@pytest.mark.parametrize("corpus", ["made by hand", "real"])
def test_every_span_fragment_and_relation_comes_back(corpus: str, tmp_path: Path) -> None:
    if corpus == "real" and REAL is None:
        pytest.skip("ANNOTATE_BRAT_CORPUS names no folder with a brat corpus")
    source = Path(REAL or "") if corpus == "real" else make_corpus(tmp_path / "made")
    documents = collect(source, tmp_path / "corpus")
    assert documents
    roles, fitting = roles_of(list(documents.values()))
    names = roles | dict.fromkeys(fitting, "source")

    outcome = import_files(
        "brat", tmp_path / "corpus", tmp_path / "tasks.json", "claims", names, max_rejects=1_000_000
    )
    losses = export_table(
        gold_table(tmp_path / "tasks.json", "claims"), load_format("brat"), tmp_path / "back"
    ).losses

    assert not losses.lost
    assert not losses.altered
    after = read_folder(tmp_path / "back")
    assert after.keys() == documents.keys()
    for text, found in documents.items():
        wanted = {(roles[kind], ranges) for kind, ranges in found.spans.values()}
        assert {(kind, joined(list(at), text)) for kind, _, at in after[text].bounds} == wanted
        links = Counter(
            (found.spans[start][1], found.spans[end][1])
            for kind, start, end in found.relations
            if kind in fitting
        )
        assert set(links) == relations_of(tmp_path / "back", text)
    assert counted(outcome) == expected_counts(list(documents.values()), fitting)


def relations_of(folder: Path, text: str) -> set[tuple[Ranges, Ranges]]:
    for path in folder.glob("*.ann"):
        if path.with_suffix(".txt").read_text(encoding="utf-8") == text:
            found = read_as_it_is(path, text)
            return {
                (found.spans[start][1], found.spans[end][1]) for _, start, end in found.relations
            }
    raise AssertionError(text)


def counted(outcome: Outcome) -> Counter[str]:
    """What the import says that it left out, by the letter of the line."""
    letters = {"event": "E", "note": "#", "normalisation": "N", "equivalence": "*"}
    found: Counter[str] = Counter()
    for what, count in outcome.words.not_held.items():
        if what.startswith("relation of"):
            found["R"] += count
        else:
            found["A" if what.startswith("attribute") else letters[what]] += count
    for what, count in outcome.words.unknown.items():
        found["R" if what.startswith("relation") else "T"] += count
    assert not outcome.words.altered
    return found


def expected_counts(documents: list[Found], fitting: set[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for document in documents:
        found += document.other
        found["R"] += sum(
            not (kind in fitting and {start, end} <= document.spans.keys())
            for kind, start, end in document.relations
        )
    found["A"] += found.pop("M", 0)  # an older name of the same
    return +found


def make_corpus(folder: Path) -> Path:
    for name, (text, lines) in HAND_MADE.items():
        place = folder / f"by {name}"  # a folder is an annotator
        place.mkdir(parents=True)
        (place / f"{name}.txt").write_text(text, encoding="utf-8", newline="")
        body = "".join(f"{line}\n" for line in lines)
        (place / f"{name}.ann").write_text(body, encoding="utf-8", newline="")
    return folder
