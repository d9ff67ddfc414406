"""Bad input gives one clear line and its exit code, and nothing is written."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from annotate.schemes.label_config import shipped_config
from tests.command import annotate

_ARTICLE = "A title\n20240102\nhttps://news.example/a\nOne paragraph.\n"
_MIN = [{"id": 1, "text": "a", "annotator": 1, "annotation_id": 5, "entity": []}]
_TASK = {"id": 1, "data": {"text": "Ada met Bo."}, "annotations": []}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", None, "no such file"),
        ("a.pdf", b"%PDF-1.7", "no reader for .pdf"),
        ("a.txt", b"", "has no paragraph"),
        ("a.txt", b"T\n20240102\nhttps://news.example/a\n", "has no paragraph"),
        ("a.txt", _ARTICLE.replace("20240102", "20241302").encode(), "'20241302' is no date"),
        ("a.txt", b"T\n20240102\nu\n\xff\xfe", "not UTF-8: byte 0xff at offset 13 (line 4)"),
        ("a.txt", b"T\n20240102\nu\na\0b", "NUL at offset 14"),
        ("a.jsonl", b'{"text": "a"}\n{"text": ', "line 2"),
        ("a.jsonl", b'{"words": "a"}\n', "has no column for the text"),
        ("a.csv", b"title,text\nx\n", "line 2: has 1 fields, the header 2"),
        ("a.parquet", b"PAR1", "not a Parquet file"),
    ],
)
def test_articles(name: str, content: bytes | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    ran = annotate("tasks", "entities", path, "-o", tmp_path / "out.json", home=tmp_path)
    assert ran.code == 1
    assert said in ran.err
    assert name in ran.err
    assert len(ran.err.splitlines()) == 1
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such file"),
        (b"", "is empty"),
        (b"[]", "holds no task"),
        (b"<!doctype html><title>Log in</title>", "is HTML"),
        (b"id,text\n1,a\n", "is a CSV export"),
        (b"id\ttext\n1\ta\n", "is a TSV export"),
        (b"-DOCSTART- -X- O O\n\nAda NNP B-NP B-PER\n", "is a CoNLL file"),
        (b"plain words\n", "is not JSON"),
        (json.dumps(_MIN).encode(), "JSON_MIN"),
        (json.dumps([_TASK]).encode()[:-9], "is not whole JSON"),
        (json.dumps([_TASK]).encode(), "no task has a finished annotation"),
    ],
)
def test_exports(content: bytes | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    if content is not None:
        path.write_bytes(content)
    ran = annotate(
        *("version", "create", "x", "--scheme", "entities", "--from", path),
        *("--store", tmp_path / "store"),
        home=tmp_path,
    )
    assert ran.code == 1
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        (
            '<View><Text name="text" value="$text"/></View>',
            'no <Labels name="role">',
        ),
        (
            '<View><Labels name="role" toName="text"><Label value="Speaker"/></Labels>'
            '<Relations><Relation value="by"/></Relations></View>',
            "role has Speaker; known are Source, Cue, Content; relation label 'by' is not one of",
        ),
        ("<View>", "not a label config"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><View>&a;</View>', "<!DOCTYPE>); remove it"),
    ],
)
def test_configs(xml: str, said: str, tmp_path: Path) -> None:
    export, config = tmp_path / "export.json", tmp_path / "mine.xml"
    export.write_text(json.dumps([_TASK]))
    config.write_text(xml)
    ran = annotate(
        *("version", "create", "x", "--scheme", "claims", "--from", export),
        *("--config", config, "--store", tmp_path / "store"),
        home=tmp_path,
    )
    assert ran.code == 1
    assert said in ran.err
    assert "mine.xml" in ran.err
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("command", ["push", "pull"])
def test_no_server(command: str, tmp_path: Path) -> None:
    article = tmp_path / "a.txt"
    article.write_text(_ARTICLE)
    to_file: list[str | Path] = ["-o", tmp_path / "out.json"]
    sources = ["entities", article] if command == "push" else to_file
    nowhere = {"LABEL_STUDIO_URL": "http://127.0.0.1:9", "LABEL_STUDIO_API_KEY": "secret-1"}
    for env in ({}, nowhere):
        ran = annotate(command, *sources, "--project", "P", home=tmp_path, env=env)
        assert ran.code == 3
        assert len(ran.err.splitlines()) == 1
        assert "secret-1" not in ran.err + ran.out
        assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("tasks", "Missing argument 'SCHEME'"),
        ("nonsense", "No such command 'nonsense'"),
        ("tasks sentiment a.txt", "no scheme 'sentiment'; use one of claims, entities, stance"),
        ("export claims e.json --format xml -o x", "no format 'xml'; use one of argilla, brat"),
        ("import claims e.json --format xml -o x", "no reader of 'xml'; use one of brat, conll"),
        ("check claims e.json --policy most", "'most' is not one of 'majority'"),
        ("tasks claims a.txt --columns titel=x", "--columns: names titel; use text, title"),
        ("tasks stance a.txt --target-labels PER", "give --targets NAME@VERSION"),
        ("tasks claims a.txt --window 500", "--window: articles have none; give --unit window"),
        ("tasks entities a.txt --order uncertain", "give --suggest NAME"),
        ("agreement entities e.json --seed -1", "-1 is not in the range x>=0"),
        ("version create x --scheme claims --from e.json --scheduler tcp://h:1", "no scheduler"),
    ],
)
def test_wrong_usage_is_2(line: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "e.json").write_text(json.dumps([_TASK]))
    ran = annotate(*line.split(), home=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert [path.name for path in tmp_path.iterdir() if path.suffix] == ["e.json"]


@pytest.mark.parametrize(
    "args",
    [
        ("tasks", "entities", "n.jsonl", "-o", "n.jsonl"),
        ("export", "entities", "e.json", "--format", "label-studio", "-o", "e.json"),
        ("export", "entities", "./e.json", "--format", "jsonl", "-o", "link.json"),
        ("check", "entities", "e.json", "-o", "e.json"),
        ("import", "entities", "a.jsonl", "--format", "prodigy", "-o", "a.jsonl"),
        ("tasks", "entities", "*.jsonl", "-o", "n.jsonl"),
        ("tasks", "entities", "folder", "-o", "folder/n.jsonl"),
        ("tasks", "stance", "n.jsonl", "--targets", "t.json", "-o", "t.json"),
        ("tasks", "entities", "n.jsonl", "--config", "c.xml", "-o", "c.xml"),
        ("config", "preview", "entities", "n.jsonl", "-o", "n.jsonl"),
        ("export", "entities", "e.json", "--config", "c.xml", "--format", "csv", "-o", "c.xml"),
        ("check", "entities", "e.json", "--migration", "m.yaml", "-o", "m.yaml"),
        (
            *("import", "entities", "a.jsonl", "--format", "prodigy"),
            *("--config", "c.xml", "-o", "c.xml"),
        ),
        ("import", "entities", "brat", "--format", "brat", "-o", "brat/b.ann"),
        ("import", "entities", "brat/b.ann", "--format", "brat", "-o", "brat/b.txt"),
    ],
)
def test_what_is_read_is_not_written_over(tmp_path: Path, args: tuple[str, ...]) -> None:
    (tmp_path / "n.jsonl").write_text('{"text": "Ada met Bo."}\n')
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "n.jsonl").write_text('{"text": "Ada met Bo."}\n')
    (tmp_path / "t.json").write_text('["Bo"]')
    (tmp_path / "c.xml").write_text(shipped_config("entities").xml)
    (tmp_path / "m.yaml").write_text("labels: {}\n")
    (tmp_path / "e.json").write_text(json.dumps([_TASK]))
    (tmp_path / "a.jsonl").write_text('{"text": "Ada met Bo.", "spans": []}\n')
    (tmp_path / "brat").mkdir()
    (tmp_path / "brat" / "b.txt").write_text("Ada met Bo.")
    (tmp_path / "brat" / "b.ann").write_text("T1\tPER 0 3\tAda\n")
    (tmp_path / "link.json").symlink_to("e.json")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    ran = annotate(*args, home=tmp_path)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"annotate: {args[-1]}: is what is read as well; name another file\n"
    assert {path: path.read_bytes() for path in before} == before


def test_a_label_config_may_come_from_a_pipe(tmp_path: Path) -> None:
    done = {"id": 1, "completed_by": 1, "result": []}
    (tmp_path / "e.json").write_text(json.dumps([_TASK | {"annotations": [done]}]))
    xml = shipped_config("entities").xml.encode()
    export = ("export", "entities", "e.json", "--format", "jsonl", "-o", "gold.jsonl")
    for command in (("check", "entities", "e.json"), export):
        ran = annotate(*command, "--config", "/dev/stdin", home=tmp_path, stdin=xml)
        assert ran.code == 0, ran.err


def test_a_pipe_is_no_source(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    ran = annotate("articles", "a.txt", home=tmp_path)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("annotate: a.txt: is no regular file; put what comes from a pipe")


@pytest.mark.parametrize(
    ("args", "option"),
    [
        (("check", "entities", "e.json", "--config", ""), "--config"),
        (("check", "entities", "e.json", "--config="), "--config"),
        (("tasks", "entities", ""), "entities"),
        (("version", "list", "--store", ""), "--store"),
    ],
)
def test_an_empty_argument_is_none(tmp_path: Path, args: tuple[str, ...], option: str) -> None:
    ran = annotate(*args, home=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"annotate: {option}: an argument is empty; leave it out, or give one\n"


@pytest.mark.parametrize(
    "words", [("-m", ""), ("--message", ""), ("--message=",), ("--message=a=",), ("--store=s3=",)]
)
def test_a_message_may_be_empty_and_a_value_end_in_anything(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    seeds = Path(__file__).resolve().parent.parent / "seeds/exports/entities.round1.json"
    create = ("version", "create", "ents", "--scheme", "entities", "--from", seeds)
    assert annotate(*create, *words, "--dry-run", home=tmp_path).code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("version", "restore", "ents", "v1.0.0", "s3://b/x"),
        ("hydrate", "ents", "news", "-o", "s3://b/x"),
        ("import", "entities", "s3://b/x", "--format", "conll", "-o", "e.json"),
        ("studio", "restore", "s3://b/x"),
        ("studio", "backup", "--data-dir", "s3://b/x"),
        ("demo", "--store", "s3://b/x"),
    ],
)
def test_an_address_is_no_place_of_this_machine(arguments: tuple[str, ...], tmp_path: Path) -> None:
    ran = annotate(*arguments, home=tmp_path)

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("annotate: s3://b/x: is an address and no place of this machine")
    assert list(tmp_path.iterdir()) == []
