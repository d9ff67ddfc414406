"""A file of targets is held to the rules of articles: nothing joined, split, dropped or guessed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from annotate.errors import InputError
from annotate.models import Article, Target
from annotate.tasks.targets import read_targets

_ARTICLE = Article(title="t", url="https://a.example/1", text="x", origin="o")


def texts(path: Path) -> list[str]:
    return [target.text for target in read_targets(path).of(_ARTICLE)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", "text,kind\r\ntax,entity\r\n"),
        ("t.jsonl", '\n{"text": "tax", "kind": null}\n'),
        ("t.json", '["tax"]'),
        ("t.json", '[{"text": " tax ", "holder": ""}]'),
        ("t.txt", "\r\ntax\r\n"),
    ],
)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_each_format(name: str, content: str, mark: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(mark + content, encoding="utf-8", newline="")

    assert read_targets(tmp_path / name).of(_ARTICLE) == [Target(text="tax")]


def test_targets_of_one_article(tmp_path: Path) -> None:
    other = Article(title="t", url="https://a.example/2", text="y", origin="o")
    (tmp_path / "t.csv").write_text(
        "text,kind,holder,url,article_id\n"
        f"tax,,,https://a.example/1,\nban,question,Oduya,,{other.article_id}\n"
    )

    found = read_targets(tmp_path / "t.csv")

    assert found.of(_ARTICLE) == [Target(text="tax")]
    assert found.of(other) == [Target(text="ban", kind="question", holder="Oduya")]


@pytest.mark.parametrize("inside", ["\n", "\f", "\x85", "\u2028", "\x1c"])
def test_a_character_that_some_take_for_a_line_end_stays(inside: str, tmp_path: Path) -> None:
    target = f"the{inside}mayor"
    (tmp_path / "t.csv").write_text(f'text\n"{target}"\n', encoding="utf-8")
    line = json.dumps({"text": target}, ensure_ascii=False) + "\n"
    (tmp_path / "t.jsonl").write_text(line, encoding="utf-8")
    (tmp_path / "t.txt").write_text(f"{target}\n", encoding="utf-8")

    assert texts(tmp_path / "t.csv") == [target]
    assert texts(tmp_path / "t.jsonl") == [target]
    assert texts(tmp_path / "t.txt") == ([target] if inside != "\n" else ["the", "mayor"])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.csv", b'text\ntax\n"the mayor\n', "line 3: is no CSV record: unexpected end of data"),
        ("t.csv", b"text,kind\ntax\n", "line 2: has 1 fields, the header 2"),
        ("t.csv", b"text\nthe\0mayor\n", "line 2: text: NUL at offset 3"),
        ("t.csv", b"text\ncaf\xe9\n", "line 2: not UTF-8: byte 0xe9 at character 3 of text"),
        ("t.csv", b"text,text \ntax,ban\n", "has two columns of one name"),
        ("t.csv", b"text,colour\ntax,red\n", "line 2: has colour; use article_id, holder"),
        ("t.csv", b"text,kind\ntax,person\n", "line 2: kind: Input should be 'entity'"),
        ("t.csv", b"kind\nentity\n", "line 2: text: Field required"),
        ("t.txt", b"tax\nthe\0mayor\n", "NUL at offset 7"),
        ("t.txt", b"tax\ncaf\xe9", "not UTF-8: byte 0xe9 at offset 7 (line 2)"),
        ("t.txt", b"\n \n", "holds no target"),
        ("t.jsonl", b'\n{"text": "\\ud800"}', "line 2: is no JSON object"),
        ("t.jsonl", b'{"text": "a\\u0000b"}', "line 1: text: NUL at offset 1"),
        ("t.jsonl", b'"tax"', "line 1: is no JSON object"),
        ("t.jsonl", b'{"text": true}', "line 1: text is no text"),
        ("t.jsonl", b'{"text": {"a": 1}}', "line 1: text is no text"),
        ("t.jsonl", b'{"text": NaN}', "line 1: is no JSON object"),
        ("t.jsonl", b'{"text": "tax", "article_id": ["a"]}', "line 1: article_id is no text"),
        ("t.jsonl", b'{"text": "tax", "url": 5}', "line 1: url is no text"),
        ("t.jsonl", b"[" * 100_000, "line 1: is no JSON object"),
        ("t.jsonl", b'{"text": %b}' % (b"1" * 5000), "line 1: is no JSON object"),
        ("t.json", b'{"text": "tax"}', "is no JSON list"),
        ("t.json", b'{"tax": 1}', "is no JSON list"),
        ("t.json", b"[" * 100_000, "is no JSON list"),
        ("t.json", b"[%b]" % (b"1" * 5000), "is no JSON list"),
        ("t.json", b'["\\ud800"]', "is no JSON list"),
        ("t.json", b'[{"text": "a", "text": "b"}]', "is no JSON list: has the key 'text' twice"),
        (
            "t.jsonl",
            b'{"text": "a", "text": "b"}',
            "line 1: is no JSON object: has the key 'text' twice",
        ),
        ("t.json", b'["caf\xe9"]', "is no JSON list"),
        ("t.json", b'["tax", 5]', "target 2: is neither text nor a record"),
        ("t.json", b'["tax", "a\\u0000b"]', "target 2: text: NUL at offset 1"),
        ("t.xml", b"<tax/>", "no reader for '.xml'"),
    ],
)
def test_what_is_no_target_is_named(name: str, content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(InputError) as caught:
        read_targets(tmp_path / name)

    assert str(caught.value).startswith(f"{tmp_path / name}: {said}")


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"t\.txt: no such file; .*, as claims@v1"):
        read_targets(tmp_path / "t.txt")
    with pytest.raises(InputError, match=r"cannot be read: Is a directory"):
        read_targets(tmp_path)
