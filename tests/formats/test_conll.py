"""CoNLL columns, out and in."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import conllu
import pytest
import spacy
from hypothesis import given, settings
from spacy.cli.convert import convert
from spacy.tokens import DocBin

from annotate.errors import InputError, RejectsError
from annotate.formats import load_format
from annotate.formats.base import Losses
from annotate.formats.export import export_table
from tests.formats.making import (
    LOST_SPAN,
    choice,
    config_of,
    drawings,
    entity_tasks,
    gold_table,
    import_files,
    meanings,
    own_table,
    region,
    relation,
    save,
    task,
)

_TEXT = "😀 Ann  Lee-Mann left\n\nRome. She left Rome"


def _entities(folder: Path) -> Path:
    result = [
        region(_TEXT, "long", "entity", "PER", 2, 15),
        region(_TEXT, "nested", "entity", "PER", 2, 5),
        region(_TEXT, "inside", "entity", "ORG", 17, 20),  # "eft", inside the token "left"
        choice("nested", "mention", "NOM"),
        region(_TEXT, "broken", "entity", "LOC", 16, 26),  # over the line break
        region(_TEXT, "end", "entity", "LOC", 37, 41),
        region(_TEXT, "loose", "entity", "LOC", 28, 32),  # "She "
        region(_TEXT, "blank", "entity", "LOC", 20, 22),
    ]
    return save(folder / "in.json", [task(_TEXT, result)])


def _export(source: Path, name: str, out: Path, scheme: str = "entities") -> Losses:
    return export_table(gold_table(source, scheme), load_format(name), out).losses


def test_conll_2003_has_four_columns_and_iob2_tags(tmp_path: Path) -> None:
    losses = _export(_entities(tmp_path), "conll", tmp_path / "gold.conll")
    assert (tmp_path / "gold.conll").read_text(encoding="utf-8") == (
        "-DOCSTART- -X- O O\n\n"
        "😀 -X- -X- O\nAnn -X- -X- B-PER\nLee -X- -X- I-PER\n- -X- -X- I-PER\n"
        "Mann -X- -X- I-PER\nleft -X- -X- B-LOC\n\n"
        "Rome -X- -X- B-LOC\n. -X- -X- O\nShe -X- -X- B-LOC\nleft -X- -X- O\nRome -X- -X- B-LOC\n\n"
    )
    assert losses.lost == {
        "span nested in or overlapping another (the outermost is kept)": 2,
        "mention of a span": 1,
        "span without a visible character": 1,
    }
    assert losses.altered == {
        "span across a line break, cut at it": 1,
        "span with white space at its border, cut off": 1,
    }


def test_spacy_finds_the_texts_and_spans_of_conll(tmp_path: Path) -> None:
    two = [*json.loads(_entities(tmp_path).read_bytes()), task("Bo.\nNothing", [])]
    _export(save(tmp_path / "in.json", two), "conll", tmp_path / "gold.conll")
    convert(tmp_path / "gold.conll", tmp_path, file_type="spacy", converter="ner", silent=True)
    docs = DocBin().from_disk(tmp_path / "gold.spacy").get_docs(spacy.blank("en").vocab)
    found = {doc.text.rstrip(): [(span.text, span.label_) for span in doc.ents] for doc in docs}
    assert found == {
        "😀 Ann Lee - Mann left Rome . She left Rome": [
            ("Ann Lee - Mann", "PER"),
            ("left", "LOC"),
            ("Rome", "LOC"),
            ("She", "LOC"),
            ("Rome", "LOC"),
        ],
        "Bo . Nothing": [],
    }


@pytest.mark.parametrize("name", ["conll", "conll-iobes", "conllu", "crowd-kit", "cleanlab"])
def test_a_label_counts_as_lost_or_once_as_altered(tmp_path: Path, name: str) -> None:
    text = "Ann\nLee\r\nMann\n\nRome "
    result = [
        region(text, "lines", "entity", "PER", 0, 13),  # one span in three pieces
        region(text, "nested", "entity", "ORG", 3, 7),  # begins with a line feed, and is lost
        region(text, "loose", "entity", "LOC", 15, 20),
        region(text, "equal", "entity", "LOC", 15, 19),
    ]
    losses = _export(save(tmp_path / "in.json", [task(text, result)]), name, tmp_path / "out")
    assert losses.lost == {"span nested in or overlapping another (the outermost is kept)": 2}
    assert losses.altered == {
        "span across a line break, cut at it": 1,
        "span with white space at its border, cut off": 1,
    }


def test_each_span_that_is_cut_or_moved_is_counted(tmp_path: Path) -> None:
    text = "Ann\nLee Bo\nLi left"
    result = [
        region(text, "one", "entity", "PER", 0, 7),
        region(text, "two", "entity", "PER", 8, 13),
        region(text, "inside", "entity", "ORG", 15, 18),  # "eft"
    ]
    losses = _export(save(tmp_path / "in.json", [task(text, result)]), "conll", tmp_path / "out")
    assert losses.lost == {}
    assert losses.altered == {
        "span across a line break, cut at it": 2,
        "span with a border inside a token, moved to the token's border": 1,
    }


def test_iobes_marks_single_tokens_and_ends(tmp_path: Path) -> None:
    _export(_entities(tmp_path), "conll-iobes", tmp_path / "gold.conll")
    lines = (tmp_path / "gold.conll").read_text(encoding="utf-8").splitlines()
    tags = [line.split(" ")[3] for line in lines if line]
    assert tags == [
        "O",
        "O",
        "B-PER",
        "I-PER",
        "I-PER",
        "E-PER",
        "S-LOC",
        "S-LOC",
        "O",
        "S-LOC",
        "O",
        "S-LOC",
    ]


def test_claims_lose_what_tags_cannot_hold(tmp_path: Path) -> None:
    text = "Ann said no and yes"
    result = [
        region(text, "s", "role", "Source", 0, 3),
        choice("s", "kind", "named"),
        region(text, "c1", "role", "Content", 9, 11),
        region(text, "c2", "role", "Content", 16, 19),
        relation("c1", "c2", "continues"),
        relation("c1", "s", "source"),
    ]
    save(tmp_path / "in.json", [task(text, result)])
    losses = _export(tmp_path / "in.json", "conll", tmp_path / "out", "claims")
    assert losses.lost == {
        "kind of a span": 1,
        "relation source": 1,
        "tie between fragments of one part": 1,
    }


def test_conllu_holds_the_text(tmp_path: Path) -> None:
    _export(_entities(tmp_path), "conllu", tmp_path / "gold.conllu")
    sentences = conllu.parse((tmp_path / "gold.conllu").read_text(encoding="utf-8"))
    tokens = [token for sentence in sentences for token in sentence]
    for token in tokens:
        start, end = map(int, token["misc"]["TokenRange"].split(":"))
        assert _TEXT[start:end] == token["form"]
    shown = [sentence.metadata["text"] for sentence in sentences]
    assert shown == ["😀 Ann  Lee-Mann left", "Rome. She left Rome"]
    assert tokens[1]["misc"] == {"NER": "B-PER", "SpacesAfter": "\\s\\s", "TokenRange": "2:5"}
    import_files("conll", tmp_path / "gold.conllu", tmp_path / "out.json")
    assert set(drawings(gold_table(tmp_path / "out.json", "entities"))) == {_TEXT}


def test_gold_comes_back_from_conllu() -> None:
    @given(entity_tasks())
    @settings(max_examples=60, deadline=None)
    def check(made: dict[str, Any]) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            before = meanings(gold_table(save(folder / "in.json", [made]), "entities"))
            losses = _export(folder / "in.json", "conllu", folder / "a.conllu")
            data = (folder / "a.conllu").read_bytes().decode("utf-8")
            assert "".join(part.serialize() for part in conllu.parse(data)) == data
            import_files("conll", folder / "a.conllu", folder / "out.json")
            after = meanings(gold_table(folder / "out.json", "entities"))
            assert set(after) == {made["data"]["text"]}
            lost = {what: n for what, n in losses.lost.items() if what != "mention of a span"}
            spans = [sum(count.values()) for count in (*before.values(), *after.values())]
            cut = losses.altered["span across a line break, cut at it"]
            more = spans[1] - spans[0] + sum(lost.values())
            assert more == cut or (made["data"]["text"].count("\n") > 1 and more > cut > 0)
            if not losses.lost and not losses.altered:
                assert after == before

    check()


_NAMES = ["GPE", "GPE|LOC", "A=B", "a\\pb", "\\", "|", "_", "NER=B-X|Y", "B-PER", "a b", "a\\s|"]


def test_label_names_come_back_from_conllu(tmp_path: Path) -> None:
    config = config_of(tmp_path / "names.xml", "entity", _NAMES)
    text = " ".join("w" * len(_NAMES))
    result = [
        region(text, f"e{n}", "entity", label, 2 * n, 2 * n + 1) for n, label in enumerate(_NAMES)
    ]
    table = gold_table(save(tmp_path / "in.json", [task(text, result)]), "entities", config)
    export_table(table, load_format("conllu"), tmp_path / "gold.conllu")
    (sentence,) = conllu.parse((tmp_path / "gold.conllu").read_text(encoding="utf-8"))
    assert all(set(token["misc"]) - {"SpaceAfter"} == {"NER", "TokenRange"} for token in sentence)
    import_files(
        "conll",
        tmp_path / "gold.conllu",
        tmp_path / "out.json",
        config=config,
        names={"a_b": "a b"},
    )
    back = gold_table(tmp_path / "out.json", "entities", config)
    assert [shape.label for shape in drawings(back)[text].shapes] == _NAMES


@pytest.mark.parametrize("name", ["conll", "conll-iobes", "conllu", "crowd-kit"])
def test_a_label_under_another_name_counts_as_altered(tmp_path: Path, name: str) -> None:
    config = config_of(tmp_path / "names.xml", "entity", ["PER", "a b"])
    text = "Ann left\nRome."
    result = [
        region(text, "cut", "entity", "a b", 4, 13),  # over the line break
        region(text, "nested", "entity", "a b", 9, 13),
        region(text, "same", "entity", "PER", 0, 3),
    ]
    table = own_table(save(tmp_path / "in.json", [task(text, result)]), "entities", config)
    losses = export_table(table, load_format(name), tmp_path / "out").losses
    names = {} if name == "crowd-kit" else {"name 'a b', written a_b": 1}
    assert losses.altered == {"span across a line break, cut at it": 1, **names}


@pytest.mark.parametrize("name", ["conll", "conll-iobes", "conllu", "brat"])
def test_a_label_without_a_name_is_refused(tmp_path: Path, name: str) -> None:
    config = config_of(tmp_path / "names.xml", "entity", ["PER", ""])
    table = gold_table(save(tmp_path / "in.json", [task("Ann", [])]), "entities", config)
    with pytest.raises(InputError, match=rf"names\.xml: {name} has no place for an empty name"):
        export_table(table, load_format(name), tmp_path / "out")


@pytest.mark.parametrize("labels", [["a_b", "a b"], ["a  b", "a b"]])
def test_names_that_white_space_tells_apart_are_both_named(
    tmp_path: Path, labels: list[str]
) -> None:
    config = config_of(tmp_path / "names.xml", "entity", labels)
    table = gold_table(save(tmp_path / "in.json", [task("Ann", [])]), "entities", config)
    with pytest.raises(InputError) as caught:
        export_table(table, load_format("conll"), tmp_path / "out")
    assert f"would write {labels[0]!r} and {labels[1]!r} alike" in str(caught.value)


@pytest.mark.parametrize(
    "tags",
    [
        ["I-PER", "I-PER", "B-PER", "O", "I-LOC"],  # IOB1
        ["B-PER", "I-PER", "B-PER", "O", "B-LOC"],  # IOB2
        ["B-PER", "E-PER", "S-PER", "O", "S-LOC"],  # IOBES
        ["B-PER", "L-PER", "U-PER", "O", "U-LOC"],  # BILOU
    ],
)
def test_every_tag_scheme_means_the_same(tmp_path: Path, tags: list[str]) -> None:
    words = ["Ann", "Lee", "Bo", "in", "Rome"]
    lines = [f"{word} NN B-NP {tag}\n" for word, tag in zip(words, tags, strict=True)]
    (tmp_path / "a.conll").write_text("-DOCSTART- -X- -X- O\n\n" + "".join(lines) + "\n# # # O\n")
    import_files("conll", tmp_path / "a.conll", tmp_path / "out.json")
    (drawn,) = drawings(gold_table(tmp_path / "out.json", "entities")).items()
    assert drawn[0] == "Ann Lee Bo in Rome\n#"
    assert [(s.label, s.fragments) for s in drawn[1].shapes] == [
        ("PER", ((0, 7),)),
        ("PER", ((8, 10),)),
        ("LOC", ((14, 18),)),
    ]


@pytest.mark.parametrize("begun", ["B", "I"])
def test_a_tag_with_another_label_begins_a_span(tmp_path: Path, begun: str) -> None:
    (tmp_path / "a.conll").write_text(f"Ann {begun}-PER\nRome I-LOC\nBay I-LOC\n")
    import_files("conll", tmp_path / "a.conll", tmp_path / "out.json")
    (drawn,) = drawings(gold_table(tmp_path / "out.json", "entities")).values()
    assert [(s.label, s.fragments) for s in drawn.shapes] == [
        ("PER", ((0, 3),)),
        ("LOC", ((4, 12),)),
    ]


def test_documents_begin_with_docstart_or_newdoc(tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_text("-DOCSTART- O\n\na O\n\n-DOCSTART- O\n\nb O\nc O\n")
    outcome = import_files("conll", tmp_path / "a.conll", tmp_path / "out.json")
    assert outcome.tasks == 2
    none = "\t_" * 7
    (tmp_path / "b.conllu").write_text(
        f"# newdoc id = ../../x\n1-2\tzum{none}\tSpaceAfter=No\n1\tzu{none}\tNER=B-LOC\n"
        f"2\tdem{none}\t_\n"
        f"3\tHof{none}\t_\n3.1\tleer{none}\t_\n\n# newdoc\n1\tb{none}\t_\n"
    )
    import_files("conll", tmp_path / "b.conllu", tmp_path / "out.json")
    drawn = drawings(gold_table(tmp_path / "out.json", "entities"))
    assert set(drawn) == {"zumHof", "b"}


@pytest.mark.parametrize(
    ("lines", "text", "span"),
    [
        ("10\u00a0000 CD x B-MISC\nkm NN x I-MISC\n", "10\u00a0000 km", (0, 9)),
        ("Ann NNP x B-PER\n\u00a0 SP x I-PER\nLee NNP x I-PER\n", "Ann \u00a0 Lee", (0, 9)),
        ("a\u2028b  NN x B-PER \r\n\u3000c NN  x O\r\n", "a\u2028b \u3000c", (0, 3)),
        ("New York\t_\tB-LOC\n\u00a0\t_\tO\n", "New York \u00a0", (0, 8)),
    ],
)
def test_only_tabs_and_spaces_part_columns(
    tmp_path: Path, lines: str, text: str, span: tuple[int, int]
) -> None:
    (tmp_path / "a.conll").write_bytes(lines.encode())
    import_files("conll", tmp_path / "a.conll", tmp_path / "out.json")
    ((found, drawn),) = drawings(gold_table(tmp_path / "out.json", "entities")).items()
    assert (found, [shape.fragments for shape in drawn.shapes]) == (text, [(span,)])


@pytest.mark.parametrize(
    "lines",
    [
        "-DOCSTART- -X- -X- O\n\nAnn NNP x B-PER\n",
        "Ann\tB-PER\n",
        "# newdoc\n1\tAnn" + "\t_" * 7 + "\tNER=B-PER\n",
        "1\tAnn" + "\t_" * 7 + "\tNER=B-PER\n",
    ],
)
def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path, lines: str) -> None:
    (tmp_path / "a.conll").write_bytes(b"\xef\xbb\xbf" + lines.encode())
    outcome = import_files("conll", tmp_path / "a.conll", tmp_path / "out.json")
    assert outcome.words.altered == {}
    ((text, drawn),) = drawings(gold_table(tmp_path / "out.json", "entities")).items()
    assert (text, [shape.fragments for shape in drawn.shapes]) == ("Ann", [((0, 3),)])


def _conllu(*rows: tuple[str, str]) -> str:
    lines = [f"{n}\t{word}" + "\t_" * 7 + f"\t{misc}\n" for n, (word, misc) in enumerate(rows, 1)]
    return "# newdoc\n" + "".join(lines) + "\n"


def test_offsets_of_conllu_must_agree_with_its_white_space(tmp_path: Path) -> None:
    path = tmp_path / "a.conllu"
    rome = ("Rome", "NER=B-LOC|TokenRange=4:8")
    # the second text counts on from the first, as some programs do
    path.write_text(
        _conllu(("In", "SpacesAfter=\\s\\s|TokenRange=0:2"), rome)
        + _conllu(("In", "TokenRange=9:11"), ("Pisa", "NER=B-LOC|TokenRange=12:16"))
    )
    import_files("conll", path, tmp_path / "out.json")
    assert set(drawings(gold_table(tmp_path / "out.json", "entities"))) == {"In  Rome", "In Pisa"}
    path.write_text(_conllu(("In", "SpacesAfter=\\r\\n|TokenRange=0:2"), rome))
    outcome = import_files("conll", path, tmp_path / "out.json")
    assert list(outcome.words.altered.values()) == [1]
    assert set(drawings(gold_table(tmp_path / "out.json", "entities"))) == {"In\nRome"}
    path.write_text(_conllu(("In", "TokenRange=0:2"), rome))
    with pytest.raises(InputError) as caught:
        import_files("conll", path, tmp_path / "out.json")
    assert "a.conllu: line 3: says TokenRange=4:8, and 'Rome' lies at 3:7" in str(caught.value)
    path.write_text(_conllu(("In", "_"), ("Rome", "TokenRange=3-7")))
    with pytest.raises(InputError, match=r"line 3: TokenRange=3-7 is no start:end"):
        import_files("conll", path, tmp_path / "out.json")


def _words(*rows: tuple[str, str, str]) -> str:
    lines = [f"{n}\t{word}" + "\t_" * 7 + f"\t{misc}\n" for n, word, misc in rows]
    return "# newdoc\n" + "".join(lines) + "\n"


_CUT = {"span with a border inside a token, moved to the token's border": 1}


@pytest.mark.parametrize(
    ("rows", "found", "altered", "not_held"),
    [
        (  # the tags stand on the words, and a border between the two of "du"
            [
                ("1-2", "du", "_"),
                ("1", "de", "_"),
                ("2", "le", "NER=B-LOC"),
                ("3", "Cap", "NER=I-LOC"),
            ],
            [("LOC", "du Cap")],
            _CUT,
            {},
        ),
        (  # a span that ends with the first word of "Cap's"
            [
                ("1", "the", "_"),
                ("2", "Cap", "NER=B-LOC"),
                ("3-4", "Town's", "_"),
                ("3", "Town", "NER=E-LOC"),
                ("4", "'s", "NER=O"),
            ],
            [("LOC", "Cap Town's")],
            _CUT,
            {},
        ),
        (  # all words of the token are in the span: nothing moves
            [
                ("1-2", "del", "_"),
                ("1", "de", "NER=B-LOC"),
                ("2", "el", "NER=I-LOC"),
                ("3", "Rio", "NER=L-LOC"),
            ],
            [("LOC", "del Rio")],
            {},
            {},
        ),
        (  # two labels on one token; entities may overlap
            [
                ("1", "Ann", "NER=B-PER"),
                ("2-3", "inRome", "_"),
                ("2", "in", "NER=I-PER"),
                ("3", "Rome", "NER=B-LOC"),
            ],
            [("PER", "Ann inRome"), ("LOC", "inRome")],
            {"span with a border inside a token, moved to the token's border": 2},
            {},
        ),
        (  # two spans that would be one and the same
            [
                ("1-2", "dáselo", "_"),
                ("1", "se", "NER=S-PER"),
                ("2", "lo", "NER=S-PER"),
            ],
            [("PER", "dáselo")],
            _CUT,
            {"second span with the label of the first on words of one token": 1},
        ),
        (  # the token says itself what it is
            [
                ("1-2", "zum", "NER=B-LOC"),
                ("1", "zu", "NER=B-PER"),
                ("2", "dem", "NER=B-LOC"),
                ("3", "Hof", "NER=I-LOC"),
            ],
            [("LOC", "zum Hof")],
            {},
            {"tag of a word whose token has one with another label": 1},
        ),
    ],
)
def test_words_give_the_token_that_covers_them_their_tags(
    tmp_path: Path,
    rows: list[tuple[str, str, str]],
    found: list[tuple[str, str]],
    altered: dict[str, int],
    not_held: dict[str, int],
) -> None:
    (tmp_path / "a.conllu").write_text(_words(*rows), encoding="utf-8")
    outcome = import_files("conll", tmp_path / "a.conllu", tmp_path / "out.json")
    assert (dict(outcome.words.altered), dict(outcome.words.not_held)) == (altered, not_held)
    ((text, drawn),) = drawings(gold_table(tmp_path / "out.json", "entities")).items()
    assert [(s.label, text[slice(*s.fragments[0])]) for s in drawn.shapes] == found


def test_tags_that_stanza_writes_are_read(tmp_path: Path) -> None:
    misc = ["start_char=0|end_char=3|ner=B-PER", "start_char=4|end_char=7|ner=E-PER", "ner=O"]
    words = ["Ann", "Lee", "left"]
    lines = [
        f"{number}\t{word}" + "\t_" * 7 + f"\t{field}\n"
        for number, (word, field) in enumerate(zip(words, misc, strict=True), 1)
    ]
    (tmp_path / "a.conllu").write_text("".join(lines))
    outcome = import_files("conll", tmp_path / "a.conllu", tmp_path / "out.json")
    (drawn,) = drawings(gold_table(tmp_path / "out.json", "entities")).values()
    assert outcome.labels == 1
    assert [(shape.label, shape.fragments) for shape in drawn.shapes] == [("PER", ((0, 7),))]


def test_a_label_of_a_byte_order_mark_alone_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.conllu"
    lines = ("\ufeff", "NER=B-LOC|SpaceAfter=No"), ("Rome", "NER=B-LOC"), ("Ann", "NER=B-PER")
    path.write_text(_conllu(*lines))
    outcome = import_files("conll", path, tmp_path / "out.json")
    assert outcome.words.not_held == {LOST_SPAN: 1}
    (drawn,) = drawings(gold_table(tmp_path / "out.json", "entities")).values()
    assert [s.fragments for s in drawn.shapes] == [((0, 4),), ((5, 8),)]


def test_unknown_labels_are_refused_or_left_out_by_number(tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_text("Ann B-Person\nLee I-Person\nRome B-Town\n")
    with pytest.raises(RejectsError, match=r"label Person \(1, first in .*a\.conll: line 1\)"):
        import_files("conll", tmp_path / "a.conll", tmp_path / "out.json")
    assert not (tmp_path / "out.json").exists()
    outcome = import_files(
        "conll", tmp_path / "a.conll", tmp_path / "out.json", names={"Person": "PER"}, max_rejects=1
    )
    assert outcome.words.unknown == {"label Town": 1}
    with pytest.raises(InputError, match="names Nobody, which neither the input has"):
        import_files(
            "conll",
            tmp_path / "a.conll",
            tmp_path / "x.json",
            names={"Nobody": "PER"},
            max_rejects=2,
        )


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"Ann B-PER\nLee\n", "a.conll: line 2: has no token and tag: 'Lee'"),
        (b"Ann PER\n", "a.conll: line 1: the tag 'PER' is neither"),
        (b"Ann O\n\xff O\n", "a.conll: line 2: not UTF-8: byte 0xff"),
        (b"A" * 1_000_002 + b" O\n", "a.conll: line 1: is longer than 1000000 bytes"),
        (b"\n\n", "a.conll: holds no annotated text"),
        (b"1" + b"\ta" * 8 + b"\tNER=PER\n", "a.conll: line 1: the tag 'PER' is neither"),
        (b"1" + b"\ta" * 8 + b"\t_\n\nx\ty\n", "a.conll: line 3: is no CoNLL-U line"),
        (
            b"-DOCSTART- O\n\nAnn NN x O\nNew York NN x O\n",
            "a.conll: line 4: has 5 columns, and line 3 has 4; give every line the same columns",
        ),
        (b"New York\tO\n10 000 O\n", "a.conll: line 2: has 3 columns, and line 1 has 2"),
        (b"Ann B-PER\rLee I-PER\r", "a.conll: line 1: holds a CR that ends no line; end lines"),
        (b"a\x00b O\n", "a.conll: line 1: NUL at offset 1"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "a.conll").write_bytes(data)
    with pytest.raises(InputError) as caught:
        import_files("conll", tmp_path / "a.conll", tmp_path / "out.json")
    assert says in str(caught.value)
    assert not (tmp_path / "out.json").exists()
