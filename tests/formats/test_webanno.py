"""WebAnno TSV 3.3, read by a reader written from its specification.

https://inception-project.github.io/releases/33.0/docs/user-guide.html#sect_webannotsv
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings

from annotate.errors import InputError
from annotate.formats import load_format
from annotate.formats.base import Losses, Table
from annotate.formats.export import export_table
from tests.formats.making import (
    choice,
    claim_tasks,
    entity_tasks,
    gold_table,
    region,
    relation,
    save,
    task,
)


class Tsv(NamedTuple):
    """What a file says: spans as UTF-16 ranges with their features, and relations of them."""

    text: str
    spans: dict[int, tuple[int, int, tuple[str, ...]]]
    relations: list[tuple[str, int, int]]


def _unescape(text: str) -> str:
    known = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "b": "\b"}
    return re.sub(r"\\(->|.)", lambda m: known.get(m.group(1), m.group(1)), text, flags=re.S)


def _unescape_text(text: str) -> str:
    known = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "b": "\b", "\\": "\\"}
    return re.sub(r"\\(.)", lambda m: known.get(m.group(1), m.group()), text)


def _split(text: str, mark: str) -> list[str]:
    return re.split(rf"(?<!\\){re.escape(mark)}", text)


def read_tsv(path: Path) -> Tsv:
    """Put text, spans and relations of a file together again.

    INCEpTION's reader wants two blank lines after the header, and after any blank line of the
    body a sentence: a file that ends with one is refused.
    """
    head, _, body = path.read_bytes().decode("utf-8").partition("\n\n\n")
    assert body.endswith("\t\n")
    assert all(block.startswith("#Text=") for block in body.split("\n\n"))
    declared = head.split("\n")
    assert declared[0] == "#FORMAT=WebAnno TSV 3.3"
    layer = declared[1].removeprefix("#T_SP=").split("|")
    has_links = len(declared) > 2 and declared[2].startswith("#T_RL=")
    units = b""  # the document in UTF-16
    spans: dict[int, tuple[int, int, tuple[str, ...]]] = {}
    relations = []
    for block in body.split("\n\n"):
        lines = [line for line in block.split("\n") if line]
        if not lines:
            continue
        shown = [_unescape_text(x[6:]) for x in lines if x.startswith("#Text=")]
        sentence = ("\n".join(shown) + "\n").encode("utf-16-le")
        rows = [line.split("\t") for line in lines if not line.startswith("#Text=")]
        begin = int(rows[0][1].split("-")[0])
        if len(units) // 2 > begin:
            assert len(units) // 2 == begin + 1
            units = units[:-2]
        units += (" " * (begin - len(units) // 2)).encode("utf-16-le") + sentence
        for number, place, token, *columns in rows:
            assert re.fullmatch(r"\d+-\d+(\.\d+)?", number)
            start, end = map(int, place.split("-"))
            assert units[2 * start : 2 * end].decode("utf-16-le") == token
            columns = columns[: len(layer) - 1 + 2 * has_links]
            features = [_split(column, "|") for column in columns[: len(layer) - 1]]
            for stacked in zip(*features, strict=True):
                if stacked == ("_",) * len(stacked):
                    continue
                found = [re.fullmatch(r"(.*)\[(\d+)\]", value, re.S) for value in stacked]
                values = tuple(
                    _unescape(m.group(1)) if m.group(1) != "*" else "" for m in found if m
                )
                (name,) = {int(m.group(2)) for m in found if m}
                before = spans.get(name, (start, end, values))
                spans[name] = (before[0], end, values)
            if has_links and columns[-1] != "_":
                for label, ends in zip(
                    _split(columns[-2], "|"), _split(columns[-1], "|"), strict=True
                ):
                    pair = re.fullmatch(r"[\d.-]+\[(\d+)_(\d+)\]", ends)
                    assert pair
                    relations.append((_unescape(label), int(pair.group(1)), int(pair.group(2))))
    return Tsv(units.decode("utf-16-le"), spans, relations)


def _read(table: Table, out: Path) -> tuple[Tsv, Losses]:
    losses = export_table(table, load_format("webanno"), out).losses
    (path,) = out.iterdir()
    return read_tsv(path), losses


def _utf16(text: str, offset: int) -> int:
    return len(text[:offset].encode("utf-16-le")) // 2


def test_offsets_are_utf16_units(tmp_path: Path) -> None:
    # the example of the specification: the emoji is one code point and two units
    text = "I like it 😊 . In Rome"
    result = [
        region(text, "a", "entity", "MISC", 10, 11),
        region(text, "b", "entity", "LOC", 17, 21),
        choice("b", "mention", "NOM"),
    ]
    path = save(tmp_path / "in.json", [task(text, result)])
    tsv, losses = _read(gold_table(path, "entities"), tmp_path / "out")
    assert tsv.spans == {1: (10, 12, ("MISC",)), 2: (18, 22, ("LOC",))}
    (file,) = (tmp_path / "out").iterdir()
    assert file.read_text(encoding="utf-8") == (
        "#FORMAT=WebAnno TSV 3.3\n"
        "#T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|value\n\n\n"
        "#Text=I like it 😊 . In Rome\n"
        "1-1\t0-1\tI\t_\t\n1-2\t2-6\tlike\t_\t\n1-3\t7-9\tit\t_\t\n1-4\t10-12\t😊\tMISC[1]\t\n"
        "1-5\t13-14\t.\t_\t\n1-6\t15-17\tIn\t_\t\n1-7\t18-22\tRome\tLOC[2]\t\n"
    )
    assert losses.lost == {"mention of a span": 1}


def test_parts_of_tokens_are_sub_tokens(tmp_path: Path) -> None:
    text = "plays well"
    result = [
        region(text, "a", "entity", "PER", 0, 4),
        region(text, "b", "entity", "ORG", 2, 10),
        region(text, "c", "entity", "LOC", 0, 4),
        region(text, "d", "entity", "LOC", 5, 6),
        region(text, "e", "entity", "LOC", 5, 8),
    ]
    path = save(tmp_path / "in.json", [task(text, result)])
    tsv, losses = _read(gold_table(path, "entities"), tmp_path / "out")
    assert Counter(tsv.spans.values()) == Counter(
        {(0, 4, ("PER",)): 1, (0, 4, ("LOC",)): 1, (2, 10, ("ORG",)): 1, (6, 8, ("LOC",)): 1}
    )
    assert losses.lost == {"span without a visible character": 1}
    assert losses.altered == {"span with white space at its border, cut off": 1}
    (path,) = (tmp_path / "out").rglob("*.tsv")
    lines = [line.split("\t")[:2] for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line for line in lines if line[0].startswith("1-")] == [
        ["1-1", "0-5"],
        ["1-1.1", "0-4"],
        ["1-1.2", "2-5"],
        ["1-2", "6-10"],
        ["1-2.1", "6-8"],
    ]


def test_claims_keep_fragments_relations_and_attributes(tmp_path: Path) -> None:
    text = "Ann, said Bo, left"
    result = [
        region(text, "a", "role", "Content", 0, 3),
        choice("a", "mode", "direct"),
        region(text, "b", "role", "Content", 14, 18),
        relation("a", "b", "continues"),
        region(text, "s", "role", "Source", 10, 12),
        relation("a", "s", "source"),
    ]
    path = save(tmp_path / "in.json", [task(text, result)])
    tsv, losses = _read(gold_table(path, "claims"), tmp_path / "out")
    assert not losses.lost and not losses.altered
    assert tsv.spans == {
        1: (0, 3, ("Content", "direct", "", "", "")),
        2: (14, 18, ("Content", "direct", "", "", "")),
        3: (10, 12, ("Source", "", "", "", "")),
    }
    assert sorted(tsv.relations) == [("continues", 1, 2), ("source", 1, 3)]


def test_stance_has_no_place(tmp_path: Path) -> None:
    made = task("Yes.", [choice("x", "stance", "favor")], target="Ann")
    table = gold_table(save(tmp_path / "in.json", [made]), "stance")
    with pytest.raises(InputError, match="webanno has no place for the scheme stance"):
        export_table(table, load_format("webanno"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("scheme", "strategy"), [("entities", entity_tasks), ("claims", claim_tasks)]
)
def test_gold_comes_back_from_webanno(scheme: str, strategy: Any) -> None:
    @given(strategy())
    @settings(max_examples=60, deadline=None)
    def check(made: dict[str, Any]) -> None:
        text = made["data"]["text"]
        with tempfile.TemporaryDirectory() as name:
            table = gold_table(save(Path(name) / "in.json", [made]), scheme)
            tsv, losses = _read(table, Path(name) / "out")
            (document,) = table.documents()
            lead = len(text) - len(text.lstrip())
            assert tsv.text.rstrip("\n")[lead:] == text[lead:].rstrip("\n")
            wanted = Counter(
                (_utf16(text, start), _utf16(text, end), shape.label)
                for shape in document.drawing.shapes
                for start, end in shape.fragments
            )
            found = Counter((start, end, values[0]) for start, end, values in tsv.spans.values())
            lost = losses.lost["span without a visible character"]
            assert wanted.total() - lost == found.total()
            assert (wanted - found).total() == losses.altered.total() + lost
            ties = sum(len(s.fragments) - 1 for s in document.drawing.shapes)
            if not losses.lost:
                assert len(tsv.relations) == len(document.drawing.links) + ties

    check()
