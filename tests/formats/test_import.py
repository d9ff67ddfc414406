"""What all imports share: whose work a file is, which files are read, which texts are left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotate.errors import InputError
from annotate.formats import load_format
from annotate.formats.export import export_table
from annotate.pipeline import read_annotations
from tests.formats.making import KEY, config_of, import_files, own_table, region, save, task

_TEXT = "Ann in Rome"


def _annotations(out: Path) -> dict[int, list[str]]:
    """The words that each annotation of the one task marks, by the annotation's id."""
    (made,) = json.loads(out.read_text(encoding="utf-8"))
    return {a["id"]: [item["value"]["text"] for item in a["result"]] for a in made["annotations"]}


def _brat(folder: Path, words: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text(_TEXT)
    (folder / "a.ann").write_text(f"T1\tPER 0 {len(words)}\t{words}\n")
    return folder


@pytest.mark.parametrize(
    ("name", "reader"),
    [
        ("brat", "brat"),
        ("conll", "conll"),
        ("conll-iobes", "conll"),
        ("conllu", "conll"),
        ("prodigy", "prodigy"),
    ],
)
def test_an_export_of_annotators_comes_back_with_each(
    tmp_path: Path, name: str, reader: str
) -> None:
    results: list[list[dict[str, Any]]] = [
        [region(_TEXT, "a", "entity", "PER", 0, 3)],
        [region(_TEXT, "a", "entity", "PER", 0, 3)],  # agrees with the first
        [region(_TEXT, "a", "entity", "LOC", 7, 11)],
        [],
    ]
    source = save(tmp_path / "in.json", [task(_TEXT, *results)])
    out = tmp_path / "out.jsonl"  # a file for prodigy alone
    export_table(own_table(source, "entities"), load_format(name), out)
    outcome = import_files(reader, [out], tmp_path / "back.json")
    assert (outcome.tasks, outcome.annotations, outcome.copies) == (1, 4, 0)
    found = _annotations(tmp_path / "back.json")
    assert sorted(found.values()) == [[], ["Ann"], ["Ann"], ["Rome"]]
    if out.is_dir():  # each piece named alone is the same annotator's
        pieces = sorted(out.iterdir())
        import_files(reader, pieces, tmp_path / "pieces.json")
        assert _annotations(tmp_path / "pieces.json") == found


def test_folders_of_one_name_are_annotators_of_their_own(tmp_path: Path) -> None:
    ann, ben = _brat(tmp_path / "ann" / "one", "Ann"), _brat(tmp_path / "ben" / "one", "Ann")
    outcome = import_files("brat", [ann, ben], tmp_path / "out.json")
    assert (outcome.annotations, outcome.copies) == (2, 0)
    cam = _brat(tmp_path / "ben" / "ann" / "one", "Ann in")
    outcome = import_files("brat", [cam / "a.ann", ann, ben / "a.ann"], tmp_path / "out.json")
    assert sorted(_annotations(tmp_path / "out.json").values()) == [["Ann"], ["Ann"], ["Ann in"]]


@pytest.mark.parametrize(
    ("reader", "name", "content"),
    [
        ("brat", "a.ann", "T1\tPER 0 3\tAnn\n"),
        ("conll", "a.conll", "Ann B-PER\nin O\nRome O\n"),
        ("prodigy", "a.jsonl", '{"text": "Ann in Rome"}\n'),
    ],
)
def test_a_file_that_several_paths_hold_is_read_once(
    tmp_path: Path, reader: str, name: str, content: str
) -> None:
    folder = tmp_path / "ann"
    folder.mkdir()
    file, link = folder / name, tmp_path / "link"
    file.write_text(content)
    if reader == "brat":
        (folder / "a.txt").write_text(_TEXT)
    link.symlink_to(folder)
    paths = [folder, file, file, link, link / name, folder / ".." / "ann"]
    outcome = import_files(reader, paths, tmp_path / "out.json")
    assert (outcome.tasks, outcome.annotations, outcome.copies) == (1, 1, 0)
    for paths in ([tmp_path, file], [file, tmp_path], [tmp_path, folder]):
        first, second = (p.parent.name if p == file else p.name for p in paths)
        with pytest.raises(InputError) as caught:
            import_files(reader, paths, tmp_path / "no.json")
        assert str(caught.value) == (
            f"{file}: is given twice, as the work of {first} ({file}) and of {second}; leave one "
            "PATH out; where two annotators did the same, make the link a copy"
        )


def test_a_link_to_a_file_is_the_work_of_the_folder_it_lies_in(tmp_path: Path) -> None:
    held = _brat(tmp_path / "held", "Ann")
    for name in ("ann", "ben"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").symlink_to(held / "a.txt")
        (tmp_path / name / "a.ann").symlink_to(held / "a.ann")
    folder, file = tmp_path / "ann", tmp_path / "ann" / "a.ann"
    found = []
    for path in (folder, file):
        import_files("brat", [path], tmp_path / "out.json")
        found.append(_annotations(tmp_path / "out.json"))
    assert found[0] == found[1]
    with pytest.raises(InputError, match=r"as the work of ann \(.*ann/a\.ann\) and of ben"):
        import_files("brat", [folder, tmp_path / "ben"], tmp_path / "out.json")


def test_links_to_one_empty_file_beside_different_texts_are_all_read(tmp_path: Path) -> None:
    folder = tmp_path / "ann"
    folder.mkdir()
    (tmp_path / "empty").touch()
    for name in ("a", "b"):
        (folder / f"{name}.txt").write_text(name)
        (folder / f"{name}.ann").symlink_to(tmp_path / "empty")
    outcome = import_files("brat", [folder], tmp_path / "out.json")
    assert (outcome.tasks, outcome.annotations, outcome.copies) == (2, 2, 0)


@pytest.mark.parametrize(
    ("reader", "suffix", "second", "third"),
    [
        ("conll", "CONLL", "Bo B-PER\n", "Cy B-PER\n"),
        ("prodigy", "Jsonl", '{"text": "Bo"}\n', '{"text": "Cy"}\n'),
        ("brat", "ANN", "T1\tPER 0 2\tBo\n", ""),
    ],
)
def test_capitals_in_a_suffix_pass_over_no_file(
    tmp_path: Path, reader: str, suffix: str, second: str, third: str
) -> None:
    folder = tmp_path / "all"
    folder.mkdir()
    (folder / f"b.{suffix}").write_text(second)
    (folder / f"c.{suffix.lower()}").write_text(third)
    if reader == "brat":
        (folder / "b.TXT").write_text("Bo")
        (folder / "c.Txt").write_text("Cy")
    outcome = import_files(reader, [folder], tmp_path / "out.json")
    made = json.loads((tmp_path / "out.json").read_text())
    assert (outcome.tasks, {item["data"]["text"] for item in made}) == (2, {"Bo", "Cy"})


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_text_without_words_is_counted_and_left_out(tmp_path: Path, text: str) -> None:
    folder = _brat(tmp_path / "brat", "Ann")
    (folder / "b.txt").write_text(text)
    (folder / "b.ann").write_text("T1\tPER 0 1\t\n" if text else "")
    span = [{"start": 0, "end": 1, "label": "PER"}]
    lines = [{"text": _TEXT, "spans": span}, {"text": text, "spans": span if text else []}]
    prodigy = tmp_path / "a.jsonl"
    prodigy.write_text("".join(json.dumps(line) + "\n" for line in lines))
    wanted = {"text of white space alone": 1}
    if text:
        wanted["label on a text of white space alone"] = 1
    for name, path in (("brat", folder), ("prodigy", prodigy)):
        outcome = import_files(name, [path], tmp_path / "out.json")
        assert (outcome.annotations, dict(outcome.words.not_held)) == (1, wanted)


@pytest.mark.parametrize(
    "lines",
    [
        "-DOCSTART- O\n\n-DOCSTART- O\n\nAnn B-PER\n\n-DOCSTART- O\n",
        "# newdoc id = a\n\n# newdoc id = b\n1\tAnn"
        + "\t_" * 7
        + "\tNER=B-PER\n\n# newdoc id = c\n",
        "-DOCSTART- O\n\n\u00a0 O\n\n-DOCSTART- O\n\nAnn B-PER\n\n-DOCSTART- O\n\n\u2028 O\n",
    ],
)
def test_columns_of_a_text_without_words_are_counted(tmp_path: Path, lines: str) -> None:
    (tmp_path / "a.conll").write_text(lines, encoding="utf-8")
    outcome = import_files("conll", [tmp_path / "a.conll"], tmp_path / "out.json")
    assert (outcome.annotations, outcome.words.not_held["text of white space alone"]) == (1, 2)


def test_the_advice_where_one_annotator_disagrees_is_another_command(tmp_path: Path) -> None:
    _brat(tmp_path / "all" / "ann", "Ann")
    _brat(tmp_path / "all" / "ben", "Ann in")
    with pytest.raises(InputError) as caught:
        import_files("brat", [tmp_path / "all"], tmp_path / "out.json")
    assert str(caught.value).endswith(
        "both by all; leave one out, or name the folder of each annotator as a PATH of its own"
    )
    import_files("brat", sorted((tmp_path / "all").iterdir()), tmp_path / "out.json")
    assert sorted(_annotations(tmp_path / "out.json").values()) == [["Ann"], ["Ann in"]]
    lines = [
        {"text": _TEXT, "spans": spans, "_annotator_id": "ann"}
        for spans in ([], [{"start": 0, "end": 3, "label": "PER"}])
    ]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(InputError, match="both by ann; leave one out, or give the lines of each"):
        import_files("prodigy", [path], tmp_path / "out.json")


def test_hidden_files_of_a_folder_are_left_alone(tmp_path: Path) -> None:
    source = _brat(tmp_path / ".corpora" / "ann", "Ann")
    _brat(source / ".ipynb_checkpoints", "Ann in")
    for name in ("._a.ann", "._a.txt"):  # of macOS, beside every file
        (source / name).write_bytes(b"\0\5\x16\7\0")
    out = tmp_path / "out.json"
    outcome = import_files("brat", source, out)
    assert (outcome.tasks, list(_annotations(out).values())) == (1, [["Ann"]])


def test_names_fit_a_foreign_config_and_the_input(tmp_path: Path) -> None:
    """The config of Label Studio's own template, and a corpus with other names than it."""
    config = config_of(tmp_path / "c.xml", "label", ["Person, real", "Location", "LOC"])
    source = _brat(tmp_path / "corpus", "Ann")
    (source / "a.ann").write_text(
        "T1\tPerson 0 3\tAnn\nT2\tLocation 7 11\tRome\nT3\tPlace 7 11\tRome\n"
    )
    names = {"label": "entity", "Person, real": "PER", "Person": "PER", "Place": "LOC"}
    out = tmp_path / "out.json"
    import_files("brat", source, out, names=names, config=config)
    assert _labels(out) == [("label", "Person, real"), ("label", "Location"), ("label", "LOC")]

    # ours is a word of the config already, so that the name is of the corpus alone
    import_files("brat", source, out, names=names | {"Location": "LOC"}, config=config)
    assert _labels(out) == [("label", "Person, real"), ("label", "LOC"), ("label", "LOC")]

    read = {"label": "entity", "Person, real": "PER"}
    read_annotations("entities", [out], config=config, names=read, key=KEY).ledger.close(
        max_rejects=0
    )
    config.write_text(config.read_text().replace("$text", "$article"))
    import_files("brat", source, out, names=names, config=config)
    kept = read_annotations("entities", [out], config=config, names=read, key=KEY)
    kept.ledger.close(max_rejects=0)
    assert len(kept.tasks) == 1
    with pytest.raises(InputError, match=r"no <Labels name=\"entity\">; .* map names with --map"):
        import_files("brat", source, out, config=config)
    with pytest.raises(InputError, match="--map: names Nobody, which neither the input has, nor"):
        import_files("brat", source, out, names=names | {"Nobody": "PER"}, config=config)


def _labels(out: Path) -> list[tuple[str, str]]:
    """The control and the label of each span of the one annotation."""
    (made,) = json.loads(out.read_text(encoding="utf-8"))
    (annotation,) = made["annotations"]
    return [(item["from_name"], *item["value"]["labels"]) for item in annotation["result"]]


def test_a_text_twice_has_the_same_labels_in_whatever_order(tmp_path: Path) -> None:
    text = "Ann said no. Bo said yes."
    spans = {"c": "Content 9 11\tno", "s": "Source 0 3\tAnn", "d": "Content 21 24\tyes"}
    orders = {"a": ("c", "s", "d"), "b": ("d", "s", "c")}

    def write(name: str, said_by: str) -> None:
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / f"in/{name}.txt").write_text(text)
        lines = [f"T{n}\t{spans[one]}\n" for n, one in enumerate(orders[name], 1)]
        first, source = (orders[name].index(one) + 1 for one in (said_by, "s"))
        mode = f"A1\tmode T{first} direct\n"
        relation = f"R1\tsource Arg1:T{first} Arg2:T{source}\n"
        (tmp_path / f"in/{name}.ann").write_text("".join([*lines, mode, relation]))

    write("a", "c")
    write("b", "c")
    outcome = import_files("brat", tmp_path / "in", tmp_path / "out.json", "claims")
    assert (outcome.tasks, outcome.annotations, outcome.copies) == (1, 1, 1)
    write("b", "d")  # who says yes
    with pytest.raises(InputError, match=r"in/b\.ann: has the text of .*a\.ann and other labels"):
        import_files("brat", tmp_path / "in", tmp_path / "out.json", "claims")
