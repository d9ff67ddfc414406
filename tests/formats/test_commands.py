"""`annotate export` and `annotate import` as a person runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from annotate.cli import cli
from annotate.errors import AnnotateError
from annotate.formats import formats
from annotate.formats.readers import readers
from tests.command import annotate
from tests.formats.bratrules import read_folder
from tests.formats.making import choice, region, relation, save, task
from tests.formats.test_brat import corpus
from tests.shared import shared

_TEXT = "Ann said no"


def _claims(folder: Path) -> Path:
    result = [
        region(_TEXT, "s", "role", "Source", 0, 3),
        region(_TEXT, "c", "role", "Content", 9, 11),
        choice("c", "mode", "direct"),
        relation("c", "s", "source"),
    ]
    return save(folder / "in.json", [task(_TEXT, result)])


def test_brat_goes_through_a_version_and_comes_back(tmp_path: Path) -> None:
    source = corpus(tmp_path / "corpus")
    ran = annotate("import", "claims", source, "--format", "brat", "-o", "in.json", home=tmp_path)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "2 tasks, 2 annotations, 18 labels in in.json\n"
    made = annotate(
        *("version", "create", "moved", "--scheme", "claims", "--from", "in.json", "--json"),
        home=tmp_path,
    )
    assert made.code == 0, made.err
    assert (made.json["tasks"], made.json["regions_read"], made.json["rejected"]) == (2, 10, [])
    ran = annotate(
        *("export", "claims", "in.json", "--format", "brat", "-o", "back", "--json"), home=tmp_path
    )
    assert ran.code == 0
    assert (ran.json["rows"], ran.json["labels"], ran.json["lost"]) == (2, 18, {})
    assert read_folder(tmp_path / "back") == read_folder(source)


def test_predictions_are_no_annotations(tmp_path: Path) -> None:
    source = corpus(tmp_path / "corpus")
    ran = annotate(
        *("import", "claims", source, "--format", "brat", "--as", "predictions", "-o", "in.json"),
        home=tmp_path,
    )
    assert ran.code == 0
    tasks = json.loads((tmp_path / "in.json").read_text())
    assert {frozenset(item) for item in tasks} == {frozenset({"data", "predictions"})}
    ran = annotate("export", "claims", "in.json", "--format", "csv", "-o", "x", home=tmp_path)
    assert ran.code == 1 and "no task has a finished annotation" in ran.err


def test_two_annotators_of_one_text_are_two_folders(tmp_path: Path) -> None:
    for name, end in (("ann", 3), ("ben", 8)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(_TEXT)
        (tmp_path / name / "a.ann").write_text(f"T1\tSource 0 {end}\t{_TEXT[:end]}\n")
    ran = annotate(
        *("import", "claims", "ann", "ben", "--format", "brat", "-o", "in.json", "--json"),
        home=tmp_path,
    )
    assert (ran.json["tasks"], ran.json["annotations"]) == (1, 2)
    checked = annotate("check", "claims", "in.json", "--json", home=tmp_path).json
    assert (checked["tasks"], checked["annotations_kept"]) == (1, 2)
    (tmp_path / "ann" / "b.txt").write_text(_TEXT)
    (tmp_path / "ann" / "b.ann").write_text("T1\tSource 0 3\tAnn\n")
    ran = annotate("import", "claims", "ann", "--format", "brat", "-o", "x.json", home=tmp_path)
    assert (ran.code, ran.err.splitlines()[0]) == (
        0,
        "1 texts were there twice with the same labels",
    )
    (tmp_path / "ann" / "b.ann").write_text("")
    ran = annotate("import", "claims", "ann", "--format", "brat", "-o", "y.json", home=tmp_path)
    assert ran.code == 1 and "ann/b.ann: has the text of ann/a.ann and other labels" in ran.err
    assert not (tmp_path / "y.json").exists()


def test_losses_are_on_stderr_and_data_is_not(tmp_path: Path) -> None:
    _claims(tmp_path)
    ran = annotate("export", "claims", "in.json", "--format", "conll", "-o", "x", home=tmp_path)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == (
        "conll does not hold: ids, title, date, url, votes and the text between tokens\n"
        "conll lost 1: mode of a span\n"
        "conll lost 1: relation source\n"
        "1 rows, 4 labels, 2 lost, 0 altered\n"
    )


def test_rejects_stop_an_export(tmp_path: Path) -> None:
    made = task(_TEXT, [region(_TEXT, "s", "role", "Source", 0, 3)])
    made["annotations"][0]["result"][0]["value"]["end"] = 99
    save(tmp_path / "in.json", [made])
    ran = annotate("export", "claims", "in.json", "--format", "csv", "-o", "x", home=tmp_path)
    assert ran.code == 1 and "out_of_bounds" in ran.err
    assert not (tmp_path / "x").exists()
    ran = annotate(
        *("export", "claims", "in.json", "--format", "csv", "-o", "x", "--max-rejects", "1"),
        home=tmp_path,
    )
    assert ran.code == 0 and ran.err.startswith("set aside: ")


def test_offsets_of_utf16_are_mended_on_request(tmp_path: Path) -> None:
    text = "Go \U0001f600 Ann"  # "Ann" stands at 5 in characters and at 6 in UTF-16 units
    drawn = region(text, "a", "entity", "PER", 5, 8)
    drawn["value"] |= {"start": 6, "end": 9}
    save(tmp_path / "in.json", [task(text, [drawn])])
    command = ("export", "entities", "in.json", "--format", "jsonl", "-o", "out.jsonl")
    assert "utf16_offsets" in annotate(*command, home=tmp_path).err
    assert annotate(*command, "--repair", home=tmp_path).code == 0
    span = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))["entities"][0]
    assert (span["start"], span["end"], span["text"]) == (5, 8, "Ann")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["export", "claims", "in.json", "--format", "xml", "-o", "x"], "no format 'xml'"),
        (["export", "claims", "--format", "csv", "-o", "x"], "no input"),
        (["export", "claims", "in.json", "--format", "csv", "-o", "no/x"], "folder does not exist"),
        (["export", "claims", "in.json", "--format", "csv", "-o", "-"], "-o: needs a file"),
        (["export", "claims", "in.json", "--format", "brat", "-o", "-"], "-o: needs a folder"),
        (["import", "claims", "in.json", "--format", "xml", "-o", "x"], "no reader of 'xml'"),
        (["import", "claims", "nowhere", "--format", "brat", "-o", "x"], "nowhere: no such file"),
        (["import", "stance", "in.json", "--format", "brat", "-o", "x"], "no place for the scheme"),
        (["import", "claims", ".", "--format", "brat", "-o", "x"], "holds no .ann file"),
        (["import", "claims", "in.json", "--format", "brat", "-o", "x"], "is no .ann file"),
        (["import", "claims", "in.json", "--format", "brat", "-o", "-"], "-o: needs a file"),
    ],
)
def test_wrong_use_is_one_line(
    tmp_path: Path, args: list[str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _claims(tmp_path)
    monkeypatch.chdir(tmp_path)
    error = CliRunner().invoke(cli, args).exception
    assert isinstance(error, AnnotateError)
    assert says in str(error) and "\n" not in str(error)
    assert [path.name for path in tmp_path.iterdir()] == ["in.json"]


@pytest.mark.parametrize("name", sorted(formats()))
def test_a_real_export_goes_out_in_every_format(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, config = shared("exports", "fx_entities_json_all.json"), shared("exports", "configs")
    monkeypatch.setenv("ANNOTATE_PSEUDONYM_KEY", "a key for the tests of formats")
    args = ["export", "entities", source, "--config", config / "entities.xml", "--format", name]
    args += ["-o", tmp_path / "out", "--json", "--max-rejects", "1000"]
    ran = CliRunner().invoke(cli, list(map(str, args)))
    assert ran.exit_code == 0, ran.output
    report = json.loads(ran.stdout)
    assert report["rows"] > 0 and report["labels"] > 0
    assert (tmp_path / "out").exists()


def test_the_readers_are_found() -> None:
    assert sorted(readers()) == ["brat", "conll", "prodigy"]
