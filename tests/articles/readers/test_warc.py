"""Archives whose records are cut short, damaged or oddly declared."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from annotate.articles import ArticleLedger, read_articles
from tests.articles.made import page, records

_ARC = (
    b"filedesc://made.arc 0.0.0.0 20240101000000 text/plain 66\n"
    b"1 0 made\nURL IP-address Archive-date Content-type Archive-length\n\n\n"
)


def answer(url: str, body: bytes, *headers: str, warc: str = "") -> bytes:
    """A record by the letter of the standard (ISO 28500)."""
    lines = ["HTTP/1.1 200 OK", *(headers or ["Content-Type: text/html"])]
    block = "\r\n".join([*lines, "", ""]).encode("latin-1") + body
    head = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\n{warc}"
    return f"{head}Content-Length: {len(block)}\r\n\r\n".encode() + block + b"\r\n\r\n"


def gather(path: Path, data: bytes) -> tuple[list[str], list[str]]:
    path.write_bytes(data)
    ledger = ArticleLedger()
    texts = [article.text for article in read_articles([str(path)], ledger=ledger)]
    assert ledger.read == len(texts) + len(ledger.set_aside)
    return texts, [str(error).replace(f"{path}: ", "") for error in ledger.set_aside]


def test_wherever_an_archive_ends_a_record_is_whole_or_named(tmp_path: Path) -> None:
    made = records(2)
    first, second = (answer(item["url"], page(item).encode()) for item in made)
    whole = len(second) - 4  # the blank lines behind a record say nothing
    headers = second.index(b"<!doctype")

    for end in [*range(1, headers + 1), headers + 1, whole // 2, whole - 1]:
        texts, named = gather(tmp_path / "n.warc", first + second[:end])
        assert texts == [made[0]["text"]], end
        (problem,) = named
        assert problem.startswith("record 1: "), end
    assert "is cut short, 1 bytes are missing" in problem
    for end in (0, whole, len(second)):
        texts, named = gather(tmp_path / "n.warc", first + second[:end])
        assert (texts, named) == ([item["text"] for item in made][: 1 + (end > 0)], [])


@pytest.mark.parametrize(
    ("headers", "warc", "said"),
    [
        (["Content-Length: 999999"], "", "was cut short by the crawl: "),
        ([], "WARC-Truncated: disconnect\r\n", "was cut short by the crawl: disconnect"),
        (["Content-Encoding: gzip"], "", "was cut short by the crawl, or its compression"),
    ],
)
def test_pages_that_the_crawl_cut_short(
    headers: list[str], warc: str, said: str, tmp_path: Path
) -> None:
    made = records(2)
    body = page(made[0]).encode()
    body = gzip.compress(body)[:-200] if "gzip" in str(headers) else body
    cut = answer("https://a.example/", body, "Content-Type: text/html", *headers, warc=warc)

    texts, named = gather(tmp_path / "n.warc", cut + answer(made[1]["url"], page(made[1]).encode()))

    assert texts == [made[1]["text"]]
    (problem,) = named
    assert problem.startswith(f"record 0: {said}")


@pytest.mark.parametrize(
    "headers",
    [
        ["Content-Encoding: gzip", "Content-Length: 10"],
        ["Content-Encoding: gzip", "Transfer-Encoding: chunked", "Content-Length: 999999"],
        ["Content-Length: " + "9" * 5000],
        ["Content-Length: unknown"],
    ],
)
def test_pages_whose_length_says_nothing(headers: list[str], tmp_path: Path) -> None:
    (made,) = records(1)
    body = page(made).encode()
    if "gzip" in headers[0]:
        body = gzip.compress(body)
    if "chunked" in str(headers):
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)

    found = gather(
        tmp_path / "n.warc", answer(made["url"], body, "Content-Type: text/html", *headers)
    )

    assert found == ([made["text"]], [])


def in_chunks(body: bytes, extension: bytes = b"") -> bytes:
    """A body as RFC 9112, section 7.1, has it."""
    pieces = [body[place : place + 300] for place in range(0, len(body), 300)]
    sent = [b"%x%b\r\n%b\r\n" % (len(piece), extension, piece) for piece in pieces]
    return b"".join([*sent, b"0\r\n\r\n"])


def in_one_record(path: Path, made: dict[str, str], body: bytes, *headers: str) -> list[str]:
    """What is read of a body: nothing wrong, or the one thing that is."""
    sent = answer(made["url"], body, "Content-Type: text/html", *headers)
    texts, named = gather(path, sent)
    assert texts == ([] if named else [made["text"]])
    return named


def test_chunks_are_joined_however_they_are_declared(tmp_path: Path) -> None:
    (made,) = records(1)
    body, path = page(made).encode(), tmp_path / "n.warc"
    sent = in_chunks(body)

    for name in ("chunked", "Chunked", " CHUNKED "):
        assert in_one_record(path, made, sent, f"Transfer-Encoding: {name}") == []
    for whole in (
        body,  # the crawler joined them
        in_chunks(body, extension=b" ;name=value"),
        sent[:-2] + b"Expires: never\r\n\r\n",
        in_chunks(gzip.compress(body)),
    ):
        headers = ["Transfer-Encoding: chunked", "Content-Encoding: x-gzip"]
        assert in_one_record(path, made, whole, *headers) == []


def test_chunks_that_are_cut_short_wherever(tmp_path: Path) -> None:
    (made,) = records(1)
    sent = in_chunks(page(made).encode())

    for cut in (*(sent[:-left] for left in (5, 6, 100, 302, 308)), sent.replace(b"\r\n12c", b"")):
        named = in_one_record(tmp_path / "n.warc", made, cut, "Transfer-Encoding: chunked")
        assert named == ["record 0: was cut short by the crawl, or its chunks are damaged"]


@pytest.mark.parametrize(("coding", "name"), [("br", "brotli"), ("zstd", "zstd"), ("gzip", "gzip")])
def test_packed_pages(coding: str, name: str, tmp_path: Path) -> None:
    (made,) = records(1)
    path, header = tmp_path / "n.warc", f"Content-Encoding: {coding}"
    plain = page(made).encode()
    packed = pa.compress(plain, name, asbytes=True)

    unpacked_by_the_crawl = [plain, b"\xef\xbb\xbf\n" + plain]
    for body in (packed, *unpacked_by_the_crawl):
        assert in_one_record(path, made, body, header) == []
    chunks = "Transfer-Encoding: chunked"
    assert in_one_record(path, made, in_chunks(packed), header, chunks) == []
    for cut in (1, len(packed) // 2, len(packed) - 12):
        named = in_one_record(path, made, packed[:-cut], header)
        assert named == ["record 0: was cut short by the crawl, or its compression is damaged"]
    swollen = pa.compress(plain + bytes(16 << 20), name, asbytes=True)
    assert in_one_record(path, made, swollen, header) == ["record 0: is longer than 16 MiB"]


def test_a_page_in_a_packing_that_nothing_unpacks(tmp_path: Path) -> None:
    (made,) = records(1)
    path, header = tmp_path / "n.warc", "Content-Encoding: dcb"

    (problem,) = in_one_record(path, made, b"\xff\x44\x43\x42\0", header)

    assert "; it was sent as 'dcb', which is not unpacked; fetch the page without it" in problem
    assert in_one_record(path, made, page(made).encode(), header) == []


@pytest.mark.parametrize("damage", ["cut", "rubbish"])
def test_whole_records_before_damage_are_kept(damage: str, tmp_path: Path) -> None:
    made = records(9)
    packed = [gzip.compress(answer(item["url"], page(item).encode())) for item in made]
    packed[8] = packed[8][:-60] if damage == "cut" else b"rubbish"

    texts, named = gather(tmp_path / "n.warc.gz", b"".join(packed))

    assert texts == [item["text"] for item in made[:8]]
    (problem,) = named
    assert problem.startswith("damaged or cut short: ")


def test_a_record_that_is_longer_than_it_says(tmp_path: Path) -> None:
    made = records(3)
    answers = [answer(item["url"], page(item).encode()) for item in made]
    answers[1] = answers[1].replace(b"</p></article>", b" and more</p></article>")

    texts, named = gather(tmp_path / "n.warc", b"".join(answers))

    assert texts == [made[0]["text"], made[2]["text"]]
    assert named == ["record 1: is longer than its Content-Length"]


def test_a_record_that_gives_its_length_another_name(tmp_path: Path) -> None:
    first, second = (answer(item["url"], page(item).encode()) for item in records(2))
    unsaid = second.replace(b"Content-Length", b"Length", 1)

    texts, named = gather(tmp_path / "n.warc", first + unsaid)

    assert texts == [records(1)[0]["text"]]
    assert named == ["record 1: has no Content-Length, or is cut short before it"]


@pytest.mark.parametrize(
    "declared",
    ["charset=iso-8859-1; foo=bar", "Charset=ISO-8859-1", 'charset="iso-8859-1"', "charset=latin1"],
)
def test_the_server_says_the_encoding(declared: str, tmp_path: Path) -> None:
    (made,) = records(1)
    made["text"] = made["text"].replace("😀", "é")
    body = page(made).encode("cp1252")

    found = gather(
        tmp_path / "n.warc", answer(made["url"], body, f"Content-Type: text/html; {declared}")
    )

    assert found == ([made["text"]], [])


@pytest.mark.parametrize("name", ["zlib", "hex", "undefined", "punycode", "a\0b", "klingon"])
def test_an_encoding_that_is_none_leaves_the_rest(name: str, tmp_path: Path) -> None:
    made = records(2)
    odd = answer("https://a.example/", b"4142", f"Content-Type: text/html; charset={name}")

    texts, named = gather(tmp_path / "n.warc", odd + answer(made[1]["url"], page(made[1]).encode()))

    assert texts == [made[1]["text"]]
    assert named == [f"record 0: unknown encoding {name!r}"]


def test_an_archive_of_the_older_format(tmp_path: Path) -> None:
    (made,) = records(1)
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + page(made).encode()
    head = f"{made['url']} 192.0.2.1 20240101000000 text/html {len(block)}\n".encode()

    assert gather(tmp_path / "n.warc", _ARC + head + block + b"\n") == ([made["text"]], [])
