"""brat's published rules, written down again from https://brat.nlplab.org/standoff.html and
https://brat.nlplab.org/configuration.html.

A checker of a folder and a reader of its spans, fragments, relations and attributes that shares
nothing with the package.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple


class Standoff(NamedTuple):
    """One document: its text as brat sees it, and what is marked in it, by what it marks."""

    text: str
    bounds: Counter[tuple[str, tuple[str, ...], tuple[tuple[int, int], ...]]]
    """(type, words of each range, ranges)."""
    relations: Counter[tuple[str, str, str]]
    """(type, ends as type, words and ranges)."""
    attributes: Counter[tuple[str, str, str]]


def read_standoff(path: Path) -> Standoff:
    """Read `path` (an .ann file) with its text; fails where a rule is broken."""
    # brat opens text with universal newlines: CRLF is one character
    text = path.with_suffix(".txt").read_text(encoding="utf-8")
    lines = path.read_text(encoding="utf-8").splitlines()
    bounds: dict[str, tuple[str, tuple[str, ...], tuple[tuple[int, int], ...]]] = {}
    relations: Counter[tuple[str, str, str]] = Counter()
    attributes: Counter[tuple[str, str, str]] = Counter()
    conf = path.parent / "annotation.conf"
    known = read_conf(conf) if conf.exists() else None
    seen: set[str] = set()
    for line in lines:
        name, data, *rest = line.split("\t")
        assert re.fullmatch(r"[TRA][1-9][0-9]*", name), line
        assert name not in seen, line
        seen.add(name)
        if name[0] == "T":
            kind, _, places = data.partition(" ")
            ranges = tuple(tuple(map(int, place.split(" "))) for place in places.split(";"))
            for start, end in ranges:
                assert 0 <= start < end <= len(text), line
                assert not set(text[start:end]) & set("\r\n"), line
            assert all(a[1] <= b[0] for a, b in pairwise(ranges)), line
            words = tuple(text[start:end] for start, end in ranges)
            # the reference text may hold a tab, which ends no field after the third
            assert "\t".join(rest) == " ".join(words), line
            assert known is None or kind in known["entities"], line
            bounds[name] = kind, words, ranges  # type: ignore[assignment]
        elif name[0] == "R":
            found = re.fullmatch(r"(\S+) Arg1:(T[0-9]+) Arg2:(T[0-9]+)", data)
            assert found, line
            kind, start_id, end_id = found.groups()
            assert known is None or kind in known["relations"], line
            relations[kind, str(bounds[start_id]), str(bounds[end_id])] += 1
        else:
            kind, target, *value = data.split(" ")
            assert len(value) < 2, line
            if known is not None:
                assert set(value) <= known["attributes"][kind], line
                assert bool(value) == bool(known["attributes"][kind]), line
            attributes[kind, str(bounds[target]), " ".join(value)] += 1
    covered = sorted((ranges[0][0], ranges[-1][1]) for _, _, ranges in bounds.values())
    if known is not None and any(a[1] > b[0] for a, b in pairwise(covered)):
        assert "<OVERLAP>" in known["relations"], path  # else brat calls both an error
    return Standoff(text, Counter(bounds.values()), relations, attributes)


def read_conf(path: Path) -> dict[str, dict[str, set[str]]]:
    """The types of each section of an annotation.conf with the values they may have.

    brat takes a line of hyphens for a rule, one that begins with # for a comment, one in square
    brackets for a section, one in angle brackets with = for a macro, | for what divides names,
    and white space ahead for a type below another; a name is of the letters that it names.
    <OVERLAP> names types whose spans may overlap; without it none may.
    """
    sections: dict[str, dict[str, set[str]]] = {}
    section: dict[str, set[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        head = re.fullmatch(r"\[(.*)\]", line)
        if head:
            assert head[1] not in sections, line
            section = sections[head[1]] = {}
            continue
        if line == "<OVERLAP>\tArg1:<ENTITY>, Arg2:<ENTITY>, <OVL-TYPE>:<ANY>":
            assert section is sections["relations"], line
            section["<OVERLAP>"] = set()
            continue
        name, _, rest = line.partition("\t")
        assert re.fullmatch(r"[A-Za-z0-9_-]*[A-Za-z0-9_][A-Za-z0-9_-]*", name), line
        assert name not in section, line
        values = [value for part in rest.split(", ") if part.startswith("Value:")
                  for value in part.removeprefix("Value:").split("|")]  # fmt: skip
        assert all(re.fullmatch(r"[A-Za-z0-9_-]+", value) for value in values), line
        assert len(set(values)) == len(values), line
        section[name] = set(values)
    assert list(sections) == ["entities", "relations", "events", "attributes"]
    assert not set(sections["entities"]) & set(sections["relations"])
    return sections


def read_folder(path: Path) -> dict[str, Standoff]:
    """All documents of a folder by their text."""
    documents = [read_standoff(file) for file in sorted(path.rglob("*.ann"))]
    assert len({document.text for document in documents}) == len(documents)
    return {document.text: document for document in documents}
