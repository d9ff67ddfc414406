"""brat standoff, out and in, against its published rules."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from annotate.errors import InputError
from annotate.formats import load_format
from annotate.formats.base import Losses
from annotate.formats.export import export_table
from annotate.pipeline import find_config
from tests.formats.bratrules import read_conf, read_folder
from tests.formats.making import (
    LOST_SPAN,
    Result,
    choice,
    claim_tasks,
    config_of,
    drawings,
    entity_tasks,
    gold_table,
    import_files,
    meanings,
    region,
    relation,
    save,
    task,
)


def _find(text: str, words: str) -> tuple[int, int]:
    start = text.index(words)
    return start, start + len(words)


def corpus(folder: Path, *, newline: str = "\n") -> Path:
    """A hand-made corpus with discontinuous, nested, shared and overlapping spans and emoji.

    Offsets count a line end once, as brat does, whatever it is in the file.
    """
    folder.mkdir()
    text = (
        "😀 The port, Mara Olin said, will close.\nShe denied it: 👩‍🚀 the crew says Olin lied.\n"
    )
    spots = {
        "T1": ("Source", ["Mara Olin"]),
        "T2": ("Content", ["The port", "will close"]),
        "T3": ("Cue", ["said"]),
        "T4": ("Content", ["👩‍🚀 the crew says Olin lied"]),
        "T5": ("Content", ["Olin lied"]),
        "T6": ("Source", ["the crew"]),
        "T7": ("Cue", ["crew says"]),
        "T8": ("Cue", ["denied"]),
        "T9": ("Content", ["will close."]),
    }
    lines = []
    for name, (label, words) in spots.items():
        ranges = ";".join("{} {}".format(*_find(text, word)) for word in words)
        lines.append(f"{name}\t{label} {ranges}\t{' '.join(words)}")
    lines += [
        "R1\tsource Arg1:T2 Arg2:T1",
        "R2\tcue Arg1:T2 Arg2:T3",
        "R3\tsource Arg1:T5 Arg2:T6",
        "R4\tcue Arg1:T5 Arg2:T7",
        "R5\tsource Arg1:T4 Arg2:T1",
        "R6\tsource Arg1:T9 Arg2:T1",
        "A1\tmode T2 indirect",
        "A2\tnegated T4",
        "A3\tkind T1 named",
    ]
    _write(folder, "one", text, lines, newline)
    _write(folder, "empty", "Nobody said a thing.\n", [], newline)
    return folder


def _write(folder: Path, name: str, text: str, lines: list[str], newline: str) -> None:
    (folder / f"{name}.txt").write_text(text, encoding="utf-8", newline=newline)
    body = "".join(f"{line}\n" for line in lines)
    (folder / f"{name}.ann").write_text(body, encoding="utf-8", newline="\n")


def export_brat(source: Path, out: Path, scheme: str = "claims") -> Losses:
    return export_table(gold_table(source, scheme), load_format("brat"), out).losses


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_corpus_comes_back_whole(tmp_path: Path, newline: str) -> None:
    source = corpus(tmp_path / "corpus", newline=newline)
    outcome = import_files("brat", source, tmp_path / "tasks.json", "claims")
    assert (outcome.tasks, outcome.annotations) == (2, 2)
    losses = export_brat(tmp_path / "tasks.json", tmp_path / "back")
    assert not losses.lost and not losses.altered
    before, after = read_folder(source), read_folder(tmp_path / "back")
    assert before == after
    (full,) = [standoff for standoff in after.values() if standoff.bounds]
    assert (full.bounds.total(), full.relations.total(), full.attributes.total()) == (9, 6, 3)


def test_offsets_that_count_crlf_as_two_are_understood(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "a.txt").write_bytes(b"One\r\nTwo\r\nThree\r\n")
    (folder / "a.ann").write_text("T1\tPER 5 8\tTwo\nT2\tPER 10 15\tThree\n")
    import_files("brat", folder, tmp_path / "tasks.json", "entities")
    drawn = drawings(gold_table(tmp_path / "tasks.json", "entities"))
    assert [s.fragments for s in drawn["One\nTwo\nThree\n"].shapes] == [((4, 7),), ((8, 13),)]


@pytest.mark.parametrize("mark", [True, False])
@pytest.mark.parametrize("pairs", [True, False])
def test_a_byte_order_mark_and_crlf_may_count_or_not(
    tmp_path: Path, mark: bool, pairs: bool
) -> None:
    raw = "\ufeffIn\r\nRome\r\nof Ann"
    counted = raw if mark else raw[1:]
    counted = counted if pairs else counted.replace("\r\n", "\n")
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "a.txt").write_bytes(raw.encode())
    lines = [
        f"T{n}\tLOC {counted.index(w)} {counted.index(w) + len(w)}\t{w}\n"
        for n, w in enumerate(("Rome", "Ann"), 1)
    ]
    (folder / "a.ann").write_text("".join(lines))
    outcome = import_files("brat", folder, tmp_path / "tasks.json", "entities")
    assert sorted(outcome.words.altered.values()) == [1, 1]
    ((text, drawn),) = drawings(gold_table(tmp_path / "tasks.json", "entities")).items()
    assert text == "In\nRome\nof Ann"
    assert [text[a:b] for shape in drawn.shapes for a, b in shape.fragments] == ["Rome", "Ann"]


def test_ranges_of_what_the_text_loses_are_counted_with_what_hangs_on_them(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "a.txt").write_bytes("\ufeffAnn\r\nsaid no".encode())
    lines = ["T1\tSource 0 1\t\ufeff", "T2\tCue 4 5;6 10\t said", "T3\tContent 11 13\tno"]
    lines += ["A1\tkind T1 named", "R1\tsource Arg1:T3 Arg2:T1", "R2\tcue Arg1:T3 Arg2:T2"]
    (folder / "a.ann").write_text("\n".join(lines))
    outcome = import_files("brat", folder, tmp_path / "tasks.json", "claims")
    assert outcome.words.not_held == {
        LOST_SPAN: 1,
        LOST_SPAN.replace("span", "fragment"): 1,
        "attribute of a span left out": 1,
        "relation of a span or event that was left out": 1,
    }
    ((text, drawn),) = drawings(gold_table(tmp_path / "tasks.json", "claims")).items()
    found = {(s.label, text[a:b]) for s in drawn.shapes for a, b in s.fragments}
    assert found == {("Cue", "said"), ("Content", "no")}


@pytest.mark.parametrize(
    "ann",
    [
        b"\xef\xbb\xbfT1\tLOC 3 12\tNew  York\n",
        b"T1\tLOC 3 12\tNew York\r\n",  # runs of spaces joined by another program
        b"T1\tLOC 3 12\tNew  York",
        b"T1\tLOC 3 12\t\n",
    ],
)
def test_lines_as_other_programs_leave_them(tmp_path: Path, ann: bytes) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "a.txt").write_text("In New  York now")
    (folder / "a.ann").write_bytes(ann)
    import_files("brat", folder, tmp_path / "tasks.json", "entities")
    (drawn,) = drawings(gold_table(tmp_path / "tasks.json", "entities")).values()
    assert [s.fragments for s in drawn.shapes] == [((3, 12),)]


def test_a_trimmed_line_keeps_its_offsets(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "a.txt").write_text("In Rome now")
    (folder / "a.ann").write_text("T1\tLOC 3 8\tRome\n")
    import_files("brat", folder, tmp_path / "tasks.json", "entities")
    (drawn,) = drawings(gold_table(tmp_path / "tasks.json", "entities")).values()
    assert [s.fragments for s in drawn.shapes] == [((3, 8),)]


def test_ranges_with_only_line_breaks_between_are_one(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("In New\nYork\nCity now")
    (tmp_path / "a.ann").write_text("T1\tLOC 3 6;7 11;12 16\tNew York City\n")
    import_files("brat", tmp_path, tmp_path / "out.json", "entities")
    (drawn,) = drawings(gold_table(tmp_path / "out.json", "entities")).values()
    assert [shape.fragments for shape in drawn.shapes] == [((3, 16),)]


@pytest.mark.parametrize("said", ["left Ann", "Ann left", "leftAnn", ""])
def test_ranges_may_stand_in_any_order(tmp_path: Path, said: str) -> None:
    (tmp_path / "a.txt").write_text("Ann has left")
    (tmp_path / "a.ann").write_text(f"T1\tContent 8 12;0 3\t{said}\n")
    outcome = import_files("brat", tmp_path, tmp_path / "out.json", "claims")
    assert (outcome.labels, outcome.words.altered) == (1, {})
    (drawing,) = drawings(gold_table(tmp_path / "out.json", "claims")).values()
    assert [shape.fragments for shape in drawing.shapes] == [((0, 3), (8, 12))]


def test_what_the_scheme_has_no_place_for_is_counted(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "a.txt").write_text("left and right lung of Ann", encoding="utf-8")
    (folder / "a.ann").write_text(
        "T1\tLOC 0 4;15 19\tleft lung\n"
        "T2\tPerson 23 26\tAnn\n"
        "E1\tPerson:T2\n"
        "#1\tAnnotatorNotes T1\tboth?\n"
        "N1\tReference T2 Wikidata:Q1\tAnn\n"
        "*\tEquiv T1 T2\n"
        "A1\tSpeculation T1\n"
        "A2\tNominal T2\n",
        encoding="utf-8",
    )
    names = {"Person": "PER", "Nominal": "NOM"}
    outcome = import_files("brat", folder, tmp_path / "tasks.json", "entities", names)
    assert outcome.words.not_held == {
        "event": 1,
        "note": 1,
        "normalisation": 1,
        "equivalence": 1,
        "attribute Speculation": 1,
    }
    assert outcome.words.altered == {"span in fragments, made one from its start to its end": 1}
    (drawn,) = drawings(gold_table(tmp_path / "tasks.json", "entities")).values()
    assert [(s.label, s.fragments, dict(s.choices)) for s in drawn.shapes] == [
        ("LOC", ((0, 19),), {}),
        ("PER", ((23, 26),), {"mention": "NOM"}),
    ]


def test_a_span_over_a_line_break_is_split_and_joined_again(tmp_path: Path) -> None:
    text = "He said\n\nit ends\u2028here."
    result = [region(text, "c", "role", "Content", 3, 20)]
    save(tmp_path / "in.json", [task(text, result)])
    losses = export_brat(tmp_path / "in.json", tmp_path / "brat")
    assert not losses.lost and not losses.altered
    (file,) = (tmp_path / "brat").glob("*.ann")
    assert file.read_text(encoding="utf-8") == "T1\tContent 3 7;9 16;17 20\tsaid it ends her\n"
    import_files("brat", tmp_path / "brat", tmp_path / "out.json", "claims")
    assert drawings(gold_table(tmp_path / "out.json", "claims")) == drawings(
        gold_table(tmp_path / "in.json", "claims")
    )


def test_what_brat_cannot_hold_is_counted(tmp_path: Path) -> None:
    text = "One\n\ntwo three"
    result = [
        region(text, "breaks", "role", "Source", 3, 5),
        choice("breaks", "kind", "named"),
        region(text, "c", "role", "Content", 5, 8),
        relation("c", "breaks", "source"),
        region(text, "o1", "role", "Cue", 5, 11),
        region(text, "o2", "role", "Cue", 9, 14),
        relation("o1", "o2", "continues"),
        region(text, "s", "role", "Content", 0, 4),
        region(text, "s2", "role", "Content", 4, 5),
        relation("s", "s2", "continues"),
        region(text, "who", "role", "Source", 9, 14),
        choice("who", "kind", "named"),
        relation("c", "who", "source"),
    ]
    save(tmp_path / "in.json", [task(text, result)])
    losses = export_brat(tmp_path / "in.json", tmp_path / "brat")
    assert losses.lost == {
        "span of line breaks alone": 1,
        "kind of a span": 1,
        "relation source": 1,
        "fragment of line breaks alone": 1,
    }
    assert losses.altered == {
        "fragments that overlap, joined into one": 1,
        "span with a line break at its border, cut off": 1,
    }
    (standoff,) = read_folder(tmp_path / "brat").values()
    assert standoff.bounds == {
        ("Content", ("two",), ((5, 8),)): 1,
        ("Cue", ("two three",), ((5, 14),)): 1,
        ("Content", ("One",), ((0, 3),)): 1,
        ("Source", ("three",), ((9, 14),)): 1,
    }
    # what comes after something lost stays
    assert (standoff.relations.total(), standoff.attributes.total()) == (1, 1)


def test_fragments_that_overlap_over_a_line_break_are_joined(tmp_path: Path) -> None:
    text = "One\ntwo three"
    result = [
        region(text, "a", "role", "Content", 0, 7),
        region(text, "b", "role", "Content", 1, 13),
        relation("a", "b", "continues"),
    ]
    save(tmp_path / "in.json", [task(text, result)])
    losses = export_brat(tmp_path / "in.json", tmp_path / "brat")
    assert losses.altered == {"fragments that overlap, joined into one": 1}
    (standoff,) = read_folder(tmp_path / "brat").values()
    assert standoff.bounds == {("Content", ("One", "two three"), ((0, 3), (4, 13))): 1}
    import_files("brat", tmp_path / "brat", tmp_path / "out.json", "claims")
    (drawn,) = drawings(gold_table(tmp_path / "out.json", "claims")).values()
    assert [shape.fragments for shape in drawn.shapes] == [((0, 13),)]


def test_crlf_is_one_character_for_brat(tmp_path: Path) -> None:
    text = "a\r\nb\r\nRome"
    places = {"a": (0, 1), "b": (3, 4), "r": (6, 10)}
    result = [region(text, name, "entity", "LOC", *place) for name, place in places.items()]
    save(tmp_path / "in.json", [task(text, result)])
    export_brat(tmp_path / "in.json", tmp_path / "brat", "entities")
    (standoff,) = read_folder(tmp_path / "brat").values()
    assert standoff.bounds == {
        ("LOC", ("a",), ((0, 1),)): 1,
        ("LOC", ("b",), ((2, 3),)): 1,
        ("LOC", ("Rome",), ((4, 8),)): 1,
    }


def _is_held(result: Result, text: str) -> bool:
    """Whether brat can hold every span: no border on a line break, no gap of breaks alone."""
    spans = [item["value"] for item in result if item.get("type") == "labels"]
    if any("\n" in (text[v["start"]], text[v["end"] - 1]) for v in spans):
        return False
    ends = {item["id"]: item["value"] for item in result if item.get("type") == "labels"}
    gaps = [
        text[ends[item["from_id"]]["end"] : ends[item["to_id"]]["start"]]
        for item in result
        if item.get("labels") == ["continues"]
    ]
    return not any(gap and not gap.strip("\n") for gap in gaps)


@pytest.mark.parametrize(
    ("scheme", "strategy"), [("entities", entity_tasks), ("claims", claim_tasks)]
)
def test_gold_comes_back_from_brat(scheme: str, strategy: Any) -> None:
    @given(strategy())
    @settings(max_examples=60, deadline=None)
    def check(made: dict[str, Any]) -> None:
        text, result = made["data"]["text"], made["annotations"][0]["result"]
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            before = meanings(gold_table(save(folder / "in.json", [made]), scheme))
            losses = export_brat(folder / "in.json", folder / "brat", scheme)
            (standoff,) = read_folder(folder / "brat").values()
            assert standoff.text == text
            if _is_held(result, text):
                assert not losses.lost and not losses.altered
                import_files("brat", folder / "brat", folder / "out.json", scheme)
                assert meanings(gold_table(folder / "out.json", scheme)) == before
            else:
                assert losses.lost or losses.altered

    check()


@pytest.mark.parametrize(
    ("ann", "says"),
    [
        ("T1\tLOC 3 99\tRome\n", "line 1: T1 says 'Rome', the text at its offsets is"),
        ("T1\tLOC 7 3\tRome\n", "line 1: T1 has the range 7 to 3"),
        ("T1\tLOC -3 7\tRome\n", "line 1: is no brat annotation"),
        ("T1\tLOC 3 x\tRome\n", "line 1: is no brat annotation"),
        (f"T1\tLOC 3 {'9' * 5000}\tRome\n", "line 1: is no brat annotation"),
        ("\nT1\tLOC 2 6\tRome\n", "line 2: T1 says 'Rome', the text at its offsets is ' Rom'"),
        ("T1\tLOC 3 7;5 7\tRome me\n", "line 1: T1 has ranges that overlap"),
        ("T1\tLOC 3 7\tRome\nT1\tLOC 3 7\tRome\n", "line 2: the id T1 is there already"),
        ("T1\tLOC 3 7\tRome\nR1\tin Arg1:T1 Arg2:T9\n", "line 2: there is no annotation T9"),
        ("T1\tLOC 3 7\tRome\nR1\tin Arg1:T1 Arg2:T1\n", "line 2: R1 joins T1 to itself"),
        ("no standoff at all\n", "line 1: is no brat annotation"),
        ("T1\tLOC 3 7\tRome" + "e" * 1_000_001, "line 1: is longer than 1000000 bytes"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, ann: str, says: str) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "a.txt").write_text("In Rome")
    (folder / "a.ann").write_text(ann)
    with pytest.raises(InputError, match=r"a\.ann: line \d+: ") as caught:
        import_files("brat", folder, tmp_path / "tasks.json", "entities")
    assert says in str(caught.value)
    assert not (tmp_path / "tasks.json").exists()


@pytest.mark.parametrize(
    ("txt", "says"),
    [
        (None, "a.ann: has no a.txt beside it"),
        (b"In\nRome \xff", "a.txt: line 2: not UTF-8: byte 0xff"),
        (b"In\x00Rome", "a.txt: NUL at offset 2"),
    ],
)
def test_a_broken_text_is_named(tmp_path: Path, txt: bytes | None, says: str) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    if txt is not None:
        (folder / "a.txt").write_bytes(txt)
    (folder / "a.ann").write_text("")
    with pytest.raises(InputError) as caught:
        import_files("brat", folder, tmp_path / "tasks.json", "entities")
    assert says in str(caught.value)
    assert list(tmp_path.iterdir()) == [folder]


def test_bytes_that_are_not_utf8_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "a.txt").write_text("In Rome")
    (folder / "a.ann").write_bytes(b"T1\tLOC 3 7\tRome\nT2\tLOC 0 2\t\xc3\x28\n")
    with pytest.raises(InputError, match=r"a\.ann: line 2: not UTF-8: byte 0xc3"):
        import_files("brat", folder, tmp_path / "tasks.json", "entities")


_NAMES = ["PER", "A|B", "<b>", "#x", "!x", "---", "[relations]", "Ärzte", "Person/Org", "a b", "_x"]
_SHOWN = ["PER", "A_B", "_b_", "_x_2", "_x_3", "_", "_relations_", "_rzte", "Person_Org", "a_b",
          "_x"]  # fmt: skip


def test_names_are_what_brat_takes_and_come_back_with_map(tmp_path: Path) -> None:
    config = config_of(tmp_path / "names.xml", "entity", _NAMES)
    text = " ".join("w" * len(_NAMES))
    result = [
        region(text, f"e{n}", "entity", label, 2 * n, 2 * n + 1) for n, label in enumerate(_NAMES)
    ]
    table = gold_table(save(tmp_path / "in.json", [task(text, result)]), "entities", config)
    losses = export_table(table, load_format("brat"), tmp_path / "out").losses
    assert list(read_conf(tmp_path / "out" / "annotation.conf")["entities"]) == _SHOWN
    (standoff,) = read_folder(tmp_path / "out").values()
    assert sorted(kind for kind, _, _ in standoff.bounds) == sorted(_SHOWN)
    changed = {shown: name for shown, name in zip(_SHOWN, _NAMES, strict=True) if shown != name}
    assert losses.altered == {
        f"name {name!r}, written {shown}": 1 for shown, name in changed.items()
    }
    outcome = import_files(
        "brat", tmp_path / "out", tmp_path / "back.json", "entities", changed, config=config
    )
    assert not outcome.words.altered
    back = gold_table(tmp_path / "back.json", "entities", config)
    assert [shape.label for shape in drawings(back)[text].shapes] == _NAMES


def test_relations_that_the_config_lacks_are_configured(tmp_path: Path) -> None:
    config = tmp_path / "bare.xml"
    shipped = find_config("claims", None).xml
    config.write_text(re.sub("<Relations.*</Relations>", "", shipped, flags=re.DOTALL))
    text = "Olin said so"
    result = [
        region(text, "c", "role", "Content", 10, 12),
        region(text, "s", "role", "Source", 0, 4),
        {"type": "relation", "from_id": "c", "to_id": "s"},
    ]
    table = gold_table(save(tmp_path / "in.json", [task(text, result)]), "claims", config)
    export_table(table, load_format("brat"), tmp_path / "out")
    (document,) = read_folder(tmp_path / "out").values()
    assert [kind for kind, _, _ in document.relations] == ["source"]


def test_names_of_choices_and_relations_are_what_brat_takes(tmp_path: Path) -> None:
    (tmp_path / "names.xml").write_text(
        '<View><Text name="text" value="$text"/><Labels name="role" toName="text">'
        '<Label value="Source"/></Labels><Relations><Relation value="(source)"/></Relations>'
        '<Choices name="mode" toName="text" perRegion="true"><Choice value="direct"/>'
        '<Choice value="half | half"/></Choices>'
        '<Choices name="a, b" toName="text" perRegion="true"><Choice value="yes"/></Choices></View>'
    )
    table = gold_table(save(tmp_path / "in.json", [task("Ann", [])]), "claims")
    config = find_config("claims", tmp_path / "names.xml")
    export_table(table._replace(config=config), load_format("brat"), tmp_path / "out")
    conf = read_conf(tmp_path / "out" / "annotation.conf")
    # those of the scheme too, which are written where a config has none
    assert conf["relations"].keys() == {"_source_", "source", "cue", "<OVERLAP>"}
    assert conf["attributes"] == {"mode": {"direct", "half_half"}, "a_b": set()}
