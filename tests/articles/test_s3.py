"""Articles on S3: the real client and the real protocol, against a server on loopback."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import s3fs

from annotate.articles import ArticleLedger, read_articles
from annotate.articles.sources.remote import without_secrets
from annotate.errors import ArticleError, Unreachable
from tests.articles.made import page, records
from tests.command import annotate
from tests.store.bucket import Application, answer, serve

KEY, SECRET = "AKIDLOOPBACKNOTREAL", "loopback/secret+of+the+tests"
Put = Callable[[str, bytes], None]


def aws(address: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
    }


class Line:
    """Lets requests through until it is cut."""

    def __init__(self) -> None:
        self.cut_after: int | None = None

    def __call__(self, environ: dict[str, Any], start: Any, moto: Application) -> Iterable[bytes]:
        is_read = environ["REQUEST_METHOD"] == "GET" and environ["PATH_INFO"].count("/") > 1
        if is_read and self.cut_after is not None:
            if not self.cut_after:
                return answer("403 Forbidden", "AccessDenied", start)
            self.cut_after -= 1
        return moto(environ, start)


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def address(line: Line, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server with an empty bucket, which the AWS_ variables point at."""
    with serve(line) as address:
        for name, value in aws(address).items():
            monkeypatch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()  # of another server's address
        s3fs.S3FileSystem().mkdir("news")
        yield address
        s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture
def put(address: str) -> Put:
    return lambda key, data: s3fs.S3FileSystem().pipe_file(key, data)


def lines(made: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in made).encode()


def read(source: str, **options: Any) -> list[tuple[str, str]]:
    return [(article.title, article.text) for article in read_articles([source], **options)]


def expected(made: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(record["title"], record["text"]) for record in made]


def test_a_key_a_folder_and_a_glob(put: Put) -> None:
    made = records(8)
    put("news/may/a.jsonl.gz", gzip.compress(lines(made[:2])))
    put("news/may/b.jsonl", lines(made[2:4]))
    put("news/may/deep/c.csv", b"title,text\n" + _csv(made[4:6]))
    put("news/may/notes.md", b"no article")
    put("news/june/d.jsonl.gz", gzip.compress(lines(made[6:])))

    assert read("s3://news/may/a.jsonl.gz") == expected(made[:2])
    assert read("s3://news/may/b.jsonl") == expected(made[2:4])
    assert read("s3://news/may") == expected(made[:6])
    assert read("s3://news/*/*.jsonl.gz") == expected([*made[6:], *made[:2]])
    assert read("s3://news/**/*.jsonl") == expected(made[2:4])
    (origin, *_) = [article.origin for article in read_articles(["s3://news/june"])]
    assert origin == "s3://news/june/d.jsonl.gz: line 1"


def test_hidden_keys_of_a_folder_are_left_alone(put: Put) -> None:
    made = records(2)
    put("news/.may/a.jsonl", lines(made[:1]))
    put("news/.may/.ipynb_checkpoints/a.jsonl", lines(made[1:]))
    put("news/.may/._a.jsonl", b"of a folder that was copied from macOS")
    put("news/.may/a.pdf", b"%PDF-1.7")

    ledger = ArticleLedger()
    assert len(list(read_articles(["s3://news/.may"], ledger=ledger))) == 1
    assert ledger.passed_over == {".pdf": 1}
    assert ledger.passed_over_first == ["s3://news/.may/a.pdf"]
    assert read("s3://news/.may") == expected(made[:1])
    with pytest.raises(ArticleError, match="no article there"):
        read("s3://news")


def test_the_keys_of_a_saved_page_are_left_alone(put: Put) -> None:
    keys = (
        *("Rat.html", "Rat_files/frame.html", "Rat_files/ad/f.html", "my_files/own.html"),
        *("Hafen.html", "Hafen-Dateien/ad/f.html", "Hafen-2024/own.html"),
    )
    put("news/saved/my_files/", b"")  # as consoles make a folder
    for key, made in zip(keys, records(7), strict=True):
        put(f"news/saved/{key}", page(made).encode())
    frame = b'<iframe src="./Hafen-Dateien/ad/f.html"></iframe>'
    put("news/saved/Hafen.html", page(records(7)[4]).encode() + frame)

    ledger = ArticleLedger()
    origins = [article.origin for article in read_articles(["s3://news/saved"], ledger=ledger)]

    read = ("Hafen-2024/own.html", "Hafen.html", "Rat.html", "my_files/own.html")
    assert origins == [f"s3://news/saved/{name}" for name in read]
    assert ledger.passed_over == {"_files/": 2}
    folders = ("Hafen-Dateien/", "Rat_files/")
    assert ledger.passed_over_first == [f"s3://news/saved/{name}" for name in folders]


def test_a_server_that_says_nothing_is_tried_as_often_as_botocore_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(s3fs.S3FileSystem, "read_timeout", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        for name, value in aws(f"http://127.0.0.1:{silent.getsockname()[1]}").items():
            monkeypatch.setenv(name, value)
        with pytest.raises(Unreachable, match="Read timeout"):
            read("s3://news/may")
        silent.setblocking(False)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()


def _csv(made: list[dict[str, Any]]) -> bytes:
    quoted = ['"{}","{}"\n'.format(*(r[n].replace('"', '""') for n in ("title", "text")))
              for r in made]  # fmt: skip
    return "".join(quoted).encode()


def test_parquet(put: Put, tmp_path: Path) -> None:
    made = records(200)
    pq.write_table(pa.Table.from_pylist(made), tmp_path / "n.parquet")
    put("news/n.parquet", (tmp_path / "n.parquet").read_bytes())

    assert read("s3://news/n.parquet") == expected(made)


def test_what_is_not_there(put: Put) -> None:
    put("news/may/b.jsonl", lines(records(1)))
    for missing in ("s3://news/may/none.jsonl", "s3://nobody/x.jsonl", "s3://news/*.csv"):
        with pytest.raises(ArticleError, match="no article there") as caught:
            read(missing)
        assert caught.value.where == missing


def test_a_bad_line_is_named_and_the_rest_goes_on(put: Put) -> None:
    made = records(2)
    put("news/b.jsonl", lines(made[:1]) + b"{\n" + lines(made[1:]))
    ledger = ArticleLedger()
    assert read("s3://news/b.jsonl", ledger=ledger) == expected(made)
    (error,) = ledger.set_aside
    assert error.where == "s3://news/b.jsonl: line 2"


def test_a_line_that_breaks_ends_the_reading(put: Put, line: Line) -> None:
    """What was not read is not an article that is set aside: the server has to be asked again."""
    made = records(30)
    put("news/a.jsonl", lines(made[:1]))
    put("news/b.jsonl", lines(made))
    line.cut_after = 1  # the first file's bytes
    ledger = ArticleLedger()
    with pytest.raises(Unreachable, match=r"s3://news: access denied: .*check the credentials"):
        read("s3://news", ledger=ledger)
    assert (ledger.articles, ledger.set_aside) == (1, [])


def test_refused_credentials_are_one_line(address: str, put: Put, tmp_path: Path) -> None:
    put("news/b.jsonl", lines(records(1)))
    httpx.post(f"{address}/moto-api/reset-auth", content="0").raise_for_status()
    try:
        ran = annotate("articles", "s3://news/b.jsonl", home=tmp_path, env=aws(address))
    finally:
        httpx.post(f"{address}/moto-api/reset-auth", content="inf").raise_for_status()
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("annotate: s3://news/b.jsonl: access denied: ")
    assert ran.err.count("\n") == 1
    assert KEY not in ran.err
    assert SECRET not in ran.err


def test_no_server_is_exit_code_3(tmp_path: Path) -> None:
    env = aws("http://127.0.0.1:9")
    ran = annotate("tasks", "claims", "s3://news/b.jsonl", home=tmp_path, env=env)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("annotate: s3://news/b.jsonl: cannot be reached: ")
    assert ran.err.count("\n") == 1
    assert SECRET not in ran.err


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("s3://news/a?.jsonl", "s3://news/a?.jsonl"),
        ("ftp://ann:pass@host:21/a.jsonl", "ftp://host:21/a.jsonl"),
        ("s3://key:secret@news/a.jsonl", "s3://news/a.jsonl"),
        ("https://news.example/a.jsonl?X-Amz-Signature=abc#x", "https://news.example/a.jsonl"),
        ("https://[ann:pass@host/a", "https://…"),
    ],
)
def test_addresses_are_shown_without_secrets(address: str, shown: str) -> None:
    assert without_secrets(address) == shown


def test_an_address_that_nobody_knows() -> None:
    with pytest.raises(ArticleError, match="nonsense://x: cannot be opened: Protocol not known"):
        read("nonsense://x")
